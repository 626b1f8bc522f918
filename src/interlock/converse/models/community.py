"""The public community: boards, what customers ask, suggest, report and praise, and who answers.

These tables are apart from conversations, so that nothing written here can be an internal line, and the other way
round. Staff talk about a post in a conversation on the context `post`.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from interlock.fabric.models import Person


class Kind(models.TextChoices):
    """What somebody wants of the company; each kind has statuses of its own."""

    ASK = "ask", _("Question")
    IDEA = "idea", _("Idea")
    PROBLEM = "problem", _("Problem")
    PRAISE = "praise", _("Praise")


class Meaning(models.TextChoices):
    """What a status stands for, whatever a company calls it."""

    OPEN = "open", _("nothing is decided yet")
    CONSIDERED = "considered", _("somebody looks at it")
    PLANNED = "planned", _("it is decided and will be done")
    DONE = "done", _("it is done")
    DECLINED = "declined", _("it will not be done")


class Standing(models.TextChoices):
    """Who may read a post or a reply."""

    HELD = "held", _("waits for a colleague to let it through")
    PUBLIC = "public", _("everybody reads it")
    REJECTED = "rejected", _("not let through")
    MOVED = "moved", _("part of another post, or a post of its own")
    TAKEN = "taken", _("taken away by its author")


class Board(models.Model):
    """A place for posts about one matter. The public reads it once it was opened."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    about = models.CharField(max_length=300, blank=True)
    kinds = models.JSONField(default=list, help_text=_("codes of Kind that may be posted here; none: all"))
    products = models.JSONField(default=list, help_text=_("names of products one can choose here"))
    made_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveBigIntegerField(
        default=0, help_text=_("counts what its readers may see changing; pages are kept under it")
    )

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Status(models.Model):
    """One step of the way of some kinds of posts, by the name a company gives it."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    meaning = models.CharField(max_length=12, choices=Meaning)
    kinds = models.JSONField(default=list, help_text=_("codes of Kind that may stand so"))
    place = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["place", "pk"]

    def __str__(self) -> str:
        return self.name


class Contribution(models.Model):
    """What a post and a reply have in common: the words, who said them, who may read them."""

    class Origin(models.TextChoices):
        OWN = "own", _("written by themselves")
        BEHALF = "behalf", _("written down for somebody by a colleague")
        HOUSE = "house", _("asked by us, because many ask it")

    words = models.TextField(max_length=10_000)
    author = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", help_text=_("empty: without account")
    )
    author_name = models.CharField(max_length=120, help_text=_("as everybody reads it"))
    author_word = models.CharField(max_length=160, blank=True, help_text=_("what they are to the company"))
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.OWN)
    written_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    quoted_from = models.CharField(max_length=200, blank=True, help_text=_("where they said it"))
    said_at = models.DateTimeField()
    standing = models.CharField(max_length=8, choices=Standing, default=Standing.PUBLIC)
    judged_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    judged_at = models.DateTimeField(null=True, blank=True)
    judged_because = models.CharField(max_length=300, blank=True)
    caller = models.CharField(
        max_length=64, blank=True, help_text=_("mark of the sender's machine, for a day")
    )
    # The signal that this is too: its key, and since when what listen knows of it is behind. Empty key: none.
    signal_key = models.CharField(max_length=80, blank=True, db_index=True)
    signal_due = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_public(self) -> bool:
        return self.standing == Standing.PUBLIC


class Post(Contribution):
    """One question, idea, problem or praise. Counts are kept on the row, so that lists add nothing up."""

    board = models.ForeignKey(Board, models.PROTECT, related_name="posts", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind)
    title = models.CharField(max_length=160)
    product = models.CharField(max_length=80, blank=True)
    status = models.ForeignKey(Status, models.PROTECT, related_name="+", db_index=False)
    waits = models.BooleanField(default=True, help_text=_("nobody of the company has answered yet"))
    answered_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1, help_text=_("its page is kept under it"))
    reply_count = models.PositiveIntegerField(default=0)
    people_count = models.PositiveIntegerField(
        default=1, help_text=_("people who asked, voted or have the same")
    )
    company_count = models.PositiveIntegerField(default=0, help_text=_("accounts they belong to"))
    close_to = models.JSONField(default=list, help_text=_("numbers of posts that are much like it"))

    class Meta:
        # Each order of the lists with what lists are narrowed by, so that any filter is one walk along an index.
        indexes = [
            models.Index(
                fields=["-said_at", "-id", "board", "kind", "status", "product"],
                name="post_newest",
                condition=Q(standing=Standing.PUBLIC),
            ),
            models.Index(
                fields=["said_at", "id", "board", "kind", "status", "product"],
                name="post_waiting",
                condition=Q(standing=Standing.PUBLIC, waits=True),
            ),
            models.Index(
                fields=["-people_count", "-id", "board", "kind", "status", "product"],
                name="post_most",
                condition=Q(standing=Standing.PUBLIC),
            ),
            models.Index(fields=["board", "-said_at", "-id"], name="post_of_board"),
            models.Index(fields=["said_at"], name="post_held", condition=Q(standing=Standing.HELD)),
            models.Index(fields=["signal_due"], name="post_signal", condition=Q(signal_due__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def slug(self) -> str:
        """The words of the title as an address has them."""
        return slugify(self.title)[:60].strip("-") or "post"

    @property
    def votable(self) -> bool:
        return self.kind in {Kind.IDEA, Kind.PROBLEM}


class StatusChange(models.Model):
    """Who moved a post to another status, when and why; everybody reads it."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="status_changes")
    before = models.ForeignKey(Status, models.PROTECT, related_name="+", db_index=False)
    after = models.ForeignKey(Status, models.PROTECT, related_name="+", db_index=False)
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    because = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["at", "pk"]


class Reply(Contribution):
    """What somebody said under a post. An official one is the answer of a named person of the company."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="replies", db_index=False)
    is_official = models.BooleanField(default=False)
    has_the_same = models.BooleanField(default=False, help_text=_("their own words for the same matter"))

    class Meta:
        ordering = ["said_at", "pk"]
        indexes = [
            models.Index(fields=["post", "standing", "said_at", "id"], name="reply_in_order"),
            models.Index(fields=["said_at"], name="reply_held", condition=Q(standing=Standing.HELD)),
            models.Index(fields=["signal_due"], name="reply_signal", condition=Q(signal_due__isnull=False)),
        ]
        verbose_name_plural = "replies"

    def __str__(self) -> str:
        return self.words[:80]


class Vote(models.Model):
    """Somebody wants an idea, or has a problem, too: once for each person, and no ranking of what people like."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="votes", db_index=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "person"], name="vote_once")]


class Follow(models.Model):
    """Somebody wants to see what becomes of a post."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="follows", db_index=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "person"], name="follow_once")]


class Duty(models.Model):
    """One person of the company who looks after the community on one day."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    day = models.DateField()
    until = models.TimeField()

    class Meta:
        ordering = ["day", "until", "pk"]
        constraints = [models.UniqueConstraint(fields=["day", "person"], name="duty_once")]


class Entry(models.Model):
    """A way in by a code sent by mail. It belongs to the browser that asked for it; only the code's hash is kept."""

    key = models.CharField(
        max_length=64, unique=True, help_text=_("hash of what the browser's session holds")
    )
    address = models.EmailField()
    name = models.CharField(max_length=120)
    caller = models.CharField(max_length=64)
    made_at = models.DateTimeField(db_index=True)
    code_hash = models.CharField(max_length=64, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

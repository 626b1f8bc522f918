"""Themes with memory: groups of like signals that keep their identity, and the log of everything that changed them.

The permanent unit is the cluster: a signal belongs to one, and a theme is a set of clusters. So a merge of two
themes of 100,000 signals moves a few clusters, is in force at once, and can be taken back as quickly.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from interlock.fabric.models import Function, Person
from interlock.listen.models.signals import Signal


class ThemeState(models.TextChoices):
    """Where a theme stands (domain.md, 5.2)."""

    QUIET = "quiet", _("quiet")
    EMERGING = "emerging", _("above its limit")
    OUTCRY = "outcry", _("outcry")
    DECIDING = "deciding", _("being decided")
    FIXED = "fixed", _("mended")
    REOPENED = "reopened", _("opened again")


class Theme(models.Model):
    """One group of like signals. `parent` is the broader theme it belongs to; the broad ones have none.

    A theme that was merged into another keeps its row, ended, so that old links and trends still find it.
    """

    key = models.CharField(max_length=36, unique=True, help_text=_("the id that never changes its meaning"))
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="children")
    is_broad = models.BooleanField(
        default=False, help_text=_("a group of themes, without signals of its own")
    )
    name = models.CharField(max_length=120)
    named_by = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("empty: the name was found"),
    )
    named_with = models.CharField(
        max_length=120, blank=True, help_text=_("the language model that named it; empty: none")
    )
    words = models.JSONField(default=list, help_text=_("the words that tell it from the others"))
    quotes = models.JSONField(default=list, help_text=_("keys of the signals that say it best"))
    state = models.CharField(max_length=10, choices=ThemeState, default=ThemeState.QUIET)
    state_since = models.DateTimeField(null=True, blank=True)
    question = models.CharField(max_length=300, blank=True, help_text=_("what has to be decided"))
    decider = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="themes")
    decide_by = models.DateField(null=True, blank=True)
    decision = models.CharField(max_length=1000, blank=True, help_text=_("what was decided"))
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_no = models.BooleanField(default=False, help_text=_("what customers ask for is not done"))
    function = models.CharField(
        max_length=20, choices=Function, blank=True, help_text=_("where what customers suffer from begins")
    )
    pinned = models.BooleanField(default=False, help_text=_("stands first, whatever its rank"))
    muted = models.BooleanField(default=False, help_text=_("counted, but not listed nor watched"))
    began_at = models.DateTimeField(help_text=_("when its first signal was said"))
    found_at = models.DateTimeField(help_text=_("when it was first told apart"))
    ended_at = models.DateTimeField(null=True, blank=True)
    became = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="was")

    class Meta:
        indexes = [models.Index(fields=["ended_at", "is_broad", "muted"], name="theme_listed")]

    def __str__(self) -> str:
        return self.name

    @property
    def lacks_decider(self) -> bool:
        """Above its limit or opened again, and nobody has said what is to be decided, by whom and by when."""
        asks = self.state in {ThemeState.EMERGING, ThemeState.OUTCRY, ThemeState.REOPENED}
        return asks and not (self.question and self.decider_id and self.decide_by)


class NameAsked(models.Model):
    """What a language model was last asked about a theme, so that the same is not asked twice."""

    theme = models.OneToOneField(Theme, models.CASCADE, primary_key=True, related_name="name_asked")
    model = models.CharField(max_length=120)
    sent = models.CharField(max_length=32, help_text=_("a hash of the words and quotes that were sent"))
    at = models.DateTimeField()
    refused = models.CharField(max_length=200, blank=True, help_text=_("why its answer is no name"))


class Cluster(models.Model):
    """The smallest group of like signals, around its centre."""

    key = models.CharField(max_length=36, unique=True)
    theme = models.ForeignKey(Theme, models.PROTECT, related_name="clusters")
    centre = models.BinaryField(help_text=_("float32, one unit vector of the encoder in force"))
    weight = models.FloatField(default=0, help_text=_("voices it was learnt from"))
    reach = models.FloatField(default=0, help_text=_("a text less like the centre than this does not belong"))
    placed_by = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("who decided that it belongs there; no model moves it any more"),
    )


class ThemedSignal(models.Model):
    """Where one signal belongs, with what counting needs, so that themes are counted along one index.

    No foreign key holds the signal: copies of signals are taken out in bulk, and `themes.placing.forget` follows.
    """

    signal = models.OneToOneField(
        Signal, models.DO_NOTHING, primary_key=True, related_name="themed", db_constraint=False
    )
    cluster = models.ForeignKey(
        Cluster,
        models.PROTECT,
        null=True,
        related_name="signals",
        db_index=False,
        help_text=_("empty: it is like no theme so far, or says nothing in words"),
    )
    occurred_at = models.DateTimeField()
    likeness = models.FloatField(default=0, help_text=_("to the cluster's centre, at most 1"))
    week = models.PositiveSmallIntegerField(help_text=_("whole weeks from Monday, 5 January 1970"))
    customer = models.BigIntegerField(null=True, help_text=_("a hash of who spoke; empty: nobody knows"))
    voice = models.BigIntegerField(
        help_text=_("a hash of who said what: saying nearly the same once more is no second voice")
    )
    let_down = models.BooleanField(
        null=True,
        help_text=_("a complaint, a return, a cancellation or a bad rating; empty: only its words tell"),
    )
    copy_hash = models.BigIntegerField(default=0, help_text=_("of the signal as it was placed"))

    class Meta:
        indexes = [
            models.Index(fields=["cluster", "week", "customer", "voice", "let_down"], name="themed_counted"),
            models.Index(fields=["cluster", "-occurred_at", "-signal"], name="themed_listed"),
            # The newest week is asked for with every page: without this each looked at a million rows for it.
            models.Index(fields=["week"], name="themed_week"),
        ]


class SignalVector(models.Model):
    """What a signal says as a vector, each number as one byte, so that likeness is found without reading texts."""

    signal = models.OneToOneField(
        Signal, models.DO_NOTHING, primary_key=True, related_name="vector", db_constraint=False
    )
    bytes = models.BinaryField()
    encoder = models.BigIntegerField(
        default=0, help_text=_("a hash of the encoder's version, so that no two are mixed")
    )


class PlacedSignal(models.Model):
    """A person said where this signal belongs. It holds for ever, also when the signal is read again."""

    signal_key = models.CharField(max_length=400, unique=True)
    cluster = models.ForeignKey(Cluster, models.PROTECT, related_name="+")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()


class ChangeKind(models.TextChoices):
    """What can happen to a theme."""

    FOUND = "found", _("found")
    NOTICED = "noticed", _("noticed")
    RENAMED = "renamed", _("renamed")
    MERGED = "merged", _("merged")
    SPLIT = "split", _("split")
    MOVED = "moved", _("signals moved")
    GATHERED = "gathered", _("put under a broader theme")
    PINNED = "pinned", _("pinned")
    MUTED = "muted", _("muted")
    ENDED = "ended", _("ended")
    REOPENED = "reopened", _("opened again")


class ThemeChange(models.Model):
    """One line of a theme's lineage, with what is needed to take it back.

    `steps` names every value that it set, with what stood there before and after.
    """

    kind = models.CharField(max_length=10, choices=ChangeKind)
    theme = models.ForeignKey(Theme, models.CASCADE, related_name="changes")
    other = models.ForeignKey(
        Theme,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="changes_beside",
        help_text=_("the theme it was merged with, split off or moved from"),
    )
    at = models.DateTimeField()
    by = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("empty: found by the model"),
    )
    signals = models.PositiveIntegerField(default=0, help_text=_("how many changed their theme by it"))
    said = models.JSONField(default=dict, help_text=_("names before and after, for the sentence"))
    steps = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["theme", "-at"], name="theme_change_listed")]


class ThemeFigures(models.Model):
    """What the list of themes shows of one, counted in the background so that 2,000 themes open at once."""

    theme = models.OneToOneField(Theme, models.CASCADE, primary_key=True, related_name="figures")
    counted_at = models.DateTimeField()
    last_at = models.DateTimeField(null=True)
    weeks = models.JSONField(
        default=list,
        help_text=_("of the newest 26 weeks, oldest first: [monday, signals, voices, customers]"),
    )
    limit = models.FloatField(null=True, help_text=_("voices a usual week; empty: too little past"))
    limit_now = models.FloatField(
        null=True, help_text=_("voices of the present week: more where others said more")
    )
    unjudged = models.PositiveIntegerField(
        default=0, help_text=_("voices of the present week through sources with too little past")
    )
    signals = models.PositiveIntegerField(default=0, help_text=_("of the newest 90 days, like all below"))
    voices = models.PositiveIntegerField(default=0)
    customers = models.PositiveIntegerField(default=0)
    let_down = models.FloatField(
        default=0,
        help_text=_("voices that were let down: those known, and the chances of those whose words tell"),
    )
    judged = models.PositiveIntegerField(
        default=0, help_text=_("voices of which that is known, or told by words")
    )
    let_down_low = models.FloatField(default=0, help_text=_("least share of voices let down, 95 in 100 sure"))
    let_down_high = models.FloatField(default=1, help_text=_("greatest share of them"))
    revenue = models.DecimalField(
        max_digits=18,
        decimal_places=2,
        null=True,
        help_text=_("what these customers paid in the last year; empty: known of fewer than half"),
    )
    payers = models.PositiveIntegerField(default=0, help_text=_("customers of whom that is known"))
    currency = models.CharField(
        max_length=10, blank=True, help_text=_("of the revenue: the one most orders are in")
    )
    kinds = models.JSONField(default=dict, help_text=_("signals by kind"))
    rank = models.FloatField(
        default=0, help_text=_("reach x severity x money, each as a share of the greatest")
    )

    class Meta:
        indexes = [models.Index(fields=["-rank"], name="theme_rank")]


class SegmentVoices(models.Model):
    """Voices of everybody in one segment in the newest 13 weeks; the empty value stands for all that name one."""

    column = models.CharField(max_length=20)
    value = models.CharField(max_length=400, blank=True)
    voices = models.PositiveIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["column", "value"], name="segment_once")]


class ThemesLearnt(models.Model):
    """One row for each time that themes were learnt; the newest one is in force."""

    encoder = models.CharField(max_length=120, help_text=_("name and version of what made the vectors"))
    student = models.BinaryField(
        null=True, help_text=_("the encoder adapted to these texts, where there is one")
    )
    signals = models.PositiveIntegerField(help_text=_("how many it was learnt from"))
    kept = models.FloatField(null=True, help_text=_("share of signals known before that kept their theme"))
    seconds = models.FloatField(default=0)
    known_to = models.BigIntegerField(
        default=0, help_text=_("number of the newest signal of the first learning: of the past from then on")
    )
    looked_to = models.BigIntegerField(
        default=0,
        help_text=_("number of the newest signal that was looked at for something new; 0: not begun"),
    )
    at = models.DateTimeField()

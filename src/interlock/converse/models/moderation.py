"""Moderation: the policy, the cases that moderators look at, reports, and what was merged, split, reworded and taken out.

A case is one post or reply that waits for a person, with why. Every act can be taken back, so each row keeps what it
changed. Nothing here points to a line of a conversation.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from interlock.converse.models.community import Post, Reply
from interlock.fabric.models import Person

# Plain offers in the languages that customers of the first installations write; a company mends the list.
PROMOTION = [
    "buy now", "order now", "click here", "discount code", "promo code", "coupon code", "special offer", "free trial",
    "earn money", "make money", "visit my", "check out my", "follow me on", "dm me", "whatsapp me", "best price",
    "jetzt kaufen", "gutscheincode", "rabattcode", "hier klicken", "geld verdienen",
]  # fmt: skip


def promotion_phrases() -> list[str]:
    return list(PROMOTION)


class Policy(models.Model):
    """What is held before others read it. One row; where there is none, the defaults hold."""

    least_letters = models.PositiveSmallIntegerField(default=6, help_text=_("shorter texts say too little"))
    most_links = models.PositiveSmallIntegerField(default=1)
    allowed_hosts = models.JSONField(default=list, help_text=_("links there are not counted"))
    held_hosts = models.JSONField(default=list)
    refused_hosts = models.JSONField(default=list)
    held_words = models.JSONField(default=list)
    promotion = models.JSONField(default=promotion_phrases)
    hold_praise = models.BooleanField(default=True, help_text=_("praise that names nothing"))
    hold_first = models.BooleanField(default=False, help_text=_("the first text of everybody"))
    known_after = models.PositiveSmallIntegerField(default=3, help_text=_("texts let through"))
    known_days = models.PositiveSmallIntegerField(default=2)
    trusted_after = models.PositiveSmallIntegerField(default=20)
    trusted_days = models.PositiveSmallIntegerField(default=30)
    reports_hide = models.PositiveSmallIntegerField(default=3, help_text=_("different people"))

    class Meta:
        verbose_name_plural = "policies"


class AboutSaid(models.Model):
    """Something about one post or one reply."""

    post = models.ForeignKey(Post, models.CASCADE, null=True, blank=True, related_name="+")
    reply = models.ForeignKey(Reply, models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        abstract = True

    @property
    def said(self) -> Any:
        return self.post or self.reply


def of_one(name: str) -> models.CheckConstraint:
    """Exactly one of the two is named."""
    one, other = Q(post=None, reply__isnull=False), Q(post__isnull=False, reply=None)
    return models.CheckConstraint(condition=one | other, name=name)


class Case(AboutSaid):
    """One post or reply that waits for a moderator, or was decided."""

    class About(models.TextChoices):
        HELD = "held", _("held before anybody read it")
        REPORTED = "reported", _("reported by readers")
        APPEAL = "appeal", _("its author asks to look again")
        AGAIN = "again", _("a colleague looks at it again")

    class Outcome(models.TextChoices):
        PUBLIC = "public", _("everybody reads it")
        REJECTED = "rejected", _("not let through")
        GONE = "gone", _("taken back by its author")

    about = models.CharField(max_length=8, choices=About)
    found = models.JSONField(default=list, help_text=_("rules that held it: code and figures of each"))
    opened_at = models.DateTimeField()
    address = models.EmailField(
        blank=True, help_text=_("of somebody without account, until they were told what became of it")
    )
    words = models.CharField(max_length=1000, blank=True, help_text=_("what the author says in an appeal"))
    first_judge = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("who decided before the appeal"),
    )
    taken_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    taken_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)
    because = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            of_one("case_of_one"),
            models.UniqueConstraint(fields=["post"], name="case_of_post", condition=Q(closed_at=None)),
            models.UniqueConstraint(fields=["reply"], name="case_of_reply", condition=Q(closed_at=None)),
        ]
        indexes = [models.Index(fields=["opened_at", "id"], name="case_open", condition=Q(closed_at=None))]


class Report(AboutSaid):
    """A reader says that something does not belong here."""

    class Why(models.TextChoices):
        SELLS = "sells", _("It sells something")
        HURTS = "hurts", _("It insults or threatens somebody")
        PRIVATE = "private", _("It tells something private about somebody")
        WRONG = "wrong", _("It is dangerous or false")
        OTHER = "other", _("Something else")

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    why = models.CharField(max_length=8, choices=Why)
    words = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()
    upheld = models.BooleanField(null=True, help_text=_("what a moderator found; empty: nobody looked yet"))

    class Meta:
        constraints = [
            of_one("report_of_one"),
            models.UniqueConstraint(fields=["post", "person"], name="report_of_post"),
            models.UniqueConstraint(fields=["reply", "person"], name="report_of_reply"),
        ]
        indexes = [models.Index(fields=["person", "at"], name="report_of_person")]


class Sweep(models.Model):
    """Everything that one person did in the community, taken out in one act; its batches are what brings it back."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    because = models.CharField(max_length=300)
    ended_at = models.DateTimeField(
        null=True, blank=True, help_text=_("empty: the rest goes in the background")
    )
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person"], name="sweep_once", condition=Q(undone_at=None))
        ]


class SweptBatch(models.Model):
    """Some hundred rows of a sweep, taken out at once; it goes when they are brought back."""

    sweep = models.ForeignKey(Sweep, models.CASCADE, related_name="batches")
    removed = models.JSONField(default=dict)
    rows = models.PositiveIntegerField(default=0)


class Merge(models.Model):
    """One post that became part of another; `moved` are the rows that went with it."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="merges")
    into = models.ForeignKey(Post, models.CASCADE, related_name="merged_here")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    moved = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["post"], name="merge_once", condition=Q(undone_at=None))
        ]


class Split(models.Model):
    """A reply that became a post of its own."""

    reply = models.ForeignKey(Reply, models.CASCADE, related_name="splits")
    post = models.OneToOneField(Post, models.CASCADE, related_name="split")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reply"], name="split_once")]


class Rewording(AboutSaid):
    """What a post or reply said before somebody corrected it. Its author and colleagues read the old words."""

    title = models.CharField(max_length=160, blank=True)
    words = models.TextField(max_length=10_000)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    because = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [of_one("rewording_of_one")]

"""The loop: what was decided about each theme, how many signals came how far, who was told, and what they say.

No row stands here for a signal that was merely heard: how many were is counted along the index of themes.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from interlock.fabric.models import Person
from interlock.listen.models import AnswerRound, Theme


class LoopCourse(models.Model):
    """What was decided last about one theme, and since when it is done. Kept also when customers opened it again."""

    theme = models.OneToOneField(Theme, models.CASCADE, primary_key=True, related_name="course")
    decision = models.CharField(max_length=1000)
    is_no = models.BooleanField(default=False, help_text=_("what customers ask for is not done"))
    decided_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True, help_text=_("of the next promise that is open"))


class LoopCount(models.Model):
    """How far the signals of one theme came that were said in 13 weeks: the newest (`block` 0), or earlier ones."""

    theme = models.ForeignKey(Theme, models.CASCADE, related_name="loop_counts", db_index=False)
    block = models.PositiveSmallIntegerField()
    heard = models.PositiveIntegerField()
    decided = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    told = models.PositiveIntegerField(default=0)
    confirmed = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0, help_text=_("a customer says that it is not solved"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["theme", "block"], name="loop_counted_once")]


class Closure(models.Model):
    """What the customers who spoke about a theme are told of one decision."""

    theme = models.ForeignKey(Theme, models.PROTECT, related_name="closures")
    decision = models.CharField(max_length=1000)
    decided_at = models.DateTimeField()
    is_no = models.BooleanField(default=False)
    texts = models.JSONField(help_text=_("what was written, by language; the first is for everybody else"))
    customers = models.PositiveIntegerField(help_text=_("who had spoken about it when it was decided"))
    first_said_at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    round = models.OneToOneField(AnswerRound, models.PROTECT, related_name="closure")


class ToldPerson(models.Model):
    """One customer who was told, and what they say. `key` is all that their link holds."""

    class Choice(models.TextChoices):
        NONE = "", _("nothing so far")
        YES = "yes", _("solved")
        NO = "no", _("not solved")

    closure = models.ForeignKey(Closure, models.PROTECT, related_name="people")
    key = models.CharField(max_length=32, unique=True)
    reference = models.UUIDField(unique=True, help_text=_("of the answer that tells them"))
    customer = models.CharField(max_length=420, blank=True, db_index=True)
    language = models.CharField(max_length=10, blank=True, help_text=_("of the text they were sent"))
    told_at = models.DateTimeField(null=True, blank=True)
    choice = models.CharField(max_length=3, choices=Choice, default=Choice.NONE, blank=True)
    chosen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["closure", "choice"], name="told_of_closure"),
            models.Index(fields=["id"], name="told_not_known", condition=models.Q(told_at=None)),
        ]


class ToldSignal(models.Model):
    """One signal of somebody who was told."""

    person = models.ForeignKey(ToldPerson, models.CASCADE, related_name="signals")
    signal_key = models.CharField(max_length=400, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "signal_key"], name="told_signal_once")]


class Story(models.Model):
    """What the public reads of one decision, in the words that a person released. Withdrawn, nobody reads it."""

    theme = models.OneToOneField(Theme, models.PROTECT, related_name="story")
    said = models.CharField(max_length=300, help_text=_("what customers said, without personal data"))
    did = models.CharField(max_length=600, help_text=_("what we did, or why not"))
    who = models.CharField(max_length=120, blank=True, help_text=_("which functions did it"))
    product = models.CharField(max_length=120, blank=True)
    is_no = models.BooleanField(default=False)
    decided_at = models.DateTimeField()
    customers = models.PositiveIntegerField()
    first_said_at = models.DateTimeField()
    shown_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    shown_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-decided_at", "-id"], name="story_newest")]
        verbose_name_plural = "stories"


class MonthlyReader(models.Model):
    """An address that gets "You said, we did" by mail: at most once a month, and only once the link of the first mail was used."""

    address = models.EmailField(unique=True, help_text=_("in small letters"))
    language = models.CharField(max_length=16)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    told_up_to = models.DateTimeField(null=True, blank=True, help_text=_("what is shown later is news"))
    month = models.DateField(
        null=True, blank=True, help_text=_("the first day of the month of the last letter")
    )

    class Meta:
        indexes = [models.Index(fields=["month"], name="monthly_reader_month")]

"""What was decided in a talk, and who promised what by when."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.db import models
from django.utils.translation import gettext_lazy as _

from interlock.converse.models.choices import Option
from interlock.converse.models.conversations import Conversation
from interlock.converse.models.lines import Audience
from interlock.fabric.models import Person


class Decision(models.Model):
    """A choice among options, with its reason and the day it is looked at again. Taken back or corrected, it stays readable."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="decisions")
    chosen = models.CharField(max_length=500)
    instead_of = models.TextField(max_length=4000, blank=True)
    because = models.CharField(max_length=1000)
    revisit_on = models.DateField(null=True, blank=True)
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.STAFF)
    decided_by = models.ForeignKey(Person, models.PROTECT, related_name="decisions")
    decided_at = models.DateTimeField()
    is_no = models.BooleanField(default=False, help_text=_("what customers ask for is not done"))
    option = models.ForeignKey(Option, models.CASCADE, null=True, blank=True, related_name="decisions")
    despite = models.CharField(
        max_length=500, blank=True, help_text=_("why, though objections were unanswered; read by staff")
    )
    corrects = models.OneToOneField(
        "self", models.SET_NULL, null=True, blank=True, related_name="corrected_by"
    )
    taken_back_at = models.DateTimeField(null=True, blank=True)
    taken_back_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    taken_back_because = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["decided_at", "pk"]

    def __str__(self) -> str:
        return self.chosen

    @property
    def stands(self) -> bool:
        return self.taken_back_at is None


class Commitment(models.Model):
    """Who does what by when."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        KEPT = "kept", _("kept")
        MISSED = "missed", _("missed")
        DROPPED = "dropped", _("dropped")

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="commitments")
    what = models.CharField(max_length=500)
    owner = models.ForeignKey(Person, models.PROTECT, related_name="commitments")
    due = models.DateField()
    link = models.URLField(
        max_length=500, blank=True, help_text=_("https, outside of Interlock; nobody has checked it")
    )
    decision = models.ForeignKey(Decision, models.SET_NULL, null=True, blank=True, related_name="commitments")
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.STAFF)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    why = models.CharField(max_length=500, blank=True)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["due", "pk"]

    def __str__(self) -> str:
        return self.what

    @property
    def host(self) -> str:
        """The place its link leads to, which is said before anybody follows it."""
        return urlsplit(self.link).hostname or ""


class Postponement(models.Model):
    """The day a commitment had before, and why it has a later one."""

    commitment = models.ForeignKey(Commitment, models.CASCADE, related_name="postponements")
    due = models.DateField(help_text=_("the day it had before"))
    why = models.CharField(max_length=500)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

"""What is to be chosen in a talk: the question, the options with what speaks for them, who is asked, who objects."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.db import models
from django.utils.translation import gettext_lazy as _

from interlock.converse.models.conversations import Conversation
from interlock.converse.models.exhibits import Exhibit
from interlock.converse.models.lines import Audience
from interlock.fabric.models import Function, Person


class Choice(models.Model):
    """A question with options. One of them becomes a decision, or the choice is left, with the reason."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="choices")
    question = models.CharField(max_length=500)
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.STAFF)
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    left_because = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.question


class Asked(models.Model):
    """Whom a choice is put to: everybody of a function in the talk, or one person."""

    choice = models.ForeignKey(Choice, models.CASCADE, related_name="asked")
    function = models.CharField(max_length=20, choices=Function, blank=True)
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["pk"]


class Option(models.Model):
    """One way to go, and what it costs."""

    choice = models.ForeignKey(Choice, models.CASCADE, related_name="options")
    words = models.CharField(max_length=300)
    costs = models.CharField(max_length=300, blank=True)
    brought_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    brought_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.words


class Ground(models.Model):
    """What speaks for or against an option: what a customer said, a chart or table kept in the talk, a link. For staff."""

    option = models.ForeignKey(Option, models.CASCADE, related_name="grounds")
    # By its key, so that a signal can be taken out without asking here.
    signal_key = models.CharField(max_length=400, blank=True, db_index=True)
    link = models.URLField(
        max_length=500, blank=True, help_text=_("https, outside of Interlock; nobody has checked it")
    )
    exhibit = models.ForeignKey(Exhibit, models.CASCADE, null=True, blank=True, related_name="grounds")
    note = models.CharField(max_length=300, blank=True)
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.STAFF, editable=False)
    added_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    @property
    def host(self) -> str:
        """The place its link leads to, which is said before anybody follows it."""
        return urlsplit(self.link).hostname or ""


class Stance(models.Model):
    """Consent or objection of one person to one option. Never rewritten: the newest of a person counts."""

    option = models.ForeignKey(Option, models.CASCADE, related_name="stances")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    consents = models.BooleanField()
    reason = models.CharField(max_length=500, blank=True)
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.STAFF)
    at = models.DateTimeField()
    answer = models.CharField(max_length=500, blank=True)
    answered_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]

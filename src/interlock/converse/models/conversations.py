"""A talk about one context, who takes part in it, and how far each reader has read."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from interlock.fabric.models import Context, Evidence, Function, Person


class Conversation(models.Model):
    """Talk about one context with a purpose; `services` moves its state, nothing else does."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        FRAMED = "framed", _("Framed")
        TWO_WAY = "two_way", _("Two-way")
        DECIDED = "decided", _("Decided")
        ACTED = "acted", _("Acted")
        CLOSED = "closed", _("Closed")
        DORMANT = "dormant", _("Dormant")
        PARKED = "parked", _("Parked")

    context = models.ForeignKey(Context, models.PROTECT, related_name="conversations")
    title = models.CharField(max_length=300)
    purpose = models.CharField(max_length=500, blank=True)
    question = models.CharField(max_length=500, blank=True)
    due = models.DateField(null=True, blank=True)
    functions = models.JSONField(default=list, help_text=_("codes of Function that have to talk here"))
    evidence = models.ForeignKey(
        Evidence, models.PROTECT, null=True, blank=True, related_name="conversations"
    )
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    state_since = models.DateTimeField()
    parked_reason = models.CharField(max_length=500, blank=True)
    parked_until = models.DateField(null=True, blank=True)
    closed_reason = models.CharField(
        max_length=500, blank=True, help_text=_("why a resting talk was closed without being acted on")
    )
    opened_by = models.ForeignKey(Person, models.PROTECT, related_name="conversations_opened")
    opened_at = models.DateTimeField()
    framed_at = models.DateTimeField(null=True, blank=True)
    two_way_at = models.DateTimeField(null=True, blank=True)
    last_message_at = models.DateTimeField(null=True, blank=True)
    people = models.ManyToManyField(
        Person, through="Participant", through_fields=("conversation", "person"), related_name="conversations"
    )

    class Meta:
        indexes = [
            models.Index(fields=["state", "-opened_at"], name="conversation_state"),
            models.Index(fields=["-opened_at", "-id"], name="conversation_newest"),
        ]

    def __str__(self) -> str:
        return self.title

    def heading_for(self, person: Person) -> str:
        """What stands above it. A title may be the first line of staff, so guests are shown the question alone."""
        return self.question or (self.title if person.is_staff_side else _("A conversation with you"))

    @property
    def is_over(self) -> bool:
        return self.state in {self.State.CLOSED, self.State.PARKED}


class Participant(models.Model):
    """One person in one conversation, and the function they speak for there."""

    class Part(models.TextChoices):
        SIDE = "side", _("takes part")
        HOST = "host", _("hosts")
        FACILITATOR = "facilitator", _("facilitates")

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="participants")
    person = models.ForeignKey(Person, models.PROTECT, related_name="participations")
    function = models.CharField(max_length=20, choices=Function)
    part = models.CharField(max_length=12, choices=Part, default=Part.SIDE)
    invited_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    invited_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)
    replied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["conversation", "person"], name="participant_once")]

    def __str__(self) -> str:
        return f"{self.person}, {self.get_function_display()}"


class ReadMark(models.Model):
    """How far somebody has read; colleagues who only look in have one too."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="read_marks")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    last_line = models.BigIntegerField(help_text=_("number of the last line they were shown"))
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "person"], name="read_mark_once")]

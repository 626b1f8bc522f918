"""A talk about one context, who takes part, what they wrote, decided and promised."""

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


class Message(models.Model):
    """One line somebody wrote. It can be corrected for ten minutes; afterwards only taken away, visibly."""

    class Kind(models.TextChoices):
        SAY = "say", _("says")
        ASK = "ask", _("asks")
        ANSWER = "answer", _("answers")

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    author = models.ForeignKey(Person, models.PROTECT, related_name="messages")
    function = models.CharField(max_length=20, choices=Function)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.SAY)
    body = models.TextField(max_length=10_000)
    body_before = models.TextField(blank=True, help_text=_("the text before the last correction, for undo"))
    reply_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="replies")
    sent_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["sent_at", "pk"]
        indexes = [models.Index(fields=["conversation", "sent_at"], name="message_in_order")]

    def __str__(self) -> str:
        return self.body[:80]


class Decision(models.Model):
    """A choice among options, with its reason and the day it is looked at again."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="decisions")
    chosen = models.CharField(max_length=500)
    instead_of = models.CharField(max_length=500, blank=True)
    because = models.CharField(max_length=1000)
    revisit_on = models.DateField(null=True, blank=True)
    decided_by = models.ForeignKey(Person, models.PROTECT, related_name="decisions")
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["decided_at", "pk"]

    def __str__(self) -> str:
        return self.chosen


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
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    why = models.CharField(max_length=500, blank=True)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["due", "pk"]

    def __str__(self) -> str:
        return self.what

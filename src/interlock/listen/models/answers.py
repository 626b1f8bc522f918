"""The clock on every unanswered customer, and what is sent to them."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from interlock.fabric.models import Person
from interlock.listen.models.arrivals import Arrival
from interlock.listen.models.sources import Source
from interlock.listen.models.themes import Theme


class Stage(models.TextChoices):
    """Where a signal stands in the loop (domain.md, 5.2)."""

    RECEIVED = "received", _("received")
    UNDERSTOOD = "understood", _("understood")
    ACKNOWLEDGED = "acknowledged", _("acknowledged")
    ANSWERED = "answered", _("answered")
    ACTED = "acted", _("acted on")
    CONFIRMED = "closed_confirmed", _("closed, confirmed by the customer")
    SILENT = "closed_silent", _("closed, the customer was silent")
    REOPENED = "reopened", _("opened again")
    DUPLICATE = "duplicate", _("a duplicate")
    SPAM = "spam", _("spam")
    ERASED = "erased", _("erased")


class Clock(models.Model):
    """The clock of one signal that asks for an answer. Signals that came as history have none.

    It points to its signal by key, so that a signal that is taken out and read again keeps its clock.
    It runs while `stopped_at` is empty.
    """

    signal_key = models.CharField(max_length=400, unique=True)
    # Of the signal, kept here so that the queue is narrowed by walking one index.
    kind = models.CharField(max_length=20)
    source = models.ForeignKey(Source, models.PROTECT, related_name="+", db_index=False)
    stage = models.CharField(max_length=20, choices=Stage, default=Stage.RECEIVED)
    customer = models.CharField(
        max_length=420, blank=True, help_text=_("account or contact, as `account:KEY`")
    )
    opened_at = models.DateTimeField(help_text=_("when the customer spoke"))
    due_at = models.DateTimeField()
    urgency = models.PositiveSmallIntegerField(default=0, help_text=_("1: failed again; jumps the queue"))
    because = models.CharField(max_length=300, blank=True, help_text=_("why it is urgent, as a sentence"))
    # No index of their own for people: the queue's index holds them, and one walk along it answers any filter.
    owner = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="clocks", db_index=False
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True, help_text=_("when the owner was reminded"))
    escalated_at = models.DateTimeField(null=True, blank=True)
    escalated_to = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    stopped_at = models.DateTimeField(null=True, blank=True, help_text=_("answered, or needs none"))
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # The queue's order, then what it is narrowed by. `stopped_at` is always empty here, but SQLite reads
            # the row for it when the index does not hold it: a count of 20,000 took 70 ms instead of 3.
            models.Index(
                fields=["-urgency", "due_at", "id", "owner", "escalated_to", "kind", "source", "stopped_at"],
                name="clock_queue",
                condition=models.Q(stopped_at=None),
            ),
            models.Index(fields=["customer", "-opened_at"], name="clock_customer"),
            models.Index(
                fields=["customer", "opened_at", "id"],
                name="clock_of_customer_runs",
                condition=models.Q(stopped_at=None),
            ),
            # How many customers wait, each once, and how many of them too long.
            models.Index(
                fields=["customer", "due_at", "stopped_at"],
                name="clock_customers_wait",
                condition=models.Q(stopped_at=None),
            ),
            models.Index(fields=["due_at", "stopped_at", "stage"], name="clock_in_time"),
            models.Index(
                fields=["kind", "-closed_at"],
                name="clock_closed",
                condition=models.Q(closed_at__isnull=False),
            ),
            models.Index(
                fields=["stopped_at"],
                name="clock_quiet",
                condition=models.Q(stage__in=[Stage.ANSWERED, Stage.ACTED]),
            ),
        ]


class RestingClock(models.Model):
    """A clock whose signal was taken out of the records. It runs again, as it was, when that is taken back."""

    signal_key = models.CharField(max_length=400, unique=True)
    arrival = models.ForeignKey(
        Arrival,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text=_("the batch that was taken back; empty: its source deleted the signal"),
    )
    rested_at = models.DateTimeField()
    clock = models.JSONField(help_text=_("its columns"))


class Sending(models.TextChoices):
    """Where an answer stands on its way to the customer."""

    DRAFT = "draft", _("draft")
    WAITING = "waiting", _("waiting to be sent")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    DOUBTFUL = "doubtful", _("perhaps sent; somebody must look")
    FAILED = "failed", _("could not be sent")
    BY_HAND = "by_hand", _("to be sent by hand")


class AnswerRound(models.Model):
    """One text that a person sends to everybody who waits about one theme, each by their own channel."""

    reference = models.UUIDField(unique=True, editable=False)
    theme = models.ForeignKey(Theme, models.PROTECT, related_name="rounds")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    text = models.TextField()
    made_at = models.DateTimeField()
    sends_at = models.DateTimeField(help_text=_("nothing leaves before"))
    recipients = models.JSONField(
        help_text=_("keys of the signals by person: the first is answered, the others with it")
    )
    letters = models.JSONField(
        default=dict,
        blank=True,
        help_text=_(
            "what each person reads, and the links that only they get, by the key of the first signal; empty: the text"
        ),
    )
    passed_over = models.PositiveIntegerField(
        default=0, help_text=_("people who had an answer, or waited no longer, when theirs was to be written")
    )
    written_at = models.DateTimeField(null=True, blank=True)
    taken_back_at = models.DateTimeField(null=True, blank=True)


class Answer(models.Model):
    """What a named person says to a customer. `reference` makes one sending recognisable in the other system."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    author = models.ForeignKey(Person, models.PROTECT, related_name="answers")
    text = models.TextField()
    made_at = models.DateTimeField()
    source = models.ForeignKey(Source, models.PROTECT, null=True, help_text=_("the channel it goes out by"))
    state = models.CharField(max_length=10, choices=Sending, default=Sending.DRAFT)
    attempts = models.PositiveSmallIntegerField(default=0)
    try_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    foreign_id = models.CharField(max_length=400, blank=True, help_text=_("what the other system calls it"))
    error = models.TextField(blank=True)
    round = models.ForeignKey(AnswerRound, models.PROTECT, null=True, blank=True, related_name="answers")
    drafted_from = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(
                fields=["try_at"], name="answer_to_send", condition=models.Q(state__in=["waiting", "sending"])
            ),
            models.Index(
                fields=["made_at"],
                name="answer_to_settle",
                condition=models.Q(state__in=["doubtful", "failed", "by_hand"]),
            ),
        ]


class AnsweredSignal(models.Model):
    """One signal that an answer answers; one answer may serve several of the same customer."""

    answer = models.ForeignKey(Answer, models.CASCADE, related_name="signals")
    signal_key = models.CharField(max_length=400, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["answer", "signal_key"], name="answered_once")]

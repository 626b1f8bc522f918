"""What comes in live: batches with their accounting, the inbox row of each record, and every refused one.

An inbox row is the durable acknowledgement: it is committed, together with its batch, the job that settles it
and a journal line, before anybody is told that a record was received. Settling makes the `Signal` from it;
flushing writes it to the lake.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from interlock.fabric.models import Person
from interlock.listen.models.sources import Source


class Arrival(models.Model):
    """One batch of one source: an asking, or what was pushed until it was closed. It can be undone as a whole."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="arrivals", db_index=False)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True, help_text=_("no record joins it any more"))
    flushed_at = models.DateTimeField(null=True, blank=True, help_text=_("its records are in the lake"))
    undone_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, help_text=_("who captured or undid it")
    )

    received = models.BigIntegerField(default=0)
    stored = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0, help_text=_("those of the stored whose key was known"))
    duplicate = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["source", "-id"], name="arrival_of_source")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(received=models.F("stored") + models.F("duplicate") + models.F("refused")),
                name="arrival_adds_up",
            )
        ]

    @property
    def batch_id(self) -> str:
        """The mark of this batch's rows in the lake."""
        return f"arrival-{self.pk}"


class InboxRow(models.Model):
    """The newest version of one record that came in live. `payload` is emptied long after it is in the lake."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="+", db_index=False)
    table = models.CharField(max_length=20, help_text=_("a table of the contract"))
    key = models.CharField(max_length=400)
    digest = models.UUIDField(help_text=_("of the payload: the same digest again is a duplicate"))
    arrival = models.ForeignKey(Arrival, models.PROTECT, related_name="rows")
    received_at = models.DateTimeField()
    payload = models.TextField(blank=True, help_text=_("JSON, columns of the contract"))
    settled = models.BooleanField(default=False)
    flushed = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "table", "key"], name="inbox_once")]
        indexes = [
            models.Index(fields=["id"], name="inbox_unsettled", condition=models.Q(settled=False)),
            models.Index(fields=["source", "id"], name="inbox_unflushed", condition=models.Q(flushed=False)),
        ]


class EarlierRow(models.Model):
    """A version of a record that a later batch changed before it was in the lake. It is flushed before that
    one, so that taking the later batch back gives the record this value again."""

    arrival = models.ForeignKey(Arrival, models.PROTECT, related_name="earlier_rows")
    table = models.CharField(max_length=20)
    key = models.CharField(max_length=400)
    payload = models.TextField()


class RefusedRow(models.Model):
    """One record that was not stored, and why; what came is kept so that nothing is lost."""

    arrival = models.ForeignKey(Arrival, models.PROTECT, related_name="refusals", db_index=False)
    at = models.DateTimeField()
    place = models.CharField(max_length=200, help_text=_("where it stood: position, message id, page"))
    field = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=400)
    payload = models.TextField(blank=True, help_text=_("what came, cut at 64,000 characters"))

    class Meta:
        # The status counts reasons along it, and reads no payload for that.
        indexes = [models.Index(fields=["arrival", "reason"], name="refused_why")]


class ReplyRoute(models.Model):
    """How the author of one signal is answered. Kept apart from signals, never in the lake, never exported."""

    signal_key = models.CharField(max_length=400, unique=True)
    source = models.ForeignKey(Source, models.PROTECT, related_name="+")
    address = models.CharField(max_length=400, blank=True, help_text=_("mail address, where there is one"))
    thread = models.CharField(
        max_length=400, blank=True, db_index=True, help_text=_("the talk it belongs to")
    )
    detail = models.JSONField(
        default=dict, help_text=_("what the connector needs to answer: message or ticket id")
    )

    class Meta:
        indexes = [
            models.Index(Lower("address"), name="route_address", condition=~models.Q(address="")),
        ]

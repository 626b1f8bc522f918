"""Clocks whose signals were taken out of the records: ended, kept aside, and running again when that is taken back.

A batch that is taken back, or a file of deletions, may be a mistake. Whoever looks after a customer then still does
once it is undone; so the clock is kept as it was until what undoes it is cleared away as well.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from itertools import batched
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from interlock.listen.models import AnsweredSignal, Arrival, Clock, InboxRow, RestingClock, Signal

_AT_ONCE = 500


@transaction.atomic
def end_clocks(*, keys: Collection[str], now: datetime) -> int:
    """End the clocks of signals that were taken out for good; return how many.

    A clock without an answer goes with its signal. One that was answered stays, stopped, because the
    customer has the answer.
    """
    ended = 0
    for some in batched(keys, _AT_ONCE, strict=False):
        clocks = Clock.objects.filter(signal_key__in=some)
        ended += clocks.filter(_answered(), stopped_at=None).update(stopped_at=now, closed_at=now)
        ended += clocks.exclude(_answered()).delete()[0]
    return ended


@transaction.atomic
def rest_clocks(*, keys: Collection[str], now: datetime, arrival: Arrival | None = None) -> int:
    """End these clocks likewise, but keep them for `wake_clocks`; return how many.

    `arrival` is the batch that was taken back; None where the signal was deleted at its source.
    """
    for some in batched(keys, _AT_ONCE, strict=False):
        going = Clock.objects.filter(~_answered() | Q(stopped_at=None), signal_key__in=some)
        RestingClock.objects.bulk_create(
            [
                RestingClock(
                    signal_key=clock.signal_key, arrival=arrival, rested_at=now, clock=_values(clock)
                )
                for clock in going
            ],
            update_conflicts=True,
            unique_fields=["signal_key"],
            update_fields=["arrival", "rested_at", "clock"],
        )
    return end_clocks(keys=keys, now=now)


def rest_clocks_of_gone(*, now: datetime) -> int:
    """Let running clocks rest whose signal was deleted at its source; return how many."""
    # What was put back this moment has its clock again and stands on the list in a second.
    coming = InboxRow.objects.filter(table="signals", key=OuterRef("signal_key"), settled=False)
    gone = Clock.objects.filter(~Exists(_signal()), ~Exists(coming), stopped_at=None)
    return rest_clocks(keys=list(gone.values_list("signal_key", flat=True)), now=now)


def wake_returned() -> int:
    """Let the clocks run again whose signal was deleted and is back; return how many. One query if there is none."""
    back = RestingClock.objects.filter(Exists(_signal()), arrival=None).values_list("signal_key", flat=True)
    return wake_clocks(keys=list(back), arrival=None)


@transaction.atomic
def wake_clocks(*, keys: Collection[str], arrival: Arrival | None) -> int:
    """Let the clocks that went with this batch run again as they were, unless the signal has a newer one."""
    woken = 0
    for some in batched(keys, _AT_ONCE, strict=False):
        resting = RestingClock.objects.select_for_update(of=("self",)).filter(
            signal_key__in=some, arrival=arrival
        )
        there = Clock.objects.select_for_update(of=("self",)).in_bulk(list(some), field_name="signal_key")
        kept = [(_clock(one.clock), one.rested_at) for one in resting]
        gone = [clock for clock, _at in kept if clock.signal_key not in there]
        # One that was answered was only stopped. It goes on unless somebody did something with it since.
        stopped = [
            clock
            for clock, at in kept
            if (now := there.get(clock.signal_key)) and (now.pk, now.closed_at) == (clock.pk, at)
        ]
        Clock.objects.bulk_create(gone)
        for clock in stopped:
            clock.save()
        woken += len(gone) + len(stopped)
        resting.delete()
    return woken


def forget_resting(*, before: datetime) -> int:
    """Forget clocks that have rested since before then; return how many."""
    return RestingClock.objects.filter(rested_at__lt=before).delete()[0]


def _answered() -> Exists:
    return Exists(AnsweredSignal.objects.filter(signal_key=OuterRef("signal_key")))


def _signal() -> QuerySet[Signal]:
    return Signal.objects.filter(key=OuterRef("signal_key"))


def _values(clock: Clock) -> dict[str, Any]:
    values = {field.attname: getattr(clock, field.attname) for field in Clock._meta.concrete_fields}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()
    }


def _clock(values: dict[str, Any]) -> Clock:
    fields = Clock._meta.concrete_fields
    return Clock(**{field.attname: field.to_python(values[field.attname]) for field in fields})

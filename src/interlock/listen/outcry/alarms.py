"""An alarm: it begins, becomes an outcry, and ends; and what is known about it then.

Who and where, since when, how many of them are new, what they say, and which change on record came before. Figures
are counted from the signals of the last day, 2,000 at most; who is new has not spoken in this stream for 90 days before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from interlock.analytics.outcry.standing import Spread, Standing
from interlock.fabric import events, journal
from interlock.listen.models import Alarm, Signal, Source, StreamKind, Theme, ThemeState, WatchedStream
from interlock.listen.outcry import changes

LOOKED_BACK, BEFORE = timedelta(days=1), timedelta(days=90)
MOST_READ = 2_000
MOST_NAMED, QUOTES = 5, 3
LEAST_WORDS = 12  # characters: "no" is no quote
TOPIC = "signals"


def signals_of(stream: WatchedStream) -> QuerySet[Signal]:
    """The signals of a stream."""
    if stream.kind == StreamKind.THEME:
        return Signal.objects.filter(themed__cluster__theme__key=stream.key)
    column = {
        StreamKind.SOURCE: "source_id",
        StreamKind.CHANNEL: "channel",
        StreamKind.PRODUCT: "product_key",
    }[StreamKind(stream.kind)]
    return Signal.objects.filter(**{column: stream.key})


def label_of(stream: WatchedStream) -> str:
    """The stream as people call it."""
    if stream.kind == StreamKind.SOURCE:
        return Source.objects.filter(pk=stream.key).values_list("name", flat=True).first() or stream.key
    if stream.kind == StreamKind.THEME:
        return Theme.objects.filter(key=stream.key).values_list("name", flat=True).first() or stream.key
    if stream.kind == StreamKind.PRODUCT:
        newest = signals_of(stream).order_by("-occurred_at").values_list("product_label", flat=True).first()
        return newest or stream.key
    return stream.key


def new_share(stream: WatchedStream, at: datetime) -> float | None:
    """Share of those who spoke in the last day and had not in the 90 days before; None where nobody is known."""
    recent = signals_of(stream).filter(occurred_at__gt=at - LOOKED_BACK, occurred_at__lte=at)
    speakers = set(_speakers(recent.values_list("contact_key", "account_key")[:MOST_READ]))
    if not speakers:
        return None
    earlier = signals_of(stream).filter(occurred_at__gt=at - BEFORE, occurred_at__lte=at - LOOKED_BACK)
    met = earlier.filter(Q(contact_key__in=speakers) | Q(contact_key="", account_key__in=speakers))
    known = set(_speakers(met.values_list("contact_key", "account_key").distinct()))
    return len(speakers - known) / len(speakers)


def _speakers(rows: Iterable[tuple[str, str]]) -> Iterable[str]:
    return (contact or account for contact, account in rows if contact or account)


@transaction.atomic
def turn(*, stream: WatchedStream, to: Standing, spread: Spread, strength: float, at: datetime) -> None:
    """Move a stream to another state, and begin, raise or end its alarm."""
    stream.state, stream.state_since = to, at
    stream.save(update_fields=["state", "state_since"])
    turn_theme(stream, to, at)
    alarm = Alarm.objects.filter(stream=stream, ended_at=None).first()
    if to == Standing.QUIET:
        if alarm is not None:
            alarm.ended_at = at
            alarm.save(update_fields=["ended_at"])
            _tell(alarm, "ended", at)
        return
    if alarm is None:
        alarm = Alarm(stream=stream, began_at=at)
    alarm.label, alarm.state, alarm.strength, alarm.times = label_of(stream)[:400], to, strength, spread.times
    alarm.outcry_at = at if to == Standing.OUTCRY else None
    alarm.known = known(stream, spread, at)
    alarm.told_at = None
    alarm.save()
    _tell(alarm, to, at)


def turn_theme(stream: WatchedStream, to: str, at: datetime) -> None:
    """A theme that people are deciding about keeps its state: the watch does not talk into that."""
    if stream.kind == StreamKind.THEME:
        ours = (ThemeState.QUIET, ThemeState.EMERGING, ThemeState.OUTCRY)
        Theme.objects.filter(key=stream.key, state__in=ours).exclude(state=to).update(
            state=to, state_since=at
        )


def _tell(alarm: Alarm, verb: str, at: datetime) -> None:
    detail = {"stream": f"{alarm.stream.kind} {alarm.label}"}
    journal.note(actor=None, verb=f"heard: {verb}", about=alarm, at=at, detail=detail)
    events.tell(topic=TOPIC, verb=verb, keys=[str(alarm.pk)], at=at, detail={"kind": "alarm"})


def known(stream: WatchedStream, spread: Spread, at: datetime) -> dict[str, Any]:
    """What is known at a moment, as plain JSON: see the module's docstring."""
    recent = signals_of(stream).filter(occurred_at__gt=at - LOOKED_BACK, occurred_at__lte=at)
    rows = list(
        recent.order_by("-occurred_at").values(
            "key", "account_key", "contact_key", "channel", "region", "product_key", "product_label", "rating_share",
            "title", "body", "occurred_at",
        )[:MOST_READ]
    )  # fmt: skip
    speakers = set(_speakers((row["contact_key"], row["account_key"]) for row in rows))
    rated = [row["rating_share"] for row in rows if row["rating_share"] is not None]
    where = {"channel": "channel", "region": "region", "product": "product_label"}
    products = {row["product_key"] for row in rows if row["product_key"]}
    return {
        "at": at.isoformat(),
        "times": [round(end, 2) for end in spread.within or (spread.times, spread.times)],
        "signals": len(rows),
        "customers": len(speakers),
        "new_share": new_share(stream, at) if spread.new_share is None else spread.new_share,
        "voices": round(spread.voices, 1),
        "growth": round(spread.growth, 2),
        "low": sum(share <= 0.4 for share in rated),
        "rated": len(rated),
        "first_at": min((row["occurred_at"] for row in rows), default=at).isoformat(),
        "where": {
            name: _most(row[column] for row in rows) for name, column in where.items() if name != stream.kind
        },
        "quotes": _quotes(rows),
        "changes": changes.before(at, products=products),
    }


def _most(values: Iterable[str]) -> list[list[Any]]:
    return [
        [value, count] for value, count in Counter(value for value in values if value).most_common(MOST_NAMED)
    ]


def _quotes(rows: list[dict[str, Any]]) -> list[str]:
    """Keys of what to read first: the worst ratings, then the newest, one a speaker."""
    chosen: dict[str, str] = {}
    worst = sorted(rows, key=lambda row: 1.0 if row["rating_share"] is None else row["rating_share"])
    for row in worst:
        if len(row["body"] or row["title"]) >= LEAST_WORDS:
            chosen.setdefault(row["contact_key"] or row["account_key"] or row["key"], row["key"])
    return list(chosen.values())[:QUOTES]

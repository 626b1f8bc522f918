"""An alarm: it begins, becomes an outcry, and ends; and what is known about it then.

Who and where, since when, how many of them are new, what they say, and which change on record came before. Figures
are counted from all signals of the last day, places and quotes from the newest 2,000; who is new has not spoken in this
stream for 90 days before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from interlock.analytics.outcry.shares import Shift
from interlock.analytics.outcry.standing import Spread, Standing
from interlock.fabric import events, journal
from interlock.listen.models import (
    Alarm,
    Sentiment,
    Signal,
    Source,
    StreamKind,
    StreamState,
    Theme,
    ThemeState,
    WatchedStream,
)
from interlock.listen.outcry import changes
from interlock.listen.outcry.usually import SPEAKER, usual_before
from interlock.listen.selection import LOW
from interlock.listen.themes.deciding import ASKS_ANEW

LOOKED_BACK, BEFORE = timedelta(days=1), timedelta(days=90)
MOST_READ = 2_000
MOST_NAMED, QUOTES = 5, 3
LEAST_WORDS = 12  # characters: "no" is no quote
TOPIC = "signals"
# Below one voice in six hours the usual is the least that the detector expects of any stream, and no measurement.
LEAST_USUAL = 1.0
NAMED = Coalesce(NullIf("contact_key", Value("")), NullIf("account_key", Value("")))


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
    newest = recent.order_by("-occurred_at").values_list("contact_key", "account_key")
    speakers = set(_speakers(newest[:MOST_READ]))
    if not speakers:
        return None
    earlier = signals_of(stream).filter(occurred_at__gt=at - BEFORE, occurred_at__lte=at - LOOKED_BACK)
    met = earlier.filter(Q(contact_key__in=speakers) | Q(contact_key="", account_key__in=speakers))
    known = set(_speakers(met.values_list("contact_key", "account_key").distinct()))
    return len(speakers - known) / len(speakers)


def _speakers(rows: Iterable[tuple[str, str]]) -> Iterable[str]:
    return (contact or account for contact, account in rows if contact or account)


@dataclass(frozen=True)
class Change:
    """A stream moved to another state: all that is kept of it, read and worked out before anything is written."""

    stream: WatchedStream
    was: str
    to: Standing
    at: datetime
    strength: float
    times: float
    label: str
    known: dict[str, Any]
    usual: dict[str, list[int]]
    begins: bool


def noticed(*, stream: WatchedStream, was: str, spread: Spread, strength: float, low: Shift) -> Change:
    """What there is to say of a stream that has just changed its state."""
    at, to = stream.state_since, Standing(stream.state)
    assert at is not None
    begins = to != Standing.QUIET and was != Standing.EMERGING
    return Change(
        stream=stream,
        was=was,
        to=to,
        at=at,
        strength=strength,
        times=spread.times,
        label=label_of(stream)[:400],
        known={} if to == Standing.QUIET else {**known(stream, spread, at), "unhappy": _unhappy(low)},
        # What was usual is read once, as it was when the alarm began.
        usual=usual_before(signals_of(stream), at) if begins else {},
        begins=begins,
    )


def write(change: Change) -> Alarm | None:
    """Begin, raise or end the alarm of a stream, inside the caller's transaction; the alarm there is something to tell of."""
    turn_theme(change.stream, change.to, change.at)
    alarm = Alarm.objects.filter(stream=change.stream, ended_at=None).first()
    if alarm is not None and (change.to == Standing.QUIET or alarm.is_fall):
        alarm.ended_at = change.at
        alarm.save(update_fields=["ended_at"])
        _note(alarm, "ended", change)
        alarm = None
    if change.to == Standing.QUIET:
        return None
    if alarm is None:
        alarm = Alarm(stream=change.stream, began_at=change.at, usual=change.usual)
    alarm.label, alarm.state, alarm.known = change.label, change.to, change.known
    alarm.strength, alarm.times = change.strength, change.times
    alarm.outcry_at = change.at if change.to == Standing.OUTCRY else None
    alarm.told_at, alarm.told_error = None, ""
    alarm.save()
    _note(alarm, change.to, change)
    return alarm


def turn_theme(stream: WatchedStream, to: str, at: datetime) -> None:
    """A theme that people are deciding about keeps its state: the watch does not talk into that.

    One that comes down stays above its limit as long as its week does.
    """
    if stream.kind != StreamKind.THEME:
        return
    state = ThemeState(to) if to in {StreamState.EMERGING, StreamState.OUTCRY} else ThemeState.QUIET
    theme = Theme.objects.filter(key=stream.key).select_related("figures").first()
    if theme is None or theme.state in {state, ThemeState.DECIDING}:
        return
    anew: dict[str, Any] = {}
    if theme.state == ThemeState.FIXED:
        if state == ThemeState.QUIET:
            return
        anew = ASKS_ANEW
    if state == ThemeState.QUIET and _week_is_above(theme):
        state = ThemeState.EMERGING
    Theme.objects.filter(pk=theme.pk, state=theme.state).update(state=state, state_since=at, **anew)


def _week_is_above(theme: Theme) -> bool:
    figures = getattr(theme, "figures", None)
    return bool(
        figures and figures.limit is not None and figures.weeks and figures.weeks[-1][2] > figures.limit
    )


def _note(alarm: Alarm, verb: str, change: Change) -> None:
    detail = {"stream": f"{alarm.stream.kind} {alarm.label}"}
    journal.note(actor=None, verb=f"heard: {verb}", about=alarm, at=change.at, detail=detail)
    events.tell(topic=TOPIC, verb=verb, keys=[str(alarm.pk)], at=change.at, detail={"kind": "alarm"})


def _unhappy(low: Shift) -> dict[str, float]:
    """Who is not content: the share of the last day, the usual one, and the powers of ten of so high a share."""
    shown = {"now": low.recent, "usual": low.usual, "known": low.known, "power": low.power}
    return {name: round(float(values[0]), 3) for name, values in shown.items()}


def known(stream: WatchedStream, spread: Spread, at: datetime) -> dict[str, Any]:
    """What is known at a moment, as plain JSON: see the module's docstring."""
    recent = signals_of(stream).filter(occurred_at__gt=at - LOOKED_BACK, occurred_at__lte=at)
    rows = list(
        recent.order_by("-occurred_at").values(
            "key", "account_key", "contact_key", "channel", "region", "product_key", "product_label", "rating_share",
            "title", "body", "occurred_at",
        )[:MOST_READ]
    )  # fmt: skip
    where = {"channel": "channel", "region": "region", "product": "product_label"}
    products = {row["product_key"] for row in rows if row["product_key"]}
    return {
        "at": at.isoformat(),
        "times": [round(end, 2) for end in spread.within or (spread.times, spread.times)],
        **_counted(recent),
        "before": _before(stream, spread, at),
        "new_share": new_share(stream, at) if spread.new_share is None else spread.new_share,
        "growth": round(spread.growth, 2),
        "first_at": min((row["occurred_at"] for row in rows), default=at).isoformat(),
        "where": {
            name: _most(row[column] for row in rows) for name, column in where.items() if name != stream.kind
        },
        "quotes": _quotes(rows),
        "changes": changes.before(at, products=products),
    }


def _counted(recent: QuerySet[Signal]) -> dict[str, int]:
    """Signals, different voices, customers who are named, ratings, and who is not content. One query."""
    negative = Q(understood__sentiment=Sentiment.NEGATIVE)
    return recent.order_by().aggregate(
        signals=Count("pk"),
        voices=Count(SPEAKER, distinct=True),
        customers=Count(NAMED, distinct=True),
        low=Count("pk", filter=Q(rating_share__lte=LOW)),
        rated=Count("rating_share"),
        negative=Count("pk", filter=negative),
        discontent=Count("pk", filter=Q(rating_share__lte=LOW) | Q(rating_share=None) & negative),
    )


def _before(stream: WatchedStream, spread: Spread, at: datetime) -> int | None:
    """Signals of the 90 days before, where so few are usual that "times the usual" says nothing; else None."""
    if spread.usual is None or spread.usual >= LEAST_USUAL:
        return None
    return signals_of(stream).filter(occurred_at__gt=at - BEFORE, occurred_at__lte=at - LOOKED_BACK).count()


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

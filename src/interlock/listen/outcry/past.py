"""What would the watch have said of this company's own past? Read, counted as the live watch counts, and kept.

The newest year of all signals, imported ones too, by when they were said. Several budgets go through it together, so
that an owner can choose. Sources that know only the day of a signal are left out: at five minutes each of their days
would begin with a burst.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import Count, F, Max, Min
from django.utils import timezone
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from interlock.analytics.outcry.backtest import Arrival, BackTest, PastAlarm, backtest, by_event
from interlock.analytics.outcry.budget import Budget
from interlock.analytics.outcry.tuning import Tuning
from interlock.listen.errors import Stopped
from interlock.listen.models import OutcryWatch, Signal, Source, StreamKind, Theme, ThemedSignal
from interlock.listen.outcry import past_heard, setting
from interlock.listen.outcry.counting import TICK, StreamKey, author_of, begin_of
from interlock.listen.outcry.listening import SHARES_PART

LONGEST = timedelta(days=365)
# An incident is told by the four weeks around it.
LEAST_DAYS, LEAST_SIGNALS, LEAST_OF_STREAM = 28, 300, 50
MOST_STREAMS = 2_000  # a year of 2,000 streams takes minutes; the loudest say most
MOST_KEPT = 100  # alarms of a budget
SAMPLED, SAME_TIME = (
    1_000,
    0.5,
)  # more than half of a source's signals at one time of day: it knows only the day
READ_AT_ONCE = 20_000
WARM_UP = int(Tuning().warm_up)  # ticks in which a source is heard alone


class TooLittlePast(Exception):
    """There is too little to go through; the text says how much is needed."""


@dataclass(frozen=True)
class Past:
    """What was said by tick and stream: arrays of equal length in the order of ticks."""

    start: datetime
    ticks: int
    signals: int
    streams: list[StreamKey]
    watched: int  # streams of any size: they share the budget, as when heard live
    left_out: list[str]  # names of sources that know only the day
    at: NDArray[np.int32]
    stream: NDArray[np.int32]
    person: NDArray[np.int64]  # who spoke; where nobody knows, a number of the signal's own
    signal: NDArray[np.int64]
    arrivals: dict[int, list[Arrival]]  # sources that were heard alone and join, by tick


def budgets_tried(own: Budget) -> list[Budget]:
    """One false alarm a month, a quarter and a year, and the installation's own."""
    usual = [Budget(1.0, days) for days in setting.SPANS.values()]
    return usual if own in usual else [own, *usual]


def go_through(*, now: datetime) -> None:
    """Run the watch over the past and keep what it would have said; a past too short is refused, and that is kept."""
    row = setting.watch_row()
    own = Budget(row.false_alarms, row.days)
    try:
        past = read_past(now)
        tested = backtest(
            _by_tick(past, _progress(past, now)),
            streams=len(past.streams),
            budgets=budgets_tried(own),
            watched=past.watched,
            counts_part=1 - SHARES_PART,
            arrivals=past.arrivals,
        )
    except TooLittlePast as refused:
        return keep({"state": "refused", "at": now.isoformat(), "why": str(refused)})
    except Stopped:
        return None
    heard = past_heard.heard(past.start, past.streams, past.at, past.stream, past.person, past.signal)
    return keep(
        {
            "state": "done",
            "at": now.isoformat(),
            "since": past.start.isoformat(),
            "until": (past.start + past.ticks * TICK).isoformat(),
            "signals": past.signals,
            "streams": len(past.streams),
            "left_out": past.left_out,
            "tests": [_as_json(by_event(one, heard), past.streams) for one in tested],
        }
    )


def keep(past: dict[str, Any]) -> None:
    """Write how far the going through the past came, or what it found; until then what was found last stays as `last`."""
    before = OutcryWatch.objects.get_or_create(pk=1)[0].past
    last = before if before.get("state") == "done" else before.get("last")
    if last and past["state"] != "done":
        past = {**past, "last": last}
    OutcryWatch.objects.filter(pk=1).update(past=past)


def read_past(now: datetime) -> Past:
    """Read what was said in the newest year.

    Raises:
        TooLittlePast: fewer than four weeks, too few signals, or no stream that is said often enough.
    """
    day_only = {one.pk: one.name for one in Source.objects.all() if _knows_only_the_day(one)}
    said = Signal.objects.filter(occurred_at__lte=now).exclude(source__in=day_only)
    last = said.aggregate(last=Max("occurred_at"))["last"]
    if last is None:
        raise TooLittlePast(_no_times(list(day_only.values())))
    said = said.filter(occurred_at__gte=last - LONGEST)
    start = begin_of(said.aggregate(first=Min("occurred_at"))["first"])
    days = (last - start) / timedelta(days=1)
    streams, watched = _streams(said)
    if days < LEAST_DAYS or not streams:
        raise TooLittlePast(
            _(
                "There are %(days)d days of signals with their time of day. The watch can be tried on %(least)d days "
                "or more, with a stream of %(most)d signals at least."
            )
            % {"days": days, "least": LEAST_DAYS, "most": LEAST_OF_STREAM}
        )
    ticks = int((begin_of(last) - start) / TICK) + 1
    signals, heard = _read(said, start, streams)
    if signals < LEAST_SIGNALS:
        raise TooLittlePast(
            _("There are %(n)d signals in that time; the watch can be tried on %(least)d or more.")
            % {"n": signals, "least": LEAST_SIGNALS}
        )
    return Past(
        start,
        ticks,
        signals,
        streams,
        watched,
        sorted(day_only.values()),
        **heard.arrays(),
        arrivals=heard.arrivals(),
    )


def _no_times(left_out: list[str]) -> str:
    if left_out:
        return _("%(names)s: only the day of each signal is known there, not its hour.") % {
            "names": ", ".join(sorted(left_out))
        }
    return _("No signal was heard yet.")


def _knows_only_the_day(source: Source) -> bool:
    times = Signal.objects.filter(source=source).order_by("-occurred_at")
    clock = Counter(at.time() for at in times.values_list("occurred_at", flat=True)[:SAMPLED])
    # Two months of days; a handful of equal times says nothing.
    return clock.total() >= LEAST_OF_STREAM and max(clock.values()) > SAME_TIME * clock.total()


def _streams(said: Any) -> tuple[list[StreamKey], int]:
    """The streams said most, each often enough, and how many the live watch would listen to. Eight queries."""
    columns = {
        StreamKind.SOURCE: F("source_id"),
        StreamKind.CHANNEL: F("channel"),
        StreamKind.PRODUCT: F("product_key"),
        StreamKind.THEME: F("themed__cluster__theme__key"),
    }
    counted, watched = [], 0
    for kind, column in columns.items():
        rows = said.order_by().annotate(of=column).values_list("of").annotate(n=Count("pk"))
        watched += rows.count()
        often = rows.filter(n__gte=LEAST_OF_STREAM).order_by("-n")[:MOST_STREAMS]
        counted += [(n, str(kind), str(key)) for key, n in often if key]
    return [(kind, key) for _n, kind, key in sorted(counted, reverse=True)[:MOST_STREAMS]], watched


class _Voices:
    """Voices as they are read, in the order of time: one person counts once a day and stream."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, int, int]] = []
        self.alone: dict[int, list[tuple[int, int]]] = {}  # by source: tick and stream of what it says alone
        self.joins: dict[int, int] = {}  # by source: the tick from which it speaks with others
        self.spoken: set[tuple[object, int, int]] = set()

    def is_first(self, whose: object, number: int, author: int) -> bool:
        """Whether nobody counted this author in this stream today; of an unknown one every word counts."""
        if author and (whose, number, author) in self.spoken:
            return False
        self.spoken.add((whose, number, author))
        return True

    def arrays(self) -> dict[str, Any]:
        """Tick, stream, person and signal of each voice."""
        rows = np.array(self.rows, np.int64).reshape(-1, 4).T
        at, stream = rows[:2].astype(np.int32)
        return {"at": at, "stream": stream, "person": rows[2], "signal": rows[3]}

    def arrivals(self) -> dict[int, list[Arrival]]:
        """What each source said alone in streams that it joins, (ticks, streams), by the tick from which it does."""
        found: dict[int, list[Arrival]] = {}
        for source, said in self.alone.items():
            joins, rows = self.joins[source], np.unique([number for _tick, number in said])
            counts = np.zeros((WARM_UP, len(rows)))
            places = np.array(
                [(tick - joins + WARM_UP, np.searchsorted(rows, number)) for tick, number in said]
            )
            np.add.at(counts, tuple(places[places[:, 0] >= 0].T), 1.0)
            found.setdefault(joins, []).append((rows, counts))
        return found


def _read(said: Any, start: datetime, streams: list[StreamKey]) -> tuple[int, _Voices]:
    """Count the signals, and read their voices."""
    numbers = {key: number for number, key in enumerate(streams)}
    themes = _themes(numbers)
    voices, today, signals = _Voices(), None, 0
    rows = said.order_by("occurred_at", "pk").values_list(
        "pk", "occurred_at", "source_id", "channel", "product_key", "contact_key", "account_key"
    )
    for pk, occurred, source, channel, product, contact, account in rows.iterator(chunk_size=READ_AT_ONCE):
        signals += 1
        day = timezone.localtime(occurred).date()
        if day != today:
            today, voices.spoken = day, set()
        author, tick = author_of(contact or account), int((occurred - start) / TICK)
        joins = voices.joins.setdefault(source, tick + WARM_UP)
        own = numbers.get(("source", str(source)))
        others = (("channel", channel), ("product", product), ("theme", themes.get(pk, "")))
        shared = [numbers[key] for key in others if key in numbers]
        # A source that has just begun speaks for itself alone, as when heard live.
        counted = [*([] if own is None else [own]), *(shared if tick >= joins else [])]
        person = (author or 2**62 + pk) - 2**63
        voices.rows += [(tick, one, person, pk) for one in counted if voices.is_first("all", one, author)]
        if tick < joins:
            alone = [(tick, one) for one in shared if voices.is_first(source, one, author)]
            voices.alone.setdefault(source, []).extend(alone)
    return signals, voices


def _themes(numbers: dict[StreamKey, int]) -> dict[int, str]:
    """The theme of each signal whose theme is watched."""
    watched = {key for kind, key in numbers if kind == StreamKind.THEME}
    if not watched:
        return {}
    rows = ThemedSignal.objects.filter(cluster__theme__key__in=watched)
    pairs = rows.values_list("signal_id", "cluster__theme__key")
    return dict(pairs.iterator(chunk_size=READ_AT_ONCE))


def _by_tick(past: Past, progress: Callable[[int], None]) -> Iterator[tuple[datetime, NDArray[np.float64]]]:
    ends = np.searchsorted(past.at, np.arange(past.ticks + 1))
    for place in range(past.ticks):
        progress(place)
        here = past.stream[ends[place] : ends[place + 1]]
        counts = np.bincount(here, minlength=len(past.streams)).astype(float)
        yield timezone.localtime(past.start + place * TICK), counts


def _progress(past: Past, began: datetime) -> Callable[[int], None]:
    """Keep how far it came, a hundred times; raises Stopped when somebody asked for that."""
    step = max(1, past.ticks // 100)

    def told(place: int) -> None:
        if place % step:
            return
        if OutcryWatch.objects.filter(pk=1).values_list("past__state", flat=True).first() == "stopped":
            raise Stopped(_("Somebody stopped it."))
        done = {"state": "running", "at": began.isoformat(), "done": place, "ticks": past.ticks}
        keep({**done, "signals": past.signals, "streams": len(past.streams)})

    return told


def _as_json(tested: BackTest, streams: list[StreamKey]) -> dict[str, Any]:
    told = [*tested.alarms, *tested.incidents]
    labels = _labels([streams[number] for one in told for number in (one.stream, *one.also)])
    return {
        "false_alarms": tested.budget.alarms,
        "days": tested.budget.days,
        "past_days": tested.days,
        "allowed": tested.allowed,
        "alarm_count": len(tested.alarms),
        "false": tested.false_alarms,
        "incident_count": len(tested.incidents),
        "heard": len(tested.heard),
        "lead_hours": tested.median_lead_hours,
        "alarms": [_alarm(one, streams, labels) for one in tested.alarms[-MOST_KEPT:]],
        "missed": [
            {
                **_named(streams[one.stream], labels),
                "also": [labels[streams[other]] for other in one.also],
                "at": one.start.isoformat(),
                "end": one.end.isoformat(),
                "peak": one.peak.isoformat(),
                "times": one.times,
                "voices": one.voices,
            }
            for one in tested.missed[-MOST_KEPT:]
        ],
    }


def _alarm(one: PastAlarm, streams: list[StreamKey], labels: dict[StreamKey, str]) -> dict[str, Any]:
    return {
        **_named(streams[one.stream], labels),
        "at": one.time.isoformat(),
        "also": [labels[streams[other]] for other in one.also],
        "times": one.times,
        "lead_hours": one.lead_hours,
        "peak": one.incident.peak.isoformat() if one.incident else None,
        "peak_times": one.incident.times if one.incident else None,
    }


def _named(stream: StreamKey, labels: dict[StreamKey, str]) -> dict[str, str]:
    return {"kind": stream[0], "key": stream[1], "label": labels[stream]}


def _labels(streams: list[StreamKey]) -> dict[StreamKey, str]:
    """Streams as people call them: three queries, however many there are."""
    found = {stream: stream[1] for stream in streams}
    of = {kind: [key for each, key in found if each == kind] for kind in ("source", "theme", "product")}
    names = {
        "source": Source.objects.filter(pk__in=of["source"]).values_list("pk", "name"),
        "theme": Theme.objects.filter(key__in=of["theme"]).values_list("key", "name"),
        "product": Signal.objects.filter(product_key__in=of["product"])
        .order_by()
        .values_list("product_key")
        .annotate(label=Max("product_label")),
    }
    for kind, rows in names.items():
        found.update({(kind, str(key)): name for key, name in rows if name})
    return found

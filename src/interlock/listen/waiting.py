"""Who waits for an answer, in which order, and how well we keep our hours.

The queue: failed again first, then whoever is due first. A place in it is urgency, hour and number of the last
clock shown (keyset paging), so that page 1,000 costs what page 1 costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core import signing
from django.db.models import Count, F, Q, QuerySet
from django.http import QueryDict

from interlock.analytics.statistics.shares import wilson
from interlock.fabric import away
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person
from interlock.listen.hours import due_words
from interlock.listen.models import Answer, AnsweredSignal, Clock, Sending, Signal
from interlock.listen.stages import ASIDE_STAGES

PAGE_ROWS = 30
RECORD_DAYS = 30
# Below this the interval of the share is wider than a third of the scale and says nothing.
FEWEST_DUE = 30
# The rail counts no further; the queue's own page says the exact number.
RAIL_COUNTS_TO = 1_000
SETTLED_SHOWN = 20
TO_SETTLE = (Sending.DOUBTFUL, Sending.FAILED, Sending.BY_HAND)


def clocks_visible_to(person: Person | None) -> QuerySet[Clock]:
    """Clocks this person may see: all for staff, none for others until customers have pages of their own."""
    return Clock.objects.all() if may(person, Act.READ) else Clock.objects.none()


def answers_visible_to(person: Person | None) -> QuerySet[Answer]:
    """Answers this person may see: a draft is its writer's own, the others are seen by all staff."""
    if not may(person, Act.READ):
        return Answer.objects.none()
    return Answer.objects.exclude(~Q(author=person), state=Sending.DRAFT)


@dataclass(frozen=True)
class WaitingFilters:
    """What the queue is narrowed by; empty ones do not narrow. `show` is waiting, overdue, in_time or late."""

    show: str = ""
    whose: str = ""
    kind: str = ""
    source: str = ""
    theme: str = ""

    @property
    def is_queue(self) -> bool:
        """Whether those are shown who wait now, not how we did in the last 30 days."""
        return self.show in {"", "overdue"}

    @property
    def is_everything(self) -> bool:
        return self == WaitingFilters()

    def narrow(self, clocks: QuerySet[Clock], person: Person | None, now: datetime) -> QuerySet[Clock]:
        """Keep the clocks that every filter lets through."""
        if self.is_queue:
            clocks = clocks.filter(stopped_at=None)
            clocks = clocks.filter(due_at__lte=now) if self.show else clocks
        else:
            clocks = _was_due(clocks, now).filter(_IN_TIME if self.show == "in_time" else ~_IN_TIME)
        if self.whose == "mine":
            owners = [person.pk, *away.stood_in_for(person, now)] if person else []
            clocks = clocks.filter(Q(owner__in=owners) | Q(escalated_to=person))
        elif self.whose == "nobody":
            clocks = clocks.filter(owner=None)
        if self.kind:
            clocks = clocks.filter(kind=self.kind)
        if self.theme:
            said = Signal.objects.filter(themed__cluster__theme__key=self.theme)
            clocks = clocks.filter(signal_key__in=said.values("key"))
        return clocks.filter(source__key=self.source) if self.source else clocks

    def as_query(self, **more: Any) -> str:
        """The filters as an address ends, so that a link shows the same customers."""
        query = QueryDict(mutable=True)
        for each in fields(self):
            if value := getattr(self, each.name):
                query[each.name] = value
        for name, value in more.items():
            query[name] = value
        return f"?{query.urlencode()}" if query else ""


@dataclass(frozen=True)
class Row:
    """One line of the queue. `signal` is None in the moment between its removal and its clock's end."""

    clock: Clock
    signal: Signal | None
    answer: Answer | None
    due: str
    is_overdue: bool


@dataclass(frozen=True)
class QueuePage:
    """Lines of one page, and the addresses' ends of the pages beside it (empty when there is none)."""

    rows: list[Row]
    earlier: str
    later: str


def queue_page(
    clocks: QuerySet[Clock], *, now: datetime, after: str = "", before: str = "", by_urgency: bool = True
) -> QueuePage:
    """One page, the most urgent first, or by the hour alone and the latest first (`by_urgency` false).

    `after` and `before` are places made here; a forged one is ignored.
    """
    place = _place(before or after)
    backwards = bool(before and place)
    if place:
        beyond = _beyond(*place, backwards=backwards) if by_urgency else _later(*place, backwards=backwards)
        clocks = clocks.filter(beyond)
    order = ["-urgency", "due_at", "pk"] if by_urgency else ["-due_at", "-pk"]
    # Numbers first: they are found in an index alone, and only the clocks shown are read.
    numbers = list(clocks.order_by(*_turned(order, backwards)).values_list("pk", flat=True)[: PAGE_ROWS + 1])
    more, numbers = len(numbers) > PAGE_ROWS, numbers[:PAGE_ROWS]
    read = Clock.objects.select_related("owner", "escalated_to", "source").in_bulk(numbers)
    shown = [read[number] for number in numbers if number in read]
    if backwards:
        shown.reverse()
    has_earlier, has_later = (more, True) if backwards else (bool(place), more)
    return QueuePage(
        rows_of(shown, now),
        earlier=_mark(shown[0]) if shown and has_earlier else "",
        later=_mark(shown[-1]) if shown and has_later else "",
    )


def _turned(order: list[str], backwards: bool) -> list[str]:
    if not backwards:
        return order
    return [name[1:] if name.startswith("-") else f"-{name}" for name in order]


def rows_of(clocks: Iterable[Clock], now: datetime) -> list[Row]:
    """The clocks with their signals and the answers that are on their way. Two queries."""
    clocks = list(clocks)
    keys = [clock.signal_key for clock in clocks]
    left_out = ("resolution", "url", "copy_hash")
    signals = Signal.objects.defer(*left_out).in_bulk(keys, field_name="key")
    moving = (
        AnsweredSignal.objects.filter(signal_key__in=keys)
        .exclude(answer__state__in=[Sending.DRAFT, Sending.SENT])
        .select_related("answer__author")
        .order_by("answer_id")
    )
    answers = {one.signal_key: one.answer for one in moving}
    return [
        Row(
            clock,
            signals.get(clock.signal_key),
            answers.get(clock.signal_key),
            due_words(clock.due_at, now),
            clock.stopped_at is None and clock.due_at <= now,
        )
        for clock in clocks
    ]


def with_clocks(signals: Sequence[Signal]) -> None:
    """Note on each signal when its customer was `told`, and whether it is `unanswered`: its clock says, else the records.

    `unanswered` is None where neither can say. One query.
    """
    clocks = Clock.objects.exclude(stage__in=ASIDE_STAGES).in_bulk(
        [one.key for one in signals], field_name="signal_key"
    )
    for one in signals:
        clock = clocks.get(one.key)
        one.told = one.first_reply_at or one.resolved_at or (clock.stopped_at if clock else None)
        if clock:
            one.unanswered = clock.stopped_at is None
        else:
            one.unanswered = None if one.answered is None else not one.answered


@dataclass(frozen=True)
class Counts:
    """How many customers wait, with how many signals, and how many of them longer than they should.

    A customer whom no source names is counted by each signal.
    """

    waiting: int
    signals: int
    overdue: int
    overdue_signals: int


def counts(clocks: QuerySet[Clock], now: datetime) -> Counts:
    """Count exactly. One query, one walk along the index of waiting customers."""
    late, nobody = Q(due_at__lte=now), Q(customer="")
    found = clocks.filter(stopped_at=None).aggregate(
        signals=Count("*"),
        named=Count("customer", distinct=True, filter=~nobody),
        unnamed=Count("pk", filter=nobody),
        late_signals=Count("pk", filter=late),
        late_named=Count("customer", distinct=True, filter=late & ~nobody),
        late_unnamed=Count("pk", filter=late & nobody),
    )
    return Counts(
        found["named"] + found["unnamed"],
        found["signals"],
        found["late_named"] + found["late_unnamed"],
        found["late_signals"],
    )


def customers(clocks: QuerySet[Clock]) -> int:
    """How many customers these clocks are of. One query."""
    found = clocks.order_by().aggregate(
        named=Count("customer", distinct=True, filter=~Q(customer="")),
        unnamed=Count("pk", filter=Q(customer="")),
    )
    return int(found["named"] + found["unnamed"])


@dataclass(frozen=True)
class InTime:
    """Signals whose answer fell due in the last 30 days, how many had it in time, and the share's interval.

    Shares 0 to 1. `enough` is false below 30: then no share is stated.
    """

    n: int
    in_time: int
    low: float
    high: float

    @property
    def enough(self) -> bool:
        return self.n >= FEWEST_DUE

    @property
    def late(self) -> int:
        return self.n - self.in_time

    @property
    def share(self) -> float:
        return self.in_time / self.n if self.n else 0.0


def answered_in_time(clocks: QuerySet[Clock], now: datetime) -> InTime:
    """How many were answered by their hour, of those whose hour came in the last 30 days. One query."""
    found = _was_due(clocks, now).aggregate(n=Count("*"), in_time=Count("due_at", filter=_IN_TIME))
    low, high = wilson(found["in_time"], found["n"])
    return InTime(found["n"], found["in_time"], float(low), float(high))


def to_settle(person: Person | None) -> list[Answer]:
    """Answers that need a hand: perhaps sent, failed, or without a channel; the oldest first. Two queries."""
    if not may(person, Act.ANSWER):
        return []
    stuck = Answer.objects.filter(state__in=TO_SETTLE).select_related("author", "source")
    answers = list(stuck.order_by("made_at")[:SETTLED_SHOWN])
    for answer, signal in signals_answered(answers):
        answer.signal = signal
    return [answer for answer in answers if answer.signal]


def signals_answered(answers: Sequence[Answer]) -> list[tuple[Answer, Signal | None]]:
    """Each answer with the signal it was written under; None for one that was taken out. Two queries."""
    firsts: dict[int, str] = {}
    for served in AnsweredSignal.objects.filter(answer__in=answers).order_by("-pk"):
        firsts[served.answer_id] = served.signal_key
    signals = Signal.objects.in_bulk(list(firsts.values()), field_name="key")
    return [(answer, signals.get(firsts.get(answer.pk, ""))) for answer in answers]


def waiting_note(person: Person | None) -> str:
    """What the rail says beside Signals: how many customers wait. One query that stops at 1,000."""
    waiting = clocks_visible_to(person).filter(stopped_at=None)
    named = waiting.exclude(customer="").order_by().values_list("customer").distinct()
    unnamed = waiting.filter(customer="").order_by().values_list("signal_key")
    number = named.union(unnamed, all=True)[:RAIL_COUNTS_TO].count()
    return f"{number - 1}+" if number == RAIL_COUNTS_TO else str(number or "")


def due_for(person: Person, now: datetime) -> QuerySet[Clock]:
    """What this person looks after, stands in for or was called to, and is overdue or nearly so; most urgent first."""
    if not may(person, Act.ANSWER):
        return Clock.objects.none()
    owners = [person.pk, *away.stood_in_for(person, now)]
    mine = Clock.objects.filter(Q(owner__in=owners) | Q(escalated_to=person), stopped_at=None)
    soon = Q(due_at__lte=now + timedelta(hours=4)) | Q(reminded_at__isnull=False) | Q(escalated_to=person)
    return mine.filter(soon).order_by("-urgency", "due_at", "pk")


_IN_TIME = Q(stopped_at__isnull=False, stopped_at__lte=F("due_at"))


def _was_due(clocks: QuerySet[Clock], now: datetime) -> QuerySet[Clock]:
    window = {"due_at__gt": now - timedelta(days=RECORD_DAYS), "due_at__lte": now}
    return clocks.filter(**window).exclude(stage__in=ASIDE_STAGES)


def _beyond(urgency: int, due_at: datetime, pk: int, *, backwards: bool) -> Q:
    """What stands after this place in the queue, or before it. The bound lets the database start there."""
    if backwards:
        same = Q(urgency=urgency) & (Q(due_at__lt=due_at) | Q(due_at=due_at, pk__lt=pk))
        return Q(urgency__gte=urgency) & (Q(urgency__gt=urgency) | same)
    same = Q(urgency=urgency) & (Q(due_at__gt=due_at) | Q(due_at=due_at, pk__gt=pk))
    return Q(urgency__lte=urgency) & (Q(urgency__lt=urgency) | same)


def _later(_urgency: int, due_at: datetime, pk: int, *, backwards: bool) -> Q:
    """Likewise where the latest hour stands first."""
    if backwards:
        return Q(due_at__gte=due_at) & (Q(due_at__gt=due_at) | Q(pk__gt=pk))
    return Q(due_at__lte=due_at) & (Q(due_at__lt=due_at) | Q(pk__lt=pk))


def _mark(clock: Clock) -> str:
    place = [clock.urgency, clock.due_at.timestamp(), clock.pk]
    return signing.dumps(place, salt="listen.waiting", compress=False)


def _place(mark: str) -> tuple[int, datetime, int] | None:
    try:
        urgency, at, pk = signing.loads(mark, salt="listen.waiting")
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return urgency, datetime.fromtimestamp(at, UTC), pk

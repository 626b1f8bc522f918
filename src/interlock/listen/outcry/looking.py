"""What may be read of alarms: the list of events, the account of the budget, and what is known of one stream's alarm now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import BooleanField, Case, Count, F, Min, Q, QuerySet, When
from django.db.models.functions import Coalesce

from interlock.fabric.access import Act, may
from interlock.fabric.models import Person
from interlock.fabric.numbers import number_of
from interlock.listen.models import Alarm, Signal, Source, StreamKind, StreamState, Verdict, WatchedStream
from interlock.listen.outcry import alarms
from interlock.listen.outcry.one_event import GOES_ON, IS_OUTCRY, how_much_it_says, leading, whole
from interlock.listen.outcry.usually import SPEAKER
from interlock.listen.selection import Selection

PAGE_ROWS = 30
TABS = ("now", "outcry", "over", "false", "all")
MOST_NAMED = 6
MOST_LOUD = 200
FILTERS = {
    StreamKind.CHANNEL: "channel",
    StreamKind.PRODUCT: "product_key",
    StreamKind.THEME: "theme",
    StreamKind.SOURCE: "source",
}


def alarms_visible_to(person: Person | None) -> QuerySet[Alarm]:
    """Alarms this person may see, each stream's own: all for staff, none for others."""
    shown = Alarm.objects.select_related("stream", "judged_by").defer("usual")
    return shown if may(person, Act.READ) else shown.none()


def events_visible_to(person: Person | None) -> QuerySet[Alarm]:
    """The same, one an event: its first alarm, with its other streams beside it."""
    return whole(alarms_visible_to(person))


def event_of(person: Person | None, number: int) -> Alarm | None:
    """The event that this alarm is, or is part of; None where there is none to see. Two queries."""
    return events_visible_to(person).filter(Q(pk=number) | Q(parts=number)).first()


def tab_of(shown: QuerySet[Alarm], tab: str) -> QuerySet[Alarm]:
    """The events of one tab: those that go on, outcries, those that ended, false ones, all."""
    if tab == "now":
        return shown.filter(GOES_ON)
    if tab == "outcry":
        return shown.filter(IS_OUTCRY).exclude(verdict=Verdict.FALSE)
    if tab == "over":
        return shown.exclude(GOES_ON).exclude(verdict=Verdict.FALSE)
    return shown.filter(verdict=Verdict.FALSE) if tab == "false" else shown


@dataclass(frozen=True)
class AlarmPage:
    """Alarms of one page, and the place of the next: moment and number of the last one."""

    rows: list[Alarm]
    later: tuple[datetime, int] | None


def alarm_page(shown: QuerySet[Alarm], after: tuple[datetime, int] | None) -> AlarmPage:
    """Thirty alarms, the newest first. Keyset paging: one query however many there are."""
    if after is not None:
        at, number = after
        shown = shown.filter(Q(began_at__lt=at) | Q(began_at=at, pk__lt=number))
    rows = list(shown.order_by("-began_at", "-pk")[: PAGE_ROWS + 1])
    more, rows = len(rows) > PAGE_ROWS, rows[:PAGE_ROWS]
    return AlarmPage(rows, (rows[-1].began_at, rows[-1].pk) if more else None)


def tab_counts(shown: QuerySet[Alarm]) -> dict[str, int]:
    """How many events each tab holds, and how many go on by what they are. One query."""
    false, goes_on, outcry = Q(verdict=Verdict.FALSE), Q(goes_on=True), Q(is_outcry=True)
    return shown.alias(goes_on=_whether(GOES_ON), is_outcry=_whether(IS_OUTCRY)).aggregate(
        now=Count("pk", filter=goes_on),
        outcry=Count("pk", filter=outcry & ~false),
        over=Count("pk", filter=~goes_on & ~false),
        false=Count("pk", filter=false),
        all=Count("pk"),
        outcries_now=Count("pk", filter=goes_on & outcry),
        emerging_now=Count("pk", filter=goes_on & ~outcry & ~Q(state=StreamState.FALLEN)),
    )


def _whether(condition: Q) -> Case:
    return Case(When(condition, then=True), default=False, output_field=BooleanField())


@dataclass(frozen=True)
class Account:
    """The budget against what people said: alarms of its newest span, judged false among them, not judged yet."""

    alarms: int
    false: int
    unjudged: int
    since: datetime


def account(*, days: float, now: datetime) -> Account:
    """What the budget was spent on in its newest span, or since anything was heard; an event is one call. Two queries."""
    heard = WatchedStream.objects.aggregate(first=Min("began_at"))["first"]
    since = max(now - timedelta(days=days), heard or now)
    counted = Alarm.objects.filter(event=None, began_at__gt=now - timedelta(days=days)).aggregate(
        alarms=Count("pk"),
        false=Count("pk", filter=Q(verdict=Verdict.FALSE)),
        unjudged=Count("pk", filter=Q(verdict="")),
    )
    return Account(since=since, **counted)


def loudest_now(person: Person | None) -> list[Alarm]:
    """Events that go on: outcries first, a theme before its source, then those that most people speak in. Two queries."""
    going_on = events_visible_to(person).filter(GOES_ON).exclude(state=StreamState.FALLEN)
    newest = going_on.order_by("-began_at", "-pk")[:MOST_LOUD]
    return sorted(newest, key=lambda one: how_much_it_says(leading(one)))


def beside(alarm: Alarm, person: Person | None) -> list[Alarm]:
    """Other events that began within a day of this one, or that a stream was taken out to. One query."""
    around = (alarm.began_at - timedelta(days=1), alarm.began_at + timedelta(days=1))
    others = alarms_visible_to(person).filter(event=None, began_at__range=around).exclude(pk=alarm.pk)
    return list(others.exclude(verdict=Verdict.FALSE).order_by("-times", "pk")[:MOST_NAMED])


def alarms_about(kind: str, key: str) -> list[int]:
    """Numbers of the newest events that one stream rang for. One query."""
    rang = Alarm.objects.filter(stream__kind=kind, stream__key=key)
    return list(rang.order_by("-began_at").values_list(Coalesce(F("event"), F("pk")), flat=True)[:PAGE_ROWS])


def quotes(alarm: Alarm) -> list[Signal]:
    """The signals to read first, in their order. One query."""
    keys: Sequence[str] = alarm.known.get("quotes", [])
    found = {one.key: one for one in Signal.objects.filter(key__in=keys).select_related("source")}
    return [found[key] for key in keys if key in found]


@dataclass(frozen=True)
class Said:
    """Signals of a stream from one moment to another, and how many different people said them."""

    signals: int
    voices: int


def said_between(stream: WatchedStream, start: datetime, end: datetime) -> Said:
    """What was said in a stream. One query."""
    said = alarms.signals_of(stream).filter(occurred_at__gte=start, occurred_at__lt=end)
    return Said(**said.aggregate(signals=Count("pk"), voices=Count(SPEAKER, distinct=True)))


def speakers(stream: WatchedStream, start: datetime, end: datetime) -> list[tuple[str, str, int]]:
    """Accounts that spoke most: key, name, signals. One query."""
    said = alarms.signals_of(stream).filter(occurred_at__gte=start, occurred_at__lt=end)
    rows = said.exclude(account_key="").values_list("account_key", "account_label").annotate(n=Count("pk"))
    return list(rows.order_by("-n", "account_key")[:MOST_NAMED])


def selection_of(stream: WatchedStream) -> Selection:
    """The filter of the list that shows what is said in a stream; `said_from` bounds it. One query for a source."""
    kind, key = StreamKind(stream.kind), stream.key
    if kind == StreamKind.SOURCE:
        key = source_keys([key]).get(key, key)
    return Selection(**{FILTERS[kind]: key})


def said_from(selection: Selection, start: datetime, end: datetime) -> Selection:
    """The same filters, from one moment to another."""
    return replace(selection, from_at=start, to_at=end)


def source_keys(numbers: Collection[str]) -> dict[str, str]:
    """The keys by which the list names sources, by their numbers as streams have them. One query."""
    rows = Source.objects.filter(pk__in=[number_of(one) for one in numbers])
    return {str(number): key for number, key in rows.values_list("pk", "key")}

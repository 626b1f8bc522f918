"""Which signals does a reader ask for? Filters, words and a place in the list, as one value.

A place is the moment and number of the last signal shown (keyset paging): page 10,000 costs what page 1
costs, and nothing shifts while signals arrive.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from django.core import signing
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone

from interlock.listen.models import Clock, CustomerWorth, Intent, Signal, ThemeDriver, ThemedSignal
from interlock.listen.repeats import LOW
from interlock.listen.search import containing, numbered
from interlock.listen.themes import echoing
from interlock.listen.themes.echoing import Echoed

PAGE_ROWS = 30
# Counted exactly below this; from here on the page says "at least", because an exact count would cost seconds.
COUNTED_TO = 10_000
# With words every signal has to be asked whether it holds them, which is dear where they are frequent.
COUNTED_WITH_WORDS = 2_000
RECENT_DAYS = 90
HIGH = 0.8


@dataclass(frozen=True)
class Selection:
    """Filters of the list; empty ones do not narrow.

    `meaning` keeps what says nearly the same as these words, `like` what says nearly the same as this signal;
    `nearness` makes that "strict" or "loose".
    """

    q: str = ""
    kind: str = ""
    product: str = ""
    product_key: str = ""
    region: str = ""
    rating: str = ""
    sentiment: str = ""
    intent: str = ""
    since: date | None = None
    until: date | None = None
    answered: str = ""
    source: str = ""
    account: str = ""
    order: str = ""
    theme: str = ""
    channel: str = ""
    from_at: datetime | None = None  # moments, where days are too coarse
    to_at: datetime | None = None
    meaning: str = ""
    like: str = ""
    nearness: str = ""
    language: str = ""
    worth: str = ""
    driver: str = ""

    @cached_property
    def echoed(self) -> Echoed | None:
        """What says nearly the same, looked up once; None where nothing is asked for or can be known."""
        if self.like:
            return echoing.echo_of_signal(int(self.like))
        return echoing.echo_of(self.meaning or self.q) if self.meaning or self.q else None

    @property
    def is_everything(self) -> bool:
        return self == Selection()

    @property
    def only(self) -> tuple[str, str] | None:
        """Name and value of the one filter that is set; None when there are several or none."""
        filled = [(each.name, str(value)) for each in fields(self) if (value := getattr(self, each.name))]
        return filled[0] if len(filled) == 1 else None

    def narrow(self, signals: QuerySet[Signal]) -> QuerySet[Signal]:
        """Keep the signals that every filter lets through."""
        for name, column in _EQUAL.items():
            if getattr(self, name):
                signals = signals.filter(**{column: getattr(self, name)})
        if self.rating:
            signals = signals.filter(_RATINGS[self.rating])
        if self.sentiment:
            signals = signals.filter(understood__sentiment=self.sentiment)
        if self.intent:
            signals = signals.filter(**{f"understood__{Intent(self.intent)}": True})
        if self.worth:
            banded = CustomerWorth.objects.filter(account_key=OuterRef("account_key"), band=self.worth)
            signals = signals.filter(Exists(banded))
        if self.driver:
            behind = ThemeDriver.objects.filter(pk=int(self.driver)).values_list("orders", flat=True)
            signals = signals.filter(order_key__in=next(iter(behind), []))
        if self.answered:
            signals = signals.filter(_answered(self.answered))
        if self.since:
            signals = signals.filter(occurred_at__gte=_start(self.since))
        if self.until:
            signals = signals.filter(occurred_at__lt=_start(self.until + timedelta(days=1)))
        if self.from_at:
            signals = signals.filter(occurred_at__gte=self.from_at)
        if self.to_at:
            signals = signals.filter(occurred_at__lt=self.to_at)
        if self.theme:
            signals = signals.filter(pk__in=_themed(self.theme))
        if self.meaning or self.like:
            signals = numbered(signals, self.echoed.reaching(self.nearness) if self.echoed else [])
        return containing(signals, self.q) if self.q else signals

    def as_query(self, **more: Any) -> str:
        """The filters as an address ends, so that a link shows the same signals."""
        query = QueryDict(mutable=True)
        for each in fields(self):
            value = getattr(self, each.name)
            if value:
                query[each.name] = str(value)
        for name, value in more.items():
            query[name] = value
        return f"?{query.urlencode()}" if query else ""


def _themed(key: str) -> QuerySet[ThemedSignal]:
    """The numbers of the signals of one theme; `none` names those with words that found no theme."""
    themed = ThemedSignal.objects.filter(cluster=None).exclude(likeness=0) if key == "none" else ThemedSignal.objects.filter(
        cluster__theme__key=key
    )  # fmt: skip
    return themed.values("signal_id")


def _waits() -> Q:
    """Signals whose customer waits now, whatever their source says or does not say."""
    return Q(key__in=Clock.objects.filter(stopped_at=None).values("signal_key"))


def _answered(choice: str) -> Q:
    if choice == "no":
        return Q(answered=False) | _waits()
    return Q(answered=True if choice == "yes" else None) & ~_waits()


@dataclass(frozen=True)
class Page:
    """Signals of one page, and the addresses' ends of the pages beside it (empty when there is none)."""

    signals: list[Signal]
    earlier: str
    later: str


def page_of(signals: QuerySet[Signal], *, after: str = "", before: str = "") -> Page:
    """One page, the newest first. `after` and `before` are places made here; a forged one is ignored."""
    place = _place(before or after)
    backwards = bool(before and place)
    order = ("occurred_at", "id") if backwards else ("-occurred_at", "-id")
    if place:
        at, pk = place
        # Both halves are in the index's order, so that the database walks and does not sort.
        beyond = Q(occurred_at__gt=at) | Q(occurred_at=at, id__gt=pk) if backwards else (
            Q(occurred_at__lt=at) | Q(occurred_at=at, id__lt=pk)
        )  # fmt: skip
        bound = Q(occurred_at__gte=at) if backwards else Q(occurred_at__lte=at)
        signals = signals.filter(bound & beyond)
    # Numbers first: they are found in an index alone, and only the signals shown are read.
    numbers = list(signals.order_by(*order).values_list("pk", flat=True)[: PAGE_ROWS + 1])
    more = len(numbers) > PAGE_ROWS
    read = signals.model._default_manager.defer("resolution", "url", "copy_hash").in_bulk(numbers[:PAGE_ROWS])
    rows = [read[number] for number in numbers[:PAGE_ROWS] if number in read]
    if backwards:
        rows.reverse()
    has_newer = more if backwards else bool(place)
    has_older = True if backwards else more
    return Page(
        rows,
        earlier=_mark(rows[0]) if rows and has_newer else "",
        later=_mark(rows[-1]) if rows and has_older else "",
    )


@dataclass(frozen=True)
class Counted:
    """How many of the newest signals were counted, and how many of these wait, have no answer on record, or rated badly.

    Who waits has a clock that runs; an old export may name no answer, and nobody waits. `exact` is false when there may be more than were counted.
    """

    signals: int
    waiting: int
    unanswered: int
    low: int
    exact: bool


def counted(signals: QuerySet[Signal], *, with_words: bool = False) -> Counted:
    """Count the newest, up to COUNTED_TO, or COUNTED_WITH_WORDS. One query, one walk."""
    up_to = COUNTED_WITH_WORDS if with_words else COUNTED_TO
    newest = signals.order_by("-occurred_at", "-id").values("key", "answered", "rating_share")[:up_to]
    found = newest.aggregate(
        signals=Count("*"),
        waiting=Count("key", filter=_waits()),
        unanswered=Count("answered", filter=Q(answered=False)),
        low=Count("rating_share", filter=Q(rating_share__lte=LOW)),
    )
    return Counted(**found, exact=found["signals"] < up_to)


def recent_counts(signals: QuerySet[Signal], latest_at: datetime | None) -> dict[str, int]:
    """Counts of those of the newest days; back from the newest signal, because exports are old. One query."""
    if latest_at is not None:
        signals = signals.filter(occurred_at__gt=latest_at - timedelta(days=RECENT_DAYS))
    return signals.aggregate(
        signals=Count("pk"),
        rated=Count("rating_share"),
        low=Count("pk", filter=Q(rating_share__lte=LOW)),
        answerable=Count("pk", filter=Q(answered__isnull=False)),
        unanswered=Count("pk", filter=Q(answered=False)),
    )


def _mark(signal: Signal) -> str:
    return signing.dumps([signal.occurred_at.timestamp(), signal.pk], salt="listen.place", compress=False)


def _place(mark: str) -> tuple[datetime, int] | None:
    try:
        at, pk = signing.loads(mark, salt="listen.place")
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return datetime.fromtimestamp(at, UTC), pk


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())


_EQUAL = {
    "kind": "kind",
    "product": "product_label",
    "product_key": "product_key",
    "region": "region",
    "source": "source__key",
    "account": "account_key",
    "order": "order_key",
    "channel": "channel",
    "language": "understood__language",
}
_RATINGS = {
    "low": Q(rating_share__lte=LOW),
    "middle": Q(rating_share__gt=LOW, rating_share__lt=HIGH),
    "high": Q(rating_share__gte=HIGH),
    "none": Q(rating_share=None),
}

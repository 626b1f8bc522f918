"""What may be read of themes: the list by tab, one theme with its quotes, reach, course and lineage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Case, Count, F, Max, Min, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce

from interlock.fabric.access import Act, may
from interlock.fabric.models import Person
from interlock.listen.models import (
    ChangeKind,
    Cluster,
    Signal,
    Theme,
    ThemeChange,
    ThemedSignal,
    ThemeFigures,
    ThemeState,
)
from interlock.listen.themes.present import Weeks, quarter, quarter_to
from interlock.listen.themes.weeks import FIRST_MONDAY, week_of, week_of_day

PAGE_ROWS = 30
NEW_FOR = timedelta(weeks=4)
_LATEST = datetime.max.replace(tzinfo=UTC)
# A theme of fewer voices in four weeks is counted and not judged.
FEWEST_VOICES = 5
TABS = ("now", "all", "few", "muted")
REACH_SHOWN = 6
EXAMPLES_SHOWN = 12
LINEAGE_SHOWN = 40
# What is above its limit stands before what is not, whatever their ranks.
_URGENCY = Case(
    When(theme__state=ThemeState.OUTCRY, then=3),
    When(theme__state__in=[ThemeState.EMERGING, ThemeState.REOPENED], then=2),
    When(theme__state=ThemeState.DECIDING, then=1),
    default=0,
)
LISTED = ("-theme__pinned", "-urgency", "-rank", "pk")
ABOVE = (
    ThemeState.EMERGING,
    ThemeState.OUTCRY,
    ThemeState.DECIDING,
    ThemeState.FIXED,
    ThemeState.REOPENED,
)


def themes_visible_to(person: Person | None) -> QuerySet[Theme]:
    """Themes this person may see, ended ones too: all for staff, none for others."""
    return Theme.objects.all() if may(person, Act.READ) else Theme.objects.none()


@dataclass(frozen=True)
class Place:
    """Where a page of the list ends: whether its last theme is pinned, how urgent it is, its rank and its number."""

    pinned: bool
    urgency: int
    rank: float
    number: int


@dataclass(frozen=True)
class ThemePage:
    """Figures of one page with their themes, and the place of the next page."""

    rows: list[ThemeFigures]
    later: Place | None


def tab_of(figures: QuerySet[ThemeFigures], tab: str) -> QuerySet[ThemeFigures]:
    """The themes of one tab: what asks for somebody now, all, those with too few voices, the muted."""
    if tab == "muted":
        return figures.filter(theme__muted=True)
    figures = figures.filter(theme__muted=False)
    if tab == "now":
        asks = Q(theme__state__in=ABOVE) | Q(theme__pinned=True)
        return figures.filter(asks | newness(figures).condition)
    if tab == "few":
        return figures.filter(voices__lt=FEWEST_VOICES)
    return figures.filter(voices__gte=FEWEST_VOICES) if tab == "all" else figures


def figures_visible_to(person: Person | None) -> QuerySet[ThemeFigures]:
    """Figures of the themes on the list: neither ended nor broad."""
    visible = themes_visible_to(person).filter(ended_at=None, is_broad=False)
    return ThemeFigures.objects.filter(theme__in=visible).annotate(urgency=_URGENCY)


@dataclass(frozen=True)
class Newness:
    """A theme is new when it began in the newest four weeks, unless all that was heard did: then when it was found
    later than the first themes were."""

    since: datetime
    grown: datetime
    """Four weeks after the oldest theme began."""
    first_found: datetime

    @property
    def condition(self) -> Q:
        later = Q(theme__began_at__gte=self.grown) | Q(theme__found_at__gt=self.first_found)
        return Q(theme__began_at__gte=self.since) & later

    def fits(self, theme: Theme) -> bool:
        later = theme.began_at >= self.grown or theme.found_at > self.first_found
        return theme.began_at >= self.since and later


def newness(figures: QuerySet[ThemeFigures]) -> Newness:
    """What is new among the themes of these figures. One query."""
    ends = figures.aggregate(
        last=Max("last_at"), oldest=Min("theme__began_at"), first_found=Min("theme__found_at")
    )
    newest, oldest = ends["last"] or _LATEST, ends["oldest"] or _LATEST - NEW_FOR
    return Newness(newest - NEW_FOR, oldest + NEW_FOR, ends["first_found"] or _LATEST)


def theme_page(figures: QuerySet[ThemeFigures], after: Place | None) -> ThemePage:
    """Thirty themes: pinned ones, what is above its limit, then by rank. Keyset paging: two queries however many there are."""
    if after is not None:
        beyond = Q(rank__lt=after.rank) | Q(rank=after.rank, pk__gt=after.number)
        beyond = Q(urgency__lt=after.urgency) | Q(urgency=after.urgency) & beyond
        unpinned = Q(theme__pinned=False)
        figures = figures.filter(unpinned | beyond if after.pinned else unpinned & beyond)
    beside = ("theme__decider", "theme__parent", "theme__shift")
    rows = list(figures.select_related(*beside).order_by(*LISTED)[: PAGE_ROWS + 1])
    more, rows = len(rows) > PAGE_ROWS, rows[:PAGE_ROWS]
    return ThemePage(rows, _place_of(rows[-1]) if more else None)


def _place_of(one: Any) -> Place:
    return Place(one.theme.pinned, one.urgency, one.rank, one.pk)


@dataclass(frozen=True)
class Counts:
    """How many themes each tab holds, and how many signals of the newest weeks, `since` to `until`, found a theme."""

    now: int
    all: int
    few: int
    muted: int
    above: int
    undecided: int
    signals: int
    themed: int
    since: datetime
    until: datetime


def counts(figures: QuerySet[ThemeFigures], now: datetime) -> Counts:
    """Counts of all tabs, in five queries."""
    listed = figures.filter(theme__muted=False)
    above = Q(theme__state__in=[ThemeState.EMERGING, ThemeState.OUTCRY, ThemeState.DECIDING])
    settled = Q(theme__decider__isnull=False) & ~Q(theme__question="") & Q(theme__decide_by__isnull=False)
    summed = figures.aggregate(
        all=Count("pk", filter=Q(theme__muted=False, voices__gte=FEWEST_VOICES)),
        few=Count("pk", filter=Q(theme__muted=False, voices__lt=FEWEST_VOICES)),
        muted=Count("pk", filter=Q(theme__muted=True)),
        above=Count("pk", filter=Q(theme__muted=False) & above),
        undecided=Count("pk", filter=Q(theme__muted=False) & above & ~settled),
        themed=Coalesce(Sum("signals"), 0),
    )
    # Of a million signals 125,000 are of these weeks; those in themes were counted already. What says nothing in
    # words is like nothing, exactly.
    weeks = quarter(now)
    lonely = weeks.of(ThemedSignal.objects.filter(cluster=None))
    heard = summed["themed"] + lonely.exclude(likeness=0).count()
    since, until = weeks.since, weeks.until
    return Counts(now=tab_of(listed, "now").count(), signals=heard, since=since, until=until, **summed)


def weeks_of(figures: ThemeFigures) -> Weeks:
    """The quarter that the figures of a theme are of."""
    return quarter_to(week_of_day(date.fromisoformat(figures.weeks[-1][0])))


@dataclass(frozen=True)
class Quote:
    """A signal that says it well, and how many voices said nearly the same in the group it stands for."""

    signal: Signal
    like: int


def quotes(theme: Theme) -> list[Quote]:
    """The signals that say it best, in their order. Two queries."""
    found = {one.key: one for one in Signal.objects.filter(key__in=theme.quotes).select_related("themed")}
    shown = [found[key] for key in theme.quotes if key in found]
    groups = {one.themed.cluster_id for one in shown if hasattr(one, "themed")}
    counted = ThemedSignal.objects.filter(cluster__in=groups).values_list("cluster").order_by()
    voices = dict(counted.annotate(voices=Count("voice", distinct=True)))
    return [
        Quote(one, max(0, voices.get(one.themed.cluster_id, 1) - 1) if hasattr(one, "themed") else 0)
        for one in shown
    ]


def examples(theme: Theme) -> list[Signal]:
    """The newest signals of a theme that were said in words, to be ticked as examples. Two queries."""
    own = ThemedSignal.objects.filter(cluster__theme=theme).order_by("-occurred_at", "-pk")
    # Some have no words; the numbers are found in an index alone.
    newest = list(own.values_list("pk", flat=True)[: 5 * EXAMPLES_SHOWN])
    said = Signal.objects.filter(pk__in=newest, vector__isnull=False).select_related("source")
    return list(said.order_by("-occurred_at", "-pk")[:EXAMPLES_SHOWN])


@dataclass(frozen=True)
class Reached:
    """A segment of those who said it: its name, address value, customers and signals."""

    name: str
    customers: int
    signals: int


def reach(theme: Theme, column: str, weeks: Weeks) -> list[Reached]:
    """Whom it reaches, by product or region, the most customers first. One query."""
    rows = (
        weeks.of(ThemedSignal.objects.filter(cluster__theme=theme))
        .exclude(**{f"signal__{column}": ""})
        .values_list(f"signal__{column}")
        .annotate(customers=Count("customer", distinct=True), signals=Count("pk"))
        .order_by("-customers", "-signals", f"signal__{column}")[:REACH_SHOWN]
    )
    return [Reached(*row) for row in rows]


def said_through(theme: Theme, weeks: Weeks) -> list[tuple[str, str, int]]:
    """Key and name of each source it was said through, with the number of signals. One query."""
    said = weeks.of(ThemedSignal.objects.filter(cluster__theme=theme))
    rows = said.values_list("signal__source__key", "signal__source__name").annotate(signals=Count("pk"))
    return list(rows.order_by("-signals", "signal__source__name"))


def lineage(theme: Theme) -> list[ThemeChange]:
    """What changed this theme, the latest first. One query."""
    beside = Q(theme=theme) | Q(other=theme)
    changes = ThemeChange.objects.filter(beside).select_related("theme", "other", "by", "undone_by")
    return list(changes.order_by("-at", "-pk")[:LINEAGE_SHOWN])


@dataclass(frozen=True)
class Ancestor:
    """A theme that this one came from or gave signals to: its voices a week, as far as the line is its own."""

    theme: Theme
    voices: Mapping[date, int]
    joined: bool  # merged into it; otherwise split off


def ancestors(theme: Theme, changes: Sequence[ThemeChange], first: date) -> list[Ancestor]:
    """The courses of themes merged into this one, before the merge, and of those split off it, after the split.

    A group of signals keeps its key through every change, so its past course is still known. One query each,
    for at most three.
    """
    found = []
    for change in changes:
        if change.undone_at or change.other is None or len(found) == 3:
            continue
        if change.kind == ChangeKind.MERGED and change.theme_id == theme.pk:
            groups = [number for kind, number, _values in change.steps if kind == "cluster"]
            found.append(Ancestor(change.other, _course(groups, first, until=change.at), joined=True))
        elif change.kind == ChangeKind.SPLIT and change.other_id == theme.pk:
            groups = list(Cluster.objects.filter(theme=change.theme).values_list("pk", flat=True))
            found.append(Ancestor(change.theme, _course(groups, first, since=change.at), joined=False))
    return found


def _course(
    groups: Sequence[int], first: date, since: datetime | None = None, until: datetime | None = None
) -> dict[date, int]:
    said = ThemedSignal.objects.filter(cluster__in=groups, week__gte=(first - FIRST_MONDAY).days // 7)
    if since:
        said = said.filter(occurred_at__gte=since)
    if until:
        said = said.filter(occurred_at__lt=until)
    rows = said.values_list("week").annotate(voices=Count("voice", distinct=True)).order_by("week")
    return {FIRST_MONDAY + timedelta(weeks=week): voices for week, voices in rows}


def grown(now: datetime) -> list[int]:
    """Numbers of themes with a signal later than their last counting knew, or that were never counted. Two queries."""
    listed = Theme.objects.filter(ended_at=None, is_broad=False)
    # With a new week all move on by one, those too that fell silent.
    counted_at = ThemeFigures.objects.aggregate(last=Max("counted_at"))["last"]
    if counted_at is not None and week_of(counted_at) < week_of(now):
        return list(listed.values_list("pk", flat=True))
    newest = listed.annotate(latest=Max("clusters__signals__occurred_at"), counted=Max("figures__last_at"))
    fresh = Q(counted=None, latest__isnull=False) | Q(latest__gt=F("counted"))
    return list(newest.filter(fresh).values_list("pk", flat=True))

"""Which week is now? The clock's; where nothing was said for a quarter, the newest that was: an export of years ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time

from django.db.models import Max, QuerySet

from interlock.listen.models import ThemedSignal
from interlock.listen.themes.weeks import WEEKS_COUNTED, monday_of, week_of


@dataclass(frozen=True)
class Weeks:
    """Whole weeks, from `first` to `last`, both included."""

    first: int
    last: int

    @property
    def since(self) -> datetime:
        return datetime.combine(monday_of(self.first), time(), UTC)

    @property
    def until(self) -> datetime:
        """The first moment after them."""
        return datetime.combine(monday_of(self.last + 1), time(), UTC)

    def of(self, signals: QuerySet[ThemedSignal]) -> QuerySet[ThemedSignal]:
        return signals.filter(week__gte=self.first, week__lte=self.last)


def present_week(now: datetime) -> int:
    """The number of the present week. What is dated later counts once its week has come. One query."""
    week = week_of(now)
    newest = ThemedSignal.objects.filter(week__lte=week).aggregate(newest=Max("week"))["newest"]
    return newest if newest is not None and newest <= week - WEEKS_COUNTED else week


def quarter(now: datetime) -> Weeks:
    """The newest 13 weeks, the present one included. One query."""
    return quarter_to(present_week(now))


def quarter_to(week: int) -> Weeks:
    """The 13 weeks that end with this one."""
    return Weeks(max(0, week - WEEKS_COUNTED + 1), week)

"""Weeks as numbers: from Monday, 5 January 1970, in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

FIRST_MONDAY = date(1970, 1, 5)
# The figures beside a trend are of the newest quarter.
WEEKS_COUNTED = 13


def week_of(moment: datetime) -> int:
    """Whole weeks from the first Monday; what is said to be earlier counts as that week."""
    return week_of_day(moment.astimezone(UTC).date())


def week_of_day(day: date) -> int:
    return max(0, (day - FIRST_MONDAY).days // 7)


def monday_of(week: int) -> date:
    return FIRST_MONDAY + timedelta(weeks=week)

"""What goes with being spoken of in a theme, among orders: kept for the pages of the themes that matter most.

The statistics are those of `analytics/drivers`. It takes a second or more a theme, so it is worked out once a day
and after themes were learnt, for the first themes by rank and those above their limit that name orders enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Max, Q

from interlock.analytics.drivers.report import plain_driver
from interlock.analytics.drivers.speaking import Said, SpokenOf, drivers_of_themes
from interlock.fabric import records
from interlock.listen.models import Theme, ThemeDriver, ThemeDrivers, ThemedSignal, ThemesLearnt, ThemeState

LOOKED_EVERY = timedelta(days=1)
MOST_THEMES = 40
# With fewer no fact has the five outcomes a side that a comparison needs (docs/drivers.md).
FEWEST_ORDERS = 10
ABOVE = (ThemeState.EMERGING, ThemeState.OUTCRY, ThemeState.DECIDING)


def find_drivers(*, now: datetime) -> int:
    """Write anew what goes with the themes that matter most; return how many were looked at, 0 before it is due."""
    if not is_due(now) or not records.snapshot().counts:
        return 0
    themes = _themes()
    said = {one.key: _said(one) for one in themes}
    found = drivers_of_themes(records.current_records(), said)
    _keep(themes, found, now)
    return len(found)


def is_due(now: datetime) -> bool:
    """Whether the last look is a day old, or themes were learnt since."""
    last = ThemeDrivers.objects.aggregate(at=Max("found_at"))["at"]
    learnt = ThemesLearnt.objects.aggregate(at=Max("at"))["at"]
    return last is None or last <= now - LOOKED_EVERY or bool(learnt and learnt > last)


def _themes() -> list[Theme]:
    """The first by rank and all above their limit, of those whose signals name orders enough."""
    named = (
        ThemedSignal.objects.filter(cluster__theme__ended_at=None)
        .exclude(signal__order_key="")
        .values_list("cluster__theme")
        .annotate(orders=Count("signal__order_key", distinct=True))
        .filter(orders__gte=FEWEST_ORDERS)
        .order_by()
    )
    enough = [theme for theme, _orders in named]
    ranked = Theme.objects.filter(pk__in=enough, muted=False).order_by("-figures__rank", "pk")
    first = list(ranked[:MOST_THEMES])
    above = ranked.filter(Q(state__in=ABOVE)).exclude(pk__in=[one.pk for one in first])
    return [*first, *above[:MOST_THEMES]]


def _said(theme: Theme) -> Said:
    own = ThemedSignal.objects.filter(cluster__theme=theme).exclude(signal__order_key="").order_by()
    return Said(list(own.values_list("signal__order_key", flat=True).distinct()), theme.began_at)


@transaction.atomic
def _keep(themes: list[Theme], found: Mapping[str, SpokenOf], now: datetime) -> None:
    ThemeDriver.objects.all().delete()
    ThemeDrivers.objects.all().delete()
    told = [(one, found[one.key]) for one in themes if one.key in found]
    ThemeDrivers.objects.bulk_create(
        ThemeDrivers(theme=one, orders=spoken.n, spoken=spoken.x, compared=spoken.compared, found_at=now)
        for one, spoken in told
    )
    ThemeDriver.objects.bulk_create(
        ThemeDriver(theme=one, figures=plain_driver(line.driver), orders=list(line.orders))
        for one, spoken in told
        for line in spoken.lines
    )

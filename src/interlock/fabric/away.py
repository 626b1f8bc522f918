"""Who is away, who stands in for them, and how that is said. It begins and ends by itself: only days are kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from interlock.fabric.models import Person

# Those who take turns would hand a thing round for ever; nobody has more stand-ins behind them than this.
LONGEST_CHAIN = 10
FIGURE = 0  # the number of nobody


def away_at(now: datetime) -> Q:
    """Of a person: away at this moment."""
    return Q(away_until__gt=now) & (Q(away_from=None) | Q(away_from__lte=now))


def is_away(person: Person, now: datetime) -> bool:
    began = person.away_from is None or person.away_from <= now
    return person.away_until is not None and person.away_until > now and began


def words(person: Person, now: datetime) -> str:
    """Ana is away until 3 May; Rui stands in. Nothing while somebody is here. Reads the stand-in's row."""
    if not is_away(person, now) or person.away_until is None:
        return ""
    # What is kept is the morning after the last day.
    last_day = timezone.localtime(person.away_until - timedelta(minutes=1))
    said = _("%(name)s is away until %(day)s") % {
        "name": person.name,
        "day": date_format(last_day, "j\u00a0F", use_l10n=False),
    }
    if person.stand_in is None:
        return f"{said}."
    return _("%(said)s; %(name)s stands in.") % {"said": said, "name": person.stand_in.name}


def helper_of(person: Person, now: datetime) -> Person | None:
    """Who stands in for somebody who is away: the first along the stand-ins who is here. Two queries."""
    return Person.objects.filter(pk=helpers(now).get(person.pk), left_at=None).first()


def stood_in_for(person: Person, now: datetime) -> list[int]:
    """The numbers of those who are away and whose things are this person's meanwhile. One query."""
    return _of(person, dict(_who_is_away(now).values_list("pk", "stand_in")))


def stood_in_for_with(person: Person, now: datetime, figure: QuerySet[Any]) -> tuple[list[int], int]:
    """As `stood_in_for`, with a figure that the database works out in the same query: pages count by it.

    The figure is a row of `FIGURE` and it. As rows beside those who are away it takes half the time that it took as a
    column of them, nearly all of which is spent on putting the statement together.
    """
    here_not = _who_is_away(now).order_by().values_list("pk", "stand_in")
    rows = list(here_not.union(figure, all=True).order_by())
    away = {one: helper for one, helper in rows if one != FIGURE}
    return _of(person, away), next((number for one, number in rows if one == FIGURE), 0)


def helpers(now: datetime) -> dict[int, int]:
    """Who stands in for whom at this moment: of each who is away and has somebody here. One query."""
    away = dict(_who_is_away(now).values_list("pk", "stand_in"))
    found = {one: _last_of(one, away) for one in away}
    return {one: helper for one, helper in found.items() if helper is not None}


def _who_is_away(now: datetime) -> QuerySet[Person]:
    return Person.objects.filter(away_at(now), left_at=None)


def _of(person: Person, away: Mapping[int, int | None]) -> list[int]:
    """Those of the away whose things are this person's; nobody's while they are away themselves."""
    return [] if person.pk in away else [one for one in away if _last_of(one, away) == person.pk]


def _last_of(person: int, away: Mapping[int, int | None]) -> int | None:
    """The first who is here along the stand-ins; None where nobody is."""
    helper = away.get(person)
    for _step in range(LONGEST_CHAIN):
        if helper is None or helper == person or helper not in away:
            break
        helper = away[helper]
    return None if helper is None or helper == person or helper in away else helper

"""What the drawings of a disconnect say: their data, their course in words, and the title that is the finding."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from interlock.reconnect.models import Disconnect

_FEWEST_MONTHS = 3
# Chosen by eye on the demo: above this share of months a beginning would be invented.
ALWAYS = 0.8
_NEAR_ALL = 80
# Months before a beginning may together lie this far above the usual and still be called usual.
RAISED = 1.25


def forest_title(disconnect: Disconnect) -> str:
    """The finding of the forest: alone, or with others, away from its siblings."""
    return capfirst(_forest_finding(disconnect))


def _forest_finding(disconnect: Disconnect) -> str:
    subject = next((one for one in disconnect.siblings if one["subject"]), None)
    others = [one for one in disconnect.siblings if not one["subject"]]
    if subject is None or not others:
        return _("%(label)s against what one would expect") % {"label": disconnect.context.label}
    touching = [one for one in others if one["high"] >= subject["low"]]
    if not touching:
        return _("Only %(label)s is far from its siblings") % {"label": subject["label"]}
    if subject["rate"] >= max(one["rate"] for one in others):
        return _("%(label)s is worst, with %(other)s near it") % {
            "label": subject["label"],
            "other": max(touching, key=lambda one: one["rate"])["label"],
        }
    return _("%(label)s is worse than its own mix leads one to expect") % {"label": subject["label"]}


def rate_over_time(disconnect: Disconnect) -> dict[str, Any] | None:
    """The rate by month with its interval and the usual; None with fewer than three months."""
    months = [month for month in disconnect.periods if month["n"]]
    if len(months) < _FEWEST_MONTHS:
        return None
    usual = disconnect.baseline * 100
    points = [_point(month) for month in months]
    return {
        "title": _course_title(months),
        "note": _("%(label)s, in 100, by month") % {"label": disconnect.context.label},
        "course": _course(points, usual),
        "points": points,
        "usual": round(usual, 1),
        "usual_label": _("usual"),
        "events": [],
        "harm": True,
        "unit": _("in 100"),
        **_end(points),
    }


def _end(points: Sequence[dict[str, Any]]) -> dict[str, int]:
    """The end of the axis where a round number after the highest end of an interval would pass 100 in 100."""
    return {"end": 100} if max(point["high"] for point in points) > _NEAR_ALL else {}


def _point(month: dict[str, Any]) -> dict[str, Any]:
    start = date.fromisoformat(month["start"])
    return {
        "name": date_format(start, "F Y", use_l10n=False),
        "short": date_format(start, "M", use_l10n=False)[:1],
        "value": round(month["rate"] * 100, 1),
        "low": round(month["low"] * 100, 1),
        "high": round(month["high"] * 100, 1),
        "n": month["n"],
    }


def _course_title(months: Sequence[dict[str, Any]]) -> str:
    """When it has stood above what one would expect: always, from some month on, for a while, or in no one month."""
    known = [month for month in months if month["expected"] is not None]
    if not known:
        return _("How it went, month by month")
    above = [month for month in known if month["rate"] > month["expected"]]
    if len(above) >= ALWAYS * len(known):
        return _("Above the usual in %(above)d of the last %(months)d months with cases") % {
            "above": len(above),
            "months": len(known),
        }
    first, last = _longest_rise(known)
    if first == last:
        return _("No single month stands out; together they do")
    begun, ended = (_month(known[at]) for at in (first, last - 1))
    if last < len(known):
        if begun == ended:
            return _("It stood out in %(month)s, in no single month since") % {"month": begun}
        return _("It stood out from %(month)s to %(end)s, in no single month since") % {
            "month": begun,
            "end": ended,
        }
    if _usual_before(known[:first]):
        return _("It began in %(month)s and has not ended") % {"month": begun}
    return _("Raised before, and beyond chance since %(month)s") % {"month": begun}


def _longest_rise(months: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """First and one past the last of the longest unbroken row of months beyond chance; the latest of equals."""
    best, since = (0, 0), 0
    for at, month in enumerate(months, start=1):
        if month["low"] <= month["expected"]:
            since = at
        elif at - since >= best[1] - best[0]:
            best = since, at
    return best


def _usual_before(months: Sequence[dict[str, Any]]) -> bool:
    """Whether the months before a rise were as usual, taken together; without any nothing can be said."""
    expected = sum(month["expected"] * month["n"] for month in months)
    return bool(months) and sum(month["x"] for month in months) <= RAISED * expected


def _month(month: dict[str, Any]) -> str:
    return date_format(date.fromisoformat(month["start"]), "F Y", use_l10n=False)


def _course(points: Sequence[dict[str, Any]], usual: float) -> str:
    first, last = points[0], points[-1]
    highest = max(points, key=lambda point: point["value"])
    return _(
        "From %(first)s in 100 in %(begin)s to %(last)s in %(end)s; highest %(top)s in %(when)s; usual %(usual)s."
    ) % {
        "first": first["value"],
        "begin": first["name"],
        "last": last["value"],
        "end": last["name"],
        "top": highest["value"],
        "when": highest["name"],
        "usual": round(usual, 1),
    }

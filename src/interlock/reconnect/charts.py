"""What the drawings of a disconnect say: their data, their course in words, and the title that is the finding."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from interlock.reconnect.models import Disconnect

# How far above the usual a month must lie, beyond its own interval, to be called raised.
_FEWEST_MONTHS = 3


def forest_title(disconnect: Disconnect) -> str:
    """The finding of the forest: alone, or with others, away from its siblings."""
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
    }


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
    """Since when it has stood above what one would expect, without a break up to now."""
    since = None
    for month in reversed(months):
        expected = month["expected"]
        if expected is None or month["low"] <= expected:
            break
        since = month
    if since is None:
        return _("No single month stands out; together they do")
    if since is months[0]:
        return _("It has been so in every month on record")
    start = date.fromisoformat(since["start"])
    return _("It began in %(month)s and has not ended") % {"month": date_format(start, "F Y", use_l10n=False)}


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

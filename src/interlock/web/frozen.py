"""The figures of a chart as they are kept in a talk, so that the chart can be drawn again by what drew it.

Only what is drawn is kept, without links, since what they lead to goes on; a bounded number of points. Figures are
rounded to six places, since PostgreSQL writes longer ones back in other digits, and the fingerprint would differ.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from interlock.converse.talks.exhibiting import MOST_ROWS
from interlock.web.templatetags.figures import part

_PLACES = 6


def course(chart: Mapping[str, Any]) -> dict[str, Any]:
    """A line over time as `{% line_chart %}` takes it: the latest points, what else was drawn, the course in words."""
    first = max(0, len(chart["points"]) - MOST_ROWS)
    texts = {name: str(chart.get(name) or "") for name in ("course", "unit", "usual_label", "band")}
    return {
        "kind": "course",
        "points": [_point(one) for one in chart["points"][first:]],
        "usual": _number(chart.get("usual")),
        "events": [
            {"at": one["at"] - first, "text": str(one["text"])}
            for one in chart.get("events") or ()
            if one["at"] >= first
        ],
        "others": [
            {
                "name": str(one["name"]),
                "values": [_number(value) for value in one["values"][first:]],
                "dashed": bool(one.get("dashed")),
            }
            for one in chart.get("others") or ()
        ],
        "harm": bool(chart.get("harm")),
        **texts,
    }


def forest(groups: Sequence[Any], baseline: float | None) -> dict[str, Any]:
    """Groups as `{% forest %}` takes them."""
    return {
        "kind": "forest",
        "groups": [
            {
                "label": str(part(one, "label")),
                **_numbers(one, ("rate", "low", "high")),
                "n": part(one, "n"),
                "subject": bool(part(one, "subject")),
            }
            for one in groups[:MOST_ROWS]
        ],
        "baseline": _number(baseline),
    }


def ratios(outcome: Mapping[str, Any]) -> dict[str, Any]:
    """What moves an outcome, as `reconnect/parts/ratios.html` takes it."""
    drawn = [one for one in part(outcome, "drivers") if part(one, "ratio_end")]
    return {
        "kind": "ratios",
        "label": str(part(outcome, "label")),
        "widest": _number(part(outcome, "widest")),
        "drivers": [
            {
                **{name: str(part(one, name)) for name in ("label", "ratio_said", "ratio_once")},
                **_numbers(one, ("risk_ratio", "risk_ratio_low", "risk_ratio_high")),
                "n_with": part(one, "n_with"),
                "harms": bool(part(one, "harms")),
                "ratio_end": True,
            }
            for one in drawn[:MOST_ROWS]
        ],
    }


def _point(point: Mapping[str, Any]) -> dict[str, Any]:
    name = str(point["name"])
    return {
        "name": name,
        "short": str(point.get("short") or name),
        **_numbers(point, ("value", "low", "high")),
        "n": point.get("n"),
    }


def _numbers(row: Any, names: Iterable[str]) -> dict[str, float | None]:
    return {name: _number(part(row, name)) for name in names}


def _number(value: float | None) -> float | None:
    """A figure that both databases give back as it was; adding nought makes of -0.0 what it is."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), _PLACES) + 0.0

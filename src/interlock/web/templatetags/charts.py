"""`{% line_chart "rate" spec %}`: a figure with its finding, the chart, the spoken reading and the table twin.

The spec is plain data made by a room's `charts.py`:

    title     the finding, as the caption        note    measure, unit, group, period
    course    the course in one sentence, for those who do not see the chart
    points    [{"name": "September 2026", "short": "S", "value": 24.0, "low": 17.0, "high": 33.0, "n": 88, "rows": url}]
    usual     the baseline or None               usual_label   "usual"
    events    [{"at": index of a point, "text": "two shifts, 7 Sept"}]
    band      "usual" where low and high are limits of what was expected, not the interval of the value
    others    [{"name": "wet connector", "values": [4.0, None, ...], "dashed": True}], thin lines beside it
    harm      whether the line is drawn in ochre unit    "late per 100", heads the value column
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from interlock.web import figures

register = template.Library()
# So that data can hold no end of the script element; as django.utils.html.json_script does.
_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


@register.inclusion_tag("web/parts/chart.html")
def line_chart(name: str, spec: Mapping[str, Any], height: int = 212) -> dict[str, Any]:
    points = [_point(point, spec) for point in spec["points"]]
    drawn = {
        "kind": "line",
        "points": [point["drawn"] for point in points],
        "usual": spec.get("usual"),
        "usual_label": f"{spec.get('usual_label') or _('usual')}\n{_short(spec.get('usual'))}",
        "events": list(spec.get("events") or ()),
        "others": list(spec.get("others") or ()),
        "harm": bool(spec.get("harm")),
        "band": bool(spec.get("band")),
    }
    return {
        **spec,
        "name": name,
        "height": height,
        "rows": [point["row"] for point in points],
        "has_ends": any(point["row"]["ends"] or point["row"]["n"] is not None for point in points),
        "json": _json(drawn),
    }


def rows_of(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The table twin: name, value, interval and n of each point, as texts."""
    return [_point(point, spec)["row"] for point in spec["points"]]


def _point(point: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    value, low, high, n = (point.get(name) for name in ("value", "low", "high", "n"))
    ends = f"{_short(low)} {_('to')} {_short(high)}" if low is not None and high is not None else ""
    reading = _("%(name)s: %(value)s %(unit)s") % {
        "name": point["name"], "value": _short(value), "unit": spec.get("unit") or "",
    }  # fmt: skip
    if ends and spec.get("band"):
        ends = f"{spec['band']} {ends}"
    reading += (f" ({ends})" if ends else "") + (f", n {figures.count(n)}" if n is not None else "")
    drawn = {
        "short": point.get("short") or point["name"], "value": value, "low": low, "high": high,
        "label": _short(value), "reading": reading, "rows": point.get("rows") or "",
    }  # fmt: skip
    row = {
        "name": point["name"],
        "value": _short(value),
        "ends": ends,
        "n": n,
        "url": point.get("rows") or "",
    }
    return {"drawn": drawn, "row": row}


def _short(value: float | None) -> str:
    return "" if value is None else figures.three_digits(value) if abs(value) < 10 else figures.count(value)


def _json(drawn: Mapping[str, Any]) -> SafeString:
    return mark_safe(json.dumps(drawn).translate(_ESCAPES))  # noqa: S308 - escaped in this line

"""`{% attach_chart chart %}` and its like: a button that keeps in a talk what stands here, for those who bring people together.

Each tag writes down, as texts, the very figures that the page shows: groups and totals, never what one customer said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

from interlock.converse.talks import exhibiting
from interlock.fabric.access import Act, may, person_of
from interlock.web import figures, frozen
from interlock.web.templatetags.charts import rows_of
from interlock.web.templatetags.figures import part

register = template.Library()
_FORM = "converse/parts/attach.html"
_RATES = ("rate", "low", "high")


@register.inclusion_tag(_FORM, takes_context=True)
def attach_chart(context: dict[str, Any], chart: Mapping[str, Any]) -> dict[str, Any]:
    """The points of a chart, as in the table beneath it."""
    rows = rows_of(chart)
    with_ends = any(row["ends"] or row["n"] is not None for row in rows)
    columns = [_("When"), chart.get("unit") or _("Value"), *([_("95 in 100"), "n"] if with_ends else [])]
    cells = [[row["name"], row["value"], *([row["ends"], row["n"]] if with_ends else [])] for row in rows]
    return _form(
        context, chart["title"], chart.get("note") or "", columns, cells,
        newest_last=True, drawing=frozen.course(chart),
    )  # fmt: skip


@register.inclusion_tag(_FORM, takes_context=True)
def attach_groups(
    context: dict[str, Any],
    groups: Sequence[Any],
    title: str,
    note: str = "",
    baseline: float | None = None,
) -> dict[str, Any]:
    """Groups with their rate in 100, interval and n, as a forest draws them."""
    columns = [_("Group"), _("In 100"), _("95 in 100"), "n"]
    cells = []
    for group in groups:
        rate, low, high = (float(part(group, name)) for name in _RATES)
        ends = figures.rate_interval(low, high)
        cells.append([part(group, "label"), figures.per_hundred(rate), ends, part(group, "n")])
    return _form(context, title, note, columns, cells, drawing=frozen.forest(groups, baseline))


@register.inclusion_tag(_FORM, takes_context=True)
def attach_drivers(context: dict[str, Any], outcome: Mapping[str, Any]) -> dict[str, Any]:
    """What moves an outcome: how many times as often, with interval and n on both sides."""
    columns = [_("Orders"), _("Times as often"), _("With, in 100"), "n", _("Without, in 100"), "n"]
    cells = [
        [
            part(one, "label"), part(one, "ratio_said"),
            figures.per_hundred(part(one, "rate_with")), part(one, "n_with"),
            figures.per_hundred(part(one, "rate_without")), part(one, "n_without"),
        ]
        for one in part(outcome, "drivers")
    ]  # fmt: skip
    return _form(context, str(part(outcome, "title")), "", columns, cells, drawing=frozen.ratios(outcome))


@register.inclusion_tag(_FORM, takes_context=True)
def attach_theme(context: dict[str, Any], theme: Any, row: Any) -> dict[str, Any]:
    """Whom a theme reaches, in the numbers of its page."""
    counted = row.figures
    cells = [
        [_("signals"), figures.count(counted.signals), ""],
        [_("voices"), figures.count(counted.voices), ""],
        [_("customers"), figures.count(counted.customers), ""],
    ]
    if row.severity:
        cells.append([_("let down"), *row.severity])
    columns = [_("Of 13 weeks"), _("Value"), _("95 in 100")]
    return _form(context, _("Whom “%(theme)s” reaches") % {"theme": theme.name}, "", columns, cells)


@register.inclusion_tag(_FORM, takes_context=True)
def attach_source(context: dict[str, Any], source: Any, row: Any) -> dict[str, Any]:
    """What became of the records of a source."""
    names = {
        "stored": _("stored"),
        "duplicate": _("duplicates"),
        "refused": _("refused"),
        "received": _("received"),
    }
    cells = [[name, figures.count(getattr(row, column))] for column, name in names.items()]
    title = _("What became of the records of %(source)s") % {"source": source.name}
    return _form(context, title, "", [_("Records"), _("Count")], cells)


def _form(
    context: Mapping[str, Any],
    title: str,
    note: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    newest_last: bool = False,
    drawing: dict[str, Any] | None = None,
) -> dict[str, Any]:
    request = context["request"]
    person = person_of(request)
    if person is None or not may(person, Act.CONVENE) or not rows:
        return {"token": ""}
    shown = exhibiting.seen(
        title=title,
        note=note,
        columns=columns,
        rows=rows,
        address=request.get_full_path(),
        now=timezone.now(),
        newest_last=newest_last,
        drawing=drawing,
    )
    token = exhibiting.token_of(shown, person)
    return {"token": token, "title": title, "csrf_token": context.get("csrf_token"), "request": request}

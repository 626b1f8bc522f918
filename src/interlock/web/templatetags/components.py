"""The components of the look as tags: `{% load components %}`, then `{% pair %}`, `{% sentence %}`, `{% forest %}` ...

Every tag takes frozen dataclasses of the analytics or the JSON they were stored as. The gallery
(`/gallery/`, shown while developing) draws each of them in its states.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.analytics.symptoms.money import TOTAL_LABEL
from interlock.fabric.models import Function
from interlock.web import drawings, figures, sentences
from interlock.web.templatetags.figures import part, short_key

register = template.Library()
PARTS = "web/parts/"
_LOOP = ("heard", "grouped", "decided", "done", "told", "confirmed")


@register.simple_tag
def sentence(value: Any, urls: Mapping[str, str] | str | None = None, **more: str) -> SafeString:
    """A finding with its numbers as links to their rows.

    `urls` gives the address of each selection, `{"hits": ..., "all": ...}`, or one address that takes
    `?rows=hits`. Without it numbers stay plain, for rows that are links as a whole.
    """
    return sentences.html(value, urls, **more)


@register.simple_tag
def sentence_text(value: Any) -> str:
    """A finding without markup, for a title, a label or an e-mail."""
    return sentences.text(value)


@register.simple_tag
def pair(state: str = "silent", width: int = 44) -> SafeString:
    """The brand's sign of how two sides talk: silent, one, talking, mended."""
    labels = {
        "silent": _("silent: no talk between the two"),
        "one": _("one side wrote, the other has not answered"),
        "talking": _("talking both ways"),
        "mended": _("mended, confirmed by customers"),
    }
    known = state if state in labels else "silent"
    return drawings.pair(known, label=labels[known], width=width)


@register.simple_tag
def whisker(
    value: float, low: float, high: float, end: float,
    tick: float | None = None, harm: bool = False, width: int = 208, height: int = 16, label: str = "",
) -> SafeString:  # fmt: skip
    said = label or _("%(value)s, interval %(low)s to %(high)s") % {
        "value": figures.three_digits(value),
        "low": figures.three_digits(low),
        "high": figures.three_digits(high),
    }
    return drawings.whisker(
        value, low, high, end, tick=tick, harm=harm, width=width, height=height, label=said
    )


@register.simple_tag
def sparkline(
    values: Sequence[float], limit: float | None, label: str, width: int = 96, height: int = 28
) -> SafeString:
    return drawings.sparkline(list(values), limit=limit, label=label, width=width, height=height)


@register.inclusion_tag(PARTS + "forest.html")
def forest(
    groups: Sequence[Any], baseline: float | None = None, caption: str = "",
    urls: Mapping[str, str] | None = None, note: str = "", most: int = 8,
) -> dict[str, Any]:  # fmt: skip
    """Groups with their intervals, sorted by rate, the group in question first; at most `most` rows.

    `urls` gives the addresses of the rows behind the group in question, `{"hits": ..., "all": ...}`.
    """
    ordered = sorted(groups, key=lambda one: (not part(one, "subject"), -float(part(one, "rate"))))
    shown = ordered[:most]
    end = drawings.nice_end(max((float(part(group, "high")) for group in shown), default=1.0))
    names = _own_names([str(part(group, "label")) for group in shown])
    rows = [
        _forest_row(group, name, urls or {}, end, baseline) for group, name in zip(shown, names, strict=True)
    ]
    left = len(ordered) - len(shown)
    more = (
        ngettext("%(n)d more group is not drawn.", "%(n)d more groups are not drawn.", left) % {"n": left}
        if left
        else ""
    )
    usual = figures.per_hundred(baseline) if baseline is not None else ""
    return {"rows": rows, "caption": caption, "usual": usual, "note": note, "more": more}


def _own_names(labels: Sequence[str]) -> list[str]:
    """The names without the part that all of them end in: Shops North, not Shops North, Heron Cargo."""
    tails = {label.partition(", ")[2] for label in labels}
    shared = len(labels) > 1 and len(tails) == 1 and tails != {""}
    return [label.partition(", ")[0] for label in labels] if shared else list(labels)


def _forest_row(
    group: Any, name: str, urls: Mapping[str, str], end: float, baseline: float | None
) -> dict[str, Any]:
    rate, low, high = (float(part(group, name)) for name in ("rate", "low", "high"))
    subject = bool(part(group, "subject"))
    drawing = drawings.forest_row(rate, low, high, end, baseline=baseline, subject=subject)
    return {
        "label": part(group, "label"), "name": name, "subject": subject, "drawing": drawing,
        "url": urls.get("hits", "") if subject else "", "n_url": urls.get("all", "") if subject else "",
        "rate": figures.per_hundred(rate), "interval": figures.rate_interval(low, high), "n": part(group, "n"),
    }  # fmt: skip


@register.simple_tag
def ratio_row(value: float, low: float, high: float, widest: float, harm: bool = False) -> SafeString:
    """One row of a forest of ratios: how many times as often, on the scale that the figure shares."""
    return drawings.ratio_row(value, low, high, widest, harm=harm)


@register.simple_tag
def group_row(rate: float, low: float, high: float, end: float) -> SafeString:
    """One row of groups in their own order, none of them in question."""
    return drawings.forest_row(rate, low, high, end, baseline=None, subject=False)


@register.inclusion_tag(PARTS + "money.html")
def money_at_stake(money: Any, end: int | None = None) -> dict[str, Any]:
    """The bar low, middle, high with its ends named. `end` is the common scale of a page, in minor units."""
    low, mid, high = (int(part(money, name)) for name in ("low", "mid", "high"))
    currency = part(money, "currency")
    text = figures.money_range(low, mid, high, currency)
    bar = drawings.money_bar(low, mid, high, end or drawings.nice_end(high), label=text)
    ends = figures.money_ends(low, high, mid, currency)
    return {"bar": bar, "low": ends[0], "mid": figures.money(mid, currency), "high": ends[1]}


@register.simple_tag
def money_line(money: Any, end: int, width: int = 148) -> SafeString:
    """Only the bar, for a list whose rows share the scale `end`."""
    low, mid, high = (int(part(money, name)) for name in ("low", "mid", "high"))
    label = figures.money_range(low, mid, high, part(money, "currency"))
    return drawings.money_bar(low, mid, high, end, label=label, width=width)


@register.inclusion_tag(PARTS + "sum.html")
def money_sum(money: Any, urls: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The arithmetic of an amount as a sum on paper, with its caveat.

    `urls` gives the rows of the finding: its first line was counted in all of them, the second in the hits.
    """
    # The rules end with the total; here it stands once, under the ink line.
    terms = [_term(term) for term in part(money, "terms") or () if part(term, "label") != TOTAL_LABEL]
    for term, selection in zip(terms, ("all", "hits"), strict=False):
        term["url"] = (urls or {}).get(selection, "")
    total = figures.money(int(part(money, "mid")), part(money, "currency"))
    return {"terms": terms, "total": total, "caveat": sentences.translated(part(money, "caveat") or "")}


def _term(term: Any) -> dict[str, str]:
    """Labels and values are msgids with named values, as in a sentence."""
    values = part(term, "values") or {}
    written = {
        name: figures.amounts(sentences.text({"text": part(term, name), "values": values}))
        for name in ("label", "value_text")
    }
    return {"sign": part(term, "sign"), **written}


@register.inclusion_tag(PARTS + "states.html")
def states(steps: Sequence[Mapping[str, Any]], standing: bool = False) -> dict[str, Any]:
    """Steps `{"name", "note", "is": "done" | "now" | "todo"}` as a line; `standing` for narrow columns."""
    return {"steps": steps, "standing": standing}


@register.inclusion_tag(PARTS + "loop.html")
def loop_bar(heard: int, grouped: int, decided: int, done: int, told: int, confirmed: int) -> dict[str, Any]:
    """Six cells, each filled by the share of those heard who came so far; silence never fills the last."""
    names = (_("heard"), _("grouped"), _("decided"), _("done"), _("told"), _("confirmed"))
    counts = (heard, grouped, decided, done, told, confirmed)
    cells = [
        {"name": name, "count": figures.count(number), "percent": round(100 * number / heard) if heard else 0}
        for name, number in zip(names, counts, strict=True)
    ]
    return {"cells": cells}


@register.inclusion_tag(PARTS + "loop_line.html")
def loop_line(steps: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """The loop in a list: six small cells, and how many confirmed of those heard."""
    heard = steps[0][1]
    label = ", ".join(f"{name} {figures.count(number)}" for name, number in steps)
    drawing = drawings.loop_line([number / heard if heard else 0 for _name, number in steps], label=label)
    return {"drawing": drawing, "heard": heard, "confirmed": steps[-1][1]}


@register.inclusion_tag(PARTS + "loop.html")
def loop_steps(steps: Sequence[tuple[str, int]], theme: str) -> dict[str, Any]:
    """The loop of a theme as six large cells with their figures, each of which leads to its rows."""
    heard = steps[0][1]
    cells = [
        {
            "name": name,
            "count": figures.count(number),
            "percent": round(100 * number / heard) if heard else 0,
            "url": reverse("loop:rows", args=[theme, step]),
        }
        for step, (name, number) in zip(_LOOP, steps, strict=True)
    ]
    return {"cells": cells}


@register.inclusion_tag(PARTS + "refusal.html")
def refusal(verdict: str, reason: str) -> dict[str, str]:
    """A number we do not have: the verdict in the serif of a finding, then reason and threshold."""
    return {"verdict": verdict, "reason": sentences.translated(reason)}


@register.inclusion_tag(PARTS + "empty.html")
def empty_state(pattern: str, note: str = "", url: str = "", act: str = "") -> dict[str, str]:
    """What will stand here, as a sentence with its blanks, and one act."""
    return {"pattern": pattern, "note": note, "url": url, "act": act}


@register.inclusion_tag(PARTS + "progress.html")
def progress(done: int, total: int | None, text: str, note: str = "") -> dict[str, Any]:
    """A bar with a figure and a rate; without a total only the figures."""
    share = min(1.0, done / total) if total else 0.0
    return {"percent": round(share * 100), "known": bool(total), "text": text, "note": note}


@register.inclusion_tag(PARTS + "tabs.html")
def tabs(items: Sequence[Mapping[str, Any]], label: str = "") -> dict[str, Any]:
    """An underlined line of words: `{"name", "url", "count", "current"}`."""
    return {"items": items, "label": label}


@register.inclusion_tag(PARTS + "pager.html")
def pager(earlier: str = "", later: str = "", note: str = "") -> dict[str, str]:
    """Keyset pages know only their neighbours: the address before, the address after, and a note."""
    return {"earlier": earlier, "later": later, "note": note}


@register.inclusion_tag(PARTS + "field.html")
def field(bound: Any, kind: str = "") -> dict[str, Any]:
    """A form field with its name, help, and its errors in ink beneath."""
    described = f"{bound.id_for_label}_said"
    attributes = {"class": "checkbox" if bound.widget_type == "checkbox" else "field"}
    if bound.errors:
        attributes |= {"aria-invalid": "true"}
    if bound.errors or bound.help_text:
        attributes |= {"aria-describedby": described}
    choices = list(bound) if bound.widget_type in {"radioselect", "checkboxselectmultiple"} else []
    widget = "" if choices else bound.as_widget(attrs=attributes)
    return {"bound": bound, "widget": widget, "choices": choices, "described": described, "kind": kind}


@register.inclusion_tag(PARTS + "errors.html")
def form_errors(form: Any) -> dict[str, Any]:
    """All errors of a form once more as a list on top."""
    return {"form": form}


@register.inclusion_tag(PARTS + "filters.html")
def filter_form(form: Any, clear_url: str = "") -> dict[str, Any]:
    """A form of filters in one line; it applies itself, and has a button for those without script."""
    return {"form": form, "clear_url": clear_url}


@register.inclusion_tag(PARTS + "audience.html")
def audience(who: str, readers: str = "") -> dict[str, str]:
    """Who reads a line: staff, partner or customer, in words with its icon; the readers beneath."""
    return {"who": who, "readers": readers}


@register.simple_tag
def function_name(code: str) -> str:
    """Sales, Production ... in the language of the page."""
    return str(Function(code).label) if code in Function.values else code


@register.inclusion_tag(PARTS + "side_mark.html")
def function_mark(code: str) -> dict[str, str]:
    """The upright mark in a function's colour; its name always stands beside it."""
    return {"code": code if code in Function.values else "rival"}


@register.inclusion_tag(PARTS + "evidence.html")
def evidence_table(
    columns: Sequence[Mapping[str, Any]],
    rows: Sequence[Sequence[Any]],
    caption: str,
    sides: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Rows of records. A column is `{"label", "kind", "side", "sort_url", "sorted"}`, kind text, key, number, day or harm.

    A cell is a value, or `{"text", "url"}` when it leads somewhere. `sides` names the systems above the
    columns: `{"name": "CRM, Sales", "span": 3}`; the column that starts a side carries `side`.
    """
    written = [[_cell(column, value) for column, value in zip(columns, row, strict=True)] for row in rows]
    return {"columns": columns, "rows": written, "caption": caption, "sides": sides}


def _cell(column: Mapping[str, Any], value: Any) -> dict[str, Any]:
    linked = value if isinstance(value, Mapping) else {"text": value, "url": ""}
    text = linked["text"]
    if column.get("kind") == "day" or isinstance(text, date):
        text = figures.day_short(text) if text else ""
    elif column.get("kind") in {"number", "harm"} and isinstance(text, int | float):
        text = figures.count(text) if isinstance(text, int) else figures.three_digits(text)
    classes = ("r" if column.get("kind") in {"number", "day", "harm"} else "") + (
        " side" if column.get("side") else ""
    )
    classes += " whitespace-nowrap" if column.get("kind") == "key" else ""
    whole = str(text) if column.get("kind") == "key" and text else ""
    text = short_key(whole) if whole else text
    return {"text": "" if text is None else text, "whole": whole if whole != text else "", "url": linked.get("url", ""), "classes": classes.strip(),
            "harm": column.get("kind") == "harm", "label": column["label"]}  # fmt: skip


@register.inclusion_tag(PARTS + "matrix.html")
def matrix(
    functions: Sequence[str], cells: Mapping[str, Mapping[str, Any]], caption: str, small: bool = False
) -> dict[str, Any]:
    """The matrix of functions. `cells["sales production"]` is `{"required", "actual", "number", "harm", "url", "note"}`.

    The square's area is the talk that shared work requires (0 to 1 of the page's greatest), its fill the
    share of it that there was; a number leads to the list. Rows and columns come in the given order. `small` fits an aside.
    """
    rows = []
    for at, row in list(enumerate(functions))[1:]:
        line = [
            _square(cells, row, column, 32 if small else 64) if below < at else None
            for below, column in enumerate(functions)
        ]
        rows.append({"code": row, "name": function_name(row), "cells": line[:at]})
    return {
        "rows": rows,
        "heads": [(code, function_name(code)) for code in functions[:-1]],
        "caption": caption,
        "small": small,
    }


def _square(cells: Mapping[str, Mapping[str, Any]], one: str, other: str, most: int) -> dict[str, Any] | None:
    cell = cells.get(f"{one} {other}") or cells.get(f"{other} {one}")
    if not cell:
        return None
    # As many disconnects as it names must fit inside the square.
    least = 20 + 10 * str(cell["number"]).count(",") if cell.get("number") else 16
    side = max(least, round(most * min(1.0, float(cell.get("required") or 0)) ** 0.5))
    fill = round(100 * min(1.0, float(cell.get("actual") or 0)))
    return {**cell, "size": side, "fill": fill, "left": 100 - fill}

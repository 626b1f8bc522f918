"""A finding's sentence: translated, its values written as the look wants them, its numbers linked to their rows.

Takes `analytics.finding.Sentence` or the JSON it was stored as: a msgid with named values, where `rows`
names the values that open rows. An unknown or missing value is our mistake and is raised, not hidden.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from string import Formatter
from typing import Any
from urllib.parse import urlencode

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from interlock.web import figures

_formatter = Formatter()


def html(value: Any, urls: Mapping[str, str] | str | None = None, **more: str) -> SafeString:
    """The sentence as markup. `more` adds addresses by selection: `hits="/disconnects/7/rows/"`."""
    text_of, values, rows = _parts(value)
    following = [html(one, urls, **more) for one in _then(value)]
    addresses: Mapping[str, str] | str = {**urls, **more} if isinstance(urls, Mapping) else urls or more
    pieces = [conditional_escape(piece) if name is None else _figure(piece, rows.get(name), addresses)
              for name, piece in _pieces(text_of, values)]  # fmt: skip
    return mark_safe(" ".join(["".join(pieces), *following]))  # noqa: S308 - every piece is escaped above


def text(value: Any) -> str:
    """The sentence without markup."""
    text_of, values, _rows = _parts(value)
    said = "".join(piece for _name, piece in _pieces(text_of, values))
    return " ".join([said, *(text(one) for one in _then(value))])


def translated(msgid: str) -> str:
    return gettext(msgid) if msgid else ""


def _then(value: Any) -> Sequence[Any]:
    """The sentences that follow, each translated on its own."""
    if value is None or isinstance(value, str):
        return ()
    return (value.get("then") if isinstance(value, Mapping) else getattr(value, "then", ())) or ()


def _parts(value: Any) -> tuple[str, Mapping[str, Any], Mapping[str, str]]:
    if value is None or value == "":
        return "", {}, {}
    if isinstance(value, str):
        return value.replace("{", "{{").replace("}", "}}"), {}, {}
    if isinstance(value, Mapping):
        return value["text"], value.get("values") or {}, value.get("rows") or {}
    return value.text, value.values, value.rows


def _pieces(text_of: str, values: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
    for literal, name, layout, _conversion in _formatter.parse(translated(text_of)):
        if literal:
            # "12 in 100" is one figure and stays on one line.
            yield None, literal.replace(" in 100", f"{figures.NBSP}in{figures.NBSP}100")
        if name is not None:
            yield name, _written(values[name], layout or "")


def _written(value: Any, layout: str) -> str:
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, Mapping) or hasattr(value, "values"):
        return text(value)
    if layout:
        return format(value, layout).replace("-", figures.MINUS)
    if isinstance(value, int):
        return figures.count(value)
    return figures.three_digits(value) if isinstance(value, float) else str(value)


def _figure(piece: str, selection: str | None, urls: Mapping[str, str] | str) -> str:
    address = _address(selection, urls) if selection else ""
    if not address:
        return conditional_escape(piece)
    return format_html('<a class="num" href="{}">{}</a>', address, piece)


def _address(selection: str, urls: Mapping[str, str] | str) -> str:
    if isinstance(urls, str):
        return f"{urls}{'&' if '?' in urls else '?'}{urlencode({'rows': selection})}" if urls else ""
    return urls.get(selection, "")

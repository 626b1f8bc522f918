"""The functions of `web/figures.py` as filters and tags for templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import template

from interlock.analytics.finding import minor_units
from interlock.web import figures

register = template.Library()
_MACHINE_KEY = re.compile(r"[0-9a-f]{24,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
for name in (
    "count", "percent", "per_hundred", "in_hundred", "chances", "day", "day_short", "weekday", "hours", "in_words",
    "three_digits", "duration", "moment",
):  # fmt: skip
    register.filter(name, getattr(figures, name))


def part(value: Any, name: str) -> Any:
    """A field of a frozen dataclass or of the JSON it was stored as."""
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


@register.filter
def money_text(value: Any) -> str:
    """A Money, or a dict of its fields: €312 k (181 to 474)."""
    if not value:
        return ""
    low, mid, high = (int(part(value, name)) for name in ("low", "mid", "high"))
    return figures.money_range(low, mid, high, part(value, "currency"))


@register.filter
def money_middle(value: Any) -> str:
    """The middle of a Money: €312 k."""
    return figures.money(int(part(value, "mid")), part(value, "currency")) if value else ""


@register.filter
def money_ends(value: Any) -> str:
    """The interval of a Money in the unit of its middle: 181 to 474."""
    if not value:
        return ""
    low, mid, high = (int(part(value, name)) for name in ("low", "mid", "high"))
    return figures.money_interval(low, high, mid, part(value, "currency"))


@register.filter
def ended(words: str) -> str:
    """What somebody wrote, as a sentence among others: with a full stop unless it ends already."""
    words = str(words).rstrip()
    return words if words.endswith((".", "!", "?", "…", ":")) else f"{words}."


@register.filter
def revenue(value: Any) -> str:
    """What the customers of a theme paid, rounded: €1.31 m."""
    amount, currency = part(value, "revenue"), part(value, "currency") or ""
    return "" if amount is None else figures.money(round(amount * minor_units(currency)), currency)


@register.filter
def short_key(key: str) -> str:
    """A key made by a machine, 32 signs of hexadecimal, is told by its first eight."""
    return f"{key[:8]}…" if _MACHINE_KEY.fullmatch(key) else key


@register.simple_tag
def amount(value: Any, currency: str | None) -> str:
    """An amount in major units with every cent, as the records have it: €2,890.00."""
    known = currency or ""
    return figures.money_exact(round(value * minor_units(known)), known)


@register.simple_tag
def money(minor: int, currency: str) -> str:
    return figures.money(int(minor), currency)


@register.simple_tag
def money_exact(minor: int, currency: str) -> str:
    return figures.money_exact(int(minor), currency)


@register.simple_tag
def rate_interval(low: float, high: float) -> str:
    return figures.rate_interval(low, high)

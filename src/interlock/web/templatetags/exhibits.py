"""`{% exhibit exhibit "exhibit-12" %}`: what is kept in a talk, drawn by what drew it on its page, with its table."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.inclusion_tag("web/parts/exhibit.html")
def exhibit(kept: Any, name: str, unchanged: bool = True) -> dict[str, Any]:
    """The chart that was kept, or the table. `name` is its own on the page. What was tampered with is not drawn."""
    drawing = kept.drawing if unchanged else {}
    return {
        "exhibit": kept,
        "name": name,
        "kind": drawing.get("kind", ""),
        "drawing": {**drawing, "title": kept.title, "note": kept.note},
    }

"""`{% talk_about "account" key label %}`: one field that opens a conversation about what the page shows.

Any page may have it. With a chart's spec the point can be chosen that the talk is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from interlock.converse.talks.starting import token_of
from interlock.fabric.access import Act, may, person_of
from interlock.fabric.contexts import point_key

register = template.Library()


@register.inclusion_tag("converse/parts/start.html", takes_context=True)
def talk_about(
    context: dict[str, Any],
    kind: str,
    key: str,
    label: str,
    chart: Mapping[str, Any] | None = None,
    page_kind: str = "",
    page_key: object = "",
) -> dict[str, Any]:
    """The field, for those who may bring people together. `page_kind` and `page_key`: where the chart is."""
    request = context["request"]
    page = (page_kind or kind, str(page_key or key))
    things = [(token_of(kind, str(key), label), label)]
    for point in (chart or {}).get("points", ()):
        of_point = f"{label}, {point['name']}"
        things.append((token_of("metric", point_key(*page, point["name"]), of_point), of_point))
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "may_start": may(person_of(request), Act.CONVENE),
        "things": things,
    }

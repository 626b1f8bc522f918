"""`{% live "signals" %}` on the body: this page hears at once what happened to signals. `docs/web.md` says how."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.html import format_html

from interlock.api.stream.passes import stream_address
from interlock.fabric.access import person_of

register = template.Library()


@register.simple_tag(takes_context=True)
def live(context: dict[str, Any], *named: str | Sequence[str]) -> str:
    """The attributes by which `live.js` opens the stream; none for those who may hear nothing.

    Topics are named one by one, or as a list that the view made.
    """
    topics = [topic for each in named for topic in ([each] if isinstance(each, str) else each)]
    request = context["request"]
    person = person_of(request)
    session = request.session.session_key or ""
    address = stream_address(person, session, topics, request.get_host()) if person else ""
    if not address:
        return ""
    again = f"{reverse('web:live')}?{urlencode([('topic', topic) for topic in topics])}"
    return format_html(
        ' data-stream="{}" data-stream-again="{}" data-stream-topics="{}"', address, again, " ".join(topics)
    )

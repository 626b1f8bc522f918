"""Customers' words as the reader of a page may see them: `{{ signal.body|shown_to:person }}`."""

from __future__ import annotations

from django import template

from interlock.analytics.text import greetings
from interlock.fabric.models import Person
from interlock.fabric.personal import may_read_personal, shown

register = template.Library()


@register.filter
def shown_to(text: str, person: Person | None) -> str:
    """The text, with personal data masked for those without the right. Goes before any cutting."""
    return shown(str(text or ""), person or None)


@register.filter
def without_greeting(text: str) -> str:
    """The text from where a letter begins to say something, for quotes."""
    return greetings.without_greeting(text)


@register.filter
def reads_personal(person: Person | None) -> bool:
    """Whether this reader sees personal data."""
    return may_read_personal(person or None)

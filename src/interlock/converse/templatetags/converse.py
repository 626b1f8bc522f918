"""`{{ message.body|markdown }}`: people's words as clean HTML."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from interlock.converse.words import rendered

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    """Markdown as `converse.words` shows it."""
    return rendered(text)

"""`{% signal_steps signal %}`: where one signal stands, in six steps."""

from __future__ import annotations

from typing import Any

from django import template

from interlock.converse.loop import steps
from interlock.listen.models import Signal

register = template.Library()


@register.inclusion_tag("web/parts/states.html")
def signal_steps(signal: Signal) -> dict[str, Any]:
    """The state line of a signal's page."""
    return {"steps": steps.line(steps.chains([signal])[0]), "standing": False}

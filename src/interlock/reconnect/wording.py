"""The first draft of what a conversation is for; people change it before they send it."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from interlock.fabric.models import Function
from interlock.reconnect.models import Disconnect


def question(disconnect: Disconnect) -> str:
    """A question that both functions can answer, named after the context."""
    a, b = (Function(code).label for code in disconnect.pair)
    return capfirst(
        _("%(label)s: what would %(a)s and %(b)s have to tell each other so that this ends?")
        % {"label": disconnect.context.label, "a": a, "b": b}
    )


def purpose(disconnect: Disconnect) -> str:
    """The figure to move, with its interval and the usual."""
    return _("%(x)s of %(n)s, that is %(rate).0f in 100 (%(low).0f to %(high).0f); usual %(usual).0f") % {
        "x": number_format(disconnect.x, force_grouping=True),
        "n": number_format(disconnect.n, force_grouping=True),
        "rate": disconnect.rate * 100,
        "low": disconnect.low * 100,
        "high": disconnect.high * 100,
        "usual": disconnect.baseline * 100,
    }

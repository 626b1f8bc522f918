"""How long until an answer is due, or how long it has been, in a reader's words."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MINUTE, HOUR, DAY = 60, 3600, 86_400
# Two days are still said in hours: "due 30 h ago" is felt, "1 day ago" is not.
HOURS_UNTIL = 2 * DAY


def due_words(due_at: datetime, now: datetime) -> str:
    """In 40 min; 3 h ago."""
    length = _length(abs(due_at - now))
    return (
        _("in %(length)s") % {"length": length} if due_at > now else _("%(length)s ago") % {"length": length}
    )


def _length(span: timedelta) -> str:
    seconds = span.total_seconds()
    if seconds < HOUR:
        return _("%(n)s min") % {"n": int(seconds // MINUTE)}
    if seconds < HOURS_UNTIL:
        return _("%(n)s h") % {"n": int(seconds // HOUR)}
    days = int(seconds // DAY)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}

"""What the rate of each rule counts, in words: a chart of it must say whether it counts the good or the bad."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from interlock.reconnect.models import Disconnect

MEASURES = {
    "R01": _("Promises missed"),
    "R02": _("Complained about, sent back or rated badly"),
    "R03": _("Waited too long for an answer"),
    "R04": _("Lost"),
    "R06": _("Came back or rated badly"),
    "R09": _("Deals lost"),
    "R10": _("Complained about, sent back or rated badly"),
    "R11": _("Sent back or complained about"),
}


def measure_of(disconnect: Disconnect) -> str:
    """What is counted in the rate of a disconnect."""
    return str(MEASURES.get(disconnect.rule, _("How often")))

"""Where a disconnect stands on its way, and what happened to it, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from interlock.fabric.models import Function, JournalEntry
from interlock.reconnect.models import Disconnect, State
from interlock.reconnect.moves import STEPS

_STARTED = {State.SUSPECTED: State.DETECTED, State.RECURRED: State.DETECTED, State.FADED: State.DETECTED}
_WORDS = {
    "found": gettext_lazy("The rules found it: %(x)s of %(n)s"),
    "became detected": gettext_lazy("Detected: harm, and no talk between the two"),
    "became suspected": gettext_lazy("Back to suspected: it is not sure enough, or the two are talking"),
    "became acknowledged": gettext_lazy("Both sides have seen it"),
    "became safety_check": gettext_lazy("Safe to talk"),
    "became convened": gettext_lazy("Both functions have written"),
    "became agreed": gettext_lazy("A commitment was made"),
    "became measuring": gettext_lazy("The commitments are settled; the next windows will tell"),
    "became resolved": gettext_lazy("Two windows without harm"),
    "became recurred": gettext_lazy("The harm is back"),
    "became faded": gettext_lazy("Gone from two windows by itself"),
    "became dismissed": gettext_lazy("Dismissed: %(reason)s"),
    "acknowledged": gettext_lazy("Acknowledged for %(function)s"),
    "stated safety": gettext_lazy("Said that it is safe to talk"),
    "brought together": gettext_lazy("Brought the two together"),
    "judged": gettext_lazy("Voted: %(vote)s"),
    "took vote back": gettext_lazy("Took a vote back"),
    "lost its records": gettext_lazy("Its rows were taken out of the records"),
}


def steps(disconnect: Disconnect) -> list[dict[str, str]]:
    """The seven steps, each done, now or to come, with a date or its condition beneath."""
    current = _STARTED.get(State(disconnect.state), State(disconnect.state))
    at = STEPS.index(current) if current in STEPS else 0
    notes = _conditions(disconnect)
    listed = []
    for number, step in enumerate(STEPS):
        standing = "done" if number < at else "now" if number == at else "todo"
        note = _day(disconnect.state_since) if standing == "now" else notes.get(step, "")
        name = State(disconnect.state).label if standing == "now" else step.label
        listed.append({"name": str(name), "note": "" if standing == "done" else str(note), "is": standing})
    return listed


def told(entries: Iterable[JournalEntry]) -> list[dict[str, Any]]:
    """Journal entries as lines for people: when, what, who."""
    lines = []
    for entry in entries:
        words = _WORDS.get(entry.verb)
        text = str(words) % _values(entry) if words else entry.verb
        if entry.detail.get("undone"):
            text = _("Taken back: it is no longer dismissed")
        lines.append({"at": entry.at, "text": text, "who": entry.actor.name if entry.actor else ""})
    return lines


def _values(entry: JournalEntry) -> dict[str, Any]:
    detail = entry.detail
    reason, function = detail.get("reason"), detail.get("function")
    return {
        "x": detail.get("x", "?"),
        "n": detail.get("n", "?"),
        "reason": Disconnect.Dismissal(reason).label if reason in Disconnect.Dismissal.values else "",
        "function": Function(function).label if function in Function.values else "",
        "vote": _("useful") if detail.get("useful") else _("wrong"),
    }


def _conditions(disconnect: Disconnect) -> dict[str, str]:
    """What each coming step needs."""
    safety = {
        Disconnect.Safety.UNKNOWN: _("nobody has said so yet"),
        Disconnect.Safety.STATED: _("said by a named person"),
        Disconnect.Safety.FACILITATED: _("with a facilitator"),
    }[Disconnect.Safety(disconnect.safety)]
    return {
        State.ACKNOWLEDGED: _("one each side"),
        State.SAFETY_CHECK: safety,
        State.CONVENED: _("when both have written"),
        State.AGREED: _("who does what by when"),
        State.RESOLVED: _("two windows without it"),
    }


def _day(at: Any) -> str:
    return date_format(localtime(at), "j M", use_l10n=False)

"""The one door through which a disconnect changes state: the table of moves, then the journal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from interlock.fabric import journal
from interlock.fabric.models import Person
from interlock.reconnect.errors import GuardUnmet, NotAllowed
from interlock.reconnect.models import Disconnect, State
from interlock.reconnect.moves import ALLOWED


def locked(disconnect: Disconnect) -> Disconnect:
    """The row as it is now, held until the transaction ends."""
    return Disconnect.objects.select_for_update(of=("self",)).select_related("context").get(pk=disconnect.pk)


def move(disconnect: Disconnect, to: str, *, by: Person | None, now: datetime, **detail: Any) -> None:
    """Change the state if the table allows it, and write the line. The caller has checked the guard."""
    if to not in ALLOWED[disconnect.state]:
        raise NotAllowed(
            _("A disconnect that is “%(state)s” cannot become “%(to)s”.")
            % {"state": disconnect.get_state_display(), "to": State(to).label}
        )
    came_from = disconnect.state
    disconnect.state, disconnect.state_since, disconnect.state_before = to, now, came_from
    disconnect.save(update_fields=["state", "state_since", "state_before"])
    journal.note(
        actor=by, verb=f"became {to}", about=disconnect, at=now, detail={"from": came_from, **detail}
    )


def require(condition: object, message: str) -> None:
    """Refuse a move whose guard is not met."""
    if not condition:
        raise GuardUnmet(message)

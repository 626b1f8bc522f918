"""The pages of reconnect: lists, one disconnect, its rows, the steps people take, the drivers."""

from interlock.reconnect.views.drivers import drivers
from interlock.reconnect.views.lists import disconnects
from interlock.reconnect.views.page import disconnect
from interlock.reconnect.views.rows import rows, rows_file
from interlock.reconnect.views.steps import (
    acknowledge,
    dismiss,
    judge,
    safety,
    undo_dismissal,
    undo_judgement,
)
from interlock.reconnect.views.together import invite, together

__all__ = [
    "acknowledge",
    "disconnect",
    "disconnects",
    "dismiss",
    "drivers",
    "invite",
    "judge",
    "rows",
    "rows_file",
    "safety",
    "together",
    "undo_dismissal",
    "undo_judgement",
]

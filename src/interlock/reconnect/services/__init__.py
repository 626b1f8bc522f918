"""What can happen to a disconnect. Every function runs in one transaction and writes the journal itself."""

from interlock.reconnect.services.citing import cite_themes
from interlock.reconnect.services.convening import bring_together
from interlock.reconnect.services.detection import detect_disconnects, record_report
from interlock.reconnect.services.steps import (
    acknowledge,
    dismiss,
    follow_conversation,
    state_safety,
    undo_dismissal,
)
from interlock.reconnect.services.votes import judge, undo_judgement

__all__ = [
    "acknowledge",
    "bring_together",
    "cite_themes",
    "detect_disconnects",
    "dismiss",
    "follow_conversation",
    "judge",
    "record_report",
    "state_safety",
    "undo_dismissal",
    "undo_judgement",
]

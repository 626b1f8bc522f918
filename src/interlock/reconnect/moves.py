"""The allowed moves of a disconnect, as one table (domain.md 5.2).

Which moves exist stands here; what has to be true for each is its guard in `services`.
"""

from __future__ import annotations

from interlock.reconnect.models import State

ALLOWED: dict[str, frozenset[str]] = {
    State.SUSPECTED: frozenset({State.DETECTED, State.DISMISSED, State.FADED, State.ACKNOWLEDGED}),
    State.DETECTED: frozenset({State.ACKNOWLEDGED, State.SUSPECTED, State.DISMISSED, State.FADED}),
    State.ACKNOWLEDGED: frozenset({State.SAFETY_CHECK, State.DISMISSED}),
    State.SAFETY_CHECK: frozenset({State.CONVENED}),
    State.CONVENED: frozenset({State.AGREED}),
    State.AGREED: frozenset({State.MEASURING}),
    State.MEASURING: frozenset({State.RESOLVED, State.RECURRED}),
    State.RESOLVED: frozenset({State.RECURRED}),
    State.RECURRED: frozenset({State.ACKNOWLEDGED, State.DISMISSED}),
    State.FADED: frozenset({State.DETECTED, State.SUSPECTED}),
    # Only an undo leaves `dismissed`, and only to where it came from.
    State.DISMISSED: frozenset({State.SUSPECTED, State.DETECTED, State.ACKNOWLEDGED, State.RECURRED}),
}

# The tabs of the list.
SUSPECTED = (State.SUSPECTED,)
RESOLVED = (State.RESOLVED, State.FADED)
DISMISSED = (State.DISMISSED,)
OPEN = (
    State.DETECTED,
    State.ACKNOWLEDGED,
    State.SAFETY_CHECK,
    State.CONVENED,
    State.AGREED,
    State.MEASURING,
    State.RECURRED,
)
TABS: dict[str, tuple[str, ...]] = {
    "open": OPEN,
    "suspected": SUSPECTED,
    "resolved": RESOLVED,
    "dismissed": DISMISSED,
}
# The seven steps that a page shows, in order.
STEPS = (
    State.DETECTED,
    State.ACKNOWLEDGED,
    State.SAFETY_CHECK,
    State.CONVENED,
    State.AGREED,
    State.MEASURING,
    State.RESOLVED,
)

"""What can be refused about a disconnect, in words for the person at the page."""

from __future__ import annotations


class DisconnectError(Exception):
    """A step was refused; the text says why and what to do."""


class NotAllowed(DisconnectError):
    """The state machine has no such move from where the disconnect stands."""


class GuardUnmet(DisconnectError):
    """The move exists, but what it needs is not there yet."""


class TooManyConvenings(DisconnectError):
    """Somebody would be in more than two open conversations."""


class RowsGone(DisconnectError):
    """The versions of the records behind a number are no longer kept."""

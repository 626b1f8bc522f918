"""What can go wrong in a conversation, in words for the person at the page."""

from __future__ import annotations


class ConversationError(Exception):
    """Something about a conversation was refused; the text says why and what to do."""


class NotYours(ConversationError):
    """Only the author may correct or take away a line; only somebody in the talk may decide in it."""


class TooLate(ConversationError):
    """The ten minutes for a correction are over."""


class WrongState(ConversationError):
    """The conversation cannot take this step from where it stands."""


class NothingSaid(ConversationError):
    """A line, a decision or a commitment without words."""


class WallStands(ConversationError):
    """Two partner organisations are never brought into one talk."""


class NotForThem(ConversationError):
    """A line would reach, name or quote somebody outside its audience."""


class TooMany(ConversationError):
    """More than one person needs at once."""

"""What can go wrong when a loop is closed."""

from interlock.converse.errors import ConversationError


class NothingToTell(ConversationError):
    """There is nobody to tell, nothing to say, or it is not this person's to say."""


class NotForThePublic(ConversationError):
    """This cannot be shown to everybody."""

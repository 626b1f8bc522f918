"""What can go wrong when themes are found or kept."""


class ThemeError(Exception):
    """Said to the person who asked; nothing was changed."""


class ModelError(ThemeError):
    """A stored model cannot be read, or does not fit what it is asked about."""


class NothingToGroupError(ThemeError):
    """There is no text that themes could be found in."""

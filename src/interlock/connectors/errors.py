"""What can be wrong with a source or a mapping, said to the person who has to mend it."""


class ConnectorError(Exception):
    """Anything that a connector says no to. The text names what, where, and what to do."""


class SourceRefused(ConnectorError):
    """A file, folder or archive cannot be read, or must not be; nothing was imported from it."""


class MappingError(ConnectorError):
    """A mapping does not say what it must. The text names the file, the line and the key."""


class DatabaseRefused(ConnectorError):
    """A database cannot be reached or read; passwords never stand in the text."""

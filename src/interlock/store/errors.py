"""What can go wrong with the records, said so that a person at work knows what to do next."""


class LakeError(Exception):
    """The records could not be read or written. Readers still see the last published snapshot."""


class LakeBusy(LakeError):
    """Another process writes the records at this moment."""


class DuplicateKeys(LakeError):
    """One input holds the same key more than once, so nobody can know which row counts."""


class MissingValues(LakeError):
    """A row lacks its key or another required value."""


class VersionGone(LakeError):
    """A version was cleared away by the vacuum, or never existed."""


class TableAbsent(LakeError):
    """The records hold no such table at this snapshot."""


class EngineUnknown(LakeError):
    """No engine answers to this URL."""

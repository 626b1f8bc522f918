"""What this room says no to. Every text names what happened, in what, and what to do next."""


class ListenError(Exception):
    """Anything the room refuses; the text is for the person in front of it."""


class UploadRefused(ListenError):
    """What was uploaded cannot be taken; nothing is kept of it."""


class UploadGone(ListenError):
    """The files of this import are no longer here."""


class WrongState(ListenError):
    """The import is not in a state in which this can be done."""


class Stopped(ListenError):
    """Somebody asked the import to stop; the records are as they were."""


class NotBalanced(ListenError):
    """The accounting does not add up; nothing was stored, because a count that is wrong hides lost rows."""


class InboxBusy(ListenError):
    """The database did not answer in time; nothing of this offer was stored, and it may be sent again."""


class InboxFull(ListenError):
    """The disk of the database is full; nothing of this offer was stored until somebody makes room."""


class NotDurable(ListenError):
    """The database says "stored" before the disk has it, so nothing may be acknowledged."""


class StepRefused(ListenError):
    """A signal cannot go from where it stands to where somebody wants it."""


class AlreadyAnswered(ListenError):
    """Somebody else answered while this was being written; what was written is kept as a draft."""


class NotAnswerable(ListenError):
    """These signals cannot be answered together, or there is nothing to send."""


class SecretsNeeded(ListenError):
    """The address of a source changed, and its credentials were not given again."""


class NothingToTakeBack(ListenError):
    """What somebody wants to take back stands no more."""


class EditRefused(ListenError):
    """A theme cannot be changed as somebody asked."""

"""What can go wrong when texts are understood."""


class TextError(Exception):
    """Said to the person who asked; nothing was changed."""


class WeightsError(TextError):
    """The files of a language model are not those that were packed."""

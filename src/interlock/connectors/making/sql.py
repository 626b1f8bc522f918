"""Names and texts inside SQL, quoted so that no file or mapping can break out of them."""

from collections.abc import Iterable


def name(text: str) -> str:
    """A quoted column or table name."""
    return '"' + text.replace("\0", "").replace('"', '""') + '"'


def text(value: str) -> str:
    """A quoted text."""
    return "'" + value.replace("\0", "").replace("'", "''") + "'"


def texts(values: Iterable[str]) -> str:
    """Texts in a list, without brackets."""
    return ", ".join(text(value) for value in values)

"""Which part of a foreign message becomes which field of a signal? One line a field, written by a person.

`body = data.text` takes a value by its path; numbers in a path count in arrays from 0. `kind = "review"` gives
every signal the same value. A field without a line is taken from the message if it stands there under its own name.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from interlock.store.contract import SIGNAL_KINDS, TABLES

SIGNAL_FIELDS = {column.name: column.type for column in TABLES["signals"].columns}
LONGEST_PATH = 200
_QUOTES = {'"', "'"}
# Seconds since 1970 stay below this until the year 5138; larger numbers are milliseconds.
_MILLISECONDS_FROM = 100_000_000_000


class FieldsUnreadable(Exception):
    """A line that a person wrote is not of the form `field = path`; the text names it."""


def fields_of(text: str) -> dict[str, str]:
    """Read the lines a person wrote.

    Raises:
        FieldsUnreadable: names the first line that cannot be read, and why.
    """
    fields: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        name, equals, path = (part.strip() for part in line.partition("="))
        if not equals or not path or len(path) > LONGEST_PATH:
            raise FieldsUnreadable(_("Line %(n)s is not of the form “body = data.text”.") % {"n": number})
        if name not in SIGNAL_FIELDS:
            raise FieldsUnreadable(
                _("Line %(n)s: signals have no field “%(name)s”. They have: %(known)s.")
                % {"n": number, "name": name[:60], "known": ", ".join(SIGNAL_FIELDS)}
            )
        if name == "kind" and path[:1] in _QUOTES and _constant(path) not in SIGNAL_KINDS:
            raise FieldsUnreadable(
                _("Line %(n)s: “%(kind)s” is no kind of signal. There are: %(known)s.")
                % {"n": number, "kind": _constant(path)[:60], "known": ", ".join(SIGNAL_KINDS)}
            )
        fields[name] = path
    return fields


def lines_of(fields: Mapping[str, str]) -> str:
    """Write fields as a person would."""
    return "\n".join(f"{name} = {path}" for name, path in fields.items())


def record_of(message: Any, fields: Mapping[str, str]) -> Any:
    """Return the record that a message describes; a message that is no object is returned as it is."""
    if not fields or not isinstance(message, dict):
        return message
    record = {name: value for name, value in message.items() if name in SIGNAL_FIELDS}
    for name, path in fields.items():
        value = _constant(path) if path[:1] in _QUOTES else _at(message, path)
        record[name] = _fitting(value, SIGNAL_FIELDS[name])
    return record


def _constant(path: str) -> str:
    return path[1:-1] if len(path) > 1 and path[-1] == path[0] else path[1:]


def _at(message: Any, path: str) -> Any:
    value = message
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _fitting(value: Any, kind: str) -> Any:
    """Turn what other systems write as numbers into what the contract asks for, where nothing is lost."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if kind == "text":
        return str(value)
    if kind == "timestamp":
        seconds = value / 1000 if abs(value) >= _MILLISECONDS_FROM else value
        try:
            return datetime.fromtimestamp(seconds, UTC).isoformat()
        except (OverflowError, ValueError, OSError):
            return value
    return value

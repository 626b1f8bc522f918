"""Is this record whole, and what exactly is stored of it?

All validation of one record lives here: columns and their kinds come from the contract, everything else is a
limit below. A record is cleaned only where nothing is lost (NUL, halves of surrogate pairs, the zone of a
time); otherwise it is taken as it came or refused with the field, the value and the reason.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache, partial
from hashlib import blake2b
from typing import Any
from unicodedata import category
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _

from interlock.connectors.live import Route
from interlock.listen.inbox.offering import Offered, Refusal
from interlock.store.contract import (
    DEAL_OUTCOMES,
    DECIMAL_DIGITS,
    FUNCTIONS,
    PROMISE_KINDS,
    SIGNAL_KINDS,
    TABLES,
    Column,
)

LONGEST_KEY = 400
LONGEST_TEXT = 1_000_000
LONGEST_ADDRESS = 2_000
LONGEST_PAYLOAD = 64_000
LONGEST_REASON = 400
SHOWN_CHARACTERS = 60
# Clocks of well-kept machines differ by seconds; ten minutes ahead is a wrong clock or a wrong date.
FUTURE = timedelta(minutes=10)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LARGEST_INT = 2**31 - 1
KEY_JOINT = "\x1f"
# A signal without any of these tells nothing that anybody could answer.
SAYS_SOMETHING = ("body", "title", "rating", "reason")
VOCABULARIES = {
    ("signals", "kind"): SIGNAL_KINDS,
    ("promises", "kind"): PROMISE_KINDS,
    ("deals", "outcome"): DEAL_OUTCOMES,
    ("teams", "function"): FUNCTIONS,
}
_Reader = Callable[[Any, datetime], Any]
encode = msgspec.json.Encoder(decimal_format="string").encode
_NO_HALVES: dict[int, str | None] = {**dict.fromkeys(range(0xD800, 0xE000), "\ufffd"), 0: None}


class NotTaken(Exception):
    """One field is wrong. `field` is empty when the whole record is."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason


def checked(
    table: str, row: Mapping[str, Any], *, place: str, now: datetime, route: Route | None = None
) -> Offered | Refusal:
    """Check one record of a contract table. Columns that the contract does not know are passed over."""
    try:
        clean = _clean(table, row, now)
        payload = _payload(clean)
        if payload is None:
            clean = _clean(table, _without_nul(row), now)
            payload = encode(clean)
        key = _key(table, clean)
    except NotTaken as fault:
        return Refusal(place[:200], fault.reason[:LONGEST_REASON], fault.field, what_came(row))
    digest = UUID(bytes=blake2b(payload, digest_size=16).digest())
    return Offered(table, key, payload.decode(), digest, place, route)


def what_came(row: object) -> str:
    """Write a refused record down, cut at LONGEST_PAYLOAD characters, so that nothing of it is lost unseen."""
    try:
        text = row if isinstance(row, str) else json.dumps(row, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):
        text = repr(row)
    return text[:LONGEST_PAYLOAD].translate(_NO_HALVES)


def _clean(table: str, row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    if table not in _READERS:
        raise NotTaken("", _("“%(table)s” is no table of the contract.") % {"table": str(table)[:60]})
    if not isinstance(row, Mapping):
        raise NotTaken(
            "",
            _("A record must be an object with named fields; this is %(what)s.") % {"what": _kind_of(row)},
        )
    clean = {}
    for name, read in _readers_for(table, tuple(row)):
        value = row[name]
        if value is not None and value != "":
            clean[name] = read(value, now)
    for name in _REQUIRED[table]:
        if name not in clean:
            raise NotTaken(name, _missing(table, name, row))
    if table == "signals" and not any(says(clean.get(name)) for name in SAYS_SOMETHING):
        raise NotTaken("body", _("The signal says nothing: give it a body, a title, a rating or a reason."))
    if table == "signals":
        check_rating(clean.get("rating"), clean.get("rating_max"))
    return clean


def _missing(table: str, field: str, row: Mapping[str, Any]) -> str:
    reason = _("%(field)s is missing; every record of %(table)s needs it.") % {
        "field": field,
        "table": table,
    }
    unknown = [_shown(name) for name in row if name not in _READERS[table]]
    if not unknown:
        return reason
    also = _("The contract does not know %(names)s.") % {"names": ", ".join(unknown)}
    return f"{reason} {also}"


def check_rating(rating: float | None, best: float | None) -> None:
    """A rating lies between 0 and the best there is, where that is told.

    Raises:
        NotTaken: it does not.
    """
    if best is not None and best <= 0:
        raise _wrong("rating_max", best, _("the best that can be given, more than 0"))
    if rating is not None and (rating < 0 or (best is not None and rating > best)):
        wanted = _("between 0 and rating_max (%(best)s)") % {"best": best} if best else _("0 or more")
        raise _wrong("rating", rating, wanted)


def says(value: Any) -> bool:
    """Whether anybody could see it: spaces, zero-width signs and other invisible ones say nothing."""
    if not isinstance(value, str):
        return value is not None
    return any(not sign.isspace() and category(sign)[0] != "C" for sign in value)


def _key(table: str, clean: Mapping[str, Any]) -> str:
    columns = TABLES[table].key
    key = clean[columns[0]] if len(columns) == 1 else KEY_JOINT.join(str(clean[name]) for name in columns)
    if not key.strip():
        raise NotTaken(
            columns[0], _("%(field)s is empty; every record needs its key.") % {"field": columns[0]}
        )
    if len(key) > LONGEST_KEY:
        raise NotTaken(
            columns[0],
            _("%(field)s has %(n)s characters; a key has at most %(most)s.")
            % {"field": columns[0], "n": len(key), "most": LONGEST_KEY},
        )
    return key


def _payload(clean: Mapping[str, Any]) -> bytes | None:
    """Write a record as JSON; None when it holds what no database stores."""
    try:
        payload = encode(clean)
    except UnicodeEncodeError:
        return None
    return None if b"\\u0000" in payload else payload


def _without_nul(row: Mapping[str, Any]) -> dict[str, Any]:
    """Take NUL out and put the replacement character for halves of surrogate pairs."""
    return {
        name: value.translate(_NO_HALVES) if isinstance(value, str) else value for name, value in row.items()
    }


def _text(field: str, value: Any, now: datetime, *, longest: int = LONGEST_TEXT) -> str:
    if not isinstance(value, str):
        raise _wrong(field, value, _("a text"))
    if len(value) > longest:
        raise NotTaken(
            field,
            _("%(field)s has %(n)s characters; at most %(most)s are taken. Shorten it and send it again.")
            % {"field": field, "n": f"{len(value):,}", "most": f"{longest:,}"},
        )
    return value


def _address(field: str, value: Any, now: datetime) -> str:
    text = _text(field, value, now, longest=LONGEST_ADDRESS)
    if not text.lower().startswith(("https://", "http://")):
        raise _wrong(field, value, _("an address that begins with https:// or http://"))
    return text


def _word(field: str, value: Any, now: datetime, *, words: tuple[str, ...]) -> str:
    if value not in words:
        raise _wrong(field, value, _("one of: %(words)s") % {"words": ", ".join(words)})
    return value


def read_time(field: str, value: Any, now: datetime, *, past: bool = False) -> datetime:
    moment = value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise _wrong(field, value, _("a time that exists, written as 2026-03-02T12:00:00Z")) from None
    if not isinstance(moment, datetime):
        raise _wrong(field, value, _("a time as 2026-03-02T12:00:00Z"))
    if moment.tzinfo is None:
        raise NotTaken(
            field,
            _(
                "%(field)s (%(value)s) has no time zone, so nobody can know when it was. Send it as 2026-03-02T12:00:00Z."
            )
            % {"field": field, "value": _shown(value)},
        )
    if moment.tzinfo is not UTC:
        try:
            moment = moment.astimezone(UTC)
        except OverflowError:
            raise _wrong(field, value, _("a time of the years 1970 to 9999")) from None
    if moment < EARLIEST:
        raise _wrong(field, value, _("a time of the years 1970 to 9999"))
    if past and moment > now + FUTURE:
        raise NotTaken(
            field,
            _(
                "%(field)s (%(value)s) lies in the future by this server's clock (%(now)s). Set the sender's clock or mend the date."
            )
            % {"field": field, "value": _shown(value), "now": f"{now.astimezone(UTC):%Y-%m-%d %H:%M} UTC"},
        )
    return moment


def _date(field: str, value: Any, now: datetime) -> date:
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(value)
    except (ValueError, TypeError):
        raise _wrong(field, value, _("a day as 2026-03-02")) from None


def _number(field: str, value: Any, now: datetime) -> float:
    try:
        if type(value) in (int, float) and math.isfinite(value):
            return float(value)
    except OverflowError:
        pass
    raise _wrong(field, value, _("a number"))


def _whole(field: str, value: Any, now: datetime) -> int:
    if type(value) is int and abs(value) <= LARGEST_INT:
        return value
    raise _wrong(field, value, _("a whole number"))


def _yes_no(field: str, value: Any, now: datetime) -> bool:
    if type(value) is bool:
        return value
    raise _wrong(field, value, _("true or false"))


def _amount(field: str, value: Any, now: datetime, *, scale: int) -> Decimal:
    """Read money or pieces, given as text or number; more digits than the contract keeps are rounded as imports do."""
    if type(value) not in (str, int, float, Decimal):
        raise _wrong(field, value, _("an amount as 12.50"))
    try:
        amount = Decimal(str(value))
        if amount.is_finite() and amount.adjusted() < DECIMAL_DIGITS - scale:
            return amount.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    except (InvalidOperation, ValueError):
        pass
    raise _wrong(field, value, _("an amount as 12.50"))


def _wrong(field: str, value: Any, wanted: str) -> NotTaken:
    reason = _("%(field)s must be %(wanted)s; this is %(what)s (%(value)s).")
    return NotTaken(
        field, reason % {"field": field, "wanted": wanted, "what": _kind_of(value), "value": _shown(value)}
    )


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    cut = text[:SHOWN_CHARACTERS].translate(_NO_HALVES)
    return cut if len(text) <= SHOWN_CHARACTERS else f"{cut}…"


def _kind_of(value: Any) -> str:
    match value:
        case bool():
            return _("true or false")
        case str():
            return _("a text")
        case int() | float() | Decimal():
            return _("a number")
        case Mapping():
            return _("an object")
        case list() | tuple():
            return _("a list")
    return _("nothing") if value is None else type(value).__name__


def _reader(table: str, column: Column) -> _Reader:
    name = column.name
    if (table, name) in VOCABULARIES:
        return partial(_word, name, words=VOCABULARIES[table, name])
    if column.type == "text" and name == "url":
        return partial(_address, name)
    if column.type == "text":
        # Keys of other records are keys as well: none may be longer than where it points.
        is_key = name in TABLES[table].key or name.endswith("_id")
        return partial(_text, name, longest=LONGEST_KEY if is_key else LONGEST_TEXT)
    if column.type == "timestamp":
        return partial(read_time, name, past=name == "occurred_at")
    if column.type == "decimal":
        return partial(_amount, name, scale=column.scale)
    return partial({"date": _date, "double": _number, "int": _whole, "boolean": _yes_no}[column.type], name)


# How each column is read, in the order of the contract, so that equal records have equal payloads.
_READERS = {
    table.name: {column.name: _reader(table.name, column) for column in table.columns}
    for table in TABLES.values()
}
_REQUIRED = {
    table.name: tuple(column.name for column in table.columns if column.required) for table in TABLES.values()
}


@lru_cache(maxsize=1024)
def _readers_for(table: str, names: tuple[Any, ...]) -> tuple[tuple[str, _Reader], ...]:
    """The readers of those of these names that the contract knows: one source sends the same names all day."""
    given = set(names)
    return tuple((name, read) for name, read in _READERS[table].items() if name in given)

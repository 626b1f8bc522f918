"""The common case of `checking`, in a fifth of the time: a body whose signals are all clean as they came.

One typed decoder reads the whole body. Whatever it does not take, and whatever would need a second look, is left
to `checked`, which knows every reason; of what both take they make the same rows.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from interlock.listen.inbox.checking import (
    LONGEST_ADDRESS,
    LONGEST_KEY,
    LONGEST_TEXT,
    SAYS_SOMETHING,
    VOCABULARIES,
    NotTaken,
    check_rating,
    encode,
    read_time,
    says,
)
from interlock.listen.inbox.offering import Offered
from interlock.store.contract import TABLES, Column

TABLE = "signals"


def clean_signals(
    body: bytes, *, most: int, key_of: Callable[[str], str], now: datetime
) -> list[Offered] | None:
    """Read the 1 to `most` signals of a JSON body; None when any of it must be looked at with care.

    `key_of` gives the key under which a signal of a given id is kept.
    """
    try:
        found = _decode(body)
        signals = found if isinstance(found, list) else [found]
        if 1 <= len(signals) <= most:
            return [_offered(place, signal, key_of, now) for place, signal in enumerate(signals)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, NotTaken):
        pass
    return None


def _offered(place: int, signal: Any, key_of: Callable[[str], str], now: datetime) -> Offered:
    if not signal.signal_id.strip() or not any(says(getattr(signal, name)) for name in SAYS_SOMETHING):
        raise _UNCLEAR
    check_rating(signal.rating, signal.rating_max)
    signal.signal_id = key = key_of(signal.signal_id)
    signal.occurred_at = read_time("occurred_at", signal.occurred_at, now, past=True)
    for name in _OTHER_TIMES:
        if (moment := getattr(signal, name)) is not None:
            setattr(signal, name, read_time(name, moment, now))
    payload = encode(signal)
    if len(key) > LONGEST_KEY or b"\\u0000" in payload:
        raise _UNCLEAR
    digest = UUID(bytes=blake2b(payload, digest_size=16).digest())
    return Offered(TABLE, key, payload.decode(), digest, str(place))


def _field(column: Column) -> tuple[str, Any] | tuple[str, Any, None]:
    kind = _type(column)
    return (column.name, kind) if column.required else (column.name, kind | None, None)


def _type(column: Column) -> Any:
    if (TABLE, column.name) in VOCABULARIES:
        return Literal[VOCABULARIES[TABLE, column.name]]
    if column.type == "timestamp":  # read afterwards, as `checked` reads them
        return Annotated[str, msgspec.Meta(min_length=1)]
    if column.name == "url":
        return Annotated[str, msgspec.Meta(pattern="^(?i:https?)://", max_length=LONGEST_ADDRESS)]
    if column.type == "text":
        is_key = column.name in TABLES[TABLE].key or column.name.endswith("_id")
        longest = LONGEST_KEY if is_key else LONGEST_TEXT
        return Annotated[str, msgspec.Meta(min_length=1, max_length=longest)]
    # Amounts and whole numbers are rare in signals and have more rules: of them only null is plainly clean.
    return float if column.type == "double" else type(None)


_UNCLEAR = NotTaken("", "")
_Signal = msgspec.defstruct(
    "_Signal", [_field(column) for column in TABLES[TABLE].columns], kw_only=True, omit_defaults=True
)
_decode = msgspec.json.Decoder(_Signal | list[_Signal]).decode
_OTHER_TIMES = tuple(
    column.name
    for column in TABLES[TABLE].columns
    if column.type == "timestamp" and column.name != "occurred_at"
)

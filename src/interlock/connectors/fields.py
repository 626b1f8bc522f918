"""Values of other systems' records as the contract writes them: texts, moments in UTC, days, amounts as text.

Every function takes what came, whatever it is; empty becomes None, and what cannot be read is a `ValueError` whose
text names the value, so that the record is refused with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from .errors import ConnectorError
from .html_text import clean_text, text_of_html_or_plain

SHOWN = 60


def text_of(value: Any) -> str | None:
    """A name or a word on one line."""
    if value is None or isinstance(value, dict | list | bool):
        return None
    return " ".join(clean_text(str(value)).split()) or None


def words_of(value: Any) -> str | None:
    """What a customer wrote, without markup."""
    return text_of_html_or_plain(value) or None if isinstance(value, str) else None


def word_of(value: Any) -> str | None:
    """A system's own word such as PRODUCT_ISSUE, as people write it."""
    text = text_of(value)
    return text.replace("_", " ").lower() if text and text.isupper() else text


def moment_of(value: Any) -> str | None:
    """A moment in UTC, such as 2026-11-22T12:00:00Z.

    Raises:
        ValueError: it is no moment.
    """
    moment = parsed_moment(value)
    if moment is None:
        return None
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def day_of(value: Any) -> str | None:
    """The day of a moment, in UTC. Raises as `moment_of`."""
    moment = parsed_moment(value)
    return moment.date().isoformat() if moment else None


def milliseconds_of(value: Any) -> int:
    """A moment as milliseconds since 1970.

    Raises:
        ValueError: it is no moment, or empty.
    """
    moment = parsed_moment(value)
    if moment is None:
        raise ValueError("it has no time of its last change")
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))


def moment_at(milliseconds: int) -> datetime:
    """The moment so many milliseconds after 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def parsed_moment(value: Any) -> datetime | None:
    """A moment in UTC from text; one without a zone is taken for UTC. Raises as `moment_of`."""
    if value in (None, ""):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{str(value)[:SHOWN]!r} is no moment") from error


def amount_of(value: Any) -> str | None:
    """An amount as decimal text, rounded to nothing.

    Raises:
        ValueError: it is no number.
    """
    if value in (None, ""):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f"{str(value)[:SHOWN]!r} is no number") from error
    if not amount.is_finite():
        raise ValueError(f"{str(value)[:SHOWN]!r} is no number")
    return format(amount, "f")


def number_of(value: Any) -> float | None:
    """A number such as a rating. Raises as `amount_of`."""
    text = amount_of(value)
    return None if text is None else float(text)


def filled(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row without what is empty."""
    return {name: value for name, value in row.items() if value is not None}


def member(value: Any, *names: str) -> Any:
    """What stands at the end of a path of names; None where any part of it is missing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def listed(value: Any, name: str, system: str) -> list[dict[str, Any]]:
    """The records of an answer.

    Raises:
        ConnectorError: it has none, or they are no records.
    """
    records = value.get(name) if isinstance(value, dict) else None
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise ConnectorError(f"{system} sent an answer without the list of {name} that it documents.")
    return records

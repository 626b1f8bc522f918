"""What of a customer's words may this person read? Personal data in them is masked for everybody without the right.

Owners and leads read texts as they are, and so do contributors of service, who answer the customers. Everybody
else reads "[mail]", "[phone]" and so on in their place, on every page and in every file. The texts themselves
are never changed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _

from interlock.analytics.masking import masked
from interlock.fabric.access import Act, may
from interlock.fabric.export import csv_bytes
from interlock.fabric.models import Function, Person

# Columns that hold what people wrote freely, under the names of the contract and of the rules' rows.
WORDS = frozenset(
    {
        "title",
        "body",
        "said",
        "reason",
        "reason_buyer",
        "reason_rep",
        "resolution",
        "text",
        "payload",
        "because",
    }
)


def may_read_personal(person: Person | None) -> bool:
    """Whether this person reads customers' words unmasked."""
    if may(person, Act.PERSONAL):
        return True
    return may(person, Act.ANSWER) and person is not None and Function.SERVICE in person.functions


def shown(text: str, person: Person | None) -> str:
    """The text as this person may read it."""
    return text if not text or may_read_personal(person) else masked(text, _mask_words())


def masked_for_all(text: str) -> str:
    """The text without personal data, whoever reads it: words about one customer that may go to another."""
    return masked(text, _mask_words())


def shown_rows(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], person: Person | None
) -> Iterable[Sequence[Any]]:
    """The rows with the words in them as this person may read them; one pass, nothing kept."""
    places = [place for place, name in enumerate(columns) if name in WORDS]
    if not places or may_read_personal(person):
        return rows
    return _masked_rows(places, rows)


def shown_file(content: bytes, person: Person | None) -> bytes:
    """A CSV file that `csv_bytes` made, as this person may read it: the same bytes with the right, else masked."""
    if may_read_personal(person):
        return content
    columns, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
    # What led a cell to be quoted with an apostrophe is decided anew, so the earlier one is taken off.
    plain = ([cell.removeprefix("'") for cell in row] for row in rows)
    return csv_bytes(columns, shown_rows(columns, plain, person))


def _masked_rows(places: list[int], rows: Iterable[Sequence[Any]]) -> Iterator[list[Any]]:
    words = _mask_words()
    for row in rows:
        cells = list(row)
        for place in places:
            if isinstance(cells[place], str):
                cells[place] = masked(cells[place], words)
        yield cells


def _mask_words() -> dict[str, str]:
    return {
        "mail": _("[e-mail]"),
        "phone": _("[phone]"),
        "card": _("[card]"),
        "iban": _("[IBAN]"),
        "identity": _("[identity number]"),
        "name": _("[name]"),
    }

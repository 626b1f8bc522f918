"""The one way rows leave the product as a file.

A cell that a spreadsheet would run as a formula is led by an apostrophe, which spreadsheets hide and
which our own importer takes off again (OWASP ASVS 5.0, 1.2.10). Some drop blanks and quotes before the first sign, and
those of East Asia read wide signs as the narrow ones, so both count.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

_BEGINS_A_FORMULA = "=+-@"
# At the very beginning: what parts cells and lines where a file is pasted, and the mark itself, so that it comes off once.
_MARKED = ("\t", "\r", "\n", "'")


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return UTF-8 CSV with a header and CRLF line ends. The same rows always give the same bytes."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_cell(name) for name in columns])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds" if value.microsecond == 0 else "microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int | float):
        return repr(value)
    text = str(value).replace("\0", "")
    return f"'{text}" if text.startswith(_MARKED) or _is_run(text) else text


def _is_run(text: str) -> bool:
    """Whether the first sign that is neither blank, quote nor unseen begins a formula, in any width."""
    for sign in text:
        if sign.isalnum():
            return False
        if sign not in "\"'" and unicodedata.category(sign)[0] not in "ZC":
            return unicodedata.normalize("NFKC", sign)[0] in _BEGINS_A_FORMULA
    return False

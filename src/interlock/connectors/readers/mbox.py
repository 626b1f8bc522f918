"""Mail archives (mbox): one row a mail, read as a stream, with the customer's own words and no address.

A mail begins at a line "From " after an empty line; lines of its text that look so carry a ">" before them. A mail
longer than 10 MB is read in part, as the mailbox connector does; both give the same mail the same key.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa

from ..errors import SourceRefused
from ..mail import LONGEST_MAIL, Mail, read_mail
from ..mail.message import plain_subject
from ..protocol import Reading, Unreadable
from .text_batches import text_batch

COLUMNS = (
    "mail", "date", "contact", "subject", "body", "thread", "automatic", "labels", "attachments", "notes",
)  # fmt: skip
BATCH_ROWS = 2_000
_START = re.compile(rb"^From (?:\S+ .*\d{4}|- )")
_QUOTED_START = re.compile(rb"^>(>*From )")
_LONGEST_LINE = 1_000_000


def looks_like_mbox(path: Path) -> bool:
    """Whether a file of any name begins as a mail archive does."""
    with path.open("rb") as file:
        return bool(_START.match(file.readline(2_000)))


def read_mbox(path: Path, name: str, on_bytes: Callable[[int], None]) -> Reading:
    """Open a mail archive. Row 1 is its first mail.

    Raises:
        SourceRefused: it does not begin with a mail.
    """
    if not looks_like_mbox(path):
        raise SourceRefused(
            f'{name} is no mail archive: its first line must begin with "From ". Export it again as mbox.'
        )
    reading = Reading(COLUMNS, iter(()))
    reading.batches = _batches(path, reading, on_bytes)
    return reading


def _batches(path: Path, reading: Reading, on_bytes: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
    rows: list[tuple[int, list[str | None]]] = []
    for number, (raw, whole, size) in enumerate(_mails(path), 1):
        on_bytes(size)
        mail = read_mail(raw, whole=whole)
        if mail.sent_at is None and not mail.body and not mail.subject:
            reading.unreadable.append(Unreadable(number, "", "no mail: it has no date, subject or text"))
            continue
        rows.append((number, _cells(mail)))
        if len(rows) >= BATCH_ROWS:
            yield text_batch(rows, COLUMNS)
            rows = []
    if rows:
        yield text_batch(rows, COLUMNS)


def _cells(mail: Mail) -> list[str | None]:
    return [
        mail.key,
        mail.sent_at.isoformat() if mail.sent_at else None,
        mail.contact.removeprefix("mail:"),
        plain_subject(mail.subject),
        mail.body,
        mail.thread,
        mail.automatic,
        mail.labels,
        str(mail.attachments) if mail.attachments else None,
        "; ".join(mail.notes),
    ]


def _mails(path: Path) -> Iterator[tuple[bytes, bool, int]]:
    """Each mail's bytes, whether they are all of it, and how long it is in the file."""
    lines: list[bytes] = []
    kept = size = 0
    blank = True
    with path.open("rb") as file:
        while line := file.readline(_LONGEST_LINE):
            if blank and _START.match(line):
                if size:
                    yield b"".join(lines), kept == size, size
                lines, kept, size = [], 0, 0
            else:
                size += len(line)
                if kept + len(line) <= LONGEST_MAIL and kept + len(line) == size:
                    lines.append(_QUOTED_START.sub(rb"\1", line))
                    kept += len(line)
            blank = line in (b"\n", b"\r\n")
    if size:
        yield b"".join(lines), kept == size, size

"""What is in this file, whatever its name says: kind, encoding, delimiter, heading.

One pass over the bytes decides what the fast reader may assume. Nothing is guessed silently: what
was guessed stands in `Text.notes`.
"""

import codecs
import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..errors import SourceRefused

CHUNK = 8_000_000
HEAD = 65_536
DELIMITERS = (",", ";", "\t", "|")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHER_KINDS = (
    (b"%PDF", "a PDF document. Export the table itself as CSV or XLSX"),
    (b"PK\x03\x04", "a zip or Excel file. Give it its own ending, .zip or .xlsx"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file (.xls). Save it as .xlsx or CSV"),
    (b"\x1f\x8b", "packed with gzip. Give it the ending .csv.gz"),
    (b"PAR1", "a Parquet file. Give it the ending .parquet"),
    (b"SQLite format 3\x00", "a SQLite database. Import it as sqlite:///path/to/file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"{\\rtf", "a text document (RTF). Export the table itself as CSV"),
)
_HTML_STARTS = (b"<!doctype html", b"<html", b"<head", b"<body", b"<table", b"<?xml", b"<script", b"<div")
QUOTE = ord('"')
# What may stand beside a quote: a delimiter, a line's end, another quote, the end of a byte order mark.
_EDGES = np.frombuffer(b',;\t|\r\n"\xbf', np.uint8)
# These five bytes mean nothing in Windows-1252; a file that has them is ISO-8859-1 or damaged.
_UNDEFINED_1252 = bytes((0x81, 0x8D, 0x8F, 0x90, 0x9D))


@dataclass
class Text:
    """What one pass over a text file showed."""

    encoding: str
    has_nul: bool = False
    is_broken: bool = False
    stray_quotes: bool = False
    notes: list[str] = field(default_factory=list)


def inspect(path: Path, name: str, stated: str = "") -> Text:
    """Find the encoding and the oddities of a text file.

    Raises:
        SourceRefused: empty, not a table at all, or not in the encoding that the mapping states.
    """
    head = _first_bytes(path, HEAD)
    _refuse_other_kinds(head, name)
    counts = _Counts()
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            counts.add(block)
    counts.finish()
    text = Text(stated or _encoding(head, counts))
    if text.encoding.startswith(("utf-16", "utf-32")):
        return text
    text.has_nul = counts.nuls > 0
    text.stray_quotes = counts.stray
    if text.has_nul:
        text.notes.append(f"{counts.nuls} NUL bytes; rows that hold one are refused.")
    _check_stated(path, name, stated)
    if text.encoding == "utf-8" and counts.broken:
        text.is_broken = True
        text.notes.append("Some bytes are not UTF-8, though the rest is; rows that hold them are refused.")
    if text.encoding in ("cp1252", "iso-8859-1") and not stated:
        text.notes.append(
            f"Not UTF-8: read as {text.encoding} (guessed). If accents look wrong, state the encoding."
        )
    return text


def _refuse_other_kinds(head: bytes, name: str) -> None:
    if not head.strip():
        raise SourceRefused(f"{name} is empty. Export it again; nothing was read from it.")
    for start, kind in _OTHER_KINDS:
        if head.startswith(start):
            raise SourceRefused(f"{name} is not a table but {kind}; nothing was read from it.")
    first = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if first.startswith(_HTML_STARTS):
        raise SourceRefused(
            f"{name} is a web page (HTML), not a table. Often this is a sign-in or error page saved by an "
            "export that failed: open it in a browser, then export again; nothing was read from it."
        )


class _Counts:
    """Stray quotes, NULs and broken UTF-8 of a whole file, block by block."""

    def __init__(self) -> None:
        self.nuls = self.quotes = self.multibyte = 0
        self.broken = self.undefined_1252 = self.stray = False
        self._last = ord("\n")
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")

    def add(self, block: bytes, final: bool = False) -> None:
        self.nuls += block.count(b"\0")
        self._count_quotes(block)
        if block.isascii() and not self._decoder.getstate()[0]:
            return
        self.undefined_1252 |= any(byte in block for byte in _UNDEFINED_1252)
        try:
            text = self._decoder.decode(block, final)
            self.multibyte += sum(1 for sign in text if ord(sign) > 127) if len(text) < CHUNK // 4 else 1
        except UnicodeDecodeError:
            self.broken = True
            self.multibyte += len(_valid_pairs(block))
            self._decoder.reset()

    def _count_quotes(self, block: bytes) -> None:
        """Every opening quote must follow a cell's edge, every closing one must precede one.

        Quotes alternate, a doubled one counting as a close and an open, so that no state is needed.
        """
        signs = np.frombuffer(block, np.uint8)
        if self._last == QUOTE and self.quotes % 2 == 0 and signs[0] not in _EDGES:
            self.stray = True
        found = np.flatnonzero(signs == QUOTE)
        opening = found[self.quotes % 2 :: 2]
        closing = found[1 - self.quotes % 2 :: 2]
        before = np.where(opening > 0, signs[opening - 1], self._last)
        after = signs[closing[closing + 1 < len(signs)] + 1]
        self.stray |= bool((~np.isin(before, _EDGES)).any() or (~np.isin(after, _EDGES)).any())
        self.quotes += len(found)
        self._last = int(signs[-1])

    def finish(self) -> None:
        self.stray |= self.quotes % 2 == 1
        try:
            self._decoder.decode(b"", True)
        except UnicodeDecodeError:
            self.broken = True


def _valid_pairs(block: bytes) -> str:
    """The signs beyond ASCII that are valid UTF-8 among the broken ones."""
    return "".join(sign for sign in block.decode("utf-8", "ignore") if ord(sign) > 127)


def _encoding(head: bytes, counts: _Counts) -> str:
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return encoding
    sample = head[: len(head) // 2 * 2]
    if counts.nuls > 0 and len(sample) >= 8:
        # Text in UTF-16 without a mark has a NUL in every second place.
        if sample[1::2].count(0) > 0.4 * len(sample) / 2:
            return "utf-16-le"
        if sample[0::2].count(0) > 0.4 * len(sample) / 2:
            return "utf-16-be"
    if not counts.broken or counts.multibyte > 3:
        return "utf-8"
    return "iso-8859-1" if counts.undefined_1252 else "cp1252"


def _check_stated(path: Path, name: str, stated: str) -> None:
    if not stated:
        return
    try:
        decoder = codecs.getincrementaldecoder(stated)("strict")
    except LookupError:
        raise SourceRefused(
            f"{name}: no encoding is called {stated}. Write one such as utf-8 or cp1252."
        ) from None
    done = 0
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                raise SourceRefused(
                    f"{name} is not in {stated}, as the mapping says: byte {done + error.start:,} is not. "
                    "Take the encoding out of the mapping to have it guessed; nothing was read."
                ) from None
            done += len(block)


def decoded_head(path: Path, text: Text) -> str:
    """The first part of the file as text, without a torn last line."""
    raw = _first_bytes(path, HEAD * 4)
    decoder = codecs.getincrementaldecoder(text.encoding)("replace")
    head = decoder.decode(raw).lstrip("\ufeff")
    cut = head.rfind("\n")
    return head if len(raw) < HEAD * 4 or cut < 0 else head[: cut + 1]


def _first_bytes(path: Path, count: int) -> bytes:
    with path.open("rb") as file:
        return file.read(count)


def sniff_delimiter(head: str) -> str:
    """The delimiter that splits the first lines most evenly; comma when nothing does."""
    lines = [line for line in head.splitlines()[:200] if line.strip()][:50]
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))
        widths = [len(row) for row in rows]
        if not widths:
            continue
        usual = max(set(widths), key=widths.count)
        score = (usual - 1) * (widths.count(usual) / len(widths)) ** 2
        if score > best_score:
            best, best_score = delimiter, score
    return best


def heading_row(rows: list[list[str]]) -> int:
    """Which of the first rows (from 0) is the heading: the first about as full as most rows are.

    Titles, dates and blank lines above a heading fill one or two cells; the heading fills nearly all.
    """
    filled = [sum(1 for cell in row if cell.strip()) for row in rows[:30]]
    counted = [count for count in filled if count]
    if not counted:
        return 0
    usual = max(sorted(set(counted), reverse=True), key=counted.count)
    return next((index for index, count in enumerate(filled) if count and count >= 0.7 * usual), 0)


def unique_names(cells: list[str]) -> tuple[str, ...]:
    """Names without blanks around them; an empty one becomes "column 3", a second "name" "name (2)"."""
    names: list[str] = []
    for position, cell in enumerate(cells, 1):
        name = " ".join(cell.replace("\0", "").split()) or f"column {position}"
        number = 2
        unique = name
        while unique.lower() in {known.lower() for known in names[-400:]}:
            unique = f"{name} ({number})"
            number += 1
        names.append(unique)
    return tuple(names)

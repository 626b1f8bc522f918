"""Files as people upload them: whatever they hold, rows add up or the file is refused with a sentence."""

from __future__ import annotations

from fuzz.targets import Target, one_file, texts, zipped
from interlock.connectors.csv_folder.files import open_files
from interlock.connectors.errors import ConnectorError
from interlock.connectors.limits import Limits
from interlock.connectors.mapping.model import FileRule
from interlock.connectors.protocol import RawTable, TornRows

LIMITS = Limits(unpacked_bytes=20_000_000)
CSV = b'id,created,customer,rating,text\n1,2026-01-03,c1,5,"good, really"\n2,2026-01-04,c2,1,bad\n'
JSON_LINES = b'{"id": "1", "created_at": "2026-01-03T10:00:00Z", "body": "late", "score": 2}\n{"id": 2}\n'


def targets() -> list[Target]:
    no = (ConnectorError,)
    return [
        Target("csv", reader("tickets.csv"), (CSV, b"a;b\n1;2", b'x\n"', b"\xff\xfea\x00"), no, texts('ab1,;"\n\t ')),
        Target("json_lines", reader("tickets.jsonl"), (JSON_LINES, b"[{}]"), no, texts('{}[]":,a1\n ')),
        Target("zip", reader("export.zip"), (zipped(tickets__csv=CSV), zipped(a__csv=b"", b__jsonl=JSON_LINES)), no),
        Target("xlsx", reader("book.xlsx"), (zipped(**{"[Content_Types]__xml": b"<Types/>"}),), no),
    ]  # fmt: skip


def reader(name: str):
    """Read every table of a file of this name to the end, and again row by row where an import would."""

    def read(given: bytes) -> None:
        with one_file(given, name) as path:
            folder = path.parent / "unpacked"
            folder.mkdir()
            tables, _skipped = open_files(path, LIMITS, folder)
            for table in tables:
                try:
                    count_rows(table, careful=False)
                except TornRows:
                    count_rows(table, careful=True)

    return read


def count_rows(table: RawTable, *, careful: bool) -> None:
    """Read a table; every row is either in a batch, with as many cells as there are columns, or unreadable."""
    reading = table.read(FileRule("table", "*"), lambda size: None, careful)
    numbers: list[int] = []
    for batch in reading.batches:
        assert batch.num_columns == len(reading.columns) + 1
        numbers += batch.column("_row").to_pylist()
    numbers += [row.row for row in reading.unreadable]
    assert len(set(numbers)) == len(numbers), "a row was handed over twice"

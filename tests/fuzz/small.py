"""Parsers of short texts: searches, mappings, masking, exports, dates, records of the API."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime

from hypothesis import strategies as st

from fuzz.targets import WORDS, Target, full_text, safe_cells, texts
from interlock.analytics.masking import masked, personal_parts
from interlock.connectors.errors import ConnectorError
from interlock.connectors.mapping import read_mapping, write_mapping
from interlock.connectors.shipped import shipped_mappings
from interlock.fabric.export import csv_bytes
from interlock.listen import search

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
INDEX = full_text()


def targets() -> list[Target]:
    shipped = tuple(write_mapping(mapping).encode() for mapping in shipped_mappings()[:3])
    return [
        Target("search", run_search, (b'"wet climbs" motor*', b"AND OR NOT ( ) : ^ *"), inputs=texts()),
        Target("mapping", lambda given: read_mapping(_text(given)), shipped, (ConnectorError,), texts()),
        Target(
            "masking",
            run_masking,
            (b"Hi Anna, call +44 7700 900123 or mail a@b.co", b"DE89 3704 0044 0532 0130 00"),
            inputs=texts("Hi Dear Anna,+()0123456789 @.-\nDE"),
        ),
        Target("export", run_export, (b"=1+1\n-2\n'x\n\t", b"@SUM(A1)"), inputs=texts()),
    ]


def run_search(given: bytes) -> None:
    """What the box makes of a text must be a question that the index understands."""
    parts = search.parts_of(_text(given))
    for part in parts:
        INDEX.execute("SELECT count(*) FROM words WHERE words MATCH ?", [search._fts5(part)]).fetchone()


def run_masking(given: bytes) -> None:
    text = _text(given)
    parts = personal_parts(text)
    assert all(one.end <= other.start for one, other in itertools.pairwise(parts))
    once = masked(text, WORDS)
    assert not parts or once != text


def run_export(given: bytes) -> None:
    cells = _text(given).split("\n")
    safe_cells(csv_bytes(["a"], [[cell] for cell in cells]))


def _text(given: bytes) -> str:
    return given.decode("utf-8", "replace")


def records() -> st.SearchStrategy[bytes]:
    """Objects that look like signals, with values of every kind in the fields."""
    names = st.sampled_from(["signal_id", "kind", "occurred_at", "body", "title", "rating", "rating_max", "account_id", "reopened", "cost"])  # fmt: skip
    values = st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=80),
        st.sampled_from(["ticket", "2026-01-01T00:00:00Z", "2026-13-01", "1", "-1e400", "x"]),
    )  # fmt: skip
    return st.dictionaries(names, values).map(lambda record: json.dumps(record).encode())

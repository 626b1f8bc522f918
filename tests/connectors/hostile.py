"""Exports of tickets that tests break, and what reading them gives: rows and refusals, or one refusal of all."""

from pathlib import Path

import pytest

from interlock.connectors import SourceRefused
from interlock.connectors.limits import Limits

from .conftest import all_chunks, rows_of

TICKETS = """
mapping: 1
name: tickets
files: {tickets: {names: ["tickets*", "*.csv"]}}
tables:
  signals:
    from: tickets
    columns:
      signal_id: id
      kind: {constant: ticket}
      occurred_at: created
      body: text
"""


def signals(
    path: Path, mapping: str = TICKETS, **limits
) -> tuple[list[tuple[str, str]], list[tuple[int, str]]]:
    """Rows as (key, body) and refusals as (row, reason)."""
    chunks = all_chunks(path, mapping, Limits(**limits))
    rows = rows_of(chunks, "signals").to_pylist()
    refusals = [(refusal.row, refusal.reason) for chunk in chunks for refusal in chunk.refusals]
    return sorted((row["signal_id"], row["body"]) for row in rows), refusals


def refused(path: Path, **limits) -> str:
    with pytest.raises(SourceRefused) as caught:
        list(all_chunks(path, TICKETS, Limits(**limits)))
    return str(caught.value)

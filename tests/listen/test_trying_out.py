"""What a trial shows of what a source would bring."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from interlock.connectors.live import Reach
from interlock.connectors.records import Chunk
from interlock.listen import live_imports, trying_out
from listen.small import NOON, rows, signal

FEW = 5


def tried(monkeypatch, *chunks: Chunk) -> Counter[str]:
    """How many rows of each table a trial of these chunks shows."""
    monkeypatch.setattr(live_imports, "first_chunks", lambda *_: (chunk for chunk in chunks))
    trial = trying_out.Trial()
    reach = Reach(http=None, now=lambda: NOON + timedelta(0), wait=lambda _: None)

    trying_out._first_chunks(trial, None, None, {}, reach)

    return Counter(row["table"] for row in trial.rows)


def accounts(number: int, first: int = 0) -> Chunk:
    made = [{"account_id": f"a{each}", "name": f"Shop {each}"} for each in range(first, first + number)]
    return Chunk("accounts", rows("accounts", *made))


def test_every_table_is_shown_and_not_only_the_first_that_fills_the_page(monkeypatch):
    few = Chunk("signals", rows("signals", *(signal(number) for number in range(FEW))))

    assert tried(monkeypatch, accounts(90), accounts(90, 90), few) == {"accounts": 50, "signals": FEW}


def test_a_single_table_fills_the_page(monkeypatch):
    assert tried(monkeypatch, accounts(90), accounts(90, 90)) == {"accounts": 100}

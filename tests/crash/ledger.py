"""What the database holds after the last kill, beside what the senders were told. Reads it past the product."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from crash.installation import Installation

Ask = Callable[[str], list[tuple[Any, ...]]]


def faults(
    installation: Installation, acknowledged: dict[str, str], keyed: int
) -> tuple[dict[str, int], list[str]]:
    """Count what matters, and say in sentences what does not add up."""
    with opened(installation) as (ask, whole):
        counts, stored = _counts(ask)
        said = {key: body for key, body in acknowledged.items() if stored.get(key) != body}
        counts["lost"] = len(said)
        found = [f"lost: {key}" for key in list(said)[:5]]
        found += [
            f"{left} is {counts[left]}, {right} is {counts[right]}"
            for left, right in EQUAL
            if counts[left] != counts[right]
        ]
        if counts["responses"] != keyed:
            found.append(
                f"{keyed} requests with a key were acknowledged, {counts['responses']} responses are kept"
            )
        if whole:
            found.append(f"the database is damaged: {whole}")
    return counts, found


# Signals (once settled), rows of the inbox, and the sums of batches, source and journal are one number.
EQUAL = (
    ("inbox", "signals"),
    ("inbox", "arrivals_stored"),
    ("inbox", "journal_stored"),
    ("inbox", "source_stored"),
    ("inbox", "distinct"),
)


def _counts(ask: Ask) -> tuple[dict[str, int], dict[str, str]]:
    def number(query: str) -> int:
        return int(ask(query)[0][0] or 0)

    payloads = [json.loads(payload) for (payload,) in ask("SELECT payload FROM listen_inboxrow")]
    notes = [
        json.loads(detail) if isinstance(detail, str) else detail
        for (detail,) in ask("SELECT detail FROM fabric_journalentry WHERE verb = 'took in'")
    ]
    stored = {row["signal_id"]: row["body"] for row in payloads}
    counts = {
        "inbox": len(payloads),
        "distinct": len(stored),
        "signals": number("SELECT count(*) FROM listen_signal"),
        "arrivals_stored": number("SELECT sum(stored) - sum(updated) FROM listen_arrival"),
        "source_stored": number("SELECT sum(stored) FROM listen_source"),
        "journal_stored": sum(note["stored"] for note in notes),
        "unsettled": number("SELECT count(*) FROM listen_inboxrow WHERE NOT settled"),
        "responses": number("SELECT count(*) FROM api_storedresponse"),
    }
    return counts, stored


def tallies(installation: Installation) -> dict[str, int]:
    """Rows of the inbox, and what its sources say they received."""
    with opened(installation) as (ask, _whole):
        return {
            "inbox": int(ask("SELECT count(*) FROM listen_inboxrow")[0][0]),
            "source_received": int(ask("SELECT sum(received) FROM listen_source")[0][0] or 0),
        }


def unsettled(installation: Installation) -> int:
    with opened(installation) as (ask, _whole):
        return int(ask("SELECT count(*) FROM listen_inboxrow WHERE NOT settled")[0][0])


@contextmanager
def opened(installation: Installation) -> Iterator[tuple[Ask, str]]:
    """A function that asks the database, and what is damaged in it."""
    if installation.database_url:
        import psycopg  # only this database needs it

        with psycopg.connect(installation.database_url) as server:
            yield lambda query: server.execute(query).fetchall(), ""
        return
    with closing(sqlite3.connect(installation.home / "interlock.sqlite3", timeout=30)) as file:
        verdict = file.execute("PRAGMA integrity_check").fetchall()
        yield lambda query: file.execute(query).fetchall(), "" if verdict == [("ok",)] else str(verdict[:3])

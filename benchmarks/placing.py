"""How long after it was acknowledged does a signal stand on the list, and in its theme?

The installation of `theme_pages.py` (a million signals, 4,000 groups, MiniLM reads), served by `interlock serve`; signals
of one text each are sent at an even pace, and the database is asked every 20 ms. Limit: half of them in their theme
within a second, at every pace but the last.

    python benchmarks/placing.py --home FOLDER [--small]
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import sys
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ingest import Sender
from pages import quantile
from theme_pages import made

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from crash.installation import Installation  # noqa: E402 - beside the server that ./do crash kills

PACES = (1, 5, 20, 100)  # signals a second
SECONDS, LIMIT = 20, 1.0
PATIENCE = 60


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--small", action="store_true", help="a tenth of the signals")
    parser.add_argument("--full", action="store_true", help="the same as without")
    parser.add_argument("--home", help="where the installation is kept for another run")
    asked = parser.parse_args()
    home = made(asked.home, asked.small)
    if home is None:
        return 0
    texts = json.loads((home / "texts.json").read_text())
    installation = Installation(home)
    token = installation.prepare()
    installation.start()
    kept = True
    try:
        measured(installation, token, texts, 2, 3)  # the first batch loads encoders and records
        print(
            f"\n{'a second':>9}{'sent':>7}{'load':>7}{'on the list p50 s':>19}{'p99':>7}{'in a theme p50 s':>18}{'p99':>7}"
        )
        for pace in PACES:
            listed, themed = measured(installation, token, texts, pace, SECONDS)
            late = quantile(themed, 0.5) > LIMIT
            kept &= not late or pace == PACES[-1]
            print(
                f"{pace:>9}{len(themed):>7}{os.getloadavg()[0]:>7.1f}{quantile(listed, 0.5):>19.2f}{quantile(listed, 0.99):>7.2f}"
                f"{quantile(themed, 0.5):>18.2f}{quantile(themed, 0.99):>7.2f}{'   too late' if late else ''}",
                flush=True,
            )
    finally:
        installation.stop()
    return 0 if kept else 1


def measured(
    installation: Installation, token: str, texts: list[str], pace: int, seconds: int
) -> tuple[list[float], list[float]]:
    """Seconds from the acknowledgement of each signal until it was on the list, and until it was placed."""
    keys = [str(uuid.uuid4()) for _signal in range(pace * seconds)]
    answered: dict[str, float] = {}
    sending = threading.Thread(
        target=send, args=(Sender(installation.port, token), keys, texts, pace, answered)
    )
    sending.start()
    with sqlite3.connect(f"file:{installation.home / 'interlock.sqlite3'}?mode=ro", uri=True) as database:
        listed, themed = watched(database, keys, sending.is_alive)
    sending.join()
    return [listed[key] - answered[key] for key in keys], [themed[key] - answered[key] for key in keys]


def send(sender: Sender, keys: list[str], texts: list[str], pace: int, answered: dict[str, float]) -> None:
    began = time.perf_counter()
    for number, key in enumerate(keys):
        time.sleep(max(0.0, began + number / pace - time.perf_counter()))
        at = datetime.now(UTC).isoformat()
        signal = {"signal_id": key, "kind": "post", "occurred_at": at, "body": texts[number % len(texts)]}
        status = sender.send(json.dumps({"signals": [signal]}).encode())
        if status != 200:
            raise SystemExit(f"A signal was answered with {status}.")
        answered[key] = time.perf_counter()


def watched(
    database: sqlite3.Connection, keys: list[str], goes_on: Callable[[], bool]
) -> tuple[dict[str, float], dict[str, float]]:
    """When each key was first seen on the list, and first seen placed."""
    listed: dict[str, float] = {}
    themed: dict[str, float] = {}
    waiting, numbers = set(keys), {}
    deadline = time.perf_counter() + PATIENCE + len(keys)
    (last,) = database.execute("SELECT coalesce(max(id), 0) FROM listen_signal").fetchone()
    while waiting and (goes_on() or time.perf_counter() < deadline):
        now = time.perf_counter()
        for number, key in database.execute("SELECT id, key FROM listen_signal WHERE id > ?", [last]):
            last = max(last, number)
            if key in waiting:
                listed[key], numbers[number] = now, key
        asked = ", ".join(map(str, numbers))
        for (number,) in database.execute(
            f"SELECT signal_id FROM listen_themedsignal WHERE signal_id IN ({asked})"
        ).fetchall():
            key = numbers.pop(number)
            themed[key] = now
            waiting.discard(key)
        time.sleep(0.02)
    if waiting:
        raise SystemExit(f"{len(waiting)} of {len(keys)} signals were never placed.")
    return listed, themed


if __name__ == "__main__":
    raise SystemExit(main())

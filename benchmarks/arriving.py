"""How long after it was acknowledged does a signal stand on the list, and when has it its theme?

The product as `interlock serve` starts it, on SQLite. 5,000 questions of banking77 are imported and their themes learnt; then
other questions come in over HTTP, one request each, at a steady pace. The database is read past the product every 20 ms.
The first signals after a start wait for the workers to load what they need; they are told apart.
A theme is promised within a second of arrival: the exit code is 1 when the median at a pace misses it.

    python benchmarks/arriving.py [--small]
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sqlite3
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from crash.installation import Installation  # noqa: E402 - the server that ./do crash kills
from ingest import Sender  # noqa: E402
from themes import TRAIN, questions  # noqa: E402

LEARNT, LIMIT = 5_000, 1.0
# Signals a second: how many are sent.
PACES = {1: 30, 10: 200, 50: 750}
FIRST = 5
PATIENCE = 120.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--small", action="store_true", help="a fifth of the signals")
    parser.add_argument("--full", action="store_true", help="the same as without")
    part = 5 if parser.parse_args().small else 1
    if not TRAIN.exists():
        print(f"{TRAIN} is not there: nothing was measured.")
        return 0
    texts = list(dict.fromkeys(questions()[0]))
    with tempfile.TemporaryDirectory(prefix="interlock-arriving-") as folder:
        installation = Installation(Path(folder) / "home")
        token = installation.prepare()
        _import(installation, texts[:LEARNT])
        installation.start()
        try:
            themes = _wait_for_themes(installation)
            print(
                f"{LEARNT:,} texts learnt, {themes} themes; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
            )
            print(f"{'a second':>9}{'sent':>7}{'on the list p50':>17}{'p99':>7}{'theme p50':>12}{'p99':>7}")
            left = iter(texts[LEARNT:])
            _measure(installation, token, 1, [next(left) for _ in range(FIRST)], "first")
            kept = [
                _measure(installation, token, pace, [next(left) for _ in range(sent // part)])
                for pace, sent in PACES.items()
            ]
        finally:
            installation.stop()
    return 0 if all(kept) else 1


def _import(installation: Installation, texts: list[str]) -> None:
    file = installation.home / "reviews.csv"
    with file.open("w", newline="", encoding="utf-8") as opened:
        rows = csv.writer(opened)
        rows.writerow(["signal_id", "kind", "occurred_at", "account_id", "body"])
        now = datetime.now(UTC).isoformat()
        rows.writerows([f"past:{n}", "review", now, f"A{n}", text] for n, text in enumerate(texts))
    signals = file.rename(file.with_name("signals.csv"))
    installation.interlock("import", str(signals))


def _wait_for_themes(installation: Installation) -> int:
    deadline = time.monotonic() + 10 * PATIENCE
    with _opened(installation) as ask:
        while time.monotonic() < deadline:
            if ask.execute("SELECT 1 FROM listen_themeslearnt").fetchone():
                return int(ask.execute("SELECT count(*) FROM listen_theme WHERE NOT is_broad").fetchone()[0])
            time.sleep(0.5)
    raise SystemExit("No themes were learnt; see server.log.")


def _measure(installation: Installation, token: str, pace: int, texts: list[str], called: str = "") -> bool:
    """Print one line; true when the median theme was there in time."""
    begin = f"live:{called or pace}:"
    acknowledged: dict[str, float] = {}
    listed: dict[str, float] = {}
    placed: dict[str, float] = {}
    watcher = threading.Thread(
        target=_watch, args=(installation, begin, len(texts), len(texts) / pace + PATIENCE, listed, placed)
    )
    watcher.start()
    sender, began = Sender(installation.port, token), time.monotonic()
    for number, text in enumerate(texts):
        time.sleep(max(0.0, began + number / pace - time.monotonic()))
        key = f"{begin}{number}"
        if sender.send(json.dumps([_signal(key, text)]).encode()) != 202:
            raise SystemExit("A signal was refused.")
        acknowledged[key] = time.monotonic()
    watcher.join()
    lost = len(texts) - len(placed)
    on_list = _quantiles([listed[key] - at for key, at in acknowledged.items() if key in listed])
    theme = _quantiles([placed[key] - at for key, at in acknowledged.items() if key in placed])
    print(
        f"{called or pace:>9}{len(texts):>7}{on_list[0]:>15.2f} s{on_list[1]:>5.2f} s{theme[0]:>10.2f} s{theme[1]:>5.2f} s"
        f"{f'   {lost} never' if lost else ''}{'' if theme[0] <= LIMIT else '   missed'}",
        flush=True,
    )
    return not lost and theme[0] <= LIMIT


def _watch(
    installation: Installation,
    begin: str,
    wanted: int,
    seconds: float,
    listed: dict[str, float],
    placed: dict[str, float],
) -> None:
    """Note when each signal is first seen on the list, and when first with the place it was given."""
    deadline = time.monotonic() + seconds
    with _opened(installation) as ask:
        last = int(ask.execute("SELECT coalesce(max(id), 0) FROM listen_signal").fetchone()[0])
        while len(placed) < wanted and time.monotonic() < deadline:
            rows = ask.execute(
                "SELECT s.key, t.signal_id FROM listen_signal s LEFT JOIN listen_themedsignal t ON t.signal_id = s.id WHERE s.id > ?",
                [last],
            ).fetchall()
            at = time.monotonic()
            for key, themed in rows:
                if begin in key:
                    short = key[key.index(begin) :]
                    listed.setdefault(short, at)
                    if themed:
                        placed.setdefault(short, at)
            time.sleep(0.02)


def _signal(key: str, text: str) -> dict[str, object]:
    return {
        "signal_id": key, "kind": "review", "occurred_at": datetime.now(UTC).isoformat(), "account_id": key, "body": text,
    }  # fmt: skip


def _quantiles(seconds: list[float]) -> tuple[float, float]:
    ordered = sorted(seconds) or [float("nan")]
    return ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]


def _opened(installation: Installation) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{installation.home / 'interlock.sqlite3'}?mode=ro", uri=True)


if __name__ == "__main__":
    raise SystemExit(main())

"""How long does it take until what came in live is in the records, with a million signals there already?

Makes an installation with 1,000,000 signals in the records and on the list (kept in --home). Then 1,000 signals
come in, in 20 batches of four sources, are settled, and one flush writes them; beside it stands copying all
signals anew, which every flush did before copies were compared by snapshot. Each in a process of its own.

    python benchmarks/flush.py [--small] [--home FOLDER]
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path

from installation import environment
from memory import peak_megabytes

HERE = Path(__file__).parent
SIGNALS, ACCOUNTS = 1_000_000, 40_000
CAME_IN, BATCHES, SOURCES = 1_000, 20, 4
KINDS = ("ticket", "complaint", "review", "survey")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--small", action="store_true", help="a tenth of the signals")
    parser.add_argument("--full", action="store_true", help="the same as without")
    parser.add_argument("--home", type=Path, help="keep the installation here for the next run")
    asked = parser.parse_args()
    signals = SIGNALS // 10 if asked.small else SIGNALS
    with tempfile.TemporaryDirectory(prefix="interlock-flush-") as folder:
        home = (asked.home or Path(folder)) / f"signals-{signals}"
        home.mkdir(parents=True, exist_ok=True)
        print(f"{signals:,} signals, load {os.getloadavg()[0]:.0f}", flush=True)
        print(f"{'':<34}{'s':>8}{'CPU s':>8}{'peak MB':>9}{'snapshots':>11}{'copied':>9}", flush=True)
        for step in (f"make({signals})", "flush()", "flush()", "copy_all()"):
            run = [sys.executable, "-c", f"import flush; flush.{step}"]
            subprocess.run(run, env=environment(home) | {"PYTHONPATH": str(HERE)}, check=True, cwd=HERE)
    return 0


def make(signals: int) -> None:
    """Make the installation unless it is there."""
    _set_up()
    from interlock.fabric import records
    from interlock.listen import signal_copies
    from interlock.listen.models import Source

    if records.snapshot().counts.get("signals"):
        return
    from interlock.cli.serving import prepare_database

    prepare_database()
    now = datetime.now(UTC)
    for number in range(SOURCES):
        Source.objects.create(key=f"source-{number}", name=f"Source {number}", kind="api", made_at=now)
    for number in range(SOURCES):
        with records.lake().writing(batch_id=f"past-{number}", source_id=f"source-{number}") as write:
            if number == 0:
                write.stage("accounts", _accounts())
            for some in batched(range(number, signals, SOURCES), 100_000, strict=False):
                write.stage("signals", _rows(some, signals, now))
            write.apply()
    _measured("first copying", signal_copies.sync)


def flush() -> None:
    """Let 1,000 signals come in and write them into the records."""
    _set_up()
    from django.utils import timezone

    from interlock.listen import flushing, inbox, settling
    from interlock.listen.inbox import Offer, checked
    from interlock.listen.models import Source

    now = timezone.now()
    for number, some in enumerate(batched(range(CAME_IN), CAME_IN // BATCHES, strict=False)):
        source = Source.objects.get(key=f"source-{number % SOURCES}")
        arrival = inbox.open_arrival(source=source, now=now)
        rows = [
            checked("signals", _signal(f"live-{now:%H%M%S}-{each}", each, now), place=str(each), now=now)
            for each in some
        ]
        inbox.take_in([Offer(source, rows, arrival=arrival)], now=now)
        inbox.close_arrival(arrival=arrival, now=now)
    settling.settle_all(now=timezone.now)
    _measured(f"flush of {CAME_IN:,} in {BATCHES} batches", lambda: flushing.flush(now=timezone.now()))


def copy_all() -> None:
    """Compare every copy with the records."""
    _set_up()
    from interlock.listen import signal_copies
    from interlock.listen.models import SignalsCopied

    SignalsCopied.objects.update(snapshot_number=0)
    _measured("copying all anew", signal_copies.sync)


def _set_up() -> None:
    import django  # the settings read INTERLOCK_HOME when they are imported

    django.setup()


def _measured(what: str, do: Callable[[], int]) -> None:
    from interlock.fabric import records

    number, started, worked = records.snapshot().number, time.perf_counter(), time.process_time()
    changed = do()
    taken, worked = time.perf_counter() - started, time.process_time() - worked
    peak = peak_megabytes()
    snapshots = records.snapshot().number - number
    print(f"{what:<34}{taken:>8.1f}{worked:>8.1f}{peak:>9.0f}{snapshots:>11}{changed:>9}", flush=True)


def _accounts() -> object:
    import pyarrow as pa

    keys = [f"a{number}" for number in range(ACCOUNTS)]
    return pa.table({"account_id": keys, "name": [f"Shop {key}" for key in keys]})


def _rows(numbers: tuple[int, ...], signals: int, now: datetime) -> object:
    import pyarrow as pa

    from interlock.store.contract import arrow_schema

    past = now.replace(tzinfo=None) - timedelta(days=730)
    rows = [_signal(f"s{each}", each, past + timedelta(days=729) * (each / signals)) for each in numbers]
    schema = arrow_schema("signals")
    return pa.Table.from_pylist(rows, schema=pa.schema([schema.field(name) for name in rows[0]]))


def _signal(key: str, number: int, at: datetime) -> dict[str, object]:
    rng = random.Random(key)
    return {
        "signal_id": key,
        "kind": KINDS[number % len(KINDS)],
        "occurred_at": at.isoformat() if at.tzinfo else at,
        "account_id": f"a{number * 7919 % ACCOUNTS}",
        "title": f"About word{number % 20_000:05}",
        "body": " ".join(f"word{int(20_000 ** rng.random()):05}" for _word in range(30)),
    }


if __name__ == "__main__":
    sys.exit(main())

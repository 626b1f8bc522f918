"""What does one look of the outcry watch cost, with 10,000 streams that live?

Makes an installation with 9,498 products, 500 themes, a channel and a source, and 14 days of live signals in all of them.
Then the watch looks once after the other, as a worker does it every five minutes, each time at 50 new signals; and once
after a day without a worker. "Locked" is how long other writers wait.

    python benchmarks/watching.py [--small]
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from types import SimpleNamespace

from installation import environment
from memory import peak_megabytes

HERE = Path(__file__).parent
PRODUCTS, THEMES, A_DAY, IN_A_LOOK, LOOKS = 9_498, 500, 14_400, 50, 12
NOON = datetime(2026, 3, 16, 12, tzinfo=UTC)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--small", action="store_true", help="a tenth of the streams and signals")
    parser.add_argument("--full", action="store_true", help="the same as without")
    part = 10 if parser.parse_args().small else 1
    with tempfile.TemporaryDirectory(prefix="interlock-watching-") as folder:
        settings = environment(Path(folder)) | {"PYTHONPATH": str(HERE)}
        for step in ("make", "measure"):  # each in a process of its own, so that the peak is the watch's
            run = [sys.executable, "-c", f"import watching; watching.{step}({part})"]
            subprocess.run(run, env=settings, check=True, cwd=HERE)
    return 0


def make(part: int) -> None:
    """An installation with streams and their past."""
    import django  # the settings read INTERLOCK_HOME when they are imported

    django.setup()
    from interlock.cli.serving import prepare_database

    prepare_database()
    _make(PRODUCTS // part, THEMES // part, A_DAY // part)


def measure(part: int) -> None:
    """Look, as a worker does it, and print what that costs."""
    import django

    django.setup()
    from interlock.listen.models import OutcryWatch, WatchedStream
    from interlock.listen.outcry import watching
    from interlock.listen.outcry.counting import WAIT

    print(f"{WatchedStream.objects.count():,} streams, load {os.getloadavg()[0]:.0f}")
    print(f"{'':<46}{'s':>8}{'CPU s':>8}{'locked s':>10}{'peak MB':>9}")
    with _timed("first look: learns the themes from 14 days"):
        watching.watch(now=NOON + timedelta(minutes=5) + WAIT)
    rng, spent = random.Random(2), []
    for look in range(1, LOOKS + 1):
        begin = NOON + look * timedelta(minutes=5)
        _say(rng, begin, timedelta(minutes=5), max(IN_A_LOOK // part, 1), PRODUCTS // part, THEMES // part)
        spent.append(_once(watching, begin + timedelta(minutes=5) + WAIT))
    spent.sort()
    middle, worst = spent[len(spent) // 2], spent[-1]
    print(f"{'a look of five minutes, median':<46}" + _figures(*middle))
    print(f"{'a look of five minutes, the longest':<46}" + _figures(*worst))
    with _timed("a look of a day (288 times five minutes)"):
        watching.watch(now=NOON + timedelta(days=1, minutes=65) + WAIT)
    state = len(bytes(OutcryWatch.objects.get().state))
    print(f"kept: {state / 1e6:.1f} MB, {state / WatchedStream.objects.count():.0f} bytes a stream")


def _make(products: int, themes: int, a_day: int) -> None:
    """Streams as they stand after 14 days, and the signals of these days."""
    from interlock.analytics.outcry.memory import kept, new_memory
    from interlock.listen.models import Cluster, OutcryWatch, Source, Theme, WatchedStream
    from interlock.listen.outcry.listening import TUNING

    begun = NOON - timedelta(days=14)
    shop = Source.objects.create(key="shop", name="Shop", kind="api", made_at=begun)
    made = [Theme(key=f"t{n}", name=f"Theme {n}", began_at=begun, found_at=begun) for n in range(themes)]
    Theme.objects.bulk_create(made)
    Cluster.objects.bulk_create([Cluster(key=f"c{n}", theme=one, centre=b"") for n, one in enumerate(made)])
    keys = [("source", str(shop.pk)), ("channel", "mail")]
    keys += [("product", f"p{n}") for n in range(products)] + [("theme", one.key) for one in made]
    WatchedStream.objects.bulk_create(
        [WatchedStream(kind=kind, key=key, number=at, began_at=begun) for at, (kind, key) in enumerate(keys)]
    )
    memory = new_memory(len(keys), TUNING)
    memory.streams.seen[:] = 14 * 288
    OutcryWatch.objects.create(pk=1, state=kept(memory), listened_until=NOON)
    rng = random.Random(1)
    for day in range(14):
        _say(rng, begun + timedelta(days=day), timedelta(days=1), a_day, products, themes)


def _say(
    rng: random.Random, begin: datetime, span: timedelta, count: int, products: int, themes: int
) -> None:
    from interlock.listen.models import Signal, Source, ThemedSignal

    shop = Source.objects.get()
    for some in batched(range(count), 5_000):
        made = Signal.objects.bulk_create(
            [_signal(rng, shop, begin + span * rng.random(), products) for _ in some]
        )
        ThemedSignal.objects.bulk_create(
            [
                ThemedSignal(
                    signal=one, cluster_id=1 + rng.randrange(themes), occurred_at=one.occurred_at, week=0, voice=0,
                    let_down=False,
                )
                for one in made
            ]
        )  # fmt: skip


def _signal(rng: random.Random, shop, at: datetime, products: int):
    from interlock.listen.models import Signal

    number = rng.randrange(2**60)
    return Signal(
        key=f"s{number}", source=shop, kind="ticket", occurred_at=at, received_at=at, channel="mail", copy_hash=0,
        account_key=f"a{number % 50_000}", product_key=f"p{int(products * rng.random() ** 3)}", in_records=False,
        rating_share=rng.choice([0.2, 0.6, 1.0]),
    )  # fmt: skip


def _once(watching, now: datetime) -> tuple[float, float, float]:
    """Seconds, seconds of CPU and seconds in the writing transaction of one look."""
    held: list[float] = []
    transaction = watching.transaction

    @contextmanager
    def timed():
        with transaction.atomic():
            begun = time.perf_counter()
            yield
        held.append(time.perf_counter() - begun)

    watching.transaction = SimpleNamespace(atomic=timed)
    begun, cpu = time.perf_counter(), time.process_time()
    try:
        watching.watch(now=now)
    finally:
        watching.transaction = transaction
    return time.perf_counter() - begun, time.process_time() - cpu, sum(held)


@contextmanager
def _timed(what: str):
    begun, cpu = time.perf_counter(), time.process_time()
    yield
    print(f"{what:<46}" + _figures(time.perf_counter() - begun, time.process_time() - cpu, None))


def _figures(seconds: float, cpu: float, locked: float | None) -> str:
    peak = peak_megabytes()
    return (
        f"{seconds:>8.2f}{cpu:>8.2f}"
        + (f"{locked:>10.2f}" if locked is not None else f"{'':>10}")
        + f"{peak:>9.0f}"
    )


if __name__ == "__main__":
    sys.exit(main())

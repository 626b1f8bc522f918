"""How quickly is a word found among a million lines that people wrote, on SQLite and on PostgreSQL?

Fills an installation with conversations, every tenth with an open choice, a decision and an exhibit, and a community
whose words are drawn by Zipf's law from 20,000 made-up ones, then asks for the page of the search as staff, as a partner and as a customer do: frequent words, rare ones, several,
phrases, beginnings, one page and the tenth. Each time is that of the whole request, without the network. Beside it the
same page of lines by `LIKE`, as a list without an index of words does it.

    python benchmarks/search.py [--full | --lines N] [--on sqlite|postgresql] [--home FOLDER]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import Any

import numpy as np

from installation import environment

HERE = Path(__file__).parent
SMALL, FULL, EACH, AT_ONCE = 50_000, 1_000_000, 30, 20_000
LIMIT_MS = 100
WORDS, PER_TALK, PER_POST, PER_CHOICE = 20_000, 10, 10, 10
BEGAN = datetime(2024, 1, 1, tzinfo=UTC)


def vocabulary() -> list[str]:
    """Made-up words, none the beginning of all others."""
    ends = ["ba", "co", "du", "fe", "gi", "lo", "mar", "nel", "pit", "rus"]
    return ["".join(ends[int(digit)] for digit in f"{number:05d}") for number in range(WORDS)]


def texts(count: int, seed: int) -> Iterator[str]:
    """So many texts of 8 to 30 words; the most frequent word stands in most of them."""
    rng, words = np.random.default_rng(seed), np.array(vocabulary())
    chance = 1 / np.arange(1, WORDS + 1)
    for some in batched(range(count), AT_ONCE):
        lengths = rng.integers(8, 31, len(some))
        drawn = words[rng.choice(WORDS, lengths.sum(), p=chance / chance.sum())]
        for own in np.split(drawn, np.cumsum(lengths)[:-1]):
            yield " ".join(own)


def fill(lines: int) -> None:
    """Conversations with ten lines each, a fifth as many replies under posts, and who wrote them."""
    from interlock.converse import models
    from interlock.fabric.models import Context, Person, User

    def person(role: str, name: str, account: str = "") -> Person:
        user = User.objects.create_user(f"{name.lower()}@example.com", "a password for the search")
        return Person.objects.create(
            user=user, name=name, role=role, functions=["service"], account_key=account
        )

    staff = [person("owner", "Lena")] + [person("contributor", f"Colleague{n}") for n in range(50)]
    partner, customer = person("partner", "Sabine", "shop"), person("customer", "Marta", "A-1")
    others = Person.objects.bulk_create(Person(name=f"Rider {n}", role="customer") for n in range(2_000))
    context = Context.objects.create(kind="team", key="north", label="Shops North")
    talks = lines // PER_TALK
    titles = texts(talks, 1)
    store(models.Conversation, (
        {"id": n + 1, "context": context, "title": next(titles)[:120], "question": "Which date may we promise?",
         "state_since": BEGAN, "opened_by": staff[n % 50], "opened_at": BEGAN + timedelta(minutes=n)}
        for n in range(talks)
    ))  # fmt: skip
    store(models.Participant, (
        {"conversation_id": n * 500 + 1, "person": who, "function": who.role, "invited_at": BEGAN}
        for n in range(talks // 500) for who in (partner, customer)
    ))  # fmt: skip
    audiences = ("staff", "staff", "partner", "customer")
    said = texts(lines, 2)
    store(models.Message, (
        {"id": n + 1, "conversation_id": n // PER_TALK + 1, "author": staff[n % 50], "function": "service",
         "audience": audiences[n % 4], "body": next(said), "sent_at": BEGAN + timedelta(minutes=n)}
        for n in range(lines)
    ))  # fmt: skip
    open_ones, weighed = texts(talks // PER_CHOICE, 5), texts(talks // PER_CHOICE * 2, 6)
    store(models.Choice, (
        {"id": n + 1, "conversation_id": n * PER_CHOICE + 1, "question": next(open_ones)[:500], "audience": audiences[n % 4],
         "asked_by": staff[n % 50], "asked_at": BEGAN + timedelta(minutes=n)}
        for n in range(talks // PER_CHOICE)
    ))  # fmt: skip
    store(models.Option, (
        {"choice_id": n // 2 + 1, "words": next(weighed)[:300], "brought_by": staff[n % 50], "brought_at": BEGAN}
        for n in range(talks // PER_CHOICE * 2)
    ))  # fmt: skip
    made, reasons = texts(talks // PER_CHOICE, 7), texts(talks // PER_CHOICE, 8)
    store(models.Decision, (
        {"conversation_id": n * PER_CHOICE + 1, "chosen": next(made)[:500], "because": next(reasons), "audience": audiences[n % 4],
         "decided_by": staff[n % 50], "decided_at": BEGAN + timedelta(minutes=n)}
        for n in range(talks // PER_CHOICE)
    ))  # fmt: skip
    shown = texts(talks // PER_CHOICE, 9)
    store(models.Exhibit, (
        {"conversation_id": n * PER_CHOICE + 1, "title": (words := next(shown))[:80], "note": words[:500], "columns": ["Day"],
         "rows": [["Monday"]], "address": "/themes/", "seen_at": BEGAN, "sha256": str(n), "attached_by": staff[n % 50],
         "attached_at": BEGAN + timedelta(minutes=n)}
        for n in range(talks // PER_CHOICE)
    ))  # fmt: skip
    board = models.Board.objects.create(key="riders", name="Riders", made_at=BEGAN, opened_at=BEGAN)
    status = models.Status.objects.get(key="open")
    posts, asked = lines // 50, texts(lines // 50, 3)
    store(models.Post, (
        {"id": n + 1, "board": board, "kind": "ask", "title": (words := next(asked))[:80], "words": words,
         "status": status, "author": others[n % 2_000], "author_name": "Jonas W.",
         "said_at": BEGAN + timedelta(minutes=n), "changed_at": BEGAN, "reply_count": PER_POST}
        for n in range(posts)
    ))  # fmt: skip
    answered = texts(posts * PER_POST, 4)
    store(models.Reply, (
        {"post_id": n // PER_POST + 1, "words": next(answered), "author": others[n % 2_000],
         "author_name": "Jonas W.", "said_at": BEGAN + timedelta(minutes=n)}
        for n in range(posts * PER_POST)
    ))  # fmt: skip


def store(model: Any, rows: Iterable[dict[str, Any]]) -> None:
    for some in batched(rows, AT_ONCE):
        model.objects.bulk_create([model(**row) for row in some], batch_size=AT_ONCE // 10)


def questions() -> dict[str, list[str]]:
    """Searches by what is hard about them, EACH of them different."""
    words, rng = vocabulary(), random.Random(8)

    def drawn(low: int, high: int) -> str:
        return words[rng.randrange(low, high)]

    return {
        "in most lines": [words[n % 5] for n in range(EACH)],
        "frequent": [drawn(20, 200) for _ in range(EACH)],
        "rare": [drawn(5_000, WORDS) for _ in range(EACH)],
        "two frequent": [f"{drawn(5, 60)} {drawn(5, 60)}" for _ in range(EACH)],
        "frequent and rare": [f"{drawn(0, 20)} {drawn(2_000, 9_000)}" for _ in range(EACH)],
        "a phrase": [f'"{drawn(0, 20)} {drawn(0, 20)}"' for _ in range(EACH)],
        "a beginning": [f"{drawn(200, WORDS)[:6]}*" for _ in range(EACH)],
        "not there": [f"zz{n}" for n in range(EACH)],
    }


def ask_all() -> None:
    """Ask every question as each reader, and print p50 and p99."""
    from django.test import Client

    from interlock.fabric.models import Person

    print(
        f"\n{'':<20}{'everything, ms':>17}{'one kind, ms':>17}{'tenth page, ms':>17}{'partner, ms':>17}{'customer, ms':>17}"
    )
    print(f"{'':<20}" + f"{'p50':>9}{'CPU':>8}" * 5)
    readers = {}
    for name in ("Lena", "Sabine", "Marta"):
        readers[name] = Client(SERVER_NAME="localhost")
        readers[name].force_login(Person.objects.get(name=name).user)
        timed(readers[name], ["warm"])
    everything: list[float] = []
    for name, asked in questions().items():
        columns = [
            timed(readers["Lena"], asked),
            timed(readers["Lena"], asked, kind="lines"),
            timed(readers["Lena"], asked, kind="lines", after=str(PLACE)),
            timed(readers["Sabine"], asked),
            timed(readers["Marta"], asked),
        ]
        everything += [wall for place in (0, 3, 4) for wall in columns[place][0]]
        print(
            f"{name:<20}" + "".join(f"{at(wall, 0.5):>9.1f}{at(cpu, 0.5):>8.1f}" for wall, cpu in columns),
            flush=True,
        )
    print(
        f"\nOf all pages of everything: p50 {at(everything, 0.5):.1f} ms (limit {LIMIT_MS}), p99 {at(everything, 0.99):.1f} ms."
    )


PLACE = 900_000


def timed(reader: Any, asked: list[str], **more: str) -> tuple[list[float], list[float]]:
    """Milliseconds of each page by the clock, and of the processor in this process."""
    wall, cpu = [], []
    for words in asked:
        started, worked = time.perf_counter(), time.process_time()
        answer = reader.get("/search/", {"q": words, **more})
        wall.append(1000 * (time.perf_counter() - started))
        cpu.append(1000 * (time.process_time() - worked))
        assert answer.status_code == 200, answer.content[:300]
    return wall, cpu


def by_like() -> None:
    """The same page of lines without an index of words."""
    from interlock.converse.models import Message

    words, taken = vocabulary(), []
    for number in (9_000, 12_000, 15_000):
        started = time.perf_counter()
        list(Message.objects.filter(body__icontains=words[number]).order_by("-pk")[:31])
        taken.append(1000 * (time.perf_counter() - started))
    print(f"A rare word among the lines by LIKE: {at(taken, 0.5):,.0f} ms.")


def at(values: list[float], share: float) -> float:
    return float(np.quantile(values, share))


def inside(home: Path, lines: int) -> None:
    """What runs in the installation's own process."""
    import django  # the settings read the environment when they are imported

    django.setup()
    from django.db import connection

    from interlock.cli.serving import prepare_database

    prepare_database()
    done = home / "search.json"
    if not (done.exists() and json.loads(done.read_text()) == lines):
        started = time.perf_counter()
        fill(lines)
        if connection.vendor == "postgresql":  # which it does by itself a minute later
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
        print(f"  loaded in {time.perf_counter() - started:.0f} s", flush=True)
        done.write_text(json.dumps(lines))
    global PLACE
    PLACE = lines * 9 // 10
    ask_all()
    by_like()


def measure(vendor: str, lines: int, home: Path) -> None:
    sys.path.insert(0, str(HERE.parent / "tests"))
    import run_all as tests  # the one place that starts PostgreSQL

    home.mkdir(parents=True, exist_ok=True)
    with tests.postgresql() if vendor == "postgresql" else nullcontext() as address:
        environ = environment(home) | ({"DATABASE_URL": address} if address else {})
        print(f"\n{lines:,} lines on {vendor}; load before it {os.getloadavg()[0]:.1f}.", flush=True)
        command = [sys.executable, __file__, "--inside", str(home), "--lines", str(lines)]
        subprocess.run(command, env=environ, check=True, cwd=HERE)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="a million lines")
    parser.add_argument("--lines", type=int, help="so many lines")
    parser.add_argument("--on", choices=["sqlite", "postgresql"], help="one database only")
    parser.add_argument("--home", type=Path, help="keep the SQLite installation here for the next run")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    lines = asked.lines or (FULL if asked.full else SMALL)
    if asked.inside:
        inside(asked.inside, lines)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        for vendor in [asked.on] if asked.on else ["sqlite", "postgresql"]:
            measure(vendor, lines, (asked.home or Path(folder)).resolve() / f"{vendor}-{lines}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

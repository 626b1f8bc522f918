"""How long does another community of 100,000 posts and replies take to come over, and does anybody wait meanwhile?

    python benchmarks/bringing.py [--full] [--texts 10000]

Topics in the form of Discourse's API, ten texts each, in a zip, by a twentieth as many people; tried, brought in and brought
in again as `interlock community import` does it, into a home of its own on SQLite, and taken back as a whole. Another process
writes one row every 20 ms, as pages do, while rows come and while they go, and its waits are counted. Beside it: the same rows of the same tables, already made, by a plain executemany
into a copy of the empty database, with its indexes and triggers.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from memory import peak_megabytes

EACH = 10  # texts of a topic
WORDS = [
    "display",
    "rain",
    "hanger",
    "belt",
    "shop",
    "dark",
    "again",
    "weeks",
    "spare",
    "order",
    "answer",
    "nobody",
    "bell",
    "wheel",
    "charger",
    "cold",
]
TABLES = (
    "converse_post", "converse_reply", "converse_brought", "converse_statuschange", "fabric_user", "fabric_person",
)  # fmt: skip
# As any page of the product that stores something.
WRITER = """
import json, select, sys, time
import django
django.setup()
from django.db import connection, transaction
cursor, waits = connection.cursor(), []
print(flush=True)
while not select.select([sys.stdin], [], [], 0.02)[0]:
    begun = time.perf_counter()
    with transaction.atomic():
        cursor.execute("UPDATE other_writer SET number = number + 1")
    waits.append(time.perf_counter() - begun)
print(json.dumps(waits))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--full", action="store_true", help="100,000 texts")
    asked = parser.parse_args()
    texts = 100_000 if asked.full else asked.texts
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        os.environ["INTERLOCK_HOME"] = home
        os.environ["DJANGO_SETTINGS_MODULE"] = "interlock.config.settings"
        os.environ.pop("DATABASE_URL", None)
        import django  # the settings read the home when they are imported

        django.setup()
        print(f"{texts:,} posts and replies; load before {os.getloadavg()[0]:.1f}")
        measure(Path(home), texts)
        print(f"load after {os.getloadavg()[0]:.1f}")


def measure(home: Path, texts: int) -> None:
    from django.db import connection

    from interlock.cli.serving import prepare_database
    from interlock.converse.bringing import carrying, storing
    from interlock.converse.bringing.reading import read
    from interlock.converse.models import Board, Bringing
    from interlock.fabric.models import Person, User

    prepare_database()
    now = datetime.now(UTC)
    user = User.objects.create_user("lead@example.com", "correct horse battery staple")
    lead = Person.objects.create(user=user, name="Lena Fuchs", role="owner", functions=["service"])
    board = Board.objects.create(key="heron", name="Heron Cargo", made_at=now, opened_at=now)
    path = home / "discourse.zip"
    write_topics(path, texts, now)
    database = Path(str(connection.settings_dict["NAME"]))
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE other_writer AS SELECT 0 AS number")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    empty = home / "empty.sqlite3"
    # By a process of its own: a file that is closed in this one takes the locks of SQLite along.
    subprocess.run(["cp", database, empty], check=True)
    before = peak_megabytes()
    rows = took("read from the zip", lambda: read("discourse", path))
    bringing = Bringing(source="forum", system="discourse", board=board, kind="ask", by=lead, made_at=now)
    took("tried", lambda: storing.bring(rows, bringing=bringing, by=lead, now=now, dry_run=True))
    bringing.save()
    with other_writer():
        tally = took(
            "brought in", lambda: carrying.carry_out(bringing, rows, now=now, dry_run=False), texts=texts
        )
    assert (tally.stored, tally.received) == (texts, texts), tally.as_json()
    again = took("brought in again", lambda: carrying.carry_out(bringing, rows, now=now, dry_run=False))
    assert again.duplicate == texts
    print(f"  memory: {before:,.0f} MB before, {peak_megabytes():,.0f} MB at most")
    plain(database, empty, texts)
    with other_writer():
        took("taken back", lambda: carrying.undo(bringing, by=lead, now=now), texts=texts)
    assert bringing.kept == {}, bringing.kept


def write_topics(path: Path, texts: int, now: datetime) -> None:
    """Topics of EACH texts in the last 1,000 days, a file each; one in four ends with an accepted answer of staff."""
    rng = random.Random(13)
    people = max(texts // 20, 1)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(texts // EACH):
            asked = now - timedelta(days=rng.randrange(30, 1_000))
            posts = [
                {
                    "id": number * EACH + at, "post_number": at + 1, "post_type": 1, "user_id": who,
                    "username": f"rider{who}", "name": f"Rider Number{who}",
                    "created_at": (asked + timedelta(hours=at)).isoformat(),
                    "raw": " ".join(rng.choices(WORDS, k=rng.randrange(15, 90))),
                    "staff": at == EACH - 1 and number % 4 == 0, "accepted_answer": at == EACH - 1 and number % 4 == 0,
                }
                for at, who in enumerate(rng.randrange(1, people + 1) for _each in range(EACH))
            ]  # fmt: skip
            topic = {"id": number, "slug": "a-topic", "title": " ".join(rng.choices(WORDS, k=6))}
            archive.writestr(f"{number}.json", json.dumps(topic | {"post_stream": {"posts": posts}}))


@contextmanager
def other_writer() -> Iterator[None]:
    """Write a row every 20 ms from another process, and print how long each took."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        told = sorted(json.loads(process.communicate("stop\n", timeout=120)[0]))
    print(
        f"    another writer, {len(told):,} times: p50 {1000 * told[len(told) // 2]:.0f} ms, "
        f"p99 {1000 * told[int(0.99 * len(told))]:.0f} ms, longest {1000 * told[-1]:.0f} ms"
    )


def plain(database: Path, empty: Path, texts: int) -> None:
    """The same rows into a copy of the empty database, a statement a table, in one transaction."""
    source, target = sqlite3.connect(database), sqlite3.connect(empty, isolation_level=None)
    target.execute("PRAGMA synchronous = FULL")
    rows = {name: source.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES}
    count = sum(map(len, rows.values()))

    def write() -> None:
        target.execute("BEGIN IMMEDIATE")
        for name, some in rows.items():
            if some:
                marks = ", ".join("?" * len(some[0]))
                target.executemany(f"INSERT OR IGNORE INTO {name} VALUES ({marks})", some)
        target.execute("COMMIT")

    took(f"plain executemany of the {count:,} rows that this made", write, texts=texts)


def took[T](what: str, act: Callable[[], T], texts: int = 0) -> T:
    begun, cpu = time.perf_counter(), time.process_time()
    made: Any = act()
    seconds = time.perf_counter() - begun
    rate = f", {texts / seconds:,.0f} texts a second" if texts else ""
    print(f"  {what}: {seconds:.1f} s ({time.process_time() - cpu:.1f} s of CPU){rate}", flush=True)
    return made


if __name__ == "__main__":
    main()

"""How long does somebody wait who writes in the community while a large piece of work is done?

    python benchmarks/waits.py [--full] [--on sqlite|postgresql] [--only WORD] [--texts N] [--votes N] [--letters N] [--swept N]

Another process replies or votes every 50 ms through the product's own services, first alone, then while somebody who wrote
thousands of texts is erased, two posts of thousands of votes become one and two again, closure letters are written to
thousands, and a spammer's posts are swept and brought back. The works run as the product runs them, with what it leaves to
workers done here at once. Limits: 1 s at p99, 5 s at worst. Then the directory by Django's test client, limit 200 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from installation import environment
from pages import quantile
from waits_loading import BYSTANDERS, WRITERS, Loaded, Sizes, load

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from crash.installation import postgresql  # noqa: E402 - the one that commits to the disk

SMALL, FULL = Sizes(1_000, 1_000, 400, 500, 10_000), Sizes(10_000, 10_000, 10_000, 2_000, 100_000)
EVERY, ALONE, AROUND = 0.05, 5.0, 0.5
P99, LONGEST, PAGE = 1_000, 5_000, 200  # milliseconds
READS = 100


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="10,000 of each, 2,000 swept, 100,000 people")
    parser.add_argument("--on", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--only", default="", help="works whose name holds this")
    for name in ("texts", "votes", "letters", "swept", "people"):
        parser.add_argument(f"--{name}", type=int)
    asked = parser.parse_args()
    usual = FULL if asked.full else SMALL
    sizes = Sizes(**{
        name: getattr(usual, name) if (given := getattr(asked, name)) is None else given for name in vars(usual)
    })  # fmt: skip
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        Path(temporary).chmod(0o755)  # PostgreSQL runs as a user of its own
        own = postgresql(Path(temporary) / "server") if asked.on == "postgresql" else nullcontext("")
        with own as address:
            home = Path(temporary) / "home"
            home.mkdir()
            environ = environment(home) | ({"DATABASE_URL": address} if address else {})
            os.environ.pop("DATABASE_URL", None)
            os.environ.update(environ)
            import django  # the settings read the home when they are imported

            django.setup()
            return 0 if measure(asked.on, sizes, asked.only, home) else 1


def measure(on: str, sizes: Sizes, only: str, home: Path) -> bool:
    from django.urls import get_resolver

    _ = (
        get_resolver().url_patterns
    )  # a server has read its pages before; a letter's link would read them in its transaction
    print(f"{on}, load before {os.getloadavg()[0]:.1f}: {sizes}", flush=True)
    loaded = load(sizes)
    works: dict[str, Callable[[], Any]] = {
        "alone": lambda: time.sleep(ALONE),
        "erasing": lambda: erase(loaded),
        **merging_works(loaded),
        "letters": lambda: write_letters(loaded),
        **sweeping_works(loaded),
    }
    print(
        f"{'':<18}{'seconds':>9}{'writes':>8}{'p50 ms':>8}{'p99':>8}{'longest':>9}{'refused':>9}", flush=True
    )
    kept = [
        waited(name, work)
        for name, work in works.items()
        if name == "alone" or only.split(",")[0] == "" or any(word in name for word in only.split(","))
    ]
    if not only or "directory" in only:
        kept.append(directory(loaded, home))
    print(f"load after {os.getloadavg()[0]:.1f}")
    return all(kept)


def erase(loaded: Loaded) -> None:
    from interlock.converse.moderation import erasing
    from interlock.fabric import work

    erasing.erase(person=loaded.wordy, now=datetime.now(UTC))
    work.run_ready()


def merging_works(loaded: Loaded) -> dict[str, Callable[[], Any]]:
    from interlock.converse.models import Merge
    from interlock.converse.moderation import merging

    one, other = loaded.posts
    by = loaded.lead
    return {
        "merging": lambda: merging.merge(post=one, into=other, by=by, now=datetime.now(UTC)),
        "undoing a merge": lambda: merging.undo(merge=Merge.objects.get(), by=by, now=datetime.now(UTC)),
    }


def write_letters(loaded: Loaded) -> None:
    """Round after round, as somebody would press the button, until nobody is left to be told."""
    from interlock.converse.loop import closing
    from interlock.listen.answers import rounds

    while True:
        course = closing.course_of(loaded.theme)
        assert course is not None
        people = closing.plan(course).people
        if not people:
            return
        now = datetime.now(UTC)
        told = closing.tell(
            theme=loaded.theme, decided_at=course.decided_at, by=loaded.lead, texts={"en": "There is a second latch."},
            to=[one.signal.pk for one in people], reference=uuid4(), now=now,
        )  # fmt: skip
        assert rounds.write_answers(round_id=told.round_id, now=now) == len(people)


def sweeping_works(loaded: Loaded) -> dict[str, Callable[[], Any]]:
    from interlock.converse.models import Sweep
    from interlock.converse.moderation import sweeping

    by = loaded.lead

    def sweep() -> None:
        made = sweeping.sweep(person=loaded.spammer, because="Rings.", by=by, now=datetime.now(UTC))
        sweeping.take_rest.call(made.pk)

    def undo() -> None:
        made, now = Sweep.objects.get(), datetime.now(UTC)
        sweeping.undo(sweep=made, by=by, now=now)
        sweeping.return_rest.call(made.pk, by.pk, now.isoformat())
        assert not sweeping.rows_left(made)

    return {"sweeping": sweep, "undoing a sweep": undo}


def waited(name: str, work: Callable[[], Any]) -> bool:
    """Do a work beside the other writer and print a line; whether the limits hold."""
    with other_writer() as told:
        begun = time.perf_counter()
        work()
        seconds = time.perf_counter() - begun
    waits = as_often_as_due(told["waits"])
    p99, longest = quantile(waits, 0.99), max(waits)
    kept = p99 <= P99 and longest <= LONGEST and not told["refused"]
    print(
        f"{name:<18}{seconds:>9.1f}{len(told['waits']):>8,}{quantile(waits, 0.5):>8.0f}{p99:>8.0f}{longest:>9.0f}"
        f"{told['refused']:>9}{'' if kept else '   too long'}",
        flush=True,
    )
    return kept


def as_often_as_due(waits: list[float]) -> list[float]:
    """Count also whoever would have come every 50 ms while the one writer waited, else eleven seconds weigh as one wait of many."""
    every = 1000 * EVERY
    return [wait - skipped * every for wait in waits for skipped in range(max(1, int(wait // every) + 1))]


@contextmanager
def other_writer() -> Iterator[dict[str, Any]]:
    """Somebody else's process writes meanwhile; afterwards its waits in milliseconds, and how often it was refused."""
    told: dict[str, Any] = {}
    with subprocess.Popen(
        [sys.executable, "-c", "import waits; waits.write()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(HERE)},
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(AROUND)
        yield told
        time.sleep(AROUND)  # a short work also has some who come while it goes on
        told.update(json.loads(process.communicate("stop\n", timeout=300)[0]))


def write() -> None:
    """In the other process: reply and vote in turn until a line comes."""
    import django  # as above

    django.setup()
    from django.db import OperationalError

    from interlock.converse.community import posting
    from interlock.converse.community.speaking import as_person
    from interlock.converse.models import Post, Reply
    from interlock.fabric.models import Company, Person

    writers = list(Person.objects.filter(name__startswith="Writer ").order_by("pk"))
    posts = list(Post.objects.filter(title__startswith="Bystander").order_by("pk"))
    assert (len(writers), len(posts)) == (WRITERS, BYSTANDERS)
    company = Company.objects.get()
    # Where the last run of this process ended: each writes as often as the others.
    begun = Reply.objects.filter(author__in=writers).count()
    waits, refused, number = [], 0, 0
    print(flush=True)
    while not select.select([sys.stdin], [], [], EVERY)[0]:
        by, post = writers[(begun + number // 2) % WRITERS], posts[number // 2 % BYSTANDERS]
        now = datetime.now(UTC)
        started = time.perf_counter()
        try:
            if number % 2:
                posting.vote(post=post, by=by, on=True, now=now)
            else:
                words = f"Mine as well, since kilometre {begun + number}."
                posting.write_reply(post=post, words=words, speaker=as_person(by, company), now=now)
        except OperationalError:  # a visitor sees an error, after as long as a database waits
            refused += 1
        waits.append(1000 * (time.perf_counter() - started))
        number += 1
    print(json.dumps({"waits": waits, "refused": refused}))


def directory(loaded: Loaded, home: Path) -> bool:
    """Print how long the directory's pages take beside a bare one; whether they keep to the limit."""
    from django.test import Client
    from django.urls import reverse

    from interlock.fabric.models import Person

    people = reverse("web:people")
    browser = Client(headers={"host": "localhost"})
    browser.force_login(loaded.lead.user)
    many = Person.objects.filter(user__email__startswith="rider").count()
    print(f"{'directory':<26}{'p50 ms':>8}{'p99':>8}")
    bare = (
        "import json, time, bare; bare.fill(); from django.test import Client; c = Client(headers={'host': '127.0.0.1'});"
        "f = time.perf_counter; c.get('/');"
        f"print(json.dumps([[b := f(), c.get('/').status_code, f() - b][2] * 1000 for _ in range({READS})]))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", bare], check=True, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(HERE), "BARE_DATABASE": str(home / "bare.sqlite3")},
    )  # fmt: skip
    lines = {"bare page": json.loads(shown.stdout)}
    for name, asked in {
        "first page": lambda _n: "?side=customer",
        "by name": lambda n: f"?side=customer&q=Number{97 * n % many}",
        "by address": lambda n: f"?side=customer&q=rider{89 * n % many}@example",
    }.items():
        lines[name] = [_read(browser, people + asked(number)) for number in range(3, READS + 4)][1:]
    for name, times in lines.items():
        late = "" if quantile(times, 0.99) <= PAGE else "   too slow"
        print(f"{name:<26}{quantile(times, 0.5):>8.1f}{quantile(times, 0.99):>8.1f}{late}", flush=True)
    return all(quantile(times, 0.99) <= PAGE for times in lines.values())


def _read(browser: Any, address: str) -> float:
    begun = time.perf_counter()
    page = browser.get(address)
    taken = 1000 * (time.perf_counter() - begun)
    assert page.status_code == 200
    assert b"rider" in page.content.lower(), address
    return taken


if __name__ == "__main__":
    sys.exit(main())

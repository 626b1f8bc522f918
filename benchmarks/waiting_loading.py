"""A million signals and the clocks of those who wait, written past the ORM into the installation of the environment.

`load(SIGNALS, WAITING)` makes them once; `queue.json` in the home lists the pages to read.
"""

from __future__ import annotations

import json
import os
import random
import time
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from installation import _people

WORDS = 20_000
DEEP = 40  # pages that are turned before the deep ones are read
EACH = 20
KINDS = ("ticket", "complaint", "review", "survey", "return", "post", "praise", "idea")


def load(signals: int, waiting: int) -> None:
    done = Path(os.environ["INTERLOCK_HOME"]) / "queue.json"
    if done.exists():
        return
    import django  # the settings read INTERLOCK_HOME when they are imported

    django.setup()
    from interlock.cli.serving import prepare_database

    prepare_database()
    owner, colleague = _people()
    started, now = time.perf_counter(), datetime.now(UTC)
    sources = _sources(now)
    _signals(signals, sources, now)
    print(f"  signals after {time.perf_counter() - started:.0f} s", flush=True)
    _clocks(waiting, sources, [owner, colleague], now)
    print(f"  clocks after {time.perf_counter() - started:.0f} s", flush=True)
    done.write_text(json.dumps(_pages(owner, now), indent=1))


def _sources(now: datetime) -> list[Any]:
    from interlock.listen.models import Source

    return [
        Source.objects.create(key=f"source-{number}", name=f"Source {number}", kind="api", made_at=now)
        for number in range(12)
    ]


def _signals(number: int, sources: list[Any], now: datetime) -> None:
    from django.db import transaction

    from interlock.listen import first_copy, search, signal_copies
    from interlock.listen.signal_rows import write_rows

    search.let_words_wait(True)
    first_copy.put_indexes_off()
    rng = random.Random(5)
    rows = (_row(each, number, sources, now, rng) for each in range(number))
    for some in batched(rows, 20_000, strict=False):
        with transaction.atomic():
            write_rows(some)
    first_copy.catch_up_indexes()
    search.catch_up_words()
    signal_copies._refresh_facets()
    signal_copies._note(0, now)


def _row(each: int, number: int, sources: list[Any], now: datetime, rng: random.Random) -> tuple[Any, ...]:
    from interlock.listen.signal_rows import WRITTEN

    account, product = int(rng.paretovariate(0.6)) % 40_000, each * 7919 % 300
    at = now - timedelta(days=730) * (each / number)
    # Zipf: word n comes n times more seldom than the first.
    words = " ".join(f"word{int(WORDS ** rng.random()):05}" for _word in range(30))
    rating = float(each % 5 + 1) if each % 8 in {2, 3} else None
    values = {
        "key": f"s{each}",
        "source_id": sources[each % len(sources)].pk,
        "kind": KINDS[each % 8],
        "occurred_at": at,
        "account_key": f"a{account}",
        "account_label": f"Shop {account}",
        "product_key": f"p{product}",
        "product_label": f"Product {product}",
        "region": f"Region {each % 9}",
        "rating": rating,
        "rating_max": 5.0 if rating else None,
        "rating_share": rating / 5 if rating else None,
        "title": f"About word{each % WORDS:05}",
        "body": words,
        "answered": None if each % 3 else bool(each % 2),
        "copy_hash": each,
    }
    empty = {"first_reply_at": None, "resolved_at": None}
    return tuple(values.get(name, empty.get(name, "")) for name in WRITTEN)


def _clocks(waiting: int, sources: list[Any], people: list[Any], now: datetime) -> None:
    from interlock.listen.models import Clock, Stage

    rng = random.Random(6)

    def one(each: int, runs: bool) -> Clock:
        due = now + timedelta(hours=rng.uniform(-60, 100) if runs else rng.uniform(-700, -1))
        return Clock(
            signal_key=f"s{each}",
            kind=KINDS[each % 8],
            source=sources[each % len(sources)],
            stage=Stage.RECEIVED if runs else Stage.ANSWERED,
            customer=f"account:a{each % 40_000}",
            opened_at=due - timedelta(hours=24),
            due_at=due,
            urgency=int(rng.random() < 0.03),
            because="Second failure in 30 days: late delivery on 3 Nov." if each % 33 == 0 else "",
            owner=rng.choice([*people, None, None, None]),
            stopped_at=None if runs else due - timedelta(hours=rng.uniform(-10, 20)),
        )

    numbers = (one(each, each < waiting) for each in range(2 * waiting))
    for some in batched(numbers, 20_000, strict=False):
        Clock.objects.bulk_create(some, batch_size=2_000)


def _pages(owner: Any, now: datetime) -> dict[str, list[str]]:
    from interlock.listen import waiting
    from interlock.listen.models import Clock, Signal
    from interlock.listen.selection import page_of

    list_place, queue_place = "", ""
    for _turn in range(DEEP):
        list_place = page_of(Signal.objects.all(), after=list_place).later
        queue = waiting.queue_page(Clock.objects.filter(stopped_at=None), now=now, after=queue_place)
        queue_place = queue.later
    overdue = [row.signal.pk for row in queue.rows if row.signal]
    rare = [f"word{number}" for number in range(19_000, 19_000 + EACH)]

    def many(start: str, name: str, values: list[str], **more: str) -> list[str]:
        return [f"{start}?{urlencode({name: value, **more})}" for value in values]

    listed, queued = "/signals/", "/signals/waiting/"
    return {
        "queue": [queued],
        "queue, page 40": [f"{queued}?{urlencode({'after': queue_place})}"],
        "queue, overdue": [f"{queued}?show=overdue"],
        "queue, of one kind": many(queued, "kind", ["ticket", "post", "idea"]),
        "queue, of one source": many(queued, "source", [f"source-{n}" for n in range(12)]),
        "queue, mine": [f"{queued}?whose=mine"],
        "queue, mine of a kind and source": [f"{queued}?whose=mine&kind=post&source=source-5"],
        "queue, nobody's": [f"{queued}?whose=nobody"],
        "answered in time, 30 days": [f"{queued}?show=in_time"],
        "late, 30 days": [f"{queued}?show=late"],
        "one signal that waits": [f"/signals/{number}/" for number in overdue[:EACH]],
        "list": [listed],
        "list, page 40": [f"{listed}?{urlencode({'after': list_place})}"],
        "list, of a kind": many(listed, "kind", list(KINDS)),
        "list, of a product": many(listed, "product", [f"Product {n}" for n in range(EACH)]),
        "list, region and rating": many(listed, "region", [f"Region {n}" for n in range(9)], rating="low"),
        "search, rare word": many(listed, "q", rare),
        "search, frequent word": many(listed, "q", [f"word{number:05}" for number in range(1, 6)]),
        "search, two words": many(listed, "q", [f"word{n:05} word{n + 40:05}" for n in range(3, 23)]),
        "search, beginning of a word": many(listed, "q", [f"word19{n:02}*" for n in range(EACH)]),
        "search, word and kind": many(listed, "q", [f"word{n:05}" for n in range(10, 30)], kind="complaint"),
        "search page": many("/search/", "q", [f"word{n:05}" for n in range(50, 70)]),
    }

"""One system that hangs among others that answer: the others lose nothing, and it loses nothing once it is healed."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial

import pytest

from interlock.connectors.conformance import Answer, played
from interlock.connectors.feed.connector import FeedConnector
from interlock.connectors.outbound import open_http
from interlock.listen import asking, live_sources
from interlock.listen.asking import Outside
from interlock.listen.live_sources import Terms
from interlock.listen.models import InboxRow, Source
from listen.scripted import NOON, World

pytestmark = [pytest.mark.django_db, pytest.mark.long]
PARTS, A_PART, FEEDS = 4, 5, 5


def feed(asked):
    """A paged feed of PARTS documents, the newest entries in the first."""
    part = int(asked.query.get("part", 0))
    numbers = range(PARTS * A_PART - part * A_PART, PARTS * A_PART - (part + 1) * A_PART, -1)
    entries = "".join(
        f"<entry><id>{asked.path}-{n}</id><title>Bike {n}</title><updated>2026-03-01T{n % 24:02}:00:00Z</updated>"
        f"<content>The bike {n} came late</content></entry>"
        for n in numbers
    )
    further = f'<link rel="next" href="{asked.path}?part={part + 1}"/>' if part + 1 < PARTS else ""
    document = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Shop</title>{further}{entries}</feed>'
    return Answer(document.encode(), headers={"content-type": "application/atom+xml"})


def connected(name: str, address: str) -> Source:
    made = live_sources.make_source(
        connector=FeedConnector(),
        terms=Terms(name=name, ask_every=300),
        answers={"address": address, "signal_kind": "post"},
        by=None,
        now=NOON,
    )
    return live_sources.resume_source(source=made, by=None, now=NOON)


def sums(source: Source) -> tuple[int, int, int, int]:
    source.refresh_from_db()
    return source.received, source.stored, source.duplicate, InboxRow.objects.filter(source=source).count()


@pytest.mark.parametrize(
    "request_number", [*(pytest.param(one, marks=pytest.mark.slow) for one in range(PARTS - 1)), PARTS - 1]
)
def test_the_others_are_complete_and_the_hanging_one_is_once_it_is_healed(home, request_number):
    released = threading.Event()
    world = World(FeedConnector())

    def patient(seconds: float) -> Outside:
        http = partial(open_http, private_hosts=frozenset({"127.0.0.1"}), timeout=seconds)
        return replace(world.outside, http=http)

    with played(feed) as well, played(feed) as ill:
        ill.spoil(lambda connection, answer: released.wait(120), at=request_number)
        sources = [connected(f"Feed {n}", f"http://{well.name}/{n}.atom") for n in range(FEEDS)]
        hanging = connected("Hanging", f"http://{ill.name}/hanging.atom")

        for number, source in enumerate([hanging, *sources]):
            outside = patient(3 if source == hanging else 60)
            asking.ask(source_id=source.pk, by=f"asking {number}", outside=outside)

        all_of_it = (PARTS * A_PART,) * 2 + (0, PARTS * A_PART)
        assert [sums(source) for source in sources] == [all_of_it] * FEEDS
        until_it_hung = request_number * A_PART
        assert sums(hanging) == (until_it_hung, until_it_hung, 0, until_it_hung)
        assert (hanging.failures, hanging.asked_by) == (1, "")
        assert hanging.error.startswith("127.0.0.1")

        released.set()
        ill.heal()
        world.now = hanging.ask_at
        asking.ask(source_id=hanging.pk, by="healed", outside=patient(60))

    assert sums(hanging) == all_of_it
    assert (hanging.failures, hanging.error) == (0, "")

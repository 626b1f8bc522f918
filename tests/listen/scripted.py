"""A connector that plays a script, and a world whose clock only moves when somebody waits."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

from interlock.connectors.live import Incoming, NotTaken, Page, Question
from interlock.listen import live_sources
from interlock.listen.asking import Outside
from interlock.listen.live_sources import Terms

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CANARY = "s3cr3t/canary+key"


class Killed(BaseException):
    """The process died here: nothing after it runs."""


def ticket(number: int, **more: Any) -> Incoming:
    row = {
        "signal_id": f"desk:{number}",
        "kind": "ticket",
        "occurred_at": "2026-03-02T08:00:00Z",
        "body": f"The bike {number} came late",
        **more,
    }
    return Incoming("signals", row, place=f"ticket {number}")


class Desk:
    """Holds tickets by number, three a page; the cursor is how many were handed over."""

    kind = "desk"
    title = "Desk"
    purpose = "To hear what customers ask."
    ask_every = 300
    questions = (
        Question("address", "Address", kind="address"),
        Question("token", "Token", kind="secret"),
        Question(
            "what", "What it holds", kind="choice", choices=(("all", "Everything"), ("new", "New")),
            default="all", required=False,
        ),
    )  # fmt: skip

    def __init__(self, tickets: int = 0) -> None:
        self.tickets = [ticket(number) for number in range(1, tickets + 1)]
        self.refused: tuple[NotTaken, ...] = ()
        self.before_page: Callable[[int], None] = lambda number: None
        self.after_page: Callable[[int], None] = lambda number: None
        self.told: list[dict[str, str]] = []

    def check(self, answers: Any, reach: Any) -> str:
        self.told.append(dict(answers))
        self.before_page(0)
        return f"The desk holds {len(self.tickets)} tickets."

    def pages(self, answers: Any, cursor: str, reach: Any) -> Iterator[Page]:
        self.told.append(dict(answers))
        start = int(cursor or 0)
        while start < len(self.tickets):
            self.before_page(start)
            rows = tuple(self.tickets[start : start + 3])
            start += len(rows)
            refused, self.refused = self.refused, ()
            yield Page(rows, str(start), refused)
            self.after_page(start)
        self.before_page(start)


class World:
    """Time stands still unless somebody waits; `during` runs at each wait."""

    def __init__(self, *connectors: Any) -> None:
        self.now = NOON
        self.waited: list[float] = []
        self.connectors = {each.kind: each for each in connectors}

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += timedelta(seconds=seconds)

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @property
    def outside(self) -> Outside:
        return Outside(
            connectors=self.connectors,
            http=lambda: nullcontext(None),  # type: ignore[arg-type, return-value]
            now=lambda: self.now,
            sleep=self.sleep,
            rng=random.Random(7),
        )


def connected(connector: Any, name: str = "Help desk", *, start: bool = True, **terms: Any) -> Any:
    """A source of this connector, started unless told otherwise."""
    made = live_sources.make_source(
        connector=connector,
        terms=Terms(name=name, ask_every=terms.pop("ask_every", 300), **terms),
        answers={"address": "https://desk.example", "token": CANARY, "what": "all"},
        by=None,
        now=NOON,
    )
    return live_sources.resume_source(source=made, by=None, now=NOON) if start else made

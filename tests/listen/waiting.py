"""Customers who wait: signals as they stand after settling, their sources and reply routes, made for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.urls import reverse
from django.utils import timezone

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
_numbers = count(1)


def source(kind: str = "api", **more: Any):
    """A source of this kind, that brings signals live."""
    from interlock.listen.models import Source  # after the settings

    number = next(_numbers)
    return Source.objects.create(
        **{"key": f"{kind}-{number}", "name": f"The {kind} {number}", "kind": kind, "made_at": NOON, **more}
    )


def said(
    words: str = "Where is my bike?", *, by: str = "a1", at: datetime = NOON, thread: str = "", **more: Any
):
    """A settled signal that came in live the moment it was said; `thread` also gives it a route for replies."""
    from interlock.listen.models import ReplyRoute, Signal  # after the settings

    route = more.pop("route", {})
    values = {
        "key": f"t{next(_numbers)}",
        "kind": "ticket",
        "occurred_at": at,
        "received_at": at,
        "account_key": by,
        "account_label": f"Shop {by}" if by else "",
        "body": words,
        "copy_hash": 0,
        "in_records": False,
        **more,
    }
    if "source" not in values:
        values["source"] = source()
    one = Signal.objects.create(**values)
    if thread or route:
        ReplyRoute.objects.create(signal_key=one.key, source=one.source, thread=thread, **route)
    return one


def clock_of(signal):
    """The clock of a signal, as it stands now; None when it has none."""
    from interlock.listen.models import Clock  # after the settings

    return Clock.objects.filter(signal_key=signal.key).first()


def opened(*signals: Any, now: datetime = NOON) -> Sequence[Any]:
    """Start the clocks of these signals and hand them over."""
    from interlock.listen import clocks  # after the settings

    clocks.open_clocks(signals=signals, now=now)
    return [clock_of(one) for one in signals]


def days(number: float) -> timedelta:
    return timedelta(days=number)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


class Foreign:
    """A system of record that keeps what it is sent, and fails as it is told to."""

    kind, title, purpose, questions, ask_every = "small", "Small", "Tests", (), 60

    def __init__(self) -> None:
        self.kept: list[Any] = []
        self.looked = 0
        self.blind: Exception | None = None
        self.before_sending: Any = None
        self._failure: tuple[Exception, bool] | None = None

    def fail_with(self, error: Exception, *, arrived: bool = False) -> None:
        """Let the next sending fail; `arrived`: the letter came through all the same."""
        self._failure = (error, arrived)

    def send(self, answers: Any, route: Any, letter: Any, reach: Any) -> Any:
        from interlock.connectors.live import Sent  # after the settings

        if self.before_sending:
            self.before_sending(reach)
        failure, self._failure = self._failure, None
        if failure is None or failure[1]:
            self.kept.append((answers, route, letter))
        if failure:
            raise failure[0]
        return Sent(f"f{len(self.kept)}")

    def find(self, answers: Any, route: Any, letter: Any, reach: Any) -> Any:
        from interlock.connectors.live import Sent  # after the settings

        self.looked += 1
        if self.blind:
            raise self.blind
        there = [place for place, kept in enumerate(self.kept) if kept[2].reference == letter.reference]
        return Sent(f"f{there[0] + 1}") if there else None


def waits(words: str = "Where is it?", *, ago: float = 1, **more):
    """A signal that came in so many hours ago, with its clock."""
    now = timezone.now()
    one = said(words, at=now - hours(ago), **more)
    opened(one, now=now)
    return one


def queue(client, query: str = ""):
    return client.get(reverse("listen:waiting") + query)


def shown(response) -> list[str]:
    return [row.signal.body for row in response.context["page"].rows]


def post(client, name: str, number: int, **values):
    return client.post(reverse(f"listen:{name}", args=[number]), values)


def form_of(client, signal) -> dict[str, object]:
    """What the form on a signal's page sends, as far as the page fills it in."""
    form = client.get(reverse("listen:signal", args=[signal.pk])).context["loop"].form
    return {name: form[name].value() for name in form.fields}

"""Signals as they come in for weeks, and a watch that listens to them: what the tests of the outcry watch share."""

from __future__ import annotations

import itertools
import random
from datetime import datetime, timedelta
from typing import Any

from listen.waiting import NOON, source

START = NOON - timedelta(days=9)
_numbers = itertools.count(1)


def spoken(shop: Any, at: datetime, *, by: str = "", product: str = "P1", received: Any = None, **more: Any):
    """A signal not yet stored; `by` is who spoke."""
    from interlock.listen.models import Signal  # after the settings

    number = next(_numbers)
    return Signal(
        **{
            "key": f"o{number}", "source": shop, "kind": "ticket", "occurred_at": at, "received_at": received or at,
            "account_key": by or f"c{number}", "body": "It broke again on the first day.", "product_key": product,
            "product_label": "Panniers", "channel": "mail", "region": "North", "copy_hash": 0, "in_records": False,
            **more,
        }
    )  # fmt: skip


def usual(shop: Any, since: datetime, until: datetime, *, minutes: float = 10, seed: int = 1, **more: Any):
    """A signal every ten minutes or so, by forty customers who come back."""
    rng, at, made = random.Random(seed), since, []
    while at < until:
        made.append(spoken(shop, at, by=f"regular-{rng.randrange(40)}", **more))
        at += timedelta(minutes=rng.uniform(0.3, 1.7) * minutes)
    return made


def listen(since: datetime, until: datetime) -> None:
    """Look every six hours, as if each tick had been looked at in its time."""
    from interlock.listen.outcry import watching  # after the settings

    at = since
    while at < until:
        at = min(at + timedelta(hours=6), until)
        watching.watch(now=at)


def heard_quietly() -> Any:
    """A shop and nine quiet days of it, listened to until noon."""
    from interlock.listen.models import Signal  # after the settings
    from interlock.listen.outcry import watching
    from interlock.listen.outcry.counting import WAIT

    watching.watch(now=START + WAIT)
    shop = source(name="Shop")
    Signal.objects.bulk_create(usual(shop, START, NOON))
    listen(START + WAIT, NOON + WAIT)
    return shop

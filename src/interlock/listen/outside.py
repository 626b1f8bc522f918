"""What a connector may touch on this installation: other systems within the settings' bounds, folders, the clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.utils import timezone

from interlock.connectors.live import Http, Reach
from interlock.connectors.outbound import open_http


def reach(wait: Callable[[float], None] = time.sleep) -> Reach:
    """Everything a connector is given. `wait` is how it pauses; it raises `Interrupted` to end an asking."""
    return Reach(
        http=_http(frozenset(settings.PRIVATE_HOSTS)),
        now=timezone.now,
        wait=wait,
        folders=tuple(settings.WATCH_FOLDERS),
        private_hosts=frozenset(settings.PRIVATE_HOSTS),
    )


@cache
def _http(private_hosts: frozenset[str]) -> Http:
    """One for the whole process: threads share its connections, each with a time limit of its own."""
    return open_http(private_hosts=private_hosts)

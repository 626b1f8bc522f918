"""A reach whose other side is a function, for tests of one connector's own rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from interlock.connectors.live import HttpReply, Reach

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def reach(answer: Callable[..., HttpReply], waits: list[float] | None = None) -> Reach:
    """Ask `answer(method, url, **options)` instead of a machine; note the pauses instead of making them."""
    noted = [] if waits is None else waits
    return Reach(http=answer, now=lambda: NOW, wait=noted.append)


def says(body: bytes | str, status: int = 200, **headers: str) -> HttpReply:
    """A reply with these headers (underscores for hyphens)."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if isinstance(body, bytes) else body.encode()
    return HttpReply(status, named, content, "https://example.com/feed")

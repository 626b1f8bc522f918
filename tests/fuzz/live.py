"""What other systems send: feeds, API pages, mails, webhooks."""

from __future__ import annotations

from fuzz.targets import Target


def targets() -> list[Target]:
    return []

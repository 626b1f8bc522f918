"""Background work of reconnect: run the rules after an import, follow the talks."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from interlock.fabric import work
from interlock.reconnect import queries, services


@work.task(key="all", attempts=3, title=_("Look for disconnects"))
def detect(**_of_import: Any) -> int:
    """Bring disconnects and drivers up to the current records. Running it twice changes nothing."""
    return services.detect_disconnects(now=timezone.now()).snapshot_number


@work.task(key="all", attempts=3, title=_("See which themes are evidence of disconnects"))
def cite_themes() -> int:
    """Write anew which themes the open disconnects cite."""
    return services.cite_themes(now=timezone.now())


@work.task(title=_("Follow a conversation"))
def follow_conversation(conversation_id: int) -> int:
    """Move the disconnects of one conversation as far as the talk has earned."""
    followed = queries.disconnects_of_conversation(conversation_id)
    for disconnect in followed:
        services.follow_conversation(disconnect=disconnect, now=timezone.now())
    return len(followed)

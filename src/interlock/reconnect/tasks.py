"""Background work of reconnect: run the rules after an import, follow the talks."""

from __future__ import annotations

from typing import Any

from django.tasks import task
from django.utils import timezone

from interlock.converse.services import rest_quiet_conversations
from interlock.reconnect import queries, services


@task()
def detect(**_of_import: Any) -> int:
    """Bring disconnects and drivers up to the current records. Running it twice changes nothing."""
    now = timezone.now()
    rest_quiet_conversations(now=now)
    return services.detect_disconnects(now=now).snapshot_number


@task()
def follow_conversation(conversation_id: int) -> int:
    """Move the disconnects of one conversation as far as the talk has earned."""
    followed = queries.disconnects_of_conversation(conversation_id)
    for disconnect in followed:
        services.follow_conversation(disconnect=disconnect, now=timezone.now())
    return len(followed)

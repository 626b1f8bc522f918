"""One step of a worker that tells a chat, in a process of its own which the test kills while the chat has not answered.

Run as `python tests/converse/chats/killed_telling.py STEP ...`, with a home and, if one likes, a DATABASE_URL of its own in
the environment: `prepare ADDRESS` adds a chat for which one notice waits; `tell SENDER MINUTES ...` tells it so many minutes
later each, and prints what became of the notices. SENDER is `shipped`, or a control that must be found out: `no_claim`
sends before it notes.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def prepare(address: str) -> None:
    from interlock.fabric.chats import keeping
    from interlock.fabric.models import Person
    from interlock.listen.models import Theme
    from interlock.listen.themes import deciding

    ines = Person.objects.create(name="Ines Calder", role="owner")
    keeping.add_chat(
        function="service",
        name="#service",
        address=address,
        form="slack",
        hears=["reopened"],
        by=ines,
        now=NOW,
    )
    theme = Theme.objects.create(
        key="hinge", name="Hinge breaks", state="fixed", decision="A latch.", began_at=NOW, found_at=NOW
    )
    deciding.open_again(theme=theme, now=NOW)


def tell(sender: str, *minutes: str) -> None:
    from interlock.converse.chats import telling
    from interlock.fabric.chats import outbox
    from interlock.fabric.models import Chat, ChatNotice

    def unclaimed(chat_id, *, now):
        chat = Chat.objects.get(pk=chat_id)
        waiting = list(chat.notices.filter(state="waiting"))
        return (chat, waiting) if waiting else None

    if sender == "no_claim":
        outbox.claim = unclaimed
    for later in minutes:
        telling.tell(Chat.objects.get().pk, now=NOW + timedelta(minutes=int(later)))
    print(json.dumps([*ChatNotice.objects.values_list("state", flat=True), Chat.objects.get().error]))


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "interlock.config.settings"
    import django

    django.setup()
    {"prepare": prepare, "tell": tell}[sys.argv[1]](*sys.argv[2:])

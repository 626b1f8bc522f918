"""Chats on this machine, one of each form, that keep what they are told and misbehave as they are told to."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from converse.conftest import NOW
from converse.notices.conftest import mails  # noqa: F401 - a fixture
from listen.web_hook import running_chat


@pytest.fixture
def server(db, home, settings):
    """A chat's webhook."""
    with running_chat() as running:
        settings.PRIVATE_HOSTS = frozenset({f"localhost:{running.port}"})
        settings.PAGES_URL, settings.TIME_ZONE = "https://talk.example.com", "UTC"
        yield running


@pytest.fixture
def added(server):
    """Add a chat: `added("service", "slack", "named")`; it hears of all without a topic."""
    from interlock.fabric.chats import keeping  # Django must be set up before rooms are imported
    from interlock.fabric.models import Person, Topic

    def add(function="service", form="slack", *hears, by=None):
        by = by or Person.objects.order_by("pk").first() or Person.objects.create(name="Ines", role="owner")
        return keeping.add_chat(
            function=function,
            name=f"#{function or 'all'}",
            address=server.address,
            form=form,
            hears=list(hears or map(str, Topic)),
            by=by,
            now=NOW - timedelta(days=1),
        )

    return add


@pytest.fixture
def tell():
    """Tell a chat what waits, as a worker does; the chat as it stands then."""
    from interlock.converse.chats import telling

    def told(chat, now=NOW):
        telling.tell(chat.pk, now=now, rng=random.Random(7))
        chat.refresh_from_db()
        return chat

    return told

"""Mails that would go out, kept in a list."""

from __future__ import annotations

import pytest

from converse.community.conftest import MAIL, board, marta, no_kept_pages, priya, write  # noqa: F401 - fixtures
from converse.moderation.conftest import edda, reply  # noqa: F401 - fixtures


@pytest.fixture
def mails(settings, monkeypatch):
    """The notes in the order in which they leave; `INTERLOCK_URL` is https, as where people are."""
    from interlock.converse.notices import sending  # Django must be set up before rooms are imported

    settings.MAIL_SERVER, settings.PAGES_URL = MAIL, "https://talk.example.com"
    settings.TIME_ZONE = "UTC"
    notes = []
    monkeypatch.setattr(sending, "post", lambda _office, note, *, now, wait: notes.append(note))
    return notes

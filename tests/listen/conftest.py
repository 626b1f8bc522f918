"""Imports that wait, sources they read from, and folders and databases that are watched."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from listen.small import NOON, SmallSource


@pytest.fixture
def reads(monkeypatch):
    """Let every import read from this source instead of a file."""
    from interlock.listen import opening  # after the settings

    def from_source(source: SmallSource) -> None:
        @contextmanager
        def opened(import_: object) -> Iterator[SmallSource]:
            yield source

        monkeypatch.setattr(opening, "opened", opened)

    return from_source


@pytest.fixture
def waiting(db, home):
    """Make a waiting import of a source of this name."""
    from interlock.listen import services  # after the settings

    def make(name: str = "shop"):
        source = services.name_source(name=name, kind="demo", now=NOON)  # has no mapping, as these have none
        return services.name_location(
            location="/exports", title="exports", source=source, mapping="", files=[], by=None, now=NOON
        )

    return make


@pytest.fixture
def folder(db, home, tmp_path):
    path = tmp_path / "exports"
    path.mkdir()
    return path


@pytest.fixture
def watched_folder(folder):
    from interlock.connectors.watched_folder.watching import WatchedFolder  # after the settings
    from listen.watched import Watch  # likewise

    return Watch(WatchedFolder(), {"folder": str(folder)}, (folder,))


@pytest.fixture
def database(folder):
    path = folder / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE tickets (id INTEGER PRIMARY KEY, made TEXT, words TEXT, customer TEXT, updated_at TEXT)"
        )
    connection.close()
    return path


@pytest.fixture
def watched_database(database, folder):
    from interlock.connectors.database.watching import WatchedDatabase  # after the settings
    from listen.watched import MAPPING, Watch  # likewise

    return Watch(WatchedDatabase(), {"address": f"sqlite:///{database}"}, (folder,), MAPPING)


@pytest.fixture
def channel(monkeypatch):
    """Sources of the kind `small` can send answers."""
    from interlock.listen.answers import channels  # after the settings
    from listen.waiting import Foreign  # likewise

    monkeypatch.setattr(channels, "live_connectors", lambda: {"small": Foreign()})

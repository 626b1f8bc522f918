"""Imports that wait, and sources they read from."""

from __future__ import annotations

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

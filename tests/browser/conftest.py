"""Pages of a live server in headless Chromium, signed in as anybody, at both sizes and in both themes."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, Page

from browser.chromium import chromium, sized
from browser.company import learnt_theme, make_company, written_theme
from databases import copy_over

# Playwright's synchronous interface runs an event loop in this thread; Django would refuse the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

OpenPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/tests/browser/" in str(item.path):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def made_companies() -> dict[str, tuple[sqlite3.Connection, dict[str, object]]]:
    """Databases of companies that were made, by how their themes were."""
    return {}


@pytest.fixture
def company(request, made_companies, demo_records, person, transactional_db) -> dict[str, object]:
    """The small Aldermoor with something on every page; on SQLite made once a run and copied from then on.

    A test may ask by its parameter for themes that are learnt, which takes half a minute.
    """
    themes = learnt_theme if getattr(request, "param", "") == "learnt" else written_theme
    if themes.__name__ in made_companies:
        kept, known = made_companies[themes.__name__]
        connection.ensure_connection()
        copy_over(kept, connection.connection)
        return known
    known = make_company(person, themes)
    if connection.vendor == "sqlite":
        kept = sqlite3.connect(":memory:", check_same_thread=False)
        copy_over(connection.connection, kept)
        made_companies[themes.__name__] = kept, known
    return known


@pytest.fixture
def open_page(browser, live_server) -> Iterator[OpenPage]:
    """Open an address: `open_page("/disconnects/", person=ines, size="390", theme="ink")`.

    Errors of scripts and refusals of the content security policy fail the test.
    """
    contexts, faults = [], []

    def open_it(path: str, *, person=None, size: str = "1280", theme: str = "paper", **more: object) -> Page:
        context = sized(browser, size, theme, **more)
        contexts.append(context)
        if person is not None:
            client = Client()
            client.force_login(person.user)
            cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
            )
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None,
        )
        page.goto(live_server.url + path, wait_until="networkidle")
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert faults == []

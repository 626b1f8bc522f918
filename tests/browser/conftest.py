"""Pages of a live server in headless Chromium, signed in as anybody, at both sizes and in both themes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page

from browser.chromium import chromium, sized

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

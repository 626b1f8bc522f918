"""The web server makes a page before the first reader asks for one."""

from __future__ import annotations

import logging
import runpy
from types import SimpleNamespace

import pytest
from django.core import wsgi
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_a_page_is_made_when_the_web_server_starts(monkeypatch):
    asked = []

    def pages(environ, begin):
        asked.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        return SimpleNamespace(close=lambda: asked.append("closed"))

    monkeypatch.setattr(wsgi, "get_wsgi_application", lambda: pages)
    runpy.run_module("interlock.config.wsgi")

    assert asked == [("GET", reverse("community:list")), "closed"]


def test_it_starts_where_that_page_cannot_be_made(monkeypatch, caplog):
    def pages(environ, begin):
        raise OSError("the disk is full")

    monkeypatch.setattr(wsgi, "get_wsgi_application", lambda: pages)
    with caplog.at_level(logging.WARNING):
        started = runpy.run_module("interlock.config.wsgi")

    assert started["pages"] is pages
    assert [one.getMessage() for one in caplog.records] == [
        "The first page could not be made: the disk is full"
    ]

"""`interlock source`: the same as the page, for people at a terminal."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from interlock.cli import sources
from interlock.connectors import live_registry
from interlock.connectors.errors import ConnectorError
from interlock.listen.models import InboxRow, Signal, Source
from listen.scripted import CANARY, Desk, connected


@pytest.fixture
def desk(monkeypatch, db, home):
    desk = Desk(tickets=4)
    monkeypatch.setattr(live_registry, "found_connectors", lambda: live_registry.Found({"desk": desk}, ()))
    return desk


@pytest.fixture
def run():
    return lambda *words: CliRunner().invoke(sources.source, list(words))


def test_a_source_is_tried_without_storing_started_and_asked(desk, run):
    connected(desk, start=False)

    tried = run("check", "help desk")
    assert (
        tried.output
        == "The desk holds 4 tickets.\n4 records would be stored, 0 refused; nothing is stored.\n"
    )
    assert InboxRow.objects.count() == 0
    assert run("ask", "help desk").output == "Error: “Help desk” is paused. Resume it first.\n"
    assert run("resume", "help-desk").exit_code == 0
    asked = run("ask", "help desk")

    assert (asked.exit_code, asked.output) == (0, "Help desk: 4 stored, 0 duplicate, 0 refused.\n")
    assert Signal.objects.count() == 4


def test_what_goes_wrong_is_said_with_exit_code_1_and_without_a_secret(desk, run):
    def fail(number: int) -> None:
        raise ConnectorError(f"desk.example refused {CANARY}.")

    desk.before_page = fail
    connected(desk)

    asked, tried = run("ask", "Help desk"), run("check", "Help desk")

    assert (asked.exit_code, tried.exit_code) == (1, 1)
    assert "desk.example refused …." in asked.output
    assert "canary" not in asked.output + tried.output


def test_the_list_tells_state_and_sums(desk, run):
    connected(desk)
    run("ask", "Help desk")
    run("pause", "Help desk")

    [line] = json.loads(run("list", "--json").output)

    assert (line["state"], line["received"], line["stored"]) == ("paused", 4, 4)
    assert "canary" not in json.dumps(line)
    assert "Help desk" in run("list").output


def test_an_unknown_name_says_where_the_names_are(desk, run):
    assert "interlock source list names them" in run("ask", "nobody").output
    Source.objects.create(key="erp", name="ERP", made_at="2026-03-02T12:00:00Z")
    assert "it sends by itself, or its files are uploaded" in run("ask", "ERP").output

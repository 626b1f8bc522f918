"""Sources with a connector: made, changed, removed; their secrets are sealed, kept and never told."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from interlock.fabric import journal
from interlock.fabric.models import JournalEntry
from interlock.fabric.secrets import SealBroken
from interlock.listen import asking, flushing, live_sources, settling, signal_copies
from interlock.listen.errors import SecretsNeeded, WrongState
from interlock.listen.live_sources import Terms, answers_of, kept_secrets
from interlock.listen.models import Arrival, InboxRow, Signal, Source
from listen.scripted import CANARY, NOON, Desk, World, connected

pytestmark = pytest.mark.django_db


def change(source: Source, **answers: str) -> Source:
    return live_sources.change_source(
        source=source,
        connector=Desk(),
        terms=Terms(name=source.name, ask_every=600, freshness_limit=3600),
        answers={"address": "https://desk.example", "token": "", "what": "all"} | answers,
        by=None,
        now=NOON,
    )


def test_a_new_source_is_not_asked_before_it_is_started(home):
    source = connected(Desk(), start=False)

    assert (source.paused_at, source.ask_at) == (NOON, None)
    assert list(asking.due_sources(NOON + timedelta(days=9))) == []
    started = live_sources.resume_source(source=source, by=None, now=NOON)
    assert list(asking.due_sources(NOON)) == [started]


def test_two_sources_have_two_names(home):
    connected(Desk())

    with pytest.raises(WrongState, match="There is a source “help desk” already"):
        connected(Desk(), name="help desk")


def test_a_secret_is_kept_until_it_is_given_anew(home):
    source = connected(Desk())

    kept = change(source)
    assert (answers_of(kept)["token"], kept_secrets(kept)) == (CANARY, {"token"})
    renewed = change(source, token="another")
    assert (answers_of(renewed)["token"], renewed.ask_every) == ("another", 600)


def test_a_kept_secret_is_not_sent_to_another_address(home):
    source = connected(Desk())

    with pytest.raises(SecretsNeeded, match="Enter the credentials again"):
        change(source, address="https://desk.example.evil")
    source.refresh_from_db()
    assert source.connection["address"] == "https://desk.example"

    moved = change(source, address="https://new.desk.example", token="of the new one")
    assert answers_of(moved)["token"] == "of the new one"


def test_no_secret_is_told_by_the_database_the_journal_or_the_object(home):
    source = change(connected(Desk()), token=CANARY)

    told = json.dumps(list(JournalEntry.objects.values("verb", "detail"))) + repr(source) + str(vars(source))

    assert "canary" not in told
    assert [entry.verb for entry in journal.entries_about(source)] == ["changed", "resumed", "connected"]
    assert journal.entries_about(source)[0].detail == {
        "changed": ["ask_every", "freshness_limit"], "renewed": ["token"],
    }  # fmt: skip


def test_after_a_change_of_the_key_all_secrets_must_be_given(home, settings):
    source = connected(Desk())
    settings.SECRET_KEY = "another key of this installation, long enough"

    assert kept_secrets(source) == set()
    with pytest.raises(SealBroken, match="Enter them again"):
        change(source)
    assert answers_of(change(source, token="new"))["token"] == "new"


def test_a_removed_source_leaves_no_rows_no_secret_and_can_come_again(home):
    desk = Desk(tickets=5)
    world = World(desk)
    source = connected(desk)
    asking.ask(source_id=source.pk, by="one", outside=world.outside)
    settling.settle(now=NOON)
    flushing.flush(now=NOON)
    desk.tickets += Desk(tickets=6).tickets[5:]
    live_sources.ask_now(source=source, by=None, now=NOON)
    asking.ask(source_id=source.pk, by="two", outside=world.outside)
    settling.settle(now=NOON)
    assert Signal.objects.count() == 6

    live_sources.remove_source(source=source, by=None, now=NOON)
    signal_copies.sync()

    source.refresh_from_db()
    assert (source.secrets, source.connection, source.cursor) == ("", {}, "")
    assert (Signal.objects.count(), InboxRow.objects.count()) == (0, 0)
    assert (source.received, source.stored) == (6, 6)
    again = connected(desk)
    asking.ask(source_id=again.pk, by="three", outside=world.outside)
    again.refresh_from_db()
    assert (again.pk, again.received, again.duplicate) == (source.pk, 12, 0)
    assert Arrival.objects.filter(undone_at=None).count() == 1

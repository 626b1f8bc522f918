"""A pass says who reads the stream and what; whoever has left is shown out in the next round."""

from __future__ import annotations

import asyncio
import json
import threading
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core import signing
from django.test import override_settings

from interlock.api.stream import passes
from interlock.api.stream.doorkeeping import ASK_EVERY_SECONDS, Doorkeeper, still_here
from interlock.api.stream.hub import Bearer, Pass, Refused
from interlock.fabric import events, people

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def session(db) -> str:
    store = SessionStore()
    store.create()
    return store.session_key


def test_a_pass_says_who_reads_what_and_hides_the_session(person, session):
    owner, contributor = person("owner"), person("contributor")

    token = passes.make_pass(owner, session, ["signals", "work"])

    assert passes.read_pass(token) == Pass(owner.pk, "owner", session, frozenset({"signals", "work"}))
    assert session not in token
    assert session not in json.dumps(signing.loads(token, salt="interlock.stream"))
    assert passes.read_pass(passes.make_pass(contributor, session, ["signals", "work"])).topics == {"signals"}


def test_nobody_gets_a_pass_for_what_they_may_not_hear(person, session):
    assert passes.make_pass(person("customer"), session, ["signals", "work"]) == ""
    assert passes.make_pass(person("owner"), "", ["signals"]) == ""
    with pytest.raises(KeyError):
        passes.make_pass(person("owner"), session, ["gossip"])


@pytest.mark.parametrize("spoil", ["", "x", "{}", "flip"])
def test_a_forged_pass_is_refused(person, session, spoil):
    token = passes.make_pass(person("owner"), session, ["signals"])
    forged = token[:-1] + ("a" if token[-1] != "a" else "b") if spoil == "flip" else spoil

    with pytest.raises(Refused, match="Load the page again"):
        passes.read_pass(forged)


def test_an_old_pass_and_one_of_another_key_are_refused(person, session, monkeypatch):
    token = passes.make_pass(person("owner"), session, ["signals"])
    with override_settings(SECRET_KEY="x" * 40), pytest.raises(Refused):
        passes.read_pass(token)
    monkeypatch.setattr(passes, "GOOD_FOR_SECONDS", -1)

    with pytest.raises(Refused):
        passes.read_pass(token)


def test_who_left_signed_out_or_changed_role_is_no_longer_here(person, session, django_assert_num_queries):
    here, left, demoted, out, idle = (person("lead") for _n in range(5))
    bearers = {Bearer(one.pk, "lead", session) for one in (here, left, demoted, idle)}
    bearers.add(Bearer(out.pk, "lead", "gone"))
    type(left).objects.filter(pk=left.pk).update(left_at=NOON)
    type(demoted).objects.filter(pk=demoted.pk).update(role="observer")
    type(idle.user).objects.filter(pk=idle.user.pk).update(is_active=False)

    with django_assert_num_queries(2):
        assert still_here(bearers) == {Bearer(here.pk, "lead", session)}


@pytest.mark.parametrize("role", ["contributor", "partner", "customer"])
def test_the_round_of_every_three_seconds_closes_whoever_has_left(person, session, role):
    """The mechanism behind "within five seconds": one round asks for all who read, and closes those who are gone."""
    gone, staying = person(role), person("owner")
    inside = {Bearer(gone.pk, role, session), Bearer(staying.pk, "owner", session)}
    loop, closed = asyncio.new_event_loop(), []

    async def bearers() -> set[Bearer]:
        return inside

    keeper = Doorkeeper(loop, bearers, closed.append)
    keeper._known = set(inside)
    people.end_access(person=gone, by=staying, now=NOON)
    _rounds(loop, keeper)
    loop.close()

    assert closed == [{Bearer(gone.pk, role, session)}]
    assert keeper._known == {Bearer(staying.pk, "owner", session)}, "and a new stream is refused"
    assert ASK_EVERY_SECONDS <= 4, "a round of 9,000 readers takes less than the second that is left"


def _rounds(loop: asyncio.AbstractEventLoop, keeper: Doorkeeper) -> None:
    """Let the loop answer the doorkeeper, who asks from where the database is, once."""
    answering = threading.Thread(target=loop.run_forever)
    answering.start()
    keeper._look_round()
    loop.call_soon_threadsafe(loop.stop)
    answering.join()


def test_the_address_leads_to_the_streams_own_port_or_to_the_proxy(person, session, settings):
    settings.STREAM_PORT, settings.STREAM_URL = 8001, ""
    events.tell(topic="signals", verb="came in", keys=["s-1"], at=NOON)
    owner = person("owner")

    def address(host: str) -> str:
        return passes.stream_address(owner, session, ["signals"], host)

    assert address("localhost:8000").startswith("http://localhost:8001/events?token=")
    assert address("[::1]:8000").startswith("http://[::1]:8001/events?")
    assert address("localhost:8000").endswith(f"&{urlencode({'after': events.last_number()})}")
    settings.STREAM_PORT = 0
    assert address("localhost:8000") == ""
    settings.STREAM_URL = "/events"
    assert address("interlock.example.com").startswith("/events?token=")

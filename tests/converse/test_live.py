"""What open pages of a talk hear, who hears it, and until when."""

from __future__ import annotations

import re

import pytest
from django.contrib.sessions.backends.db import SessionStore

from converse.conftest import NOW

pytestmark = pytest.mark.django_db


def heard(mixed, who) -> list[tuple[str, str]]:
    """Audience and verb of each event of the talk that a page of this person hears."""
    from interlock.api.stream.passes import make_pass, read_pass
    from interlock.converse.talks.telling import topics_of
    from interlock.fabric.events import events_after

    topics = read_pass(make_pass(who, "session", topics_of(mixed.talk, who))).topics
    return [(one.topic.split("-")[2], one.verb) for one in events_after(0, 100) if one.topic in topics]


def test_a_page_hears_of_the_lines_its_reader_reads_and_of_no_other(mixed):
    assert heard(mixed, mixed.maker)[-3:] == [("staff", "line"), ("partner", "line"), ("customer", "line")]
    assert heard(mixed, mixed.partner) == [("partner", "line"), ("customer", "line")]
    assert heard(mixed, mixed.customer) == [("customer", "line")]


def test_no_event_of_a_talk_holds_a_word_of_it(mixed):
    from interlock.converse.talks import drafts
    from interlock.fabric.models import Event

    drafts.keep_draft(conversation=mixed.talk, by=mixed.maker, body="canary", audience="staff", now=NOW)

    written = " ".join(f"{one.topic} {one.about_key} {one.detail}" for one in Event.objects.all())
    assert "canary" not in written
    assert {tuple(sorted(one.detail)) for one in Event.objects.filter(topic__startswith="talk-")} == {
        ("keys", "n")
    }


def test_asking_for_the_topics_of_a_talk_gives_only_those_one_may_hear(mixed, person):
    from interlock.api.stream.passes import make_pass, read_pass

    every = [f"talk-{mixed.talk.pk}-{audience}" for audience in ("staff", "partner", "customer")]

    assert read_pass(make_pass(mixed.customer, "session", every)).topics == {every[2]}
    assert make_pass(person("customer"), "session", every) == ""
    assert make_pass(mixed.customer, "session", ["talk-999999-customer"]) == ""


def test_somebody_writing_is_told_now_and_then_to_those_who_would_read_it(mixed):
    from datetime import timedelta

    from interlock.converse.talks import drafts

    def type_(seconds, body, audience="staff"):
        at = NOW + timedelta(seconds=seconds)
        drafts.keep_draft(conversation=mixed.talk, by=mixed.maker, body=body, audience=audience, now=at)

    before = len(heard(mixed, mixed.staff))
    for seconds, body in ((0, "A"), (1, "A l"), (2, "A li"), (7, "A lin"), (12, "A lin")):
        type_(seconds, body)
    type_(13, "A line.", "partner")

    assert heard(mixed, mixed.staff)[before:] == [
        ("staff", "writing"),
        ("staff", "writing"),
        ("partner", "writing"),
    ]
    assert ("staff", "writing") not in heard(mixed, mixed.partner)
    assert "writing" not in [verb for _audience, verb in heard(mixed, mixed.customer)]


def test_whoever_is_asked_out_is_no_longer_among_those_whose_stream_stays_open(mixed):
    from interlock.api.stream.doorkeeping import still_here
    from interlock.api.stream.passes import make_pass, read_pass
    from interlock.converse.talks import people
    from interlock.converse.talks.telling import topics_of

    bearers = {}
    for who in (mixed.staff, mixed.customer, mixed.partner):
        session = SessionStore()
        session.create()
        made = make_pass(who, session.session_key, topics_of(mixed.talk, who))
        bearers[who.role] = read_pass(made).bearer
    all_here = still_here(bearers.values())
    participant = mixed.talk.participants.get(person=mixed.customer)
    people.ask_out(participant=participant, by=mixed.staff, now=NOW)

    assert all_here == set(bearers.values())
    assert still_here(bearers.values()) == {bearers["lead"], bearers["partner"]}


def test_many_lines_arrive_in_parts_the_oldest_first_and_none_is_left_out(client, mixed):
    from interlock.converse import services
    from interlock.converse.talks.reading import last_read

    made = [
        services.say(conversation=mixed.talk, by=mixed.staff, body=f"{n}.", audience="customer", now=NOW).pk
        for n in range(60)
    ]
    client.force_login(mixed.customer.user)
    read, parts = [], []
    after = mixed.lines["customer"].pk
    for _part in range(2):
        text = client.get(f"{mixed.url}arrived/", {"after": after}).content.decode()
        parts.append([int(key) for key in re.findall(r'data-line="(\d+)"', text)])
        after = parts[-1][-1]
        read.append(last_read(mixed.talk, mixed.customer))

    assert (parts, read) == ([made[:50], made[50:]], [made[49], made[59]])


def test_the_parts_that_a_page_asks_for_ask_for_its_access_again(client, mixed):
    client.force_login(mixed.customer.user)
    hidden = mixed.lines["staff"].pk

    arrived = client.get(f"{mixed.url}arrived/", {"after": hidden - 1}).content.decode()

    assert arrived.count("<article") == 1
    assert [client.get(f"/messages/{line.pk}/").status_code for line in mixed.lines.values()] == [
        404,
        404,
        200,
    ]

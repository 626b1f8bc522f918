"""What is found is what one may read, word for word, the latest first, page by page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.urls import reverse

from converse.conftest import CUSTOMER_CANARY, NOW, PARTNER_CANARY, STAFF_CANARY
from interlock.converse import searching
from interlock.listen.search import parts_of

pytestmark = pytest.mark.django_db
CANARIES = (STAFF_CANARY, PARTNER_CANARY, CUSTOMER_CANARY)


def bodies(rows) -> list[str]:
    return [row.body for row in rows]


def found_by(client, who, words: str, **chips: str) -> dict[str, list[str]]:
    """The words of each hit, by kind, as the page shows them to this person."""
    client.force_login(who.user)
    page = client.get(reverse("web:search"), {"q": words, **chips})
    return {
        group.kind.key: [
            "".join(piece.text for piece in (*hit.title, *hit.pieces) if piece.text) for hit in group.hits
        ]
        for group in page.context["groups"]
    }


def test_signs_alone_are_found_by_those_who_read_the_line_they_stand_in(client, mixed):
    from interlock.converse import services

    title = "Which date may we promise?"
    for audience, body in (("staff", "So late 😡"), ("customer", "It comes 🙂 😡")):
        services.say(conversation=mixed.talk, by=mixed.staff, body=body, audience=audience, now=NOW)

    assert found_by(client, mixed.observer, "😡")["lines"] == [f"{title}It comes 🙂 😡", f"{title}So late 😡"]
    assert found_by(client, mixed.customer, "😡")["lines"] == [f"{title}It comes 🙂 😡"]
    assert found_by(client, mixed.observer, "👍") == {}


def test_a_line_is_found_by_what_it_says_and_shown_without_its_marks(client, mixed):
    from interlock.converse import services

    body = "The **brake hose** is short.![picture](/pictures/tt9R6JaclmnD67GM1/)"
    services.say(conversation=mixed.talk, by=mixed.staff, body=body, audience="customer", now=NOW)

    found = found_by(client, mixed.observer, "hose")

    assert found["lines"] == ["Which date may we promise?The brake hose is short. [picture]"]


@pytest.fixture
def decided(mixed):
    """A decision and a choice for each audience, objections to the widest one, and something attached."""
    from interlock.converse import services
    from interlock.converse.talks import exhibiting

    services.say(conversation=mixed.talk, by=mixed.maker, body="Mine.", now=NOW)
    for audience, canary in zip(("staff", "partner", "customer"), CANARIES, strict=True):
        services.decide(
            conversation=mixed.talk, by=mixed.staff, chosen=f"Chosen {canary}", because="so",
            audience=audience, now=NOW,
        )  # fmt: skip
        services.ask_choice(
            conversation=mixed.talk, by=mixed.staff, question=f"To pick {canary}", options=["A", f"B {canary}"],
            audience=audience, now=NOW,
        )  # fmt: skip
    for_all = mixed.talk.choices.last().options.first()
    objects = {"option": for_all, "consents": False, "now": NOW}
    services.take_stance(by=mixed.staff, reason=f"Objection {STAFF_CANARY}", audience="staff", **objects)
    services.take_stance(
        by=mixed.partner, reason=f"Objection {PARTNER_CANARY}", audience="partner", **objects
    )
    shown = exhibiting.seen(
        title=f"Kept {STAFF_CANARY}", note="", columns=["A"], rows=[["1"]], address="/", now=NOW
    )
    exhibiting.attach(conversation=mixed.talk, shown=shown, by=mixed.staff, now=NOW)
    return mixed


def canaries_found(client, decided) -> dict[str, list[str]]:
    """Which canaries stand on any page of hits, by the reader's role."""
    seen = {}
    for who in (decided.observer, decided.partner, decided.customer):
        client.force_login(who.user)
        text = "".join(
            client.get(reverse("web:search"), {"q": words, "kind": kind, **chip}).content.decode()
            for words, kind in (
                ("line", ""),
                ("chosen", ""),
                ("promise", ""),
                ("pick", "choices"),
                ("objection", "choices"),
                ("kept", "exhibits"),
                ("line", "lines"),
                ("chosen", "decisions"),
            )
            for chip in ({}, {"audience": "staff"}, {"by": str(decided.staff.pk)})
        )
        seen[who.role] = [canary for canary in CANARIES if canary in text]
    return seen


def test_a_search_gives_nobody_a_line_or_decision_of_another_circle(client, decided):
    assert canaries_found(client, decided) == {
        "observer": list(CANARIES),
        "partner": [PARTNER_CANARY, CUSTOMER_CANARY],
        "customer": [CUSTOMER_CANARY],
    }


def test_without_circles_the_same_search_finds_every_canary(client, decided, monkeypatch):
    """The control: what the test above looks for is there to be found."""
    from interlock.converse import queries

    monkeypatch.setattr(queries, "audiences_read_by", lambda person: ("staff", "partner", "customer"))

    assert canaries_found(client, decided)["customer"] == list(CANARIES)


def test_what_is_to_be_chosen_is_found_by_its_words_while_it_is_open(client, mixed):
    from interlock.converse import services

    services.say(conversation=mixed.talk, by=mixed.maker, body="Mine.", now=NOW)
    choice = services.ask_choice(
        conversation=mixed.talk, by=mixed.staff, question="Which carrier?", options=["Northline", "Southline"],
        audience="customer", now=NOW,
    )  # fmt: skip
    first = choice.options.first()
    services.amend_option(option=first, by=mixed.staff, words="Northline", costs="two days", now=NOW)
    for who, audience, reason in (
        (mixed.maker, "staff", "Their trucks leak."), (mixed.customer, "customer", "They broke my lamp."),
        (mixed.customer, "customer", "They broke my frame."),
    ):  # fmt: skip
        services.take_stance(option=first, by=who, consents=False, reason=reason, audience=audience, now=NOW)

    def found(who):
        words = ("carrier", "southline", "two days", "leak", "frame", "lamp")
        return [list(found_by(client, who, one)) for one in words]

    assert found(mixed.observer) == [["choices"]] * 5 + [[]]  # what was said anew before is not shown either
    assert found(mixed.customer) == [["choices"]] * 3 + [[], ["choices"], []]
    assert found_by(client, mixed.customer, "frame")["choices"] == [
        "Which carrier?Northline (two days); They broke my frame; Southline"
    ]
    services.decide(
        conversation=mixed.talk, by=mixed.staff, option=first, because="so", despite="so", now=NOW
    )
    assert [found_by(client, mixed.customer, "carrier"), "choices" in found_by(client, mixed.observer, "carrier")] == [
        {}, False,
    ]  # fmt: skip


def test_what_is_attached_is_found_by_its_caption_for_staff_alone(client, mixed):
    from interlock.converse.talks import exhibiting

    shown = exhibiting.seen(
        title="Late in September", note="of 100 promised", columns=["A"], rows=[["gear"]], address="/", now=NOW
    )  # fmt: skip
    exhibiting.attach(conversation=mixed.talk, shown=shown, by=mixed.staff, now=NOW)

    assert found_by(client, mixed.observer, "september promised") == {
        "exhibits": ["Late in Septemberof 100 promised"]
    }
    assert [found_by(client, who, "september") for who in (mixed.partner, mixed.customer)] == [{}, {}]


def test_a_title_that_guests_do_not_see_is_not_searched_for_them(client, mixed):
    assert found_by(client, mixed.customer, "staff") == {}
    assert found_by(client, mixed.customer, "promise") == {"talks": ["Which date may we promise?"]}
    assert list(found_by(client, mixed.observer, "promise")) == ["talks"]


def test_a_line_is_found_by_its_present_words_alone(mixed):
    from interlock.converse import corrections, services

    line = services.say(
        conversation=mixed.talk, by=mixed.staff, body="The Größe of WO-1234 is late.", now=NOW
    )

    def hits(words):
        return [one.pk for one in searching.lines_holding(mixed.staff, parts_of(words))]

    assert [hits(words) for words in ("late größe", "WO-1234", '"of wo 1234"', "lat*", "late early")] == [
        [line.pk], [line.pk], [line.pk], [line.pk], []
    ]  # fmt: skip

    corrections.edit_message(
        message=line, by=mixed.staff, body="It is early.", now=NOW + timedelta(seconds=9)
    )
    assert [hits("late"), hits("early")] == [[], [line.pk]]

    corrections.remove_message(message=line, by=mixed.staff, now=NOW + timedelta(seconds=19))
    assert hits("early") == []


@pytest.mark.parametrize("reader", ["staff", "customer"])
def test_pages_of_hits_follow_each_other_without_a_gap(mixed, reader):
    from interlock.converse import services

    said = [
        services.say(
            conversation=mixed.talk, by=mixed.staff, body=f"Saddle {n}", audience="customer", now=NOW
        ).pk
        for n in range(7)
    ]
    who, pages, before = getattr(mixed, reader), [], 0
    while page := [one.pk for one in searching.lines_holding(who, parts_of("saddle"), before)[:3]]:
        pages.append(page)
        before = page[-1]

    assert [len(page) for page in pages] == [3, 3, 1]
    assert [pk for page in pages for pk in page] == said[::-1]


def test_a_chip_narrows_and_leaves_out_kinds_that_know_nothing_of_it(client, mixed):
    from interlock.converse import services

    services.say(conversation=mixed.talk, by=mixed.maker, body="A saddle of mine.", now=NOW)
    services.say(conversation=mixed.talk, by=mixed.staff, body="A saddle, too.", audience="customer", now=NOW)

    assert found_by(client, mixed.observer, "saddle", audience="customer", kind="lines") == {
        "lines": [f"{mixed.talk.question}A saddle, too."]
    }
    assert found_by(client, mixed.observer, "saddle", by=str(mixed.maker.pk)) == {
        "lines": [f"{mixed.talk.question}A saddle of mine."]
    }
    assert found_by(client, mixed.observer, "saddle", kind="talks", audience="staff") == {}
    # A guest's wish to narrow by person is not heard.
    assert found_by(client, mixed.customer, "saddle", by=str(mixed.maker.pk)) == {
        "lines": [f"{mixed.talk.question}A saddle, too."]
    }


def test_a_hit_leads_to_the_line_however_many_follow(client, mixed):
    from interlock.converse import services

    line = services.say(conversation=mixed.talk, by=mixed.staff, body="The needle.", now=NOW)
    for n in range(55):
        services.say(conversation=mixed.talk, by=mixed.staff, body=f"Hay {n}", now=NOW)
    client.force_login(mixed.observer.user)
    page = client.get(reverse("web:search"), {"q": "needle"})
    (hit,) = page.context["groups"][0].hits

    assert "<mark>needle</mark>" in page.content.decode()
    assert f'id="message-{line.pk}"' in client.get(hit.url).content.decode()


def test_a_search_costs_as_many_queries_for_one_hit_as_for_many(client, mixed, django_assert_max_num_queries):
    from interlock.converse import services

    for n in range(40):
        services.say(conversation=mixed.talk, by=mixed.staff, body=f"Saddle {n}", now=NOW)
    client.force_login(mixed.observer.user)

    with django_assert_max_num_queries(14):
        client.get(reverse("web:search"), {"q": "saddle", "kind": "lines"})


def test_every_full_text_index_still_has_what_keeps_it():
    """SQLite drops triggers where a migration remakes a table; such a migration makes them again (see 0006 of listen)."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%USING fts5%'")
        indexes = {name for (name,) in cursor.fetchall()}
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        triggers = {name for (name,) in cursor.fetchall()}

    assert indexes >= {
        f"converse_{name}_words"
        for name in (
            "message",
            "reply",
            "conversation",
            "post",
            "choice",
            "option",
            "stance",
            "decision",
            "exhibit",
        )
    }
    assert {f"{name}_{what}" for name in indexes for what in ("added", "removed", "changed")} <= triggers


def test_days_are_counted_back_from_now(client, mixed, monkeypatch):
    from interlock.converse import services
    from interlock.web.searching import page

    services.say(conversation=mixed.talk, by=mixed.staff, body="An old saddle.", now=NOW - timedelta(days=40))
    monkeypatch.setattr(page.timezone, "now", lambda: datetime(2026, 11, 22, 10, tzinfo=UTC))

    assert [list(found_by(client, mixed.observer, "saddle", since=days)) for days in ("30", "365")] == [
        [], ["lines"]
    ]  # fmt: skip

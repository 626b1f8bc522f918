"""A word in a line reaches nobody outside its audience, on no page, file, list or search."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import reverse

from converse.conftest import CUSTOMER_CANARY, NOW, PARTNER_CANARY, STAFF_CANARY
from web.test_permissions import ADDRESSES

pytestmark = pytest.mark.django_db


def everything_served(client, mixed, who) -> Iterator[str]:
    """Every byte that this person is served: all addresses, of this talk and its lines, read and written to."""
    from interlock.converse.models import Choice, Ground, Message, Option, Stance

    client.force_login(who.user)
    things = {
        "conversation_id": [mixed.talk.pk],
        "message_id": list(Message.objects.values_list("pk", flat=True)),
        "commitment_id": [one.pk for one in mixed.talk.commitments.all()],
        "decision_id": [one.pk for one in mixed.talk.decisions.all()],
        "choice_id": list(Choice.objects.values_list("pk", flat=True)),
        "option_id": list(Option.objects.values_list("pk", flat=True)),
        "stance_id": list(Stance.objects.values_list("pk", flat=True)),
        "ground_id": list(Ground.objects.values_list("pk", flat=True)),
    }
    for name, parameters in ADDRESSES.items():
        if parameters and not set(parameters) <= set(things):
            continue
        for number in things[next(iter(parameters))] if parameters else [None]:
            url = reverse(name, kwargs=dict.fromkeys(parameters, number))
            for query in ("", "?q=canary&answer=1&htmx=1"):
                yield _bytes_of(client.get(f"{url}{query}"))
            if name.startswith("converse:"):
                said = {"body": "Hello.", "state": "kept", "stance": "object", "reason": "No."}
                yield _bytes_of(client.post(url, said))
                yield _bytes_of(client.post(url, {"body": ""}, headers={"HX-Request": "true"}))


def _bytes_of(answer) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return f"{answer.headers}{content.decode('utf-8', 'replace')}"


def attach(mixed) -> None:
    """A table among staff in the talk."""
    from interlock.converse.talks import exhibiting

    shown = exhibiting.seen(
        title=STAFF_CANARY, note=STAFF_CANARY, columns=["a"], rows=[[STAFF_CANARY]], address="/", now=NOW
    )
    exhibiting.attach(conversation=mixed.talk, shown=shown, by=mixed.staff, now=NOW)


@pytest.fixture
def decided(mixed):
    """The talk with a choice, a decision and a promise for each audience, and answers to hidden lines."""
    from interlock.converse import services

    services.say(conversation=mixed.talk, by=mixed.maker, body=f"Mine, {STAFF_CANARY}.", now=NOW)
    attach(mixed)
    for audience, canary in (
        ("staff", STAFF_CANARY),
        ("partner", PARTNER_CANARY),
        ("customer", CUSTOMER_CANARY),
    ):
        choice = services.ask_choice(
            conversation=mixed.talk, by=mixed.staff, question=f"Which, {canary}?", functions=["service"],
            options=[f"One {canary}", f"Two {canary}"], audience=audience, now=NOW,
        )  # fmt: skip
        option = choice.options.first()
        services.amend_option(option=option, by=mixed.staff, words=canary, costs=canary, now=NOW)
        services.add_ground(option=option, by=mixed.staff, note=STAFF_CANARY, now=NOW)
        stance = services.take_stance(
            option=option, by=mixed.maker, consents=False, reason=STAFF_CANARY, now=NOW
        )
        services.answer_objection(stance=stance, by=mixed.staff, answer=STAFF_CANARY, now=NOW)
        chosen = services.decide(
            conversation=mixed.talk, by=mixed.staff, option=choice.options.last(), because=canary,
            despite=STAFF_CANARY, audience=audience, now=NOW,
        )  # fmt: skip
        services.take_decision_back(decision=chosen, by=mixed.staff, because=canary, now=NOW)
        if audience == "customer":
            continue
        services.decide(
            conversation=mixed.talk, by=mixed.staff, chosen=f"Chosen {canary}", because=canary,
            audience=audience, now=NOW,
        )  # fmt: skip
        services.commit(
            conversation=mixed.talk, by=mixed.staff, what=f"Do {canary}", owner=mixed.staff,
            due=NOW.date(), audience=audience, now=NOW,
        )  # fmt: skip
    services.say(
        conversation=mixed.talk, by=mixed.staff, body="For you.", audience="customer",
        reply_to=mixed.lines["staff"], now=NOW,
    )  # fmt: skip
    return mixed


@pytest.mark.long
def test_no_canary_leaves_its_audience(client, decided):
    served = {
        who.role: "\n".join(everything_served(client, decided, who))
        for who in (decided.partner, decided.customer)
    }

    found = {
        role: [canary for canary in (STAFF_CANARY, PARTNER_CANARY, CUSTOMER_CANARY) if canary in text]
        for role, text in served.items()
    }
    assert found == {
        "partner": [PARTNER_CANARY, CUSTOMER_CANARY],
        "customer": [CUSTOMER_CANARY],
    }


@pytest.mark.long
def test_the_search_for_canaries_finds_one_that_leaks(client, decided, monkeypatch):
    """The control: with the circles of lines switched off, the same walk finds both."""
    from interlock.converse import queries

    monkeypatch.setattr(queries, "audiences_read_by", lambda person: ("staff", "partner", "customer"))

    found: set[str] = set()
    for text in everything_served(client, decided, decided.customer):
        found |= {canary for canary in (STAFF_CANARY, PARTNER_CANARY) if canary in text}
        if len(found) == 2:
            break  # the rest of the walk could only find them again

    assert found == {STAFF_CANARY, PARTNER_CANARY}


@pytest.mark.parametrize("role", ["partner", "customer"])
def test_a_guest_cannot_tell_whether_the_house_has_written_among_itself(client, mixed, person, role):
    """The page of a talk with hidden lines and decisions is the page of a talk without, to the byte."""
    from interlock.converse import services

    guest = getattr(mixed, role)
    client.force_login(guest.user)
    url, listed = mixed.url, "/conversations/"
    before = [_page(client, url), _page(client, listed)]

    services.say(conversation=mixed.talk, by=mixed.maker, body="Among us.", now=NOW)
    attach(mixed)
    choice = services.ask_choice(
        conversation=mixed.talk, by=mixed.staff, question="Which?", options=["A", "B"], now=NOW
    )
    services.take_stance(option=choice.options.first(), by=mixed.maker, consents=True, now=NOW)
    ours = services.decide(
        conversation=mixed.talk, by=mixed.staff, option=choice.options.first(), because="so", now=NOW
    )
    services.correct_decision(decision=ours, by=mixed.staff, chosen="Ours", because="so", now=NOW)
    services.commit(
        conversation=mixed.talk, by=mixed.staff, what="Ours", owner=mixed.staff, due=NOW.date(), now=NOW
    )

    assert [_page(client, url), _page(client, listed)] == before


def _page(client, url: str) -> str:
    import re

    page = client.get(url).content.decode()
    return re.sub(
        r'name="csrfmiddlewaretoken" value="\w+"|hx-headers=\S+|nonce-\S+|data-stream\S*="[^"]*"', "", page
    )

"""Two partner organisations: neither learns of the other, not even that it is there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from interlock.converse import queries as talks
from interlock.converse import services
from interlock.fabric import people
from interlock.fabric.models import Context, Organisation
from web.policy import POLICY
from web.test_guards import things  # noqa: F401 - a fixture
from web.test_permissions import ABSENT, ADDRESSES, without_ids

pytestmark = pytest.mark.long

CANARY = "CANARY-of-Vantero"


@pytest.fixture
def vantero(things, person):  # noqa: F811
    """Everything that Vantero has here, by the parameter of an address that names it: people, a talk with all in it."""
    now = timezone.now()
    Organisation.objects.create(key="vantero", name=f"Vantero {CANARY}")
    lead = person("lead", "sales", name="Lena")
    eve = person("partner", name=f"Eve {CANARY}", account="vantero")
    people.make_customer_too(person=eve, account="", by=lead, now=now)
    people.set_away(
        person=eve, until=now + timedelta(days=3), stand_in=person("partner", name=f"Ed {CANARY}", account="vantero"),
        by=eve, now=now,
    )  # fmt: skip
    talk = services.open_conversation(
        context=Context.objects.create(kind="order", key=CANARY, label=CANARY),
        title=CANARY,
        purpose=CANARY,
        question=f"Which price holds? {CANARY}",
        by=lead,
        people=[(lead, "sales"), (eve, "partner")],
        now=now,
    )
    line = services.say(
        conversation=talk, by=eve, body=f"Ours is lower. {CANARY}", audience="partner", now=now
    )
    services.say(conversation=talk, by=lead, body=f"Noted. {CANARY}", audience="staff", now=now)
    decision = services.decide(
        conversation=talk,
        by=lead,
        chosen=f"The lower one {CANARY}",
        because="so",
        audience="partner",
        now=now,
    )
    promise = services.commit(
        conversation=talk, by=eve, what=CANARY, owner=eve, due=now.date(), audience="partner", now=now
    )
    return things | {
        "person_id": eve.pk,
        "side_id": eve.customer_sides.get().pk,
        "conversation_id": talk.pk,
        "message_id": line.pk,
        "decision_id": (decision or talk.decisions.get()).pk,
        "commitment_id": promise.pk,
    }


@pytest.fixture
def tom(client, person):
    """Tom of Motrane, signed in."""
    tom = person("partner", name="Tom Vale", account="motrane")
    client.force_login(tom.user)
    return tom


def asked(client, method: str, url: str) -> tuple[int, object]:
    answer = client.generic(method.upper(), url)
    return answer.status_code, without_ids(answer), CANARY in answer.content.decode(errors="ignore")


def test_what_another_partner_has_looks_like_what_is_not_there_at_every_address(client, tom, vantero):
    named = [name for name in POLICY if ADDRESSES[name] and set(ADDRESSES[name]) <= set(vantero)]
    told_apart, seen = [], []

    for name in named:
        foreign = reverse(name, kwargs={key: vantero[key] for key in ADDRESSES[name]})
        # Words such as "pause" name an act, not a thing: they stay.
        absent = reverse(
            name,
            kwargs={
                key: ABSENT[kind] if kind in {"int", "uuid"} else vantero[key]
                for key, kind in ADDRESSES[name].items()
            },
        )
        for method in POLICY[name].methods:
            if asked(client, method, foreign) != asked(client, method, absent):
                told_apart.append((method, name))
            if CANARY in client.get(foreign).content.decode(errors="ignore"):
                seen.append(name)

    assert (told_apart, seen) == ([], [])
    assert len(named) > 60


def test_no_page_of_a_partner_holds_a_word_of_another(client, tom, vantero):
    queries = [
        "",
        "?q=CANARY",
        "?side=partner",
        "?side=partner&q=Eve",
        f"?by={vantero['person_id']}",
        "?key=vantero",
    ]

    seen = [
        (name, query)
        for name, row in POLICY.items()
        if not ADDRESSES[name] and "get" in row.methods and name != "account_logout"
        for query in queries
        if CANARY
        in client.get(reverse(name) + query).content.decode(errors="ignore").replace("?q=CANARY", "")
    ]

    assert seen == []


def test_the_page_of_another_organisation_is_as_absent_as_one_that_is_not_there(client, tom, vantero):
    page = reverse("web:organisation")

    foreign, absent = client.get(page, {"key": "vantero"}), client.get(page, {"key": "nobodys"})

    assert foreign.status_code == 404
    assert str(without_ids(foreign)).replace("vantero", "nobodys") == str(without_ids(absent))
    assert "Tom Vale" in client.get(page).content.decode()


def test_a_partner_sees_their_own_people_and_the_talks_they_were_asked_into(client, tom, vantero, person):
    tim = person("partner", name="Tim Rand", account="motrane")
    with_tim = services.open_conversation(
        context=Context.objects.create(kind="order", key="A", label="A"), title="Tim alone", question="Tim alone?",
        by=person("lead", "service"), people=[(tim, "partner")], now=timezone.now(),
    )  # fmt: skip

    page = client.get(reverse("web:organisation")).content.decode()

    assert "Tim Rand" in page
    assert "Tim alone" not in page, "a colleague's talk is not one's own until one is asked in"
    assert client.get(reverse("web:person", args=[tim.pk])).status_code == 200
    assert list(talks.conversations_visible_to(tim)) == [with_tim]


def test_a_partner_without_an_organisation_sees_nobody_but_themselves(client, person):
    alone, other = person("partner", name="Ann"), person("partner", name="Bob")

    assert [one.name for one in people.people_visible_to(alone)] == ["Ann"]
    client.force_login(alone.user)
    assert client.get(reverse("web:organisation")).status_code == 404
    assert client.get(reverse("web:person", args=[other.pk])).status_code == 404


def test_the_walls_are_really_tested(client, tom, vantero, monkeypatch):
    """The negative control: without the wall the canary is seen."""
    from interlock.converse.models import Conversation  # Django must be set up before rooms are imported

    monkeypatch.setattr(talks, "conversations_visible_to", lambda person: Conversation.objects.all())

    page = client.get(reverse("converse:conversation", args=[vantero["conversation_id"]]))

    assert CANARY in page.content.decode()

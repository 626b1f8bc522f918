"""You said, we did: nothing is public before a person releases it, and then only what was released."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from converse.loop.conftest import DAY, NOW
from interlock.converse.loop import replying, stories
from interlock.converse.loop.errors import NotForThePublic
from interlock.converse.models import Story, ToldPerson
from listen.themed import direction, joined, theme

pytestmark = pytest.mark.django_db
PAGES = ("you_said", "you_said_feed", "you_said_rows", "you_said_part")


def show(hinge, **more):
    words = {
        "said": "The hinge of my Plover opened.",
        "did": "A second latch, free of charge.",
        "who": "Product and Service",
        "product": "Plover Fold",
    }
    return stories.show(theme=hinge.theme, by=hinge.lena, now=NOW, **words | more)


def everything(client) -> str:
    return "".join(client.get(reverse(f"loop:{name}")).content.decode() for name in PAGES)


def test_nothing_of_an_unreleased_theme_is_in_any_byte(heard, client):
    text = everything(client)

    for secret in ("hinge", "latch", "Lena", "kim", "Help desk"):
        assert secret not in text


def test_the_canary_would_be_found(heard, client):
    """The negative control: once released, the same words are there."""
    show(heard)

    assert "latch" in everything(client)


def test_only_what_was_released_is_public(heard, client):
    secret = theme("CANARY undecided", direction(0, 1))
    joined(secret, direction(0, 1), "CANARY quote", by="zoe", at=NOW - DAY)
    show(heard)

    text = everything(client)

    for words in ("CANARY", "The hinge opens", "Which latch?", "My hinge opened", "Lena Fuchs", "kim", "zoe"):
        assert words not in text
    assert "2 of 6 say: solved" in text


def test_personal_data_is_masked_in_what_is_released(heard):
    one = show(heard, said="Write to marta@example.com or +49 170 1234567.")

    assert "marta@example.com" not in one.said
    assert "1234567" not in one.said


def test_too_few_customers_are_not_shown(hinge):
    with pytest.raises(NotForThePublic, match="Only 4 customers spoke"):
        show(hinge)

    assert Story.objects.count() == 0


def test_a_no_is_shown_as_not_done_and_why(heard, client):
    from interlock.listen.themes import deciding  # beside its only use

    deciding.take_decision_back(theme=heard.theme, by=heard.lena, now=NOW)
    deciding.decide(theme=heard.theme, decision="Too dear.", is_no=True, by=heard.lena, now=NOW)
    show(heard, did="Not done. Eleven shops tried.")

    assert "Not done, and why" in client.get(reverse("loop:you_said")).content.decode()


def test_withdrawn_nobody_reads_it_and_shown_again_all_do(heard, client):
    show(heard)
    stories.withdraw(theme=heard.theme, by=heard.lena, now=NOW)
    assert "latch" not in everything(client)

    show(heard)
    assert "latch" in everything(client)


def test_the_page_says_when_a_customer_opened_it_again(heard, client):
    show(heard)
    mo = ToldPerson.objects.get(customer="mo")
    replying.say(person=mo, solved=False, now=NOW + DAY)

    page = client.get(reverse("loop:you_said")).content.decode()

    assert "1 say: not yet" in page
    assert "Opened again" in page


def test_the_page_is_narrowed_by_month_and_product(heard, client):
    show(heard)

    def found(query: str) -> int:
        return len(client.get(reverse("loop:you_said") + query).context["shown"])

    assert [found(one) for one in ("", "?month=2026-11", "?month=2026-10", "?product=Plover+Fold", "?product=x")] == [
        1, 1, 0, 1, 0,
    ]  # fmt: skip
    assert found("?month=2026-99") == 0


def test_the_file_says_the_same_to_any_site(heard, client):
    show(heard)

    answer = client.get(reverse("loop:you_said_rows"))

    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert json.loads(answer.content) == {
        "stories": [
            {
                "you_said": "The hinge of my Plover opened.", "we_did": "A second latch, free of charge.",
                "not_done": False, "product": "Plover Fold", "decided_on": "2026-11-14", "customers": 6,
                "told": 6, "say_solved": 2, "say_not_solved": 0,
            }
        ]
    }  # fmt: skip


def test_the_part_may_be_framed_and_the_page_may_not(heard, client):
    part, page = client.get(reverse("loop:you_said_part")), client.get(reverse("loop:you_said"))

    assert "X-Frame-Options" not in part.headers
    assert "frame-ancestors *" in part.headers["Content-Security-Policy"]
    assert (page.headers["X-Frame-Options"], "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]) == (
        "DENY", True,
    )  # fmt: skip


def test_the_public_page_costs_the_same_whatever_stands_on_it(heard, client, django_assert_max_num_queries):
    show(heard)

    with django_assert_max_num_queries(12):
        client.get(reverse("loop:you_said"))


def test_it_is_looked_at_before_it_is_shown(heard, client):
    client.force_login(heard.lena.user)
    url = reverse("loop:show", args=[heard.theme.key])
    words = {"said": "It opened.", "did": "A latch.", "who": "", "product": ""}

    assert client.post(url, words | {"act": "look"}).status_code == 200
    assert Story.objects.count() == 0
    assert client.post(url, words | {"act": "show"}).status_code == 302
    assert Story.objects.get().did == "A latch."
    client.post(reverse("loop:withdraw", args=[heard.theme.key]))
    assert Story.objects.get().withdrawn_at is not None

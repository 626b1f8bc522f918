"""Everybody searches posts and replies, and finds what everybody may read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from interlock.converse.community import posting
from interlock.converse.community.speaking import as_person, without_account
from interlock.fabric import company

from .conftest import NOW, judged

pytestmark = pytest.mark.django_db


def reply(post, speaker, words: str, now=NOW):
    return posting.write_reply(post=post, words=words, speaker=speaker, now=now)


def found(client, words: str, **chips: str) -> list[str]:
    page = client.get(reverse("community:search"), {"q": words, **chips})
    return ["".join(piece.text for piece in hit.pieces) for hit in page.context["hits"]]


@pytest.fixture
def asked(write, marta):
    return write(marta)


def test_a_visitor_finds_replies_by_their_words(client, asked, marta):
    reply(asked, as_person(marta, company.company()), "A rubber cap keeps it dry.")
    page = client.get(reverse("community:search"), {"q": "rubber", "among": "replies"})

    assert [hit.url.partition("#")[0] for hit in page.context["hits"]] == [
        reverse("community:post", args=[asked.pk, asked.slug])
    ]
    assert "<mark>rubber</mark>" in page.content.decode()
    assert found(client, "dark") == ["Mine goes dark in the rain."]
    assert found(client, "rubber") == []


def test_what_is_held_is_found_by_staff_and_its_author_alone(client, asked, write, marta, priya, board):
    held = reply(asked, without_account("Nobody Known", company.company(), "m"), "Buy my rubber now.")
    other = write(marta, title="On a closed board", words="The rubber of a closed board.")
    type(board).objects.filter(pk=board.pk).update(opened_at=None)

    assert [found(client, "rubber", among=among) for among in ("posts", "replies")] == [[], []]

    client.force_login(marta.user)
    assert found(client, "rubber") == [other.words]  # one's own, whatever became of it
    assert found(client, "rubber", among="replies") == []

    judged(held, priya)
    type(board).objects.filter(pk=board.pk).update(opened_at=NOW)
    client.logout()
    assert found(client, "rubber", among="replies") == [held.words]


def test_a_reply_deep_in_a_long_page_is_led_to(client, asked, marta):
    from interlock.converse.models import Reply

    Reply.objects.bulk_create(
        Reply(
            post=asked,
            author=marta,
            author_name="Marta H.",
            words=f"Cap {n}",
            said_at=NOW + timedelta(minutes=n),
        )
        for n in range(60)
    )
    asked.__class__.objects.filter(pk=asked.pk).update(reply_count=60)
    (hit,) = client.get(reverse("community:search"), {"q": '"cap 55"', "among": "replies"}).context["hits"]

    address, _hash, anchor = hit.url.partition("#")
    assert f'id="{anchor}"' in client.get(address).content.decode()


def test_signs_alone_are_found_in_posts_and_replies_as_they_stand(client, asked, marta):
    reply(asked, as_person(marta, company.company()), "It works 🙂!!!")
    asked.__class__.objects.filter(pk=asked.pk).update(words="Why does it rattle? 😡")

    lists = [client.get(reverse("community:list"), {"q": sign}).context["posts"] for sign in ("😡", "👍")]

    assert [len(posts) for posts in lists] == [1, 0]
    assert found(client, "😡") == ["Why does it rattle? 😡"]
    assert found(client, "🙂", among="replies") == ["It works 🙂!!!"]
    assert found(client, "👍", among="replies") == []


def test_the_page_names_nobody_who_is_not_named_on_the_post(client, asked, marta):
    reply(asked, as_person(marta, company.company()), "A rubber cap.")

    text = client.get(reverse("community:search"), {"q": "rubber", "among": "replies"}).content.decode()

    assert "Marta H." in text
    assert "Hagen" not in text

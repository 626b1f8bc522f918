"""How people come into the community by a code, and how names and addresses are kept from strangers."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone

from converse.community.conftest import page_of
from interlock.converse.community import entering
from interlock.converse.models import Entry, Post, Standing
from interlock.fabric.models import Person, User

pytestmark = pytest.mark.django_db


def send_codes() -> None:
    """What a worker does."""
    for entry in Entry.objects.filter(used_at=None, code_hash=""):
        entering.send_code.call(entry.pk)


def code_in(note) -> str:
    return re.search(r"\b\d{6}\b", note.text)[0]


def test_a_visitor_s_post_is_kept_until_the_code_is_typed_and_is_then_online(client, mailed, board):
    form = {"kind": "ask", "board": board.pk, "product": "", "title": "Does it fit?", "words": "Mine is of 2025.",
            "name": "Marta Hagen", "address": "Marta@Example.com", "how": "code"}  # fmt: skip

    assert client.post(reverse("community:tell"), form)["Location"] == reverse("community:code")
    assert not Post.objects.exists()
    send_codes()
    answer = client.post(reverse("community:code"), {"code": code_in(mailed[0])})

    post, person = Post.objects.get(), Person.objects.get()
    assert answer["Location"] == page_of(post)
    assert (post.author, post.author_name, post.standing) == (person, "Marta H.", Standing.PUBLIC)
    assert (person.role, person.user.email, person.user.has_usable_password()) == (
        "customer",
        "marta@example.com",
        False,
    )
    assert (mailed[0].to, mailed[0].author) == ("marta@example.com", "Aldermoor Riders")
    assert 29 * 86_400 < client.session.get_expiry_age() <= 30 * 86_400


def test_the_answer_is_the_same_whether_the_address_is_known_or_not(client, mailed, marta, priya, board):
    answers = []
    for address in (marta.user.email, priya.user.email, "nobody@example.com"):
        answer = client.post(reverse("community:enter"), {"name": "X", "address": address})
        answers.append((answer.status_code, answer["Location"], client.get(answer["Location"]).status_code))
    send_codes()

    assert len(set(answers)) == 1
    assert [bool(re.search(r"\d{6}", note.text)) for note in mailed] == [True, False, True]


def test_a_colleague_never_comes_in_by_a_code(client, mailed, priya, board):
    client.post(reverse("community:enter"), {"name": "Priya", "address": priya.user.email})
    send_codes()

    assert "password or passkey" in mailed[0].text
    assert client.post(reverse("community:code"), {"code": "000000"}).status_code == 422


def test_a_code_is_good_five_times_ten_minutes_and_in_its_own_browser(client, mailed, board):
    from django.test import Client

    client.post(reverse("community:enter"), {"name": "Marta", "address": "marta@example.com"})
    send_codes()
    right = code_in(mailed[0])
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    key = client.session["community_entry"]

    assert Client().post(reverse("community:code"), {"code": right})["Location"] == reverse("community:enter")
    assert [client.post(reverse("community:code"), {"code": wrong}).status_code for _ in range(5)] == [
        422
    ] * 5
    assert "tried five times" in client.post(reverse("community:code"), {"code": right}).content.decode()
    Entry.objects.update(tries=0)
    late = entering.take_code(key=key, code=right, now=timezone.now() + timedelta(minutes=11))
    assert "no longer good" in late
    assert not User.objects.exists()
    assert isinstance(entering.take_code(key=key, code=right, now=timezone.now()), Person)
    assert isinstance(entering.take_code(key=key, code=right, now=timezone.now()), str), "used up"


def test_only_a_hash_of_the_code_is_stored(client, mailed, board):
    client.post(reverse("community:enter"), {"name": "Marta", "address": "marta@example.com"})
    send_codes()

    assert code_in(mailed[0]) not in str(Entry.objects.values().get())


def test_codes_to_one_address_end_after_five_in_an_hour(client, mailed, board):
    said = [
        client.post(reverse("community:enter"), {"name": "M", "address": "m@example.com"}).status_code
        for _ in range(6)
    ]

    assert said == [302] * 5 + [422]


def test_without_a_mail_server_the_page_says_so_and_offers_to_write_without_an_account(client, board):
    assert "No mail goes out" in client.get(reverse("community:enter")).content.decode()
    form = {
        "kind": "idea",
        "board": board.pk,
        "product": "",
        "title": "A hook",
        "words": "Please.",
        "name": "Ana Silva",
    }

    answer = client.post(reverse("community:tell"), form | {"how": "without"})

    assert "A colleague reads it before others do" in answer.content.decode()
    assert (Post.objects.get().standing, Post.objects.get().author_name) == (Standing.HELD, "Ana S.")


@pytest.mark.parametrize("name", ["marta@example.com", "123", "@marta"])
def test_a_name_that_is_an_address_is_refused(client, mailed, board, name):
    assert (
        client.post(reverse("community:enter"), {"name": name, "address": "m@example.com"}).status_code == 422
    )


def test_who_comes_in_is_back_on_the_page_they_asked_for(client, mailed):
    asked = [reverse("community:mine"), f"{reverse('notices:choices')}?from=mail"]
    doors, reached = [], []
    for number, address in enumerate(asked):
        door = client.get(address)["Location"]
        shown = client.get(door).context["next"]
        client.post(door, {"name": "Ana", "address": f"ana{number}@example.com", "next": shown})
        send_codes()
        reached.append(client.post(reverse("community:code"), {"code": code_in(mailed[-1])})["Location"])
        doors.append(door)
        client.logout()

    assert doors == [f"{reverse('community:enter')}?{urlencode({'next': one})}" for one in asked]
    assert reached == asked

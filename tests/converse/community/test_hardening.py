"""What strangers send to the pages of the community harms neither the pages nor the door."""

from __future__ import annotations

from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from django.core.cache import cache, caches
from django.urls import reverse
from django.utils import timezone

from converse.community.conftest import NOW, judged
from converse.community.test_coming_in import code_in, send_codes
from interlock.converse.community import entering, finding, flood, posting, signals
from interlock.converse.community.errors import NotAllowed, TooMuch
from interlock.converse.community.speaking import as_person, of_the_house, without_account
from interlock.converse.community.views.frame import machine_of
from interlock.converse.models import Post
from interlock.fabric import company

pytestmark = pytest.mark.django_db


def test_addresses_made_up_by_visitors_push_nothing_out_of_other_caches(client, write, marta):
    write(marta)
    cache.set("failed-sign-ins", 5)
    listed = reverse("community:list")

    for number in range(3):
        for asked in (
            {"after": f"x{number}"},
            {"q": f"x{number}"},
            {"status": f"x{number}"},
            {"product": f"x{number}"},
        ):
            assert client.get(listed, asked).status_code == 200

    assert not [key for key in caches["pages"]._cache if "page:" in key]
    client.get(listed)
    assert [key for key in caches["pages"]._cache if "page:" in key]
    assert not [key for key in cache._cache if "page:" in key]
    assert cache.get("failed-sign-ins") == 5


def test_control_signs_in_a_post_do_not_break_the_feed(client, write, marta):
    marta.name = "Mar\x01ta Hagen"
    post = write(marta, title="Dark \x08display", words="It \x01goes\x0c dark\x1f\n\tin the rain.")

    feed = client.get(reverse("community:feed"))

    assert feed.status_code == 200
    ET.fromstring(feed.content)
    assert (post.title, post.words, post.author_name) == (
        "Dark display",
        "It goes dark\n\tin the rain.",
        "Marta H.",
    )


@pytest.mark.parametrize(
    "asked",
    [
        {"after": "0001-01-01T00:00:00+23:59~1"},
        {"after": "9999-12-31T23:59:59-23:59~1"},
        {"product": "a\0b"},
        {"status": "a\0b"},
        {"q": "a\0b"},
    ],
)
def test_a_forged_address_of_a_list_is_read_without_harm(client, write, marta, asked):
    write(marta)

    assert client.get(reverse("community:list"), asked).status_code == 200


def test_words_refused_after_the_code_are_still_in_their_form(client, board, mailed, monkeypatch):
    monkeypatch.setattr(flood, "MOST_OF_PERSON", 0)
    words = "Mine goes dark whenever it rains."
    who = {"name": "Marta Hagen", "address": "marta@example.com"}
    client.post(
        reverse("community:tell"),
        {"kind": "ask", "board": board.pk, "product": "", "title": "Dark", "words": words, **who},
    )
    send_codes()

    answer = client.post(reverse("community:code"), {"code": code_in(mailed[-1])}, follow=True)

    assert answer.redirect_chain[-1][0] == reverse("community:tell")
    assert words in answer.content.decode()
    assert "That is a lot for one hour" in answer.content.decode()


def test_a_reply_refused_after_the_code_is_still_in_its_form(client, write, marta, mailed, monkeypatch):
    post = write(marta)
    monkeypatch.setattr(flood, "MOST_OF_PERSON", 0)
    form = reverse("community:reply", args=[post.pk])
    client.post(form, {"words": "Mine as well.", "name": "Ana Silva", "address": "ana@example.com"})
    send_codes()

    answer = client.post(reverse("community:code"), {"code": code_in(mailed[-1])}, follow=True)

    assert answer.redirect_chain[-1][0] == form
    assert "Mine as well." in answer.content.decode()
    monkeypatch.undo()
    client.post(form, {"words": "Mine as well."})
    assert "Mine as well." not in client.get(form).content.decode()


def test_questions_of_the_house_and_colleagues_count_as_no_customers(board, write, marta, priya):
    house = posting.write_post(
        board=board, kind="idea", title="A hook", words="Under the seat.", product="",
        speaker=of_the_house(priya, company.company()), now=NOW,
    )  # fmt: skip
    own = write(priya, kind="problem")

    for post in (house, own):
        post.refresh_from_db()
        assert post.people_count == 0
        with pytest.raises(NotAllowed, match="reply instead"):
            posting.write_reply(
                post=post, words="Me too.", has_the_same=True,
                speaker=as_person(priya, company.company()), now=NOW,
            )  # fmt: skip
        posting.vote(post=post, by=marta, on=True, now=NOW)
        post.refresh_from_db()
        assert (post.people_count, post.company_count) == (1, 1)


def test_judging_makes_no_room_for_the_next_five_of_one_machine(board, priya):
    speaker = without_account("Ana", company.company(), "machine")

    def post():
        return posting.write_post(
            board=board, kind="idea", title="A", words="B", product="", speaker=speaker, now=NOW
        )

    for _ in range(flood.MOST_OF_MACHINE):
        judged(post(), priya, because="It sells something.")

    with pytest.raises(TooMuch):
        post()


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_a_machine_is_known_by_its_network_of_ipv6(rf, one, other, alike):
    marks = {machine_of(rf.get("/", REMOTE_ADDR=address)) for address in (one, other)}

    assert len(marks) == (1 if alike else 2)


def test_what_visitors_type_is_compared_by_words_without_the_encoder(
    client, signed_in, write, marta, monkeypatch
):
    write(marta, title="Display goes dark in the rain")
    asked = []
    monkeypatch.setattr(finding, "_by_meaning", lambda text: asked.append(text) or [])
    typed = {"title": "my display is dark", "words": "when it rains"}

    assert "Display goes dark" in client.post(reverse("community:near"), typed).content.decode()
    assert asked == []
    signed_in("customer").post(reverse("community:near"), typed)
    assert len(asked) == 1


def test_marks_of_machines_are_forgotten_after_a_day(board):
    now = timezone.now()
    for age in (1, 25):
        posting.write_post(
            board=board, kind="idea", title=str(age), words="B", product="",
            speaker=without_account("Ana", company.company(), "machine"), now=now - timedelta(hours=age),
        )  # fmt: skip

    entering.forget_old_codes.call()

    assert dict(Post.objects.values_list("title", "caller")) == {"1": "machine", "25": ""}


def test_new_words_of_the_company_are_on_kept_pages_within_a_minute(client, write, marta, person):
    write(marta)
    listed = reverse("community:list")
    client.get(listed)

    company.change_company(words={"name": "Brookfell"}, by=person("owner"), now=NOW)
    caches["pages"].delete("community:today:en")

    assert "Brookfell" in client.get(listed).content.decode()


def test_a_customer_is_told_the_name_that_others_read(client, marta, board):
    client.force_login(marta.user)
    page = client.get(reverse("community:tell")).content.decode()

    assert "others read you as Marta H." in page


def test_a_kept_page_names_what_is_close_as_soon_as_it_is_known(client, write, marta):
    write(marta, title="Display goes dark in the rain")
    post = write(marta, title="My display goes dark in heavy rain")
    address = reverse("community:post", args=[post.pk, post.slug])
    assert "Display goes dark in the rain" not in client.get(address).content.decode()

    signals.pass_on(now=timezone.now())

    assert "Display goes dark in the rain" in client.get(address).content.decode()

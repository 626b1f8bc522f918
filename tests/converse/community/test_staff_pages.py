"""What staff do on the pages of the community: boards, roster, the company's words, what was held."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from converse.community.conftest import NOW
from interlock.converse.community import posting
from interlock.converse.community.speaking import without_account
from interlock.converse.models import Board, Case, Duty, Post, Standing, Status
from interlock.fabric import company
from interlock.fabric.models import Company, JournalEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(board):
    return posting.write_post(
        board=board, kind="idea", title="CANARY hook", words="Under the seat.", product="",
        speaker=without_account("Ana Silva", company.company(), "machine"), now=NOW,
    )  # fmt: skip


def test_the_owner_gives_the_community_the_company_s_own_name(signed_in, db):
    owner = signed_in("owner")

    owner.post(reverse("community:company"), {"name": "Aldermoor", "second_word": "Riders"})

    owner.logout()
    page = owner.get(reverse("community:list")).content.decode()
    assert "Aldermoor" in page
    assert "Interlock" not in page
    assert Company.objects.count() == 1


def test_a_lead_makes_a_board_that_nobody_outside_sees(signed_in, db):
    lead = signed_in("lead", "service")

    lead.post(
        reverse("community:new_board"), {"name": "City 3", "kinds": ["ask"], "products": "City 3\n\nCity 4"}
    )

    board = Board.objects.get()
    assert (board.key, board.products, board.kinds, board.opened_at) == (
        "city-3",
        ["City 3", "City 4"],
        ["ask"],
        None,
    )
    page = lead.get(reverse("community:list")).content.decode()
    assert "City 3 is not open yet" in page
    assert "25 answered questions and a host on 14 days" in page


@pytest.mark.parametrize("name", ["Queue", "tell", "!!!"])
def test_a_board_does_not_take_the_address_of_a_page(signed_in, db, name):
    answer = signed_in("lead").post(reverse("community:new_board"), {"name": name, "kinds": ["ask"]})

    assert (answer.status_code, Board.objects.count()) == (422, 0)


def test_a_board_that_is_not_ready_stays_closed_and_says_why(signed_in, db):
    board = Board.objects.create(key="city", name="City 3", made_at=NOW)

    page = (
        signed_in("lead").post(reverse("community:open_board", args=[board.pk]), follow=True).content.decode()
    )

    board.refresh_from_db()
    assert board.opened_at is None
    assert "25 answered questions" in page


def test_the_roster_of_fourteen_days_is_kept(signed_in, db, priya, noon):
    lead = signed_in("lead", "service")
    today = noon.date()
    form = {f"person_{today + timedelta(days=n):%Y%m%d}": priya.pk for n in range(14)}
    form |= {f"until_{today:%Y%m%d}": "20:00"}

    assert lead.post(reverse("community:roster"), form).status_code == 302

    assert Duty.objects.count() == 14
    assert (
        "Somebody is on duty on each of the next 14 days"
        in lead.get(reverse("community:roster")).content.decode()
    )
    del form[f"person_{today:%Y%m%d}"]
    lead.post(reverse("community:roster"), form)
    assert not Duty.objects.filter(day=today).exists()


def test_what_was_held_is_let_through_with_one_press(signed_in, client, held):
    staff = signed_in("contributor", "service")
    assert "CANARY hook" in staff.get(reverse("community:moderation")).content.decode()

    staff.post(reverse("community:judge", args=[Case.objects.get().pk]), {"act": "let through"})

    held.refresh_from_db()
    assert (held.standing, held.judged_by) == (Standing.PUBLIC, staff.person)


def test_what_is_not_let_through_needs_a_reason_on_the_page_too(signed_in, held):
    staff = signed_in("contributor", "service")

    page = staff.post(reverse("community:judge", args=[Case.objects.get().pk]), {"act": "reject"})
    assert (page.status_code, "Say why" in page.content.decode()) == (422, True)
    assert Post.objects.get().standing == Standing.HELD

    staff.post(
        reverse("community:judge", args=[Case.objects.get().pk]),
        {"act": "reject", "because": "It sells something."},
    )
    assert Post.objects.get().judged_because == "It sells something."


@pytest.mark.parametrize("name", ["post", "short", "reply", "same"])
def test_a_held_post_looks_to_others_like_one_that_is_not_there(client, signed_in, held, name):
    def asked(reader, number):
        slug = [held.slug] if name == "post" else []
        answer = reader.get(reverse(f"community:{name}", args=[number, *slug]))
        return answer.status_code, re.sub(
            r"\d+|name=\"csrf[^>]*|value=\"\w{64}\"", "", answer.content.decode()
        )

    for reader in (client, signed_in("customer"), signed_in("partner")):
        assert asked(reader, held.pk) == asked(reader, 999_999)
        assert asked(reader, held.pk)[0] == 404


def test_a_customer_who_lost_the_way_stays_with_the_company(client, board):
    page = client.get("/community/nowhere/").content.decode()

    assert "There is nothing at this address" in page
    assert "Interlock" not in page


def test_a_post_is_moved_on_with_a_reason_that_everybody_reads(signed_in, client, write, marta):
    post = write(marta, kind="idea")
    staff = signed_in("contributor", "product")
    planned = Status.objects.get(key="planned")

    wrong = staff.post(reverse("community:status", args=[post.pk]), {"to": planned.pk, "because": ""})
    staff.post(
        reverse("community:status", args=[post.pk]),
        {"to": planned.pk, "because": "It goes into the 2027 seat."},
    )

    assert wrong.status_code == 422
    staff.logout()
    page = staff.get(reverse("community:post", args=[post.pk, post.slug])).content.decode()
    assert "It goes into the 2027 seat." in page
    assert "Planned" in page


def test_the_journal_notes_what_happened_and_none_of_the_words(write, marta):
    write(marta, words="CANARY words")

    entries = list(JournalEntry.objects.filter(verb="posted"))

    assert len(entries) == 1
    assert "CANARY" not in str([entry.detail for entry in entries])


def test_colleagues_talk_about_a_post_where_no_customer_reads_it(signed_in, client, write, marta):
    post = write(marta)
    page = reverse("community:post", args=[post.pk, post.slug])
    staff = signed_in("lead", "service")
    token = re.search(r'name="about" value="([^"]+)"', staff.get(page).content.decode())[1]

    staff.post(
        reverse("converse:start"), {"about": token, "body": "CANARY among us: who knows the connector?"}
    )

    assert "CANARY among us" in staff.get(page).content.decode()
    for reader in (signed_in("customer"), signed_in("partner")):
        assert "CANARY" not in reader.get(page).content.decode()
    reader.logout()
    assert "CANARY" not in reader.get(page).content.decode()
    assert "Among us" not in reader.get(page).content.decode()

"""The pages of moderators, authors and readers: what they hold, who opens them, and how many queries they cost."""

from __future__ import annotations

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from converse.community.conftest import NOW, judged
from interlock.converse.models import Case, Policy, Post, Report, Standing
from interlock.converse.moderation import reporting

pytestmark = pytest.mark.django_db
SELLS = "Buy now, my cheap rings!"


def page_of(post):
    return reverse("community:post", args=[post.pk, post.slug])


def reads(client, address) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def queries(client, address) -> int:
    caches["pages"].clear()
    with CaptureQueriesContext(connection, ) as made:  # fmt: skip
        reads(client, address)
    return len(made)


def test_the_list_of_what_waits_costs_the_same_for_one_and_for_many(signed_in, unnamed, write, person):
    staff, address = signed_in("lead", "service"), reverse("community:moderation")
    write(person("customer"), words=SELLS)
    unnamed()
    few = queries(staff, address)

    for number in range(6):
        write(person("customer", name=f"Ana {number}"), words=SELLS)
        unnamed(machine=f"machine {number}")

    assert queries(staff, address) == few
    assert few <= 18


def test_a_page_of_a_post_costs_the_same_whatever_many_said_and_corrected(
    client, write, marta, person, reply
):
    post = write(marta)
    reply(post, person("customer", name="Ana 0"))
    few = queries(client, page_of(post))

    for number in range(8):
        reply(post, person("customer", name=f"Ana {number}"))

    assert queries(client, page_of(post)) == few


def test_a_case_shows_why_it_waits_and_how_its_author_is_known(signed_in, write, marta, edda, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    write(marta)
    post = write(marta, words=SELLS, title="Rings")
    reporting.report(said=Post.objects.earliest("pk"), by=edda, why="hurts", words="It insults.", now=NOW)
    staff = signed_in("contributor", "service")
    first, second = Case.objects.order_by("pk")

    held = reads(staff, reverse("community:case", args=[first.pk]))
    reported = reads(staff, reverse("community:case", args=[second.pk]))

    assert first.post == post
    for said in (
        "“buy now” reads like an advertisement.",
        "New: one text stands, since today, 0 not let through in half a year. Known from 3 in 2 days.",
        "The next one",
    ):
        assert said in held
    for said in (
        "Readers say that this does not belong here.",
        "It insults or threatens somebody, Edda",
        "It insults.",
    ):
        assert said in reported


def test_many_are_seen_before_they_are_decided(signed_in, unnamed):
    for number in range(3):
        unnamed(f"Idea {number}", machine=f"m{number}")
    staff, address = signed_in("lead"), reverse("community:many")
    chosen = {"case": [case.pk for case in Case.objects.all()[:2]], "act": "reject"}

    seen = staff.post(address, chosen)
    assert (seen.status_code, "Nobody else would read these 2 texts." in seen.content.decode()) == (200, True)
    assert Case.objects.filter(closed_at=None).count() == 3

    assert staff.post(address, chosen | {"sure": "yes"}).status_code == 422  # no reason
    staff.post(address, chosen | {"sure": "yes", "because": "All alike."})
    assert sorted(Post.objects.values_list("standing", "judged_because")) == [
        ("held", ""), ("rejected", "All alike."), ("rejected", "All alike."),
    ]  # fmt: skip
    assert staff.post(address, {"act": "reject"}, follow=True).status_code == 200  # nothing chosen


def test_the_author_reads_the_reason_and_asks_to_look_again_and_nobody_else_can(
    client, write, marta, edda, priya
):
    post = write(marta, words=SELLS)
    judged(post, priya, because="It sells rings.")
    appeal = reverse("community:appeal_post", args=[post.pk])
    client.force_login(edda.user)
    assert (client.get(appeal).status_code, client.get(page_of(post)).status_code) == (404, 404)

    client.force_login(marta.user)
    for address in (page_of(post), reverse("community:mine")):
        page = reads(client, address)
        assert ("It sells rings." in page, appeal in page) == (True, True)
    assert client.post(appeal, {"words": "They are bells."}).status_code == 302

    assert Case.objects.get(about="appeal").words == "They are bells."
    assert client.get(appeal).status_code == 404


def test_a_held_reply_says_so_in_its_place_to_its_author_alone(client, write, marta, edda, reply):
    post = write(marta)
    reply(post, edda, SELLS)
    assert SELLS not in reads(client, page_of(post))
    client.force_login(marta.user)
    assert SELLS not in reads(client, page_of(post))
    client.force_login(edda.user)

    page = reads(client, page_of(post))

    assert (SELLS in page, "reads like an advertisement" in page) == (True, True)


def test_a_visitor_is_sent_to_the_customers_door_and_comes_back(client, write, marta):
    post = write(marta)
    report = reverse("community:report_post", args=[post.pk])

    assert report in reads(client, page_of(post))
    assert client.get(report).headers["Location"].startswith(reverse("community:enter"))


def test_a_reader_reports_and_the_author_does_not_learn_who(client, write, marta, edda):
    post = write(marta)
    client.force_login(edda.user)
    client.post(reverse("community:report_post", args=[post.pk]), {"why": "wrong", "words": "It is not so."})
    assert Report.objects.get().person == edda
    client.force_login(marta.user)

    for address in (page_of(post), reverse("community:mine")):
        assert "Edda" not in reads(client, address)
    assert client.get(reverse("community:report_post", args=[post.pk])).status_code == 404


def test_the_policy_is_tried_before_it_is_kept(signed_in, write, marta):
    write(marta, words="My lawyer says that it goes dark.")
    lead, address = signed_in("lead"), reverse("community:policy")
    form = {name: getattr(Policy(), name) for name in ("least_letters", "most_links", "known_after", "known_days",
            "trusted_after", "trusted_days", "reports_hide")} | {"hold_praise": "on", "held_words": "Lawyer\n\nlawyer"}  # fmt: skip
    assert "Of the last 1 texts this holds 0." in reads(lead, address)

    tried = lead.post(address, form | {"act": "look"}).content.decode()
    assert ("Of the last 1 texts this would have held 1." in tried, Policy.objects.count()) == (True, 0)
    lead.post(address, form | {"act": "keep", "refused_hosts": "https://www.Casino.example/win"})

    kept = Policy.objects.get()
    assert (kept.held_words, kept.refused_hosts, kept.promotion) == (["lawyer"], ["casino.example"], [])
    wrong = lead.post(address, form | {"act": "keep", "reports_hide": 1, "held_hosts": "no host"})
    assert wrong.status_code == 422


def test_the_log_is_a_file_for_whoever_may_download(signed_in, unnamed, priya):
    judged(unnamed("=CANARY", "Under the seat."), priya, because="=1+1")

    answer = signed_in("contributor").get(reverse("community:moderation_file"))

    assert answer.headers["Content-Type"].startswith("text/csv")
    assert ("CANARY" in answer.content.decode(), ",'=1+1," in answer.content.decode()) == (False, True)
    assert signed_in("observer").get(reverse("community:moderation_file")).status_code == 403


def test_everything_of_one_person_is_taken_out_and_brought_back_by_press(signed_in, write, marta):
    write(marta)
    staff, address = signed_in("lead"), reverse("community:doings", args=[marta.pk])
    assert staff.post(address, {"because": ""}).status_code == 422

    staff.post(address, {"because": "Rings everywhere."})
    assert Post.objects.get().standing == Standing.REJECTED
    page = reads(staff, address)
    undo = page.split('action="/community/moderation/sweeps/')[1].split('"')[0]
    staff.post(f"/community/moderation/sweeps/{undo}")

    assert Post.objects.get().standing == Standing.PUBLIC


def test_the_acts_beside_a_text_are_those_that_one_may_do(client, write, marta, edda, reply, priya):
    post = write(marta, now=timezone.now())
    said = reply(post, edda, now=timezone.now())

    def acts(reader) -> set[str]:
        client.force_login(reader.user) if reader else client.logout()
        page = reads(client, page_of(post))
        names = ("reword_post", "take_away_post", "report_post", "merge", "reword_reply", "take_away_reply",
                 "report_reply", "split")  # fmt: skip
        numbers = {name: said.pk if name.endswith("reply") or name == "split" else post.pk for name in names}
        return {name for name in names if f'"{reverse(f"community:{name}", args=[numbers[name]])}"' in page}

    assert acts(None) == {"report_post", "report_reply"}
    assert acts(marta) == {"reword_post", "take_away_post", "report_reply"}
    assert acts(edda) == {"reword_reply", "take_away_reply", "report_post"}
    assert acts(priya) == {"reword_post", "reword_reply", "merge", "split"}


def test_who_reads_without_account_is_told_why_at_once_when_a_link_is_refused(client, board):
    Policy.objects.create(pk=1, refused_hosts=["casino.example"])
    form = {"kind": "idea", "board": board.pk, "product": "", "title": "Win", "how": "without",
            "words": "Come to https://casino.example/x", "name": "Ana Silva", "address": ""}  # fmt: skip

    page = client.post(reverse("community:tell"), form).content.decode()

    assert "It leads to casino.example, which we do not link to." in page
    assert Case.objects.get().outcome == "rejected"

"""Every page says the same of who waits and who was answered: the list, the queue, one signal, the records."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.urls import reverse

from interlock.listen import intake, replies, signal_copies
from interlock.listen.models import Answer, AnsweredSignal, Clock, Signal
from listen.small import NOON, signal, small_company
from listen.waiting import days, hours, opened, queue, said, source

pytestmark = pytest.mark.django_db


def answered_from_here(key: str, by) -> None:
    """The answer to this signal went out at noon."""
    sent = Answer.objects.create(author=by, text="Tomorrow.", made_at=NOON, sent_at=NOON, state="sent")
    AnsweredSignal.objects.create(answer=sent, signal_key=key)


def test_the_list_counts_as_waiting_whom_the_queue_shows(signed_in):
    shop = source()
    opened(*(said(source=shop, by=f"a{number}", answered=None) for number in range(3)))
    said(source=shop, by="a9", kind="praise", answered=False)
    client = signed_in("contributor")

    listed = client.get(reverse("listen:signals"), {"source": shop.key})

    waiting = queue(client, f"?source={shop.key}").context["matching"]
    assert (listed.context["heard"].headline, waiting) == (
        "4 signals are like that; 3 wait for an answer.", 3,
    )  # fmt: skip
    assert listed.text.count("not yet") == 4


def test_an_old_export_without_answers_has_nobody_who_waits(signed_in):
    export = source("files")
    said(source=export, answered=False, at=NOON - days(400))

    listed = signed_in("contributor").get(reverse("listen:signals"), {"source": export.key})

    assert listed.context["heard"].headline == "One signal is like that; 1 has no answer on record."


def test_the_filter_by_answer_follows_the_clock_where_the_source_says_nothing(signed_in):
    waits, told, _unknown = (said(by=f"a{number}", answered=None, title=f"T{number}") for number in range(3))
    opened(waits, told)
    Clock.objects.filter(signal_key=told.key).update(stopped_at=NOON + hours(1), stage="answered")
    reopened = said(by="a4", answered=True, title="T4", first_reply_at=NOON)
    said(by="a5", answered=True, title="T5", first_reply_at=NOON)
    opened(Signal.objects.get(pk=reopened.pk))
    Clock.objects.create(
        signal_key=reopened.key, kind="ticket", source=reopened.source, stage="reopened", opened_at=NOON, due_at=NOON
    )  # fmt: skip
    client = signed_in("contributor")

    found = {
        choice: {one.title for one in client.get(reverse("listen:signals"), {"answered": choice}).context["page"].signals}
        for choice in ("no", "yes", "unknown")
    }  # fmt: skip

    assert found == {"no": {"T0", "T4"}, "yes": {"T5"}, "unknown": {"T1", "T2"}}


def test_an_answer_from_here_does_not_make_the_others_unanswered(waiting, reads, signed_in):
    reads(small_company(*(signal(number) for number in range(3))))
    assert intake.run(waiting(), clock=lambda: NOON).error == ""
    client = signed_in("contributor")
    answered_from_here("s1", client.person)

    assert replies.write_first_replies(now=NOON) == 1
    signal_copies.sync(clock=lambda: NOON)

    said_of = dict(Signal.objects.values_list("key", "answered"))
    assert said_of == {"s0": None, "s1": True, "s2": None}


def test_a_reply_that_the_source_names_makes_its_other_signals_unanswered(waiting, reads):
    replied = signal(1, first_reply_at=datetime(2026, 1, 3))  # noqa: DTZ001 - the contract has no zone
    reads(small_company(signal(0), replied))

    assert intake.run(waiting(), clock=lambda: NOON).error == ""

    assert dict(Signal.objects.values_list("key", "answered")) == {"s0": False, "s1": True}


def test_the_page_of_a_signal_whose_clock_runs_says_that_nobody_has_answered(signed_in):
    review = said(kind="review", rating_share=0.2, answered=None)
    opened(review)

    page = signed_in("contributor").get(reverse("listen:signal", args=[review.pk]))

    assert "Nobody has answered yet." in page.text or "Came in late" in page.text
    assert "is not recorded" not in page.text


def test_of_imported_history_nobody_can_say_who_waits(signed_in, waiting, reads):
    reads(small_company(signal(1), signal(2)))
    assert intake.run(waiting(), clock=lambda: NOON).error == ""

    page = queue(signed_in("observer")).text

    assert "Who waits cannot be told yet." in page
    assert "The 2 signals here came with imports of the past, or ask for no answer, so no clock runs." in page


def test_where_clocks_ran_nobody_waits_is_a_statement_about_them(signed_in):
    one = said()
    opened(one)
    Clock.objects.update(stopped_at=NOON + hours(1), stage="answered")

    page = queue(signed_in("observer")).text

    assert "Nobody waits for an answer." in page
    assert "Nobody whose clock was started still waits." in page

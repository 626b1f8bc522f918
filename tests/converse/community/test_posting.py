"""What is said in the community is counted, heard by listen, answered and moved on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from converse.community.conftest import NOW, judged
from interlock.converse.community import answering, flood, posting, signals
from interlock.converse.community.errors import CommunityError, NotAllowed, NothingSaid, TooMuch
from interlock.converse.community.speaking import (
    as_person,
    of_the_house,
    on_behalf,
    shown_name,
    without_account,
)
from interlock.converse.models import Case, Post, Reply, Standing, Status, StatusChange
from interlock.converse.moderation import deciding
from interlock.fabric import company
from interlock.listen import settling
from interlock.listen.models import Clock, InboxRow, Signal, Stage

pytestmark = pytest.mark.django_db


def heard(now=None) -> None:
    """What a worker does: pass on what is due, and settle it."""
    moment = now or timezone.now()
    while signals.pass_on(now=moment):
        pass
    settling.settle(now=moment)


def reply(post, by, words, *, same=False, now=NOW):
    speaker = as_person(by, company.company()) if hasattr(by, "role") else by
    return posting.write_reply(post=post, words=words, speaker=speaker, now=now, has_the_same=same)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Marta Hagen", "Marta H."),
        ("Marta", "Marta"),
        ("Ana da Silva", "Ana S."),
        ("  Edda  Kühn ", "Edda K."),
    ],
)
def test_a_customer_is_shown_by_first_name_and_a_letter(name, shown):
    assert shown_name(name) == shown


def test_colleagues_and_partners_give_their_whole_name(person, board):
    about = company.company()

    assert as_person(person("partner", name="Radhaus Weber"), about).name == "Radhaus Weber"
    assert as_person(person("lead", name="Priya Nair"), about).name == "Priya Nair"


def test_a_question_is_a_signal_with_a_clock_of_sixteen_hours(write, marta):
    post = write(marta)

    heard()

    one = Signal.objects.get()
    assert (one.key, one.kind, one.title, one.body) == (
        f"community:post-{post.pk}", "post", post.title, post.words,
    )  # fmt: skip
    assert (one.account_key, one.contact_key, one.source.kind) == (
        "A-17",
        f"community:{marta.pk}",
        "community",
    )
    clock = Clock.objects.get()
    assert (clock.due_at - clock.opened_at, clock.stage) == (timedelta(hours=16), Stage.RECEIVED)


@pytest.mark.parametrize(
    ("kind", "signal"), [("idea", "idea"), ("problem", "complaint"), ("praise", "praise")]
)
def test_each_kind_of_post_is_a_kind_of_signal(write, marta, kind, signal):
    write(marta, kind=kind)

    heard()

    assert Signal.objects.get().kind == signal
    assert Clock.objects.count() == (kind != "praise")


def test_passing_on_twice_makes_one_signal(write, marta):
    post = write(marta)
    heard()
    Post.objects.filter(pk=post.pk).update(signal_due=NOW)

    heard()

    assert (InboxRow.objects.count(), Signal.objects.count()) == (1, 1)
    assert Post.objects.get().signal_due is None


def test_who_asks_now_is_heard_before_what_was_brought_in(write, marta, monkeypatch):
    monkeypatch.setattr(signals, "AT_ONCE", 1)
    brought, asked = write(marta, title="Brought in"), write(marta, title="Asked now")
    Post.objects.filter(pk=brought.pk).update(signal_due=NOW - timedelta(minutes=1))

    assert signals.pass_on(now=NOW) == 1

    assert list(Post.objects.filter(signal_due=None)) == [asked]


def test_an_official_answer_stops_the_clocks_and_answers_the_question(write, marta, priya, person):
    post = write(marta)
    reply(post, person("customer", name="Edda Kühn"), "Same for the City 3?", same=True)
    heard(NOW)

    answering.answer(
        post=post,
        by=priya,
        what_i_do="makes the displays",
        words="Yes, it fits.",
        now=NOW + timedelta(hours=2),
    )

    assert set(Clock.objects.values_list("stage", flat=True)) == {Stage.ANSWERED}
    post.refresh_from_db()
    assert (post.status.key, post.waits, post.answered_at) == ("answered", False, NOW + timedelta(hours=2))
    official = Reply.objects.get(is_official=True)
    assert (official.author_name, official.author_word) == ("Priya Nair", "makes the displays")


def test_an_answer_before_the_question_was_heard_leaves_no_clock(write, marta, priya):
    post = write(marta)
    answering.answer(post=post, by=priya, what_i_do="service", words="Yes.", now=NOW + timedelta(minutes=1))

    heard()

    assert Signal.objects.get().first_reply_at == NOW + timedelta(minutes=1)
    assert Clock.objects.count() == 0


def test_a_question_after_the_answer_waits_again(write, marta, priya, person):
    post = write(marta)
    answering.answer(post=post, by=priya, what_i_do="service", words="Yes.", now=NOW + timedelta(hours=1))
    reply(post, person("customer", name="Edda Kühn"), "Same for the City 3?", now=NOW + timedelta(hours=2))

    heard()

    assert Clock.objects.filter(stopped_at=None).count() == 1


def test_a_reply_that_asks_nothing_has_no_clock(write, marta, person):
    post = write(marta)
    reply(post, person("customer", name="Jonas Wulf"), "Had it done in Utrecht, works.")

    heard()

    assert Signal.objects.count() == 2
    assert list(Clock.objects.values_list("signal_key", flat=True)) == [f"community:post-{post.pk}"]


def test_who_has_the_same_is_counted_by_person_and_by_company(write, marta, person):
    post = write(marta, kind="problem")
    two = [person("customer", name=f"Ana {n}", account="A-99") for n in "bc"]
    loner = person("customer", name="Lone Wolf")

    posting.vote(post=post, by=two[0], on=True, now=NOW)
    posting.vote(post=post, by=two[0], on=True, now=NOW)
    posting.vote(post=post, by=loner, on=True, now=NOW)
    reply(post, two[1], "Mine as well.", same=True)
    reply(post, two[1], "Once more.", same=True)

    post.refresh_from_db()
    assert (post.people_count, post.company_count, post.reply_count) == (4, 2, 2)
    posting.vote(post=post, by=loner, on=False, now=NOW)
    post.refresh_from_db()
    assert (post.people_count, post.company_count) == (3, 2)


def test_a_vote_is_no_signal(write, marta, person):
    post = write(marta, kind="idea")
    posting.vote(post=post, by=person("customer"), on=True, now=NOW)

    heard()

    assert Signal.objects.count() == 1


@pytest.mark.parametrize("kind", ["ask", "praise"])
def test_questions_and_praise_are_not_voted_on(write, marta, person, kind):
    post = write(marta, kind=kind)

    with pytest.raises(NotAllowed, match="Only ideas and problems"):
        posting.vote(post=post, by=person("customer"), on=True, now=NOW)


def test_a_colleague_does_not_vote(write, marta, priya):
    post = write(marta, kind="idea")

    with pytest.raises(NotAllowed, match="Votes are the customers'"):
        posting.vote(post=post, by=priya, on=True, now=NOW)


def test_what_comes_without_an_account_is_held_and_heard_once_it_is_let_through(board, priya):
    about = company.company()
    post = posting.write_post(
        board=board, kind="idea", title="A hook", words="Under the seat.", product="",
        speaker=without_account("Ana Silva", about, "machine"), now=NOW,
    )  # fmt: skip
    heard()
    assert (post.standing, Signal.objects.count()) == (Standing.HELD, 0)

    judged(post, priya)
    heard()

    assert (Post.objects.get().standing, Signal.objects.get().key) == (
        Standing.PUBLIC,
        f"community:post-{post.pk}",
    )


def test_what_is_not_let_through_needs_a_reason_and_is_never_heard(board, priya):
    post = posting.write_post(
        board=board, kind="idea", title="Buy", words="Cheap watches.", product="",
        speaker=without_account("Ana", company.company(), "machine"), now=NOW,
    )  # fmt: skip

    first = Case.objects.get()

    with pytest.raises(NothingSaid):
        judged(post, priya, because=" ")
    judged(post, priya, because="It promotes a shop.")
    heard()

    assert (Post.objects.get().judged_because, Signal.objects.count()) == ("It promotes a shop.", 0)
    judged(post, priya)
    with pytest.raises(CommunityError, match="A colleague was first"):
        deciding.decide(case=first, let_through=True, by=priya, now=NOW)


def test_one_machine_without_account_is_stopped_after_five_in_an_hour(board):
    speaker = without_account("Ana", company.company(), "machine")

    def post(who=speaker):
        posting.write_post(board=board, kind="idea", title="A", words="B", product="", speaker=who, now=NOW)

    for _ in range(flood.MOST_OF_MACHINE):
        post()

    with pytest.raises(TooMuch):
        post()
    post(without_account("Ben", company.company(), "another machine"))


def test_a_colleague_writes_down_what_a_customer_said_and_where(board, priya):
    speaker = on_behalf("Ana Silva", priya, company.company(), "in a call on 12 March")
    post = posting.write_post(
        board=board, kind="problem", title="It squeaks", words="Loudly.", product="", speaker=speaker, now=NOW
    )

    heard()

    assert (post.author_name, post.quoted_from, post.written_by, post.author) == (
        "Ana S.", "in a call on 12 March", priya, None,
    )  # fmt: skip
    assert Signal.objects.count() == 1


def test_what_the_house_asks_itself_is_no_signal(board, priya):
    post = posting.write_post(
        board=board, kind="ask", title="Where is note 88?", words="Many ask.", product="",
        speaker=of_the_house(priya, company.company()), now=NOW,
    )  # fmt: skip

    heard()

    assert (post.author_name, Signal.objects.count()) == ("Aldermoor Riders", 0)


def test_declining_needs_a_reason_that_is_kept_with_who_and_when(write, marta, priya):
    post = write(marta, kind="idea")
    declined = Status.objects.get(key="not-done")

    with pytest.raises(NothingSaid):
        answering.change_status(post=post, to=declined, by=priya, because="", now=NOW)
    answering.change_status(post=post, to=declined, by=priya, because="Too few want it.", now=NOW)

    one = StatusChange.objects.get()
    assert (one.before.key, one.after.key, one.by, one.because) == (
        "open",
        "not-done",
        priya,
        "Too few want it.",
    )


def test_a_status_of_another_kind_is_refused(write, marta, priya):
    with pytest.raises(NotAllowed):
        answering.change_status(
            post=write(marta), to=Status.objects.get(key="planned"), by=priya, because="x", now=NOW
        )


def test_an_observer_neither_writes_nor_answers(write, marta, person):
    observer = person("observer")

    with pytest.raises(NotAllowed):
        write(observer)
    with pytest.raises(NotAllowed):
        answering.answer(post=write(marta), by=observer, what_i_do="x", words="y", now=NOW)

"""Which signals get a clock, when it is due, and who jumps the queue."""

from __future__ import annotations

import pytest

from interlock.listen import clocks, ended_clocks
from interlock.listen.models import Answer, AnsweredSignal, Clock, RestingClock, Sending, Signal, Stage
from listen.waiting import NOON, clock_of, days, hours, opened, said, source

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("kind", "more", "asks"),
    [
        ("ticket", {}, True),
        ("complaint", {"body": ""}, True),
        ("post", {}, True),
        ("idea", {}, True),
        ("cancel", {"body": ""}, True),
        ("social", {}, True),
        ("return", {"body": "It rattles"}, True),
        ("return", {"body": ""}, False),
        ("return", {"body": "", "title": "Rattles"}, True),
        ("review", {"body": "", "rating_share": 0.6}, True),
        ("review", {"body": "Fine", "rating_share": 0.8}, False),
        ("review", {"body": "Fine, but where is the bell?", "rating_share": 0.8}, True),
        ("review", {"body": "铃在哪里？", "rating_share": 1.0}, True),
        ("survey", {"body": "Fine"}, True),
        ("survey", {"body": ""}, False),
        ("praise", {"body": "Did I say thank you?"}, False),
        ("loss", {"body": "Why so dear?"}, False),
    ],
)
def test_a_signal_gets_a_clock_when_it_asks_for_an_answer(kind, more, asks):
    signal = said(kind=kind, **more)

    assert clocks.open_clocks(signals=[signal], now=NOON) == asks
    assert (clock_of(signal) is not None) == asks


@pytest.mark.parametrize("kind", sorted(clocks.ANSWER_HOURS))
def test_an_answer_is_due_so_many_hours_after_the_customer_spoke(kind):
    friday_evening = NOON + days(4) + hours(8)
    [clock] = opened(said("Why?", kind=kind, at=friday_evening), now=friday_evening)

    assert clock.due_at == friday_evening + hours(clocks.ANSWER_HOURS[kind])  # the weekend counts
    assert (clock.stage, clock.urgency, clock.because) == (Stage.RECEIVED, 0, "")


def test_the_hours_of_the_source_win():
    [clock] = opened(said(source=source(answer_hours=2)))

    assert clock.due_at == NOON + hours(2)


def test_the_customer_is_the_account_else_the_contact():
    account, contact, nobody = opened(
        said(by="a7", contact_key="c1"), said(by="", contact_key="c1"), said(by="")
    )

    assert [one.customer for one in (account, contact, nobody)] == ["account:a7", "contact:c1", ""]


def test_what_came_in_late_is_overdue_and_says_so():
    [clock] = opened(said(at=NOON - days(3), received_at=NOON))

    assert clock.due_at == NOON - days(2)
    assert clock.because == "Came in late: 3 days after it was said."


def test_a_clock_that_is_ahead_elsewhere_gives_us_no_more_time():
    [clock] = opened(said(at=NOON + hours(5), received_at=NOON))

    assert (clock.opened_at, clock.due_at) == (NOON, NOON + hours(24))


def test_a_second_failure_within_30_days_jumps_the_queue_and_says_which():
    said("", kind="return", reason="late delivery", at=NOON - days(20))
    [clock] = opened(said("The brake fails"))

    assert (clock.urgency, clock.because) == (1, "Second failure in 30 days: late delivery on 10 Feb.")


def test_a_third_failure_is_counted():
    said(title="Bell broken", at=NOON - days(20))
    said(title="Saddle broken", at=NOON - days(2))
    [clock] = opened(said("The brake fails"))

    assert clock.because == "Failure 3 in 30 days; the one before: Saddle broken on 28 Feb."


@pytest.mark.parametrize(
    "earlier",
    [
        {"at": NOON - days(31)},
        {"by": "a2", "at": NOON - days(2)},
        {"kind": "praise", "at": NOON - days(2)},
        {"kind": "review", "rating_share": 0.6, "at": NOON - days(2)},
        {"thread": "t1", "at": NOON - days(2)},
        {"at": NOON - hours(2)},
        {"contact_key": "c2", "at": NOON - days(2)},
        {"at": NOON + hours(1)},
    ],
    ids=[
        "long ago",
        "another customer",
        "praise",
        "middling",
        "same talk",
        "told twice",
        "colleague",
        "later",
    ],
)
def test_no_repeat_is_made_of(earlier):
    mailbox = source()
    said(source=mailbox, **earlier)
    [clock] = opened(said("The brake fails", source=mailbox, contact_key="c1", thread="t1"))

    assert (clock.urgency, clock.because) == (0, "")


def test_two_order_lines_failing_on_one_day_are_two_failures():
    said(at=NOON - hours(2), line_key="l1")
    [clock] = opened(said(line_key="l2"))

    assert clock.urgency == 1


def test_failures_within_one_batch_are_seen():
    first, second = opened(said("Broken", at=NOON - days(3)), said("Broken again"))

    assert [first.urgency, second.urgency] == [0, 1]


def test_a_signal_settled_twice_has_one_clock():
    signal = said()

    assert clocks.open_clocks(signals=[signal], now=NOON) == 1
    assert clocks.open_clocks(signals=[signal], now=NOON) == 0
    assert Clock.objects.count() == 1


def test_an_answer_in_the_other_system_stops_the_clock():
    signal = said()
    opened(signal)
    signal.answered, signal.first_reply_at = True, NOON + hours(2)

    clocks.open_clocks(signals=[signal], now=NOON + hours(3))

    clock = clock_of(signal)
    assert (clock.stage, clock.stopped_at) == (Stage.ANSWERED, NOON + hours(2))


def test_a_signal_already_answered_elsewhere_needs_no_clock():
    assert clocks.open_clocks(signals=[said(answered=True)], now=NOON) == 0


def test_a_customer_who_writes_again_after_an_answer_comes_back_to_the_same_person(person):
    anna = person("contributor", "service", name="Anna Roth")
    mailbox = source()
    first = said(thread="mail-1", at=NOON - days(2), source=mailbox)
    opened(first)
    answer = Answer.objects.create(
        author=anna, text="Tuesday.", made_at=NOON, state=Sending.SENT, sent_at=NOON - days(1)
    )
    AnsweredSignal.objects.create(answer=answer, signal_key=first.key)

    [clock] = opened(said("Which Tuesday?", thread="mail-1", source=mailbox))

    assert (clock.owner, clock.urgency) == (anna, 0)
    assert clock.because == "The customer wrote again after Anna Roth's answer of 1 Mar."


def test_of_an_import_only_what_is_young_and_unanswered_gets_a_clock():
    asked, exported = source(ask_every=300), source("files")
    young = NOON - days(13)
    open_ones = [
        said(at=young, received_at=None, answered=False, source=exported),
        said(at=young, received_at=None, answered=None, source=asked, by="a2"),
    ]
    said(at=young, received_at=None, answered=None, source=exported, by="a3")
    said(at=young, received_at=None, answered=True, source=exported, by="a4")
    said(at=NOON - days(15), received_at=None, answered=False, source=exported, by="a5")

    assert clocks.open_for_import(now=NOON) == 2
    assert clocks.open_for_import(now=NOON) == 0
    assert set(Clock.objects.values_list("signal_key", flat=True)) == {one.key for one in open_ones}


def test_an_import_that_brings_the_answer_stops_the_clock():
    signal = said(answered=False, received_at=None)
    clocks.open_for_import(now=NOON)
    Signal.objects.filter(pk=signal.pk).update(answered=True, first_reply_at=NOON + hours(1))

    clocks.open_for_import(now=NOON + days(1))

    assert clock_of(signal).stopped_at == NOON + hours(1)


def test_clocks_of_removed_signals_end_but_an_answered_one_stays(person):
    plain, answered = said(), said(by="a2")
    opened(plain, answered)
    answer = Answer.objects.create(author=person(), text="Yes.", made_at=NOON)
    AnsweredSignal.objects.create(answer=answer, signal_key=answered.key)

    assert ended_clocks.end_clocks(keys=[plain.key, answered.key], now=NOON) == 2

    assert clock_of(plain) is None
    assert clock_of(answered).stopped_at == NOON


def test_clocks_that_rest_run_again_as_they_were_unless_something_newer_came(person):
    plain, answered, newer, closed = said(), said(by="a2"), said(by="a3"), said(by="a4")
    opened(plain, answered, newer, closed)
    answer = Answer.objects.create(author=person(), text="Yes.", made_at=NOON)
    for one in (answered, closed):
        AnsweredSignal.objects.create(answer=answer, signal_key=one.key)
    Clock.objects.filter(signal_key=closed.key).update(stopped_at=NOON, closed_at=NOON)
    keys = [one.key for one in (plain, answered, newer, closed)]
    before = list(Clock.objects.order_by("pk").values())

    assert ended_clocks.rest_clocks(keys=keys, now=NOON + hours(1)) == 3
    assert (clock_of(plain), clock_of(answered).closed_at) == (None, NOON + hours(1))
    opened(newer, now=NOON + hours(2))
    again = clock_of(newer).pk
    assert ended_clocks.wake_returned() == 2

    after = list(Clock.objects.order_by("pk").values())
    assert [row for row in after if row["id"] != again] == [
        row for row in before if row["signal_key"] != newer.key
    ]
    assert ended_clocks.wake_returned() == RestingClock.objects.count() == 0


def test_clocks_whose_undo_is_cleared_away_are_forgotten():
    one = said()
    opened(one)
    ended_clocks.rest_clocks(keys=[one.key], now=NOON)

    assert ended_clocks.forget_resting(before=NOON) == 0
    assert ended_clocks.forget_resting(before=NOON + days(1)) == 1
    assert ended_clocks.wake_returned() == 0


def test_clocks_of_500_signals_take_no_more_queries_than_of_five(django_assert_num_queries):
    one_source = source()
    said(at=NOON - days(2))
    few = [said(source=one_source, by=f"a{n}", thread=f"m{n}") for n in range(5)]
    many = [said(source=one_source, by=f"a{n % 7}", thread=f"n{n}") for n in range(100)]

    # clocks there, sources, threads, failures, their threads, answers in the talks (2), the insert, is a chat to hear, savepoints
    with django_assert_num_queries(11) as asked:
        clocks.open_clocks(signals=few, now=NOON)
    with django_assert_num_queries(len(asked)):
        clocks.open_clocks(signals=many, now=NOON)

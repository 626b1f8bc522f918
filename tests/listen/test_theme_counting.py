"""What is counted of a theme: signals, voices, customers, money, its limit, and when it emerges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from interlock.fabric.models import Person
from interlock.listen.models import Theme, ThemeFigures, ThemeState
from interlock.listen.themes import counting
from interlock.listen.themes import weeks as weeks_as_numbers
from listen.themed import direction, joined, theme, weeks
from listen.waiting import NOON, source

pytestmark = pytest.mark.django_db
FEE, BELL = direction(1), direction(0, 1)


def figures(one):
    return ThemeFigures.objects.get(theme=one)


def test_weeks_begin_on_monday_in_utc():
    sunday = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
    assert weeks_as_numbers.monday_of(weeks_as_numbers.week_of(sunday)).isoformat() == "2026-02-23"
    assert (
        weeks_as_numbers.monday_of(weeks_as_numbers.week_of(sunday + timedelta(minutes=1))).isoformat()
        == "2026-03-02"
    )


def test_the_same_words_of_one_customer_are_one_voice_and_of_two_are_two():
    fee, shop = theme("fee", FEE), source()
    for _ in range(5):
        joined(fee, FEE, "Why a fee?", by="a1", source=shop)
    joined(fee, FEE, "Why a fee?", by="a2", source=shop)
    joined(fee, FEE, "The fee is wrong.", by="a2", source=shop)
    counting.count(now=NOON)
    found = figures(fee)
    assert (found.signals, found.voices, found.customers) == (7, 3, 2)
    assert found.weeks[-1] == ["2026-03-02", 7, 3, 2]
    assert found.kinds == {"ticket": 7}


def test_a_theme_emerges_above_its_limit_and_is_quiet_again_after_four_weeks():
    fee, bell, shop = theme("fee", FEE), theme("bell", BELL), source()
    for week in range(20):
        for number in range(10):
            joined(bell, BELL, f"Bell {week} {number}", by=f"b{number}", at=NOON + weeks(week), source=shop)
        joined(fee, FEE, f"Fee {week}", by=f"f{week}", at=NOON + weeks(week), source=shop)
    counting.count(now=NOON + weeks(20))
    assert set(Theme.objects.values_list("state", flat=True)) == {ThemeState.QUIET}

    for number in range(9):
        joined(fee, FEE, f"New fee {number}", by=f"n{number}", at=NOON + weeks(20), source=shop)
    joined(bell, BELL, "Bell", by="b1", at=NOON + weeks(20), source=shop)
    counting.count(now=NOON + weeks(20))
    fee.refresh_from_db()
    assert (fee.state, fee.state_since) == (ThemeState.EMERGING, NOON + weeks(20))
    assert figures(fee).limit < 9 < 10

    for week in range(21, 26):
        for number in range(10):
            joined(bell, BELL, f"Bell {week} {number}", by=f"b{number}", at=NOON + weeks(week), source=shop)
    counting.count(now=NOON + weeks(25))
    fee.refresh_from_db()
    assert fee.state == ThemeState.QUIET


def test_with_too_little_past_there_is_no_limit_and_no_alarm():
    fee, shop = theme("fee", FEE), source()
    for number in range(40):
        joined(fee, FEE, f"Fee {number}", by=f"f{number}", source=shop)
    counting.count(now=NOON)
    fee.refresh_from_db()
    assert (figures(fee).limit, fee.state) == (None, ThemeState.QUIET)


def test_rank_weighs_reach_by_severity_and_never_counts_rows_alone():
    many, few, shop = theme("praise", FEE), theme("broken", BELL), source()
    for number in range(20):
        joined(many, FEE, f"Nice {number}", by="a1", kind="review", rating_share=1.0, source=shop)
    for number in range(4):
        joined(few, BELL, f"Broken {number}", by=f"b{number}", kind="complaint", source=shop)
    counting.count(now=NOON)
    assert figures(few).rank == 1.0
    assert figures(many).rank == 0.0


def test_counting_asks_as_much_for_one_theme_as_for_thirty():
    shop, asked = source(), []
    joined(theme("first", FEE), FEE, source=shop)
    counting.count(now=NOON)
    for many in (0, 30):
        for number in range(many):
            joined(theme(f"theme {number}", direction(1, number)), direction(1, number), source=shop)
        with CaptureQueriesContext(connection) as queries:
            counting.count(now=NOON)
        asked.append(len(queries))
    assert asked[1] <= asked[0] + 1  # one more writes the ranks that changed


def read(signal, negative, **more):
    from interlock.listen.models import Understood  # after the settings

    intents = dict.fromkeys(
        ["complaint", "request", "question", "praise", "threat", "legal", "safety"], False
    )
    return Understood.objects.create(
        signal=signal, copy_hash=0, version="words-1", sentiment="neutral", chances={"negative": negative},
        **intents, **more,
    )  # fmt: skip


def test_a_ticket_is_no_failure_by_itself_and_its_words_tell_the_chance():
    fee, shop = theme("fee", FEE), source()
    read(joined(fee, FEE, "How do I see the fee?", by="a1", source=shop), 0.2)
    read(joined(fee, FEE, "The fee is a disgrace", by="a2", source=shop), 0.9)
    joined(fee, FEE, "Nobody has read this", by="a3", source=shop)

    counting.count(now=NOON)

    found = figures(fee)
    assert (found.voices, found.judged, found.let_down) == (3, 2, pytest.approx(1.1))
    assert found.let_down_low < 0.55 < found.let_down_high


def test_complaints_and_ratings_are_known_whatever_their_words():
    fee, shop = theme("fee", FEE), source()
    for number, more in enumerate(
        [
            {"kind": "complaint"},
            {"kind": "review", "rating_share": 0.2},
            {"kind": "review", "rating_share": 0.9},
        ]
    ):
        read(joined(fee, FEE, f"A fee {number}", by=f"a{number}", source=shop, **more), 0.5)

    counting.count(now=NOON)

    assert (figures(fee).judged, figures(fee).let_down) == (3, 2.0)


def test_the_same_words_posted_often_weigh_once():
    fee, shop = theme("fee", FEE), source()
    for _ in range(50):
        read(joined(fee, FEE, "A disgrace", by="a1", source=shop), 0.9)
    read(joined(fee, FEE, "Thank you", by="a2", source=shop), 0.1)

    counting.count(now=NOON)

    assert (figures(fee).judged, figures(fee).let_down) == (2, pytest.approx(1.0))


def test_what_a_person_says_of_the_feeling_counts_whole():
    fee, shop = theme("fee", FEE), source()
    one = joined(fee, FEE, "Well, thanks a lot", by="a1", source=shop)
    read(one, 0.1, corrected_by=Person.objects.create(name="Anna"))
    one.understood.__class__.objects.update(sentiment="negative")

    counting.count(now=NOON)

    assert figures(fee).let_down == 1.0

"""A theme above its limit asks for a decision, is decided, and is mended or asks anew."""

from __future__ import annotations

from datetime import date

import pytest

from interlock.analytics.themes.limits import ThemeLimit
from interlock.fabric import journal
from interlock.listen.errors import EditRefused
from interlock.listen.models import ThemeFigures, ThemeState, WatchedStream
from interlock.listen.outcry import alarms
from interlock.listen.themes import counting, deciding
from interlock.listen.themes.weeks import monday_of, week_of
from listen.themed import direction, theme, weeks
from listen.waiting import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def fee(db, home):
    return theme("The new fee", direction(1), state=ThemeState.OUTCRY, state_since=NOON)


def asking(person):
    return [(one.pk, one.is_theirs) for one in deciding.asking(person)]


def asked(fee, anna, *, by, **more):
    asks = {
        "question": "Do we keep the fee?",
        "decider": anna,
        "decide_by": date(2026, 4, 1),
        "function": "finance",
    }
    return deciding.ask_decision(theme=fee, by=by, now=NOON, **{**asks, **more})


def test_a_question_a_decider_and_a_date_together_make_it_being_decided(fee, person):
    anna, lead = person("lead", "finance"), person("lead", "service")
    assert asking(lead) == [(fee.pk, False)]

    assert asked(fee, anna, by=lead, decide_by=None).state == ThemeState.OUTCRY
    assert asked(fee, anna, by=lead).state == ThemeState.DECIDING

    assert asking(anna) == [(fee.pk, True)]
    assert asking(lead) == []
    assert asked(fee, None, by=lead, question="").state == ThemeState.EMERGING


def test_what_was_decided_is_kept_once_and_can_be_taken_back(fee, person):
    anna, lead = person("lead", "finance"), person("lead", "service")
    with pytest.raises(EditRefused, match="Write first which question"):
        deciding.decide(theme=fee, decision="Drop it", by=anna, now=NOON)
    asked(fee, anna, by=lead)
    with pytest.raises(EditRefused, match="Say in 1 to 1000 characters"):
        deciding.decide(theme=fee, decision="  ", by=anna, now=NOON)

    done = deciding.decide(theme=fee, decision=" We drop\n the fee. ", by=anna, now=NOON)

    assert (done.decision, done.decided_by, done.decided_at) == ("We drop the fee.", anna, NOON)
    assert asking(anna) == []
    with pytest.raises(EditRefused, match=f"{anna.name} has decided it already"):
        deciding.decide(theme=fee, decision="Keep it", by=lead, now=NOON)
    assert deciding.take_decision_back(theme=fee, by=lead, now=NOON).decided_at is None
    assert {one.verb for one in journal.entries_about(fee)} == {
        "asked for a decision", "decided about a theme", "took a decision back",
    }  # fmt: skip


def test_a_day_that_is_past_is_refused_and_one_that_was_kept_earlier_stays(fee, person):
    anna = person("lead", "finance")
    with pytest.raises(EditRefused, match=r"1 March is past\. Choose today or a later day"):
        asked(fee, anna, by=anna, decide_by=date(2026, 3, 1))

    assert asked(fee, anna, by=anna, decide_by=date(2026, 3, 2)).decide_by == date(2026, 3, 2)
    later = {"question": "Now?", "decider": anna, "decide_by": date(2026, 3, 2), "function": ""}
    assert deciding.ask_decision(theme=fee, by=anna, now=NOON + weeks(1), **later).question == "Now?"


def test_who_may_not_sort_decides_nothing_and_is_shown_nothing_that_nobody_decides(fee, person):
    observer = person("observer")

    assert asking(observer) == []
    with pytest.raises(EditRefused, match="does not include changing themes"):
        deciding.decide(theme=fee, decision="Drop it", by=observer, now=NOON)


def figures(fee, voices, at):
    """Voices of the five newest weeks, the last one that of `at`, and which of them passed a limit of 5."""
    last = week_of(at)
    weeks = [[monday_of(last - 4 + place).isoformat(), n, n, n] for place, n in enumerate(voices)]
    counted = ThemeFigures(theme=fee, counted_at=at, last_at=at, weeks=weeks, limit=5.0)
    return [counted], {fee.pk: ThemeLimit(5.0, 5.0, tuple(n > 5 for n in voices), voices[-1])}


@pytest.mark.parametrize(
    ("voices", "weeks_later", "state"),
    [
        ([2, 2, 1, 1, 0], 5, ThemeState.FIXED),
        ([0, 0, 0, 0, 0], 5, ThemeState.FIXED),  # nobody says it any more
        ([2, 2, 1, 1, 0], 3, ThemeState.DECIDING),  # too soon
        ([9, 2, 8, 1, 0], 5, ThemeState.DECIDING),  # above its limit in between
    ],
)
def test_below_its_limit_for_four_weeks_after_the_decision_it_is_mended(
    fee, person, voices, weeks_later, state
):
    anna = person("lead", "finance")
    asked(fee, anna, by=anna)
    fee = deciding.decide(theme=fee, decision="We drop the fee.", by=anna, now=NOON)

    counting._judge({fee.pk: fee}, *figures(fee, voices, NOON + weeks(weeks_later)), NOON)

    fee.refresh_from_db()
    assert fee.state == state


@pytest.mark.parametrize("heard_by", ["week", "watch"])
def test_what_was_mended_and_comes_back_asks_anew(fee, person, heard_by):
    anna = person("lead", "finance")
    asked(fee, anna, by=anna)
    fee = deciding.decide(theme=fee, decision="We drop the fee.", by=anna, now=NOON)
    fee.state = ThemeState.FIXED
    fee.save()

    if heard_by == "week":
        counting._judge({fee.pk: fee}, *figures(fee, [1, 1, 1, 1, 9], NOON + weeks(9)), NOON + weeks(9))
    else:
        stream = WatchedStream(kind="theme", key=fee.key, number=0, began_at=NOON)
        alarms.turn_theme(stream, "quiet", NOON + weeks(9))
        alarms.turn_theme(stream, "emerging", NOON + weeks(9))

    fee.refresh_from_db()
    assert (fee.state, fee.decided_at, fee.lacks_decider) == (ThemeState.EMERGING, None, True)
    assert asking(anna) == [(fee.pk, False)]

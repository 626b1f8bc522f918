"""What people change about themes: in force at once, reversible, and refused with a sentence when it cannot be."""

from __future__ import annotations

import pytest

from interlock.fabric import journal
from interlock.listen.errors import EditRefused
from interlock.listen.models import Cluster, PlacedSignal, Theme, ThemedSignal
from interlock.listen.themes import editing
from listen.themed import direction, joined, names_of, theme
from listen.waiting import NOON, days

pytestmark = pytest.mark.django_db
FEE, BELL, LATE = direction(1), direction(0, 1), direction(0, 0, 1)


@pytest.fixture
def anna(person):
    return person("contributor", "service", name="Anna")


def state():
    """Everything that an edit may set."""
    return (
        list(
            Theme.objects.order_by("pk").values_list("pk", "name", "named_by", "ended_at", "became", "parent")
        ),
        list(Cluster.objects.order_by("pk").values_list("pk", "theme", "placed_by")),
        list(ThemedSignal.objects.order_by("pk").values_list("pk", "cluster")),
        list(PlacedSignal.objects.order_by("signal_key").values_list("signal_key", "cluster")),
    )


def test_a_name_that_a_person_gave_is_in_force_and_can_be_taken_back(anna):
    fee = theme("fee account monthly", FEE)
    change = editing.rename(theme=fee, name="  The new   fee ", by=anna, now=NOON)
    fee.refresh_from_db()
    assert (fee.name, fee.named_by) == ("The new fee", anna)

    editing.take_back(change=change, by=anna, now=NOON + days(1))
    fee.refresh_from_db()
    assert (fee.name, fee.named_by) == ("fee account monthly", None)
    with pytest.raises(EditRefused, match="taken back already"):
        editing.take_back(change=change, by=anna, now=NOON + days(1))
    assert [line.verb for line in journal.entries_about(fee)] == [
        "took back a change of a theme",
        "renamed a theme",
    ]


def test_two_themes_merged_are_one_and_unmerged_are_two_as_before(anna):
    fee, bell = theme("fee", FEE), theme("bell", BELL)
    signals = [joined(fee, FEE), joined(fee, FEE), joined(bell, BELL)]
    before = state()

    change = editing.merge(theme=bell, into=fee, by=anna, now=NOON)
    bell.refresh_from_db()
    assert names_of(*signals) == ["fee", "fee", "fee"]
    assert (change.theme, change.other, change.signals) == (fee, bell, 1)
    assert (bell.ended_at, bell.became) == (NOON, fee)

    editing.take_back(change=change, by=anna, now=NOON + days(1))
    assert state() == before


def test_a_merge_under_which_another_was_made_is_taken_back_only_after_that(anna):
    fee, bell, late = theme("fee", FEE), theme("bell", BELL), theme("late", LATE)
    signal = joined(bell, BELL)
    first = editing.merge(theme=bell, into=fee, by=anna, now=NOON)
    second = editing.merge(theme=fee, into=late, by=anna, now=NOON + days(1))
    with pytest.raises(EditRefused, match="Take that back first"):
        editing.take_back(change=first, by=anna, now=NOON + days(2))
    assert names_of(signal) == ["late"]

    editing.take_back(change=second, by=anna, now=NOON + days(2))
    editing.take_back(change=first, by=anna, now=NOON + days(2))
    assert names_of(signal) == ["bell"]


def test_a_split_takes_along_what_is_like_the_examples_and_brings_it_home_again(anna):
    both = theme("fee and bell", direction(1, 1))
    fees = [joined(both, direction(3, 1, weight)) for weight in (0, 0.1, 0.2, 0.3)]
    bells = [joined(both, direction(1, 3, weight)) for weight in (0, 0.1, 0.2, 0.3)]

    change = editing.split(theme=both, examples=bells[:2], name="The bell", by=anna, now=NOON)
    assert names_of(*fees, *bells) == ["fee and bell"] * 4 + ["The bell"] * 4
    assert (change.other, change.signals) == (both, 4)

    later = joined(change.theme, direction(1, 3))
    editing.take_back(change=change, by=anna, now=NOON + days(1))
    assert names_of(*fees, *bells, later) == ["fee and bell"] * 9
    assert Theme.objects.get(name="The bell").became == both


def test_a_split_that_would_leave_nothing_is_refused_and_changes_nothing(anna):
    fee = theme("fee", FEE)
    signals = [joined(fee, FEE), joined(fee, FEE)]
    before = state()
    with pytest.raises(EditRefused, match="nothing would be left"):
        editing.split(theme=fee, examples=signals, name="All of it", by=anna, now=NOON)
    with pytest.raises(EditRefused, match="at least one signal"):
        editing.split(theme=fee, examples=[], name="None of it", by=anna, now=NOON)
    assert state() == before


def test_signals_moved_by_hand_stay_there_when_their_theme_is_split(anna):
    both, late = theme("fee and bell", direction(1, 1)), theme("late", LATE)
    fees = [joined(both, direction(3, 1)) for _ in range(3)]
    bells = [joined(both, direction(1, 3)) for _ in range(3)]
    stray = joined(late, direction(1, 3, 0.1))
    change = editing.move(signals=[stray], to=both, by=anna, now=NOON)
    assert names_of(stray) == ["fee and bell"]

    editing.split(theme=both, examples=bells[:1], name="The bell", by=anna, now=NOON)
    assert names_of(*fees, *bells, stray) == ["fee and bell"] * 3 + ["The bell"] * 3 + ["fee and bell"]

    editing.take_back(change=change, by=anna, now=NOON + days(1))
    assert names_of(stray) == ["late"]
    assert not PlacedSignal.objects.filter(signal_key=stray.key).exists()


def test_a_theme_that_has_ended_or_has_that_name_already_is_refused(anna):
    fee, bell = theme("fee", FEE), theme("bell", BELL)
    with pytest.raises(EditRefused, match="already"):
        editing.rename(theme=fee, name="BELL", by=anna, now=NOON)
    with pytest.raises(EditRefused, match="1 to 120"):
        editing.rename(theme=fee, name="   ", by=anna, now=NOON)
    with pytest.raises(EditRefused, match="with itself"):
        editing.merge(theme=fee, into=fee, by=anna, now=NOON)
    editing.merge(theme=bell, into=fee, by=anna, now=NOON)
    with pytest.raises(EditRefused, match="has ended"):
        editing.rename(theme=bell, name="The bell", by=anna, now=NOON)


def test_nobody_changes_themes_whose_role_is_to_look(person):
    fee = theme("fee", FEE)
    for role in ("observer", "partner", "customer"):
        with pytest.raises(EditRefused, match="does not include"):
            editing.rename(theme=fee, name="Mine", by=person(role), now=NOON)
    fee.refresh_from_db()
    assert fee.name == "fee"

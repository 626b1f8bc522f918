"""Something new among live signals is a theme of its own within fifty of its texts, until a person says it is none."""

from __future__ import annotations

from uuid import uuid4

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from interlock.analytics.text import encoders
from interlock.fabric.contexts import context_for
from interlock.listen.models import (
    AnswerRound,
    ChangeKind,
    Cluster,
    PlacedSignal,
    Signal,
    Theme,
    ThemeChange,
    ThemedSignal,
    ThemesLearnt,
)
from interlock.listen.themes import editing, learning, noticing, placing
from listen.themed import theme
from listen.waiting import NOON, days, said, source

pytestmark = [pytest.mark.django_db, pytest.mark.long]
MATTERS, KNOWN, AROUND = 6, 40, 0.02
FEE, OTHER = 7, 9


@pytest.fixture(autouse=True)
def nothing_held():
    noticing.forget()
    yield
    noticing.forget()


@pytest.fixture
def spoken(db, monkeypatch):
    """Six matters in 40 signals each, as learning leaves them; a word stands for the direction of its matter."""
    monkeypatch.setattr(encoders, "static", lambda: Directions())
    shop, directions = source(), Directions()
    themes = [theme(f"matter {number}", directions.head(number)) for number in range(MATTERS)]
    Cluster.objects.update(reach=0.6)
    ThemesLearnt.objects.create(encoder=Directions.version, signals=MATTERS * KNOWN, at=NOON, seconds=1)
    for number in range(MATTERS * KNOWN):
        said(f"{number % MATTERS} {number}", by=f"k{number}", source=shop)
    placing.place(placing.new_signals(), now=NOON, most=1_000)
    noticing.notice_all(now=NOON)
    return themes


class Directions:
    """An encoder whose vectors lie around a direction for each matter, a little aside by the second word."""

    version = encoders.Static.version
    dimension = 24

    def head(self, matter: int) -> np.ndarray:
        head = np.random.default_rng([matter, 5]).normal(size=self.dimension)
        return (head / np.linalg.norm(head)).astype(np.float32)

    def encode(self, texts):
        rows = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in zip(rows, texts, strict=True):
            matter, number = text.split()
            row[:] = self.head(int(matter))
            row += np.random.default_rng([int(number), 6]).normal(size=self.dimension) * 0.1
            row /= np.linalg.norm(row)
        return rows


def heard(matter: int, count: int, *, by: str = "", first: int = 1_000):
    """Signals of this matter that come in live, each after two of known ones; placed and looked at."""
    shop, new = source(), []
    for number in range(first, first + count):
        for known in (number % MATTERS, (number + 1) % MATTERS):
            said(f"{known} {number * 10 + known}", by=f"o{number}{known}", at=NOON + days(1), source=shop)
        new.append(said(f"{matter} {number}", by=by or f"n{number}", at=NOON + days(1), source=shop))
        placing.place_signals.func()
    return new


def themes_of(signals) -> list[str | None]:
    rows = ThemedSignal.objects.filter(pk__in=[one.pk for one in signals]).order_by("pk")
    return list(rows.values_list("cluster__theme__key", flat=True))


def test_what_was_learnt_is_no_news(spoken):
    heard(0, 5)
    assert Theme.objects.count() == MATTERS
    learnt = ThemesLearnt.objects.get()
    assert learnt.known_to == sorted(Signal.objects.values_list("pk", flat=True))[MATTERS * KNOWN - 1]
    assert learnt.looked_to == Signal.objects.order_by("-pk").first().pk


def test_a_new_matter_becomes_a_theme_with_its_signals_name_figures_and_lineage(spoken):
    new = heard(FEE, 20)
    born = Theme.objects.exclude(pk__in=[one.pk for one in spoken]).get()
    inside = set(ThemedSignal.objects.filter(cluster__theme=born).values_list("pk", flat=True))
    assert len(inside & {one.pk for one in new}) >= 15
    assert len(inside - {one.pk for one in new}) <= 2
    assert (born.began_at, born.ended_at) == (NOON + days(1), None)
    assert born.name
    assert born.quotes
    assert born.figures.voices >= 5
    change = ThemeChange.objects.get(theme=born)
    assert (change.kind, change.by, change.undone_at) == (ChangeKind.NOTICED, None, None)
    assert 4 <= change.signals <= len(inside)


def test_a_person_says_that_it_is_no_theme_and_it_stays_so_though_more_is_said(spoken, person):
    new = heard(FEE, 20)
    change = ThemeChange.objects.get(kind=ChangeKind.NOTICED)
    editing.take_back(change=change, by=person("contributor", "service"), now=NOON + days(2))
    assert themes_of(new).count(change.other.key) >= 15

    later = heard(FEE, 12, first=2_000)
    noticing.forget()
    later += heard(FEE, 13, first=3_000)
    assert not Theme.objects.filter(ended_at=None).exclude(pk__in=[one.pk for one in spoken]).exists()
    assert set(themes_of(later)) <= {change.other.key, None}
    assert themes_of(later).count(None) <= 3

    learning.learn(now=NOON + days(3))
    assert not ThemedSignal.objects.filter(cluster__theme=change.theme).exists()
    assert themes_of(new).count(change.other.key) >= 15


def test_learning_anew_moves_nothing_of_what_was_noticed(spoken):
    new = heard(FEE, 20)
    born = Theme.objects.get(pk=ThemeChange.objects.get(kind=ChangeKind.NOTICED).theme_id)
    before = themes_of(new)
    learning.learn(now=NOON + days(2))
    born.refresh_from_db()
    assert born.ended_at is None
    kept = [now == was for now, was in zip(themes_of(new), before, strict=True) if was]
    assert sum(kept) / len(kept) >= 0.95
    heard(FEE, 10, first=3_000)
    assert ThemeChange.objects.filter(kind=ChangeKind.NOTICED).count() == 1


def test_a_new_process_goes_on_where_the_last_one_stopped(spoken):
    heard(FEE, 6)
    assert not ThemeChange.objects.filter(kind=ChangeKind.NOTICED).exists()
    noticing.forget()
    heard(FEE, 14, first=2_000)
    assert ThemeChange.objects.filter(kind=ChangeKind.NOTICED).count() == 1


def test_one_customer_who_says_it_twenty_times_founds_no_theme(spoken):
    heard(FEE, 20, by="the one")
    assert Theme.objects.count() == MATTERS


def test_what_people_placed_is_not_taken_along(spoken, person):
    first = heard(FEE, 5)
    cluster = spoken[0].clusters.get()
    PlacedSignal.objects.create(signal_key=first[0].key, cluster=cluster, by=person("contributor"), at=NOON)
    ThemedSignal.objects.filter(pk=first[0].pk).update(cluster=cluster)
    heard(FEE, 15, first=2_000)
    born = ThemeChange.objects.get(kind=ChangeKind.NOTICED).theme
    assert themes_of(first[:2]) == [spoken[0].key, born.key]


def test_two_processes_that_look_at_the_same_found_one_theme(spoken, monkeypatch):
    heard(FEE, 6)
    learnt = ThemesLearnt.objects.get()
    noticed = [
        noticing.Noticed(0, True, tuple(Signal.objects.order_by("-pk").values_list("pk", flat=True)[:9]), 8.0)
    ]
    noticing._keep(learnt, noticed, learnt.looked_to + 1, NOON)
    noticing._keep(learnt, noticed, learnt.looked_to + 1, NOON)
    assert ThemeChange.objects.filter(kind=ChangeKind.NOTICED).count() == 1


def test_looking_asks_as_much_for_one_signal_as_for_fifty(spoken):
    shop, asked = source(), []
    heard(0, 1)
    for many in (1, 50):
        for number in range(many):
            said(f"0 {number + 7_000}", by=f"q{number}", source=shop)
        placing.place(placing.new_signals(), now=NOON)
        with CaptureQueriesContext(connection) as queries:
            noticing.notice(now=NOON, most=200)
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 9


def two_new(spoken):
    """Two themes that were noticed, each of twenty signals."""
    heard(FEE, 20)
    heard(OTHER, 20, first=2_000)
    changes = ThemeChange.objects.filter(kind=ChangeKind.NOTICED).order_by("pk")
    return [change.theme for change in changes]


def signals_in(one: Theme) -> set[int]:
    return set(ThemedSignal.objects.filter(cluster__theme=one).values_list("pk", flat=True))


def found_to_be_one(one: Theme, other: Theme) -> None:
    """What the lookout says when `other` turns out to be the matter of `one`."""
    learnt = ThemesLearnt.objects.get()
    said = noticing.Noticed(one.pk, False, (), 0.0, absorbed=other.pk)
    noticing._keep(learnt, [said], learnt.looked_to, NOON + days(2))


def test_two_new_themes_of_one_matter_become_one_and_what_comes_later_goes_there(spoken):
    first, second = two_new(spoken)
    both = signals_in(first) | signals_in(second)

    found_to_be_one(first, second)
    later = heard(OTHER, 6, first=3_000)

    second.refresh_from_db()
    assert (second.became, signals_in(second)) == (first, set())
    assert both <= signals_in(first)
    assert set(themes_of(later)) == {first.key}
    merged = ThemeChange.objects.get(kind=ChangeKind.MERGED)
    assert (merged.theme, merged.other, merged.by) == (first, second, None)
    assert merged.signals >= 15


def test_a_person_takes_two_joined_themes_apart_and_they_stay_apart(spoken, person):
    first, second = two_new(spoken)
    before = signals_in(first), signals_in(second)
    found_to_be_one(first, second)

    merged = ThemeChange.objects.get(kind=ChangeKind.MERGED)
    editing.take_back(change=merged, by=person("contributor", "service"), now=NOON + days(3))
    found_to_be_one(first, second)

    assert (signals_in(first), signals_in(second)) == before


def test_of_two_new_themes_the_one_that_a_person_named_stays_and_two_named_ones_stay_two(spoken, person):
    first, second = two_new(spoken)
    clerk = person("contributor", "service")
    editing.rename(theme=second, name="The new fee", by=clerk, now=NOON + days(2))
    found_to_be_one(first, second)
    first.refresh_from_db()
    assert (first.became, Theme.objects.get(pk=second.pk).ended_at) == (second, None)

    editing.take_back(change=ThemeChange.objects.get(kind=ChangeKind.MERGED), by=clerk, now=NOON + days(3))
    found_to_be_one(first, second)
    assert Theme.objects.filter(pk__in=[first.pk, second.pk], ended_at=None).count() == 2


def answered(one, by):
    AnswerRound.objects.create(
        reference=uuid4(),
        theme=one,
        by=by,
        text="It is a mistake.",
        made_at=NOON,
        sends_at=NOON,
        recipients=[],
    )


def talked_about(one, by):
    """What every room that talks about a theme leaves: its context."""
    context_for(kind="theme", key=one.key, label=one.name)


@pytest.mark.parametrize("touch", [answered, talked_about])
def test_a_theme_that_people_talk_about_or_answered_is_not_joined_away(spoken, person, touch):
    first, second = two_new(spoken)
    clerk = person("contributor", "service")

    touch(second, clerk)
    found_to_be_one(first, second)
    first.refresh_from_db()
    assert (first.became, Theme.objects.get(pk=second.pk).ended_at) == (second, None)

    editing.take_back(change=ThemeChange.objects.get(kind=ChangeKind.MERGED), by=clerk, now=NOON + days(3))
    found_to_be_one(first, second)
    assert Theme.objects.filter(pk__in=[first.pk, second.pk], ended_at=None).count() == 2


def test_an_old_theme_never_joins_a_new_one(spoken):
    heard(FEE, 20)
    born = ThemeChange.objects.get(kind=ChangeKind.NOTICED).theme

    found_to_be_one(born, spoken[0])

    assert not Theme.objects.filter(became=born).exists()

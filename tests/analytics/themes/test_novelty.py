"""Something new is found soon, nothing new becomes a theme more often than the budget allows, and a burst is not new."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from analytics.themes.worlds import bundles
from interlock.analytics.themes import novelty
from interlock.analytics.themes.edits import micros_for
from interlock.analytics.themes.errors import ModelError
from interlock.analytics.themes.novelty import Lookout, Noticed, Said

BUNDLES = 8
NONE = np.zeros(0, np.int64)


def world(seed: int, past: int = 60, late: int = 40, spread: float = 0.25):
    """Texts of eight known bundles: vectors and themes of the past, and of what was said late."""
    vectors, theme = bundles([past + late] * BUNDLES, seed=seed, spread=spread)
    count = past * BUNDLES
    return vectors[:count], theme[:count], vectors[count:], theme[count:]


def around(head: np.ndarray, count: int, seed: int, spread: float = 0.1) -> np.ndarray:
    rows = head + np.random.default_rng(seed).normal(size=(count, len(head))) * spread
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def said(vectors, theme, *, speaker=None, first: int = 0) -> Said:
    key = first + np.arange(len(vectors))
    return Said(key, vectors, theme, key if speaker is None else speaker, np.full(len(key), -1))


def one_of(texts: Said, place: int) -> Said:
    return Said(*(column[[place]] for column in vars(texts).values()))


def noticed_in(lookout: Lookout, texts: Said) -> list[Noticed]:
    looks = (lookout.look(one_of(texts, place)) for place in range(len(texts.key)))
    return [noticed for noticed in looks if noticed]


def nobody(vectors) -> Said:
    return Said(NONE, vectors[:0], NONE, NONE, NONE)


def strewn(known, known_theme, new, new_theme: int, seed: int = 7):
    """New texts among known ones from the second third on; their places too."""
    places = np.sort(np.random.default_rng(seed).choice(np.arange(len(known) // 3, len(known)), len(new)))
    vectors, theme = np.insert(known, places, new, axis=0), np.insert(known_theme, places, new_theme)
    return vectors, theme, places + np.arange(len(new))


def test_a_new_matter_becomes_a_theme_within_twenty_texts_and_holds_little_else():
    past, past_theme, late, late_theme = world(1)
    head = np.random.default_rng(3).normal(size=32)
    vectors, theme, places = strewn(
        late, late_theme, around(head / np.linalg.norm(head), 30, 5), int(past_theme[0])
    )
    noticed = noticed_in(Lookout(past, past_theme, nobody(past)), said(vectors, theme))
    assert [one.is_new for one in noticed].count(True) == 1
    assert noticed[0].is_new
    assert max(noticed[0].members) <= places[19]
    members = list(itertools.chain(*(one.members for one in noticed)))
    assert len(members) == len(set(members))
    assert len(set(members) & set(places)) >= 25
    assert len(set(members) - set(places)) <= 2


def test_a_new_matter_inside_an_old_theme_is_found_though_every_text_is_like_that_theme():
    past, past_theme, late, late_theme = world(2, late=20, spread=0.12)
    old = past[past_theme == 0].mean(axis=0)
    aside = np.random.default_rng(4).normal(size=32)
    head = old / np.linalg.norm(old) + 0.45 * aside / np.linalg.norm(aside)
    new = around(head / np.linalg.norm(head), 30, 6, spread=0.04)
    likeness, usual = new @ old, past[past_theme == 0] @ old
    assert likeness.min() > np.quantile(usual, 0.05)
    vectors, theme, places = strewn(late, late_theme, new, 0)
    found = [
        one for one in noticed_in(Lookout(past, past_theme, nobody(past)), said(vectors, theme)) if one.is_new
    ]
    assert len(found) == 1
    said_so_far = set(places[places <= max(found[0].members)])
    assert len(said_so_far & set(found[0].members)) >= len(said_so_far) - 2
    assert set(theme[list(found[0].members)]) == {0}


@pytest.fixture(scope="module")
def nothing_new():
    """Streams without anything new, 1,600 texts in all."""
    return [world(seed) for seed in range(10, 15)]


def false_themes(streams, budget: float) -> int:
    return sum(
        one.is_new
        for past, past_theme, late, late_theme in streams
        for one in noticed_in(Lookout(past, past_theme, nobody(past), budget=budget), said(late, late_theme))
    )


def test_nothing_new_becomes_a_theme_less_often_than_the_budget_allows(nothing_new):
    assert false_themes(nothing_new, budget=1.0) == 0


def test_the_chance_of_a_single_look_as_the_cut_would_break_the_budget(nothing_new):
    looks_of_a_text = len(novelty.SCALES) * len(novelty.SIZES) * 4
    # One text in a hundred stands out so far by chance in one look; as a cut for all looks it is no budget at all.
    assert false_themes(nothing_new, budget=0.01 * 10_000 * looks_of_a_text) > 5


def test_an_old_theme_that_is_said_ten_times_as_often_is_not_new():
    past, past_theme, late, late_theme = world(5)
    many, many_theme = bundles([300] + [1] * (BUNDLES - 1), seed=50, spread=0.25)
    burst = many[many_theme == 0]
    vectors, theme, _places = strewn(late, late_theme, burst, 0)
    lookout = Lookout(past, past_theme, nobody(past))
    assert noticed_in(lookout, said(vectors, theme)) == []
    assert noticed_in(
        Lookout(past, np.full(len(past), -1), nobody(past)), said(vectors, np.full(len(theme), -1))
    )


def test_one_customer_who_says_the_same_fifty_times_is_no_theme_and_fifty_customers_are():
    past, past_theme, late, late_theme = world(6)
    head = np.random.default_rng(8).normal(size=32)
    same = np.repeat(around(head / np.linalg.norm(head), 1, 9), 50, axis=0)
    vectors, theme, places = strewn(late, late_theme, same, 1)
    speaker = np.arange(len(vectors))
    many = noticed_in(Lookout(past, past_theme, nobody(past)), said(vectors, theme, speaker=speaker))
    speaker[places] = -5
    one = noticed_in(Lookout(past, past_theme, nobody(past)), said(vectors, theme, speaker=speaker))
    assert ([each.is_new for each in many].count(True), one) == (1, [])


def test_a_lookout_that_begins_again_with_what_was_said_finds_the_same(monkeypatch):
    past, past_theme, late, late_theme = world(7)
    head = np.random.default_rng(3).normal(size=32)
    vectors, theme, _places = strewn(late, late_theme, around(head / np.linalg.norm(head), 30, 5), 2)
    texts = said(vectors, theme)
    whole = Lookout(past, past_theme, nobody(past))
    expected = noticed_in(whole, texts)
    half = Said(*(column[:200].copy() for column in vars(texts).values()))
    for one in expected:
        half.matter[[key for key in one.members if key < 200]] = one.matter
    rest = Said(*(column[200:] for column in vars(texts).values()))
    again = noticed_in(Lookout(past, past_theme, half), rest)
    assert [one for one in again if one.is_new] == [
        one for one in expected if one.is_new and max(one.members) >= 200
    ]


def test_memory_stays_the_same_however_much_is_said(monkeypatch):
    monkeypatch.setattr(novelty, "MOST_RECENT", 100)
    monkeypatch.setattr(novelty, "SCALES", (50, 100))
    past, past_theme, late, late_theme = world(8)
    lookout = Lookout(past, past_theme, nobody(past))
    held = lookout._vectors.nbytes
    assert noticed_in(lookout, said(late, late_theme)) == []
    assert lookout._vectors.nbytes == held
    head = np.random.default_rng(3).normal(size=32)
    new = said(around(head / np.linalg.norm(head), 20, 5), np.full(20, -1), first=1_000)
    found = [one for one in noticed_in(lookout, new) if one.is_new]
    assert len(found) == 1
    assert min(found[0].members) >= 1_000


def test_a_text_without_words_is_passed_over_and_without_a_past_nothing_is_told():
    past, past_theme, _late, _late_theme = world(9)
    lookout = Lookout(past, past_theme, nobody(past))
    assert lookout.look(said(np.zeros((1, 32), np.float32), np.array([-1]))) is None
    with pytest.raises(ModelError, match="told from the past"):
        Lookout(past[:0], past_theme[:0], nobody(past))
    with pytest.raises(ModelError, match=r"\(1, 8\) of lately"):
        Lookout(past, past_theme, said(past[:1, :8], past_theme[:1]))


def test_a_new_theme_is_stood_for_by_about_one_centre_for_three_texts():
    vectors = around(np.eye(32)[0], 30, 1)
    centres, reach = micros_for(vectors, seed=1)
    assert centres.shape == (11, 32)  # the cells of the quantiser are rounded one by one
    assert ((vectors @ centres.T).max(axis=1) >= reach.min()).mean() > 0.9


def test_a_theme_that_grows_fast_takes_along_what_is_also_like_an_old_one(monkeypatch):
    past, past_theme, late, late_theme = world(12, past=400, spread=0.2)
    old = past[past_theme == 0].mean(axis=0)
    head = np.random.default_rng(3).normal(size=32)
    old, head = old / np.linalg.norm(old), head / np.linalg.norm(head)
    edge = head + 1.3 * old
    new = np.concatenate([around(head, 40, 5), around(edge / np.linalg.norm(edge), 40, 6, spread=0.15)])
    new = new[np.random.default_rng(2).permutation(len(new))]
    vectors, theme, places = strewn(late[:120], late_theme[:120], new, 0)

    def members() -> set[int]:
        noticed = noticed_in(Lookout(past, past_theme, nobody(past)), said(vectors, theme))
        return set(itertools.chain(*(one.members for one in noticed)))

    with_pace = members()
    monkeypatch.setattr(novelty, "_PACED", len(vectors))
    without = members()

    assert len(with_pace & set(places)) >= 78
    assert len(with_pace & set(places)) > len(without & set(places))
    assert len(with_pace - set(places)) <= 0.1 * len(with_pace)


def parts_of(head: np.ndarray, apart: float) -> tuple[np.ndarray, np.ndarray]:
    """Two tight ways to say one matter."""
    ways = np.random.default_rng(17).normal(size=(2, 32))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    first, second = (head + apart * way for way in ways)
    return tuple(
        around(way / np.linalg.norm(way), 30, 5 + place) for place, way in enumerate((first, second))
    )


@pytest.mark.parametrize(("apart", "themes"), [(0.8, 1), (3.0, 2)])
def test_two_ways_to_say_one_matter_become_one_theme_and_two_matters_stay_two(apart, themes):
    past, past_theme, late, late_theme = world(13)
    head = np.random.default_rng(3).normal(size=32)
    one, other = parts_of(head / np.linalg.norm(head), apart)
    vectors, theme, _places = strewn(late, late_theme, np.concatenate([one, other]), 0)

    lookout = Lookout(past, past_theme, nobody(past))
    noticed = noticed_in(lookout, said(vectors, theme))

    left = {one.matter for one in noticed} - {one.absorbed for one in noticed}
    assert len(left) == themes

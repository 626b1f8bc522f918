"""Themes are found without a number given, whatever the size, and every text has one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.themes.worlds import agreement, bundles, numbered
from interlock.analytics.themes.discover import discover, join_small, silhouette
from interlock.analytics.themes.errors import NothingToGroupError
from interlock.analytics.themes.model import assign


def found(vectors, weights=None, seed=1):
    weights = np.ones(len(vectors)) if weights is None else weights
    return discover(vectors, weights, encoder="bundles", seed=seed, new_id=numbered())


@pytest.mark.parametrize(
    "sizes",
    [[40] * 5, [20] * 25, [400, 200, 100, 50, 30, 30], pytest.param([900] * 6, marks=pytest.mark.slow)],
)
def test_themes_are_found_without_their_number(sizes):
    vectors, truth = bundles(sizes, seed=3)

    _, assigned = found(vectors)

    assert agreement(assigned.theme, truth) > 0.95


def test_noise_without_any_order_is_not_cut_as_cleanly_as_bundles():
    vectors, _ = bundles([1] * 400, seed=3, spread=3.0)
    clear, _ = bundles([80] * 5, seed=3)

    of_noise, of_bundles = found(vectors)[1], found(clear)[1]

    assert silhouette(vectors, of_noise.theme) < 0.1
    assert silhouette(clear, of_bundles.theme) > 0.6


def test_the_same_seed_gives_the_same_themes():
    vectors, _ = bundles([50] * 6, seed=4)

    (first, one), (second, other) = found(vectors), found(vectors)

    assert one.theme.tolist() == other.theme.tolist()
    assert first.theme_ids == second.theme_ids


def test_voices_are_counted_where_the_text_is():
    vectors, truth = bundles([30, 30], seed=5)
    weights = np.where(truth == 0, 3.0, 1.0)

    model, _ = found(vectors, weights)

    assert np.bincount(model.theme, model.weight).tolist() == [90.0, 30.0]
    assert model.weight.sum() == weights.sum()


def test_a_text_without_a_vector_has_no_theme():
    vectors, _ = bundles([30, 30], seed=5)
    vectors[7] = 0.0

    _, assigned = found(vectors)

    assert (assigned.theme == -1).nonzero()[0].tolist() == [7]


def test_three_texts_are_one_theme():
    model, assigned = found(np.eye(3, dtype=np.float32))

    assert assigned.theme.tolist() == [0, 0, 0]
    assert len(model.theme_ids) == 1


def test_the_same_text_many_times_is_one_theme_with_all_its_voices():
    model, assigned = found(np.tile(np.eye(1, 8, dtype=np.float32), (20_000, 1)))

    assert len(model.centres) == 1
    assert model.weight.tolist() == [20_000.0]
    assert assigned.theme.max() == 0


def test_nothing_but_empty_texts_is_refused():
    with pytest.raises(NothingToGroupError, match="every one of them is empty"):
        found(np.zeros((5, 8), dtype=np.float32))


def test_the_upper_level_holds_whole_themes():
    near = [bundles([30] * 4, seed=seed, spread=0.05)[0] for seed in (1, 2)]
    vectors = np.vstack([np.pad(near[0], ((0, 0), (0, 32))), np.pad(near[1], ((0, 0), (32, 0)))])

    model, _ = found(vectors)

    assert len(model.group) == len(model.theme_ids)
    assert set(model.group.tolist()) == set(range(len(model.group_ids)))


def test_few_texts_of_a_theme_fall_below_its_reach_and_strangers_do():
    vectors, _ = bundles([150] * 5, seed=6)
    later, _ = bundles([150] * 5, seed=7)
    strangers = -vectors
    model, _ = found(vectors)

    known, strange = (share_below_reach(model, each) for each in (later, strangers))

    assert known < 0.12
    assert strange > 0.95


def share_below_reach(model, vectors):
    given = assign(model, vectors)
    return (given.similarity < model.reach[given.micro]).mean()


@settings(max_examples=40, deadline=None)
@given(st.integers(4, 40), st.integers(2, 6), st.integers(0, 1000))
def test_the_silhouette_agrees_with_comparing_all_pairs(count, sets, seed):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(count, 5)).astype(np.float32)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    member_of = np.unique(rng.integers(0, sets, count), return_inverse=True)[1].astype(np.int32)

    expected = silhouette_by_hand(points.astype(np.float64), member_of)

    assert silhouette(points, member_of) == pytest.approx(expected, abs=1e-4)


def silhouette_by_hand(points, member_of):
    numbers = set(member_of.tolist())
    if not 1 < len(numbers) < len(points):
        return 0.0
    distance, total = 1 - points @ points.T, 0.0
    for place, own in enumerate(member_of):
        fellows = [other for other in np.flatnonzero(member_of == own) if other != place]
        if not fellows:
            continue
        inside = np.mean(distance[place, fellows])
        outside = min(np.mean(distance[place, member_of == number]) for number in numbers - {own})
        total += (outside - inside) / max(outside, inside, 1e-9)
    return total / len(points)


def test_a_theme_of_a_few_stray_voices_joins_the_nearest():
    centres = np.array([[1, 0], [0.9, 0.1], [0, 1]], dtype=np.float32)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)

    joined = join_small(np.array([0, 1, 2], dtype=np.int32), centres, np.array([3_000.0, 1.0, 5_000.0]))

    assert joined.tolist() == [1, 1, 0]


def test_a_theme_of_fewer_than_five_voices_is_joined_to_the_nearest_unless_all_are_as_small():
    centres = np.eye(3, dtype=np.float32)
    centres[1] = [0.1, 0.0, 0.995]
    few = np.array([0, 1, 2], dtype=np.int32)

    assert join_small(few, centres, np.array([30.0, 4.0, 20.0])).tolist() == [0, 1, 1]
    assert join_small(few, centres, np.array([30.0, 5.0, 20.0])).tolist() == [0, 2, 1]
    assert join_small(few, centres, np.array([3.0, 4.0, 2.0])).tolist() == [1, 0, 2]

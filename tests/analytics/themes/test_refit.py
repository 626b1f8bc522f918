"""Themes keep their identity while data grows, shrinks and changes; what people pinned wins."""

import numpy as np
import pytest

from analytics.themes.worlds import agreement, bundles, numbered
from interlock.analytics.themes.discover import discover
from interlock.analytics.themes.edits import micros_like, micros_of, place
from interlock.analytics.themes.errors import ModelError, NothingToGroupError
from interlock.analytics.themes.model import assign, voices_of
from interlock.analytics.themes.refit import refit

SIZES = [80, 70, 60, 50, 50, 40, 40, 30, 30, 30]


def discovered(vectors, seed=1, word="old"):
    return discover(vectors, np.ones(len(vectors)), encoder="x", seed=seed, new_id=numbered(word))


def refitted(model, vectors, pins=None, seed=2):
    return refit(model, vectors, np.ones(len(vectors)), pins or {}, seed=seed, new_id=numbered("new"))


def theme_ids(model, vectors):
    return np.array(model.theme_ids)[assign(model, vectors).theme]


def kinds(changes):
    return [change.kind for change in changes]


@pytest.fixture
def world():
    vectors, truth = bundles(SIZES, seed=11, spread=0.12)
    model, _ = discovered(vectors)
    return vectors, truth, model


def test_a_fifth_more_texts_leave_nearly_all_on_their_theme(world):
    vectors, _, model = world
    more, _ = bundles([size // 5 for size in SIZES], seed=12, spread=0.12)

    grown, _ = refitted(model, np.vstack([vectors, more]))

    assert (theme_ids(model, vectors) == theme_ids(grown, vectors)).mean() >= 0.95


def test_a_fit_that_forgets_the_old_model_keeps_no_theme(world):
    vectors, _, model = world
    more, _ = bundles([size // 5 for size in SIZES], seed=12, spread=0.12)

    afresh, _ = discovered(np.vstack([vectors, more]), word="afresh")

    assert (theme_ids(model, vectors) == theme_ids(afresh, vectors)).mean() < 0.95


def test_a_new_matter_becomes_a_theme_of_its_own(world):
    vectors, _, model = world
    stranger, _ = bundles([0] * 10 + [40], seed=13, dimension=32)

    grown, changes = refitted(model, np.vstack([vectors, stranger]))

    assert kinds(changes) == ["new"]
    assert changes[0].before == ()
    assert set(theme_ids(grown, stranger)) == set(changes[0].after)
    assert (theme_ids(model, vectors) == theme_ids(grown, vectors)).all()


def test_a_removed_source_takes_its_theme_away_and_brings_it_back(world):
    vectors, truth, model = world
    rest = vectors[truth != 2]

    without, changes = refitted(model, rest)
    again, _ = refitted(without, vectors)

    assert kinds(changes) == ["gone"]
    assert (theme_ids(model, rest) == theme_ids(without, rest)).all()
    assert (theme_ids(model, vectors) == theme_ids(again, vectors)).mean() >= 0.95


def test_a_renamed_product_stays_on_its_theme(world):
    """Half of a theme's texts now hold another word: their vectors turn a little, all in the same direction."""
    vectors, truth, model = world
    turn = np.random.default_rng(5).normal(size=32) * 0.05
    renamed = vectors[truth == 0][:40] + turn
    renamed = (renamed / np.linalg.norm(renamed, axis=1, keepdims=True)).astype(np.float32)

    grown, _ = refitted(model, np.vstack([vectors, renamed]))

    was = theme_ids(model, vectors[truth == 0])[0]
    assert (theme_ids(grown, renamed) == was).mean() >= 0.95


def test_a_theme_that_was_merged_by_mistake_is_split_again_unless_people_pinned_it(world):
    vectors, truth, model = world
    first, second = (theme_ids(model, vectors[truth == each])[0] for each in (0, 1))
    pins = dict.fromkeys(micros_of(model, second), first)
    merged = place(model, pins)

    left_alone, changes = refitted(merged, vectors)
    pinned, unchanged = refitted(merged, vectors, pins)

    assert "split" in kinds(changes) or "moved" in kinds(changes)
    assert agreement(assign(left_alone, vectors).theme, truth) > 0.95
    assert set(theme_ids(pinned, vectors[truth <= 1])) == {first}
    assert unchanged == ()


def test_the_same_seed_gives_the_same_changes(world):
    vectors, _, model = world
    more, _ = bundles(SIZES, seed=14, spread=0.2)
    both = np.vstack([vectors, more])

    (one, first), (other, second) = refitted(model, both), refitted(model, both)

    assert first == second
    assert one.theme.tolist() == other.theme.tolist()


def test_nothing_is_lost_or_counted_twice(world):
    vectors, _, model = world

    grown, _ = refitted(model, np.vstack([vectors, vectors[:50]]))

    assert voices_of(grown).sum() == len(vectors) + 50
    assert len(grown.micro_ids) == len(set(grown.micro_ids)) == len(grown.centres) == len(grown.reach)
    assert len(grown.group) == len(grown.theme_ids)


def test_micro_clusters_never_change_their_meaning(world):
    vectors, _, model = world
    more, _ = bundles(SIZES, seed=14, spread=0.2)

    grown, _ = refitted(model, np.vstack([vectors, more]))

    assert grown.micro_ids[: len(model.micro_ids)] == model.micro_ids
    assert np.array_equal(grown.centres[: len(model.centres)], model.centres)


def test_no_text_at_all_is_refused(world):
    with pytest.raises(NothingToGroupError, match="no text left"):
        refitted(world[2], np.zeros((3, 32), dtype=np.float32))


def test_a_theme_is_split_by_examples_and_put_together_again(world):
    vectors, truth, model = world
    first, second = (theme_ids(model, vectors[truth == each])[0] for each in (0, 1))
    merged = place(model, dict.fromkeys(micros_of(model, second), first))
    before = dict(zip(merged.micro_ids, np.array(merged.theme_ids)[merged.theme], strict=True))

    chosen = micros_like(merged, first, vectors[truth == 1][:3])
    split = place(merged, dict.fromkeys(chosen, "about fees"))
    undone = place(split, {name: str(before[name]) for name in chosen})

    assert set(theme_ids(split, vectors[truth == 1])) == {"about fees"}
    assert set(theme_ids(split, vectors[truth == 0])) == {first}
    assert undone.theme.tolist() == merged.theme.tolist()


def test_examples_that_are_all_of_a_theme_cannot_split_it(world):
    vectors, truth, model = world
    theme = theme_ids(model, vectors[truth == 0])[0]

    with pytest.raises(ModelError, match="All of the theme is like these examples"):
        micros_like(model, theme, vectors[truth == 0])


def test_an_edit_of_what_is_not_there_is_refused(world):
    with pytest.raises(ModelError, match="1 of 1 micro-clusters"):
        place(world[2], {"unknown": "fees"})
    with pytest.raises(ModelError, match="no theme fees"):
        micros_of(world[2], "fees")

"""Where several languages are spoken, each has themes as if it were alone, and keeps them."""

import numpy as np
import pytest

from analytics.themes.worlds import agreement, bundles, numbered
from interlock.analytics.text.encoders import static
from interlock.analytics.text.own_encoder import OwnEncoder
from interlock.analytics.themes.discover import discover
from interlock.analytics.themes.model import assign
from interlock.analytics.themes.refit import refit
from interlock.analytics.themes.spoken import language_of, languages_apart, languages_spoken

MUCH, LITTLE = [100] * 20, [12] * 15
ENGLISH = [f"Where is the card I have ordered {number} days ago?" for number in range(400)]
PORTUGUESE = [f"O produto que comprei há {number} dias ainda não chegou" for number in range(300)]


def found(vectors, language=None):
    return discover(
        vectors, np.ones(len(vectors)), encoder="x", seed=1, new_id=numbered("old"), language=language
    )


def refitted(model, vectors, language=None):
    grown, changes = refit(
        model, vectors, np.ones(len(vectors)), {}, seed=2, new_id=numbered("new"), language=language
    )
    return grown, [change.kind for change in changes]


def two_languages(much=MUCH, little=LITTLE, seed=5, spread=0.2):
    """Return vectors that share no direction, the bundle and the language of each."""
    ours, of_ours = bundles(much, seed=seed, spread=spread)
    theirs, of_theirs = bundles(little, seed=seed + 1, spread=spread)
    vectors = np.zeros((len(ours) + len(theirs), 64), dtype=np.float32)
    vectors[: len(ours), :32], vectors[len(ours) :, 32:] = ours, theirs
    return vectors, np.append(of_ours, of_theirs), np.repeat([0, 1], [len(ours), len(theirs)])


def theme_ids(model, vectors):
    return np.array(model.theme_ids)[assign(model, vectors).theme]


def test_the_smaller_language_has_themes_as_if_it_were_alone():
    vectors, truth, language = two_languages()
    small = language == 1

    alone = found(vectors[small])[1].theme
    beside = found(vectors, language)[1].theme[small]
    in_one_graph = found(vectors)[1].theme[small]

    assert agreement(beside, alone) == 1.0
    assert agreement(beside, truth[small]) > agreement(in_one_graph, truth[small]) + 0.2


def test_no_theme_and_no_group_holds_two_languages():
    vectors, _, language = two_languages()

    model, assigned = found(vectors, language)

    assert not set(assigned.theme[language == 0]) & set(assigned.theme[language == 1])
    assert not set(model.group[assigned.theme[language == 0]]) & set(
        model.group[assigned.theme[language == 1]]
    )
    sizes = np.bincount(assigned.theme)
    assert sizes.tolist() == sorted(sizes, reverse=True)


def test_a_language_without_room_for_all_its_texts_leaves_room_for_the_other(monkeypatch):
    monkeypatch.setattr("interlock.analytics.themes.discover.MOST_MICRO", 600)
    monkeypatch.setattr("interlock.analytics.themes.discover.MOST_IN_ALL", 700)
    vectors, _, language = two_languages()

    model, assigned = found(vectors, language)

    of_little = np.unique(assigned.micro[language == 1])
    assert len(of_little) == sum(LITTLE)
    assert 400 < len(model.centres) - len(of_little) < 600


@pytest.mark.slow
def test_a_fifth_more_of_both_languages_leaves_nearly_all_on_their_theme():
    vectors, _, language = two_languages(spread=0.14)
    more, _, also = two_languages([20] * 20, [3] * 15, seed=8, spread=0.14)
    model, _ = found(vectors, language)

    grown, _ = refitted(model, np.vstack([vectors, more]), np.append(language, also))

    assert (theme_ids(model, vectors) == theme_ids(grown, vectors)).mean() >= 0.95


@pytest.mark.slow
def test_a_language_that_nobody_spoke_before_gets_themes_of_its_own():
    vectors, truth, language = two_languages(little=[30] * 10, spread=0.12)
    model, _ = found(vectors[language == 0])

    grown, changes = refitted(model, vectors, language)

    late = assign(grown, vectors[language == 1]).theme
    assert set(changes) == {"new"}
    assert agreement(late, truth[language == 1]) > 0.9


def test_a_theme_that_holds_two_languages_is_split():
    vectors, _, language = two_languages([40] * 5, [40] * 5, spread=0.1)
    model, _ = found(vectors, language)
    first, second = (assign(model, vectors[language == each]).theme[0] for each in (0, 1))
    model.theme[model.theme == second] = first

    grown, changes = refitted(model, vectors, language)

    assert changes == ["split"]
    assert not set(theme_ids(grown, vectors[language == 0])) & set(theme_ids(grown, vectors[language == 1]))


def test_texts_of_one_language_are_not_told_apart():
    assert languages_spoken(ENGLISH) is None
    assert languages_spoken([*ENGLISH, *PORTUGUESE[:299]]) is None
    assert languages_spoken([]) is None


def test_languages_are_numbered_by_how_much_they_are_spoken():
    spoken = languages_spoken([*PORTUGUESE, *ENGLISH, "Où est ma carte bancaire ?", "123"])

    assert spoken is not None
    assert spoken.tolist() == [1] * 300 + [0] * 400 + [-1, -1]


def test_a_text_that_was_read_wrongly_is_outvoted():
    centres, truth = bundles([30, 30], seed=3)
    language = truth.copy()
    language[::10] = 1 - language[::10]

    assert language_of(centres, np.arange(60), language).tolist() == truth.tolist()


def test_where_no_text_tells_the_most_spoken_language_is_taken():
    centres, _ = bundles([30], seed=3)

    assert language_of(centres, np.arange(30), np.full(30, -1)).tolist() == [0] * 30


def test_an_encoder_of_the_users_own_may_join_languages():
    texts = [*PORTUGUESE, *ENGLISH]
    own = object.__new__(OwnEncoder)

    assert languages_apart(own, texts) is None
    assert languages_apart(static(), texts) is not None

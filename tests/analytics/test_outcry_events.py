"""Which streams ring for one event? Both kinds of error by simulation, beside joining by time alone."""

from __future__ import annotations

import numpy as np
import pytest

from interlock.analytics.outcry.events import WITHIN_TICKS, Loud, UsualSpeech, events

DIMENSIONS, WORLDS = 384, 200  # as MiniLM has; of 64 two at random would often be alike
THEME, PLACE = True, False


def matter(rng):
    """A direction in which texts about one matter lie."""
    one = rng.normal(size=DIMENSIONS)
    return one / np.linalg.norm(one)


def outcry(rng, about, people, *, parts):
    """An outcry of these people, split into so many themes, each with a tenth of usual texts and a twist of its own."""
    themes = []
    for some in np.array_split(people, parts):
        twist = about + 0.6 * matter(rng)
        said = twist + rng.normal(scale=0.15, size=(len(some), DIMENSIONS))
        usual = rng.normal(scale=0.15, size=(len(some) // 10, DIMENSIONS))
        centre = np.vstack([said, usual]).sum(axis=0).astype(np.float32)
        themes.append(Loud(int(rng.integers(0, 12)), THEME, frozenset(some.tolist()), len(usual), centre))
    return themes


def place(rng, people, usual):
    """A channel through which these people spoke, and as many others as usual."""
    others = rng.integers(10**6, 10**9, usual)
    return Loud(int(rng.integers(0, 12)), PLACE, frozenset([*people.tolist(), *others.tolist()]), usual)


def ordered(louds):
    return sorted(louds, key=lambda one: one.at)


def test_one_outcry_over_several_streams_is_one_event():
    rng, alarms = np.random.default_rng(1), []
    for _world in range(WORLDS):
        people = rng.permutation(1000)[: rng.integers(40, 200)]
        themes = outcry(rng, matter(rng), people, parts=int(rng.integers(1, 4)))
        louds = ordered([*themes, place(rng, people, 50), place(rng, people, 20)])
        alarms.append(len(set(events(louds))))

    assert np.mean([n == 1 for n in alarms]) >= 0.95


def test_two_outcries_that_begin_in_the_same_hour_stay_two_where_time_alone_makes_them_one():
    rng, alarms, by_time = np.random.default_rng(2), [], []
    for _world in range(WORLDS):
        one, other = np.split(rng.permutation(1000)[:240], [int(rng.integers(60, 180))])
        louds = ordered(
            [
                *outcry(rng, matter(rng), one, parts=2),
                *outcry(rng, matter(rng), other, parts=2),
                place(rng, np.concatenate([one, other]), 60),
            ]
        )
        alarms.append(len(set(events(louds))))
        by_time.append(1 if louds[-1].at - louds[0].at <= WITHIN_TICKS else 2)

    assert np.mean([n == 2 for n in alarms]) >= 0.95
    assert np.mean([n == 2 for n in by_time]) < 0.05


def test_places_alone_are_one_event_where_the_same_people_speak_and_two_where_others_do():
    rng = np.random.default_rng(3)
    people, others = np.split(rng.permutation(400), 2)

    assert events([place(rng, people, 30), place(rng, people, 50)]) == [0, 0]
    assert events([place(rng, people, 30), place(rng, others, 30)]) == [0, 1]


def test_a_place_in_which_two_outcries_are_said_belongs_to_the_larger():
    rng = np.random.default_rng(4)
    one, other = np.arange(150), np.arange(150, 250)
    louds = [
        place(rng, np.concatenate([one, other]), 20),
        *outcry(rng, matter(rng), other, parts=1),
        *outcry(rng, matter(rng), one, parts=1),
    ]

    assert events(louds) == [0, 1, 0]


def test_a_busy_channel_of_which_little_belongs_to_a_theme_is_another_event():
    rng = np.random.default_rng(5)
    people = np.arange(100)
    theme = outcry(rng, matter(rng), people[:30], parts=1)

    assert events([*theme, place(rng, people, 40)]) == [0, 1]


def test_the_same_words_a_day_later_are_another_event():
    rng = np.random.default_rng(6)
    about = matter(rng)
    first = outcry(rng, about, np.arange(100), parts=1)[0]
    later = outcry(rng, about, np.arange(100, 200), parts=1)[0]
    later = Loud(first.at + WITHIN_TICKS + 1, THEME, later.rows, later.usual, later.centre)

    assert events([first, later]) == [0, 1]


def test_what_was_joined_stays_and_what_somebody_took_out_joins_nothing():
    rng = np.random.default_rng(7)
    alike = ordered(outcry(rng, matter(rng), np.arange(300), parts=3))
    unlike = [outcry(rng, matter(rng), np.arange(100), parts=1)[0] for _ in range(2)]

    assert events(alike, apart=[1]) == [0, 1, 0]
    assert events(unlike, known=[0, 0]) == [0, 0]


@pytest.mark.parametrize("centre", [None, np.zeros(DIMENSIONS, np.float32), np.ones(3, np.float32)])
def test_a_theme_whose_texts_nobody_could_read_is_an_event_of_its_own(centre):
    rng = np.random.default_rng(8)
    read = outcry(rng, matter(rng), np.arange(100), parts=1)[0]

    assert events([read, Loud(read.at, THEME, frozenset(range(50)), 0.0, centre)]) == [0, 1]


def theme(said, people):
    return Loud(0, THEME, frozenset(people), 0.0, np.asarray(said, np.float32))


def test_a_theme_between_two_matters_does_not_make_them_one():
    rng = np.random.default_rng(9)
    one, other = matter(rng), matter(rng)
    louds = [theme(one, range(50)), theme(one + 0.9 * other, range(50, 100)), theme(other, range(100, 150))]

    assert events(louds) == [0, 0, 2]


def test_what_is_most_alike_joins_first_whatever_rang_first():
    rng = np.random.default_rng(10)
    one, other = matter(rng), matter(rng)
    louds = [theme(one, range(50)), theme(other + 0.9 * one, range(50, 100)), theme(other, range(100, 150))]

    assert events(louds) == [0, 1, 1]


def test_the_language_that_all_speak_makes_no_event_where_it_did_without_weighing():
    rng = np.random.default_rng(11)
    language, matters = matter(rng), [matter(rng) for _ in range(2)]

    def said(about, n, speaks):
        texts = about + speaks[:, None] * language + rng.normal(scale=0.03, size=(n, DIMENSIONS))
        return (texts / np.linalg.norm(texts, axis=1, keepdims=True)).astype(np.float32)

    before = said(np.zeros(DIMENSIONS), 500, rng.choice([-2.0, 2.0], 500))
    loud = [said(about, 40, np.full(40, 2.0)) for about in matters]
    again = [said(about, 40, np.full(40, 2.0)) for about in matters]
    usually, middle = UsualSpeech(before), before.mean(axis=0)

    assert events([theme(usually.centre(one), ()) for one in loud]) == [0, 1]
    assert events([theme(usually.centre(one), ()) for one in [*loud, *again]]) == [0, 1, 0, 1]
    assert events([theme((one - middle).sum(axis=0), ()) for one in loud]) == [0, 0]


def test_one_text_said_before_tells_nothing_usual():
    once = np.eye(1, DIMENSIONS, dtype=np.float32)

    assert UsualSpeech(once).centre(once).tolist() == [0.0] * DIMENSIONS


def test_a_channel_that_says_what_a_theme_says_is_its_event_though_its_words_lie_scattered():
    rng = np.random.default_rng(12)
    about, people = matter(rng), np.arange(150)
    rung = outcry(rng, about, people[:30], parts=1)

    def channel(says):
        said = rng.normal(scale=0.15, size=(180, DIMENSIONS))
        said[:150] += says
        return Loud(0, PLACE, frozenset(range(180)), 30.0, said.sum(axis=0).astype(np.float32))

    assert events([*rung, channel(about)]) == [0, 0]
    assert events([*rung, channel(matter(rng))]) == [0, 1]


def test_nothing_rings():
    assert events([]) == []

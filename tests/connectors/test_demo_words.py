"""Are the words of Aldermoor's customers varied, fitting and free of people's names?"""

import re

import pyarrow.compute as pc
import pytest

from interlock.connectors.demo import aldermoor
from interlock.connectors.demo.words.topics import TOPICS

LONG = 80
SHINGLE = 5


@pytest.fixture(scope="module")
def signals():
    return aldermoor()["signals"]


@pytest.fixture(scope="module")
def long_texts(signals):
    return [text for text in signals["body"].to_pylist() if len(text) >= LONG]


def test_more_than_nine_of_ten_longer_texts_are_said_once(long_texts):
    assert len(long_texts) > 15_000
    assert len(set(long_texts)) > 0.9 * len(long_texts)


def test_neighbours_in_time_hardly_ever_say_the_same(long_texts):
    shingles = [_shingles(text) for text in long_texts[:6_000]]

    alike = [
        (one, two)
        for place, one in enumerate(shingles)
        for two in shingles[place + 1 : place + 21]
        if len(one & two) > 0.5 * len(one | two)
    ]

    assert len(alike) < 0.02 * len(shingles)


def test_hundreds_of_sentences_stand_behind_the_texts():
    sentences = {
        sentence
        for topic in TOPICS
        for group in (topic.says, topic.shop, topic.fleet, topic.more, topic.so)
        for sentence in group
    }

    assert len(sentences) > 500


def test_every_gap_in_a_sentence_is_filled(signals):
    gaps = re.compile(r"[{}]|  |\bNone\b|\bs{2}\b")

    assert [
        text for text in signals["body"].to_pylist() + signals["title"].to_pylist() if gaps.search(text)
    ] == []


def test_only_surveys_may_be_left_without_words(signals):
    empty = signals.filter(pc.equal(signals["body"], ""))

    assert set(empty["kind"].to_pylist()) <= {"survey"}


def test_ratings_fit_the_mood_of_the_words(signals):
    rated = signals.filter(pc.is_valid(signals["rating"])).to_pylist()
    low = [row for row in rated if row["rating"] / row["rating_max"] <= 0.4]
    high = [row for row in rated if row["rating"] / row["rating_max"] >= 0.8]
    glad = ("joy", "Best bike", "Would buy again", "smiling", "Kind and quick", "On the day")

    assert {row["rating_max"] for row in rated} == {5.0, 10.0}
    assert not [row for row in low if any(word in row["title"] for word in glad)]
    assert sum(any(word in row["title"] for word in glad) for row in high) > 0.4 * len(high)


def test_brake_hoses_are_spoken_of_only_where_they_are_built(signals):
    hose = signals.filter(pc.match_substring(signals["body"], "BH-2"))

    assert set(hose["product_id"].to_pylist()) == {"C3-BH2"}


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[place : place + SHINGLE]) for place in range(max(len(words) - SHINGLE + 1, 1))}

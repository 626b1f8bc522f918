"""Themes are called what their texts say, in any language, and quoted by texts that differ."""

import numpy as np

from interlock.analytics.themes.names import name_themes

FEES = [
    "The transfer fee is too high",
    "Why is there a transfer fee?",
    "A transfer fee again",
    "I paid the Transfer fee",
]
CARDS = ["The card is lost", "I have a lost card", "My lost card is not blocked", "What about the lost card?"]
LATE = ["The parcel came late", "A late parcel again", "Why is the parcel late?", "My parcel is so late"]


def named(*themes, vectors=None):
    texts = [text for theme in themes for text in theme]
    theme_of = np.repeat(np.arange(len(themes)), [len(theme) for theme in themes]).astype(np.int32)
    if vectors is None:
        vectors = np.eye(len(themes), dtype=np.float32)[theme_of]
    return texts, name_themes(texts, vectors, theme_of)


def test_a_theme_has_a_title_of_its_own_words():
    _, names = named(FEES, CARDS, LATE)

    assert [each.title for each in names] == ["Transfer fee", "Lost card", "Late, parcel"]


def test_words_are_spelled_as_most_people_spell_them():
    _, names = named(["ATM broken", "the ATM is down", "atm eats cards"], CARDS, LATE)

    assert "ATM" in names[0].words


def test_no_two_titles_are_alike():
    _, names = named(FEES, list(FEES), list(FEES))

    assert len({each.title.casefold() for each in names}) == 3


def test_quotes_are_of_the_theme_and_say_different_things():
    texts, names = named(["A fee, why?"] * 5 + FEES, CARDS, LATE)

    quotes = [texts[place] for place in names[0].quotes]
    assert len(quotes) == len(set(quotes)) == 3
    assert set(quotes) <= {*FEES, "A fee, why?"}


def test_the_most_typical_text_is_quoted_first():
    vectors = np.array([[1, 0], [0.8, 0.6], [0.8, -0.6], [1, 0]], dtype=np.float32)
    texts, names = named(
        ["the middle of it all", "one side of the matter", "the other side of it", "x"], vectors=vectors
    )

    assert texts[names[0].quotes[0]] == "the middle of it all"


def test_texts_without_words_have_no_title_and_are_quoted():
    _, names = named(["😀", "😀😀"], CARDS, LATE)

    assert names[0].title == ""
    assert set(names[0].quotes) <= {0, 1}


def test_no_theme_has_no_name():
    assert name_themes(["a"], np.zeros((1, 2), dtype=np.float32), np.array([-1], dtype=np.int32)) == []

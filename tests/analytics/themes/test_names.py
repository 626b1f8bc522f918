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

    assert [each.title for each in names] == ["Transfer fee", "Lost card", "Parcel late"]


def test_a_title_neither_begins_nor_ends_with_a_word_that_only_holds_the_sentence_together():
    _, names = named(
        ["Where is my card?", "I want the card of my son", "My card is with you"] * 4,
        ["O produto não chegou", "Meu produto ainda não chegou", "e o produto não chegou"] * 4,
        ["Das Paket ist für mich nicht da", "Das ist noch nicht mein Paket", "Wo ist das Paket"] * 4,
    )

    assert [each.title for each in names] == ["Card of my son", "Produto não chegou", "Nicht mein Paket"]


def test_a_title_keeps_what_turns_its_meaning_round():
    _, names = named(
        ["My card has not arrived", "The card hasn't arrived", "card not arrived yet"] * 4, FEES, LATE
    )

    assert names[0].title in {"Card has not arrived", "Card hasn't arrived", "Card not arrived"}


def test_two_words_that_always_stand_together_are_not_torn_apart():
    tops = ["My top up failed", "The top-up has failed", "Why has the top up failed?", "top up failed again"]

    _, names = named(tops * 3, FEES, LATE)

    assert names[0].title.replace("-", " ") == "Top up failed"


def test_of_two_themes_about_the_same_the_smaller_one_says_what_is_its_own():
    _, names = named(FEES * 4, [f"{text} abroad" for text in FEES] * 3, LATE)

    assert names[0].title == "Transfer fee"
    assert "abroad" in names[1].title


def test_a_title_that_is_taken_is_not_given_again():
    texts = FEES + CARDS + LATE
    theme_of = np.repeat([0, 1, 2], 4).astype(np.int32)

    names = name_themes(texts, np.eye(3, dtype=np.float32)[theme_of], theme_of, taken=["TRANSFER FEE"])

    assert names[0].title not in {"Transfer fee", ""}
    assert names[1].title == "Lost card"


def test_words_without_a_list_are_told_by_how_evenly_they_are_used():
    turkish = [
        ["kırık bir kutu", "bozuk bir kutu"],
        ["geç bir kargo", "yavaş bir kargo"],
        ["eski bir fatura"],
    ]

    _, names = named(*(texts * 6 for texts in turkish))

    assert [each.title for each in names] == ["Bozuk bir kutu", "Geç bir kargo", "Eski bir fatura"]
    assert all("bir" not in each.words for each in names)


def test_a_script_without_spaces_is_named_too():
    _, names = named(
        ["運費太高", "你們的運費太高了", "這個運費太高"] * 4,
        ["包裹很晚到", "我的包裹很晚到", "包裹很晚到了"] * 4,
    )

    assert "運費太高".find(names[0].title) >= 0
    assert len(names[0].title) >= 2
    assert "包裹很晚到".find(names[1].title) >= 0


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


def test_texts_without_words_are_called_as_they_are_and_are_quoted():
    _, names = named(["😀", "😀😀"], CARDS, LATE)

    assert names[0].title in {"😀, 😀😀", "😀😀, 😀"}
    assert set(names[0].quotes) == {0, 1}


def test_no_theme_has_no_name():
    assert name_themes(["a"], np.zeros((1, 2), dtype=np.float32), np.array([-1], dtype=np.int32)) == []

"""Runs are found whatever small words and endings are used, and never across a mark."""

from collections import Counter

import pytest

from interlock.analytics.themes.phrases import NOT, clauses_of, count_runs, stem

SMALL = {"the", "my", "has", "is", "a", "of"}


def counted(*texts):
    def roles(clause):
        return [
            NOT if word.folded == "not" else None if word.folded in SMALL else stem(word.folded)
            for word in clause
        ]

    return count_runs([clauses_of(text) for text in texts], roles)


def test_small_words_and_endings_do_not_count():
    runs = counted("The card has not arrived", "my cards not arrived", "Cards arrive")

    assert runs.holding[("card", NOT, "arriv")] == 2
    assert runs.written[("card", NOT, "arriv")] == Counter(
        {"card has not arrived": 1, "cards not arrived": 1}
    )


def test_a_run_ends_with_a_word_that_counts():
    assert all(run[-1] != NOT for run in counted("the card is not", "not a card").holding)


def test_no_run_reaches_across_a_mark_or_a_number():
    assert ("card", "fee") not in counted("A card, a fee", "card 12 fee", "card. Fee").holding
    assert ("card", "fee") in counted("card-fee").holding


def test_a_run_stands_once_in_a_text_that_repeats_it():
    assert counted("fee fee fee").holding == {("fee",): 1}


def test_addresses_and_what_follows_a_thousand_signs_are_not_read():
    assert counted("see https://card.example/fee or mail fee@card.example").holding.keys() == {
        ("see",), ("or",), ("mail",), ("or", "mail")
    }  # fmt: skip
    assert ("card",) not in counted("fee " * 250 + "card").holding


def test_runs_agree_with_taking_every_stretch_of_words():
    text = "the red card of my bank is not here today"

    found = counted(text).holding

    words = [word for word in text.split() if word not in SMALL]
    stems = [NOT if word == "not" else stem(word) for word in words]
    expected = {
        tuple(stems[start:end])
        for start in range(len(stems))
        for end in range(start + 1, min(start + 4, len(stems)) + 1)
        if stems[end - 1] != NOT and 1 + _distance(text, words[start], words[end - 1]) <= 6
    }
    # "not here today" is the longest of what stands within six words and is shown with at most four
    assert found.keys() <= expected
    assert {(NOT, stem("here"), stem("today")), (stem("red"), "card"), ("card", "bank")} <= found.keys()


def _distance(text, one, other):
    return text.split().index(other) - text.split().index(one)


@pytest.mark.parametrize(
    ("words", "same"),
    [
        (("charge", "charges", "charged", "charging"), True),
        (("fee", "fees"), True),
        (("card", "care"), False),
    ],
)
def test_endings_of_number_and_tense_are_taken_off(words, same):
    assert (len({stem(word) for word in words}) == 1) is same

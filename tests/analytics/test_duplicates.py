"""Near-duplicates: the same text is one voice unless several customers say it."""

import itertools
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.analytics.text.cleaning import compared
from interlock.analytics.text.duplicates import ALIKE, SHORTEST, Echo, echo, voice_groups

LETTER = (
    "Dear team, with this letter I object to the new fee for paper invoices that you announced for the coming "
    "year, and ask you to take it back. Kind regards, {name}"
)
WORDS = [
    "the",
    "fee",
    "rises",
    "again",
    "and",
    "nobody",
    "told",
    "us",
    "why",
    "our",
    "parcel",
    "came",
    "late",
    "with",
    "a",
    "broken",
    "box",
    "inside",
]
texts = st.lists(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join), max_size=12)


def test_case_numbers_links_and_punctuation_do_not_make_another_text():
    groups = voice_groups(
        [
            "My order 4711 is late!!!",
            "my order 815 is late",
            "MY ORDER 12-34 IS LATE https://example.com/x",
            "My order is not late",
        ]
    )

    assert groups.tolist() == [0, 0, 0, 1]


def test_a_copied_letter_with_another_name_is_the_same_voice_text():
    groups = voice_groups(
        [LETTER.format(name="Ana Souza"), "Where is my parcel?", LETTER.format(name="Jo Berg")]
    )

    assert groups.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("muito bom", "muito ruim"),
        ("my card was late", "my parcel was late"),
        ("👍", "👎"),
        ("How long does it take for me to get my new card?", "How long does it take for me to get my pin"),
    ],
)
def test_short_texts_about_another_matter_stay_apart(one, other):
    assert voice_groups([one, other]).tolist() == [0, 1]


def test_texts_that_say_nothing_are_alone():
    assert voice_groups(["", "  ", "!!!", "👍", "👍"]).tolist() == [0, 1, 2, 3, 3]
    assert voice_groups([]).tolist() == []


def test_rows_voices_and_customers_are_counted_apart():
    same = voice_groups(["The app is down"] * 200)

    assert echo(same, ["ana"] * 200) == Echo(rows=200, voices=1, customers=1)
    assert echo(same, [f"customer {n}" for n in range(200)]) == Echo(rows=200, voices=200, customers=200)
    assert echo(same, [""] * 200) == Echo(rows=200, voices=1, customers=0)
    assert echo([], []) == Echo(0, 0, 0)


@given(texts=texts)
@settings(max_examples=60)
def test_groups_agree_with_comparing_every_pair_and_joining_what_is_alike(texts):
    groups = voice_groups(texts)

    slow = by_hand(texts)
    for one in range(len(texts)):
        for other in range(len(texts)):
            if groups[one] == groups[other]:
                assert slow[one] == slow[other]  # nothing is joined that no chain of likeness joins
            if compared(texts[one]) == compared(texts[other]) != "":
                assert groups[one] == groups[other]


@given(texts=texts, seed=st.integers(0, 99))
@settings(max_examples=60)
def test_the_order_of_the_texts_does_not_matter(texts, seed):
    order = list(range(len(texts)))
    random.Random(seed).shuffle(order)

    straight = voice_groups(texts)
    shuffled = voice_groups([texts[place] for place in order])

    back = np.empty(len(texts), dtype=np.int64)
    back[order] = shuffled
    assert [[a == b for b in straight] for a in straight] == [[a == b for b in back] for a in back]


@pytest.mark.slow
def test_a_hundred_thousand_times_nearly_the_same_is_one_voice_text():
    names = [f"{first} {last}" for first in WORDS for last in WORDS]

    groups = voice_groups([LETTER.format(name=names[n % len(names)]) for n in range(100_000)])

    assert set(groups.tolist()) == {0}


def test_a_word_of_ten_million_letters_is_read_to_its_limit():
    assert voice_groups(["a" * 10_000_000, "a" * 9_000_000, "@" * 10_000_000]).tolist() == [0, 0, 1]


def by_hand(texts):
    """The slow way: every pair compared, components by repainting."""
    label = list(range(len(texts)))
    pairs = [set(itertools.pairwise(words)) for words in (compared(text).split() for text in texts)]
    for one in range(len(texts)):
        for other in range(one):
            a, b = compared(texts[one]), compared(texts[other])
            long = min(len(a.split()), len(b.split())) >= SHORTEST
            alike = long and len(pairs[one] & pairs[other]) >= ALIKE * len(pairs[one] | pairs[other])
            if (a and a == b) or alike:
                label = [label[one] if each == label[other] else each for each in label]
    return label

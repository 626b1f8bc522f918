"""Of each hit the words around it are shown, with what was searched for marked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.listen.excerpts import LONGEST, excerpt
from interlock.listen.search import parts_of


def marked(text: str, words: str) -> str:
    return "".join(
        f"[{piece.text}]" if piece.found else piece.text for piece in excerpt(text, parts_of(words))
    )


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        ("The display goes dark.", "DARK display", "The [display] goes [dark]."),
        ("The displays go dark.", "display", "The displays go dark."),
        ("The displays go dark.", "disp*", "The [displays] go dark."),
        ("Order WO-1234 is late", '"wo 1234"', "Order [WO-1234] is late"),
        ("Não, die Größe", "nao größe", "[Não], die [Größe]"),
        ("Nothing here", "elsewhere", "Nothing here"),
        ("", "dark", ""),
        ("Two\n\nlines", "lines", "Two [lines]"),
    ],
)
def test_found_words_are_marked_where_they_stand(text, words, shown):
    assert marked(text, words) == shown


def test_a_word_far_into_the_text_is_shown_with_what_is_around_it():
    text = f"{'hay ' * 200}the needle {'straw ' * 200}"

    shown = marked(text, "needle")

    assert shown.startswith("… hay")
    assert shown.endswith("straw …")
    assert "the [needle] straw" in shown
    assert len(shown) < LONGEST + 10


@given(st.text(max_size=2_000), st.text(min_size=1, max_size=20))
def test_no_letter_is_changed_or_doubled(text, words):
    pieces = excerpt(text, parts_of(words))
    shown = "".join(piece.text for piece in pieces).removeprefix("… ").removesuffix(" …")

    assert shown in " ".join(text.split())
    assert len(shown) <= LONGEST + 60

"""A finding's sentence: escaped, written, and its numbers linked to their rows."""

import pytest

from interlock.analytics.finding import Sentence
from interlock.web import sentences

FOUND = Sentence(
    "{team} promised dates that we missed {x} of {n} times; usually it is {usual} in 100.",
    {"team": "Shops <North>", "x": 71, "n": 1208, "usual": 12},
    {"x": "hits", "n": "all"},
)


def test_numbers_lead_to_their_rows_and_names_are_escaped():
    html = sentences.html(FOUND, {"hits": "/7/rows/hits/", "all": "/7/rows/all/"})

    assert html == (
        'Shops &lt;North&gt; promised dates that we missed <a class="num" href="/7/rows/hits/">71</a> of '
        '<a class="num" href="/7/rows/all/">1,208</a> times; usually it is 12\u00a0in\u00a0100.'
    )


def test_one_address_takes_the_selection():
    assert 'href="/7/?page=2&amp;rows=hits"' in sentences.html(FOUND, "/7/?page=2")


def test_without_addresses_numbers_stay_plain():
    assert "<a" not in sentences.html(FOUND)


def test_stored_json_reads_like_the_dataclass():
    stored = {"text": FOUND.text, "values": dict(FOUND.values), "rows": dict(FOUND.rows)}

    assert sentences.text(stored) == sentences.text(FOUND)


def test_a_layout_in_the_sentence_is_kept():
    assert sentences.text(
        Sentence("beyond usual, {rate:.3f} − {usual:.3f}", {"rate": 0.33333, "usual": -0.12})
    ) == ("beyond usual, 0.333 − −0.120")


def test_plain_text_may_hold_braces():
    assert sentences.text("Which of {these}?") == "Which of {these}?"


def test_a_missing_value_is_our_mistake_and_is_raised():
    with pytest.raises(KeyError):
        sentences.text(Sentence("{x} of {n}", {"x": 1}))

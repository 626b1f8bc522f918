"""Text out of HTML: words and paragraphs stay, whatever could act or hide goes, in one pass."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.connectors.html_text import clean_text, text_of_html, text_of_html_or_plain

SAID = [
    ("<p>One</p><p>Two</p>", "One\n\nTwo"),
    ("One<br>Two<br/>Three", "One\nTwo\nThree"),
    ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
    ("A  b\n c<b> d</b>", "A b c d"),
    ("<pre>a\n  b</pre>", "a\n  b"),
    ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "1 2\n3"),
    ('<a href="https://x.example">the link</a>', "the link"),
    ('<img src="https://track.example/x.gif" alt="a > b">Hello', "Hello"),
    ("<script>alert('</p>')</script>Hello<style>p{}</style>", "Hello"),
    ("<SCRIPT >x</SCRIPT\n>Hello", "Hello"),
    ("<head><title>Mail</title></head><body>Hello</body>", "Hello"),
    ("<svg><text>no</text></svg>Hello<!-- not this --><!doctype html>", "Hello"),
    ("&lt;b&gt; &amp; &eacute; &#x1F600; &nbsp;x", "<b> & é 😀  x"),
    ("3 < 4 and 5 > 4", "3 < 4 and 5 > 4"),
    ("unclosed <b", "unclosed"),
    ("<select><option>a", "a"),
    ("<p>שלום</p>", "שלום"),
    ("pay\u202egnp.exe", "paygnp.exe"),
    ("a\x00b\x07c", "abc"),
    ("<textarea>hidden</textarea>seen", "seen"),
    ("", ""),
]


@pytest.mark.parametrize(("html", "text"), SAID)
def test_html_becomes_the_words_somebody_wrote(html, text):
    assert text_of_html(html) == text


def test_quotations_go_with_their_content_when_asked():
    html = "<aside><blockquote>Earlier</blockquote><aside>x</aside></aside><p>Mine</p>"

    assert text_of_html(html, without=frozenset({"aside"})) == "Mine"


def test_plain_text_keeps_its_lines_and_signs():
    assert text_of_html_or_plain("a < b\n\n  c & d") == "a < b\n\n  c & d"
    assert text_of_html_or_plain("a<br>b") == "a\nb"


@given(st.text())
def test_any_text_is_read_without_controls(text):
    read = text_of_html(text)

    assert clean_text(read) == read
    assert "\x00" not in read


SLOW = {
    "nested": "<div>" * 100_000,
    "many names": "".join(f"<t{number}>" for number in range(100_000)),
    "open comments": "<!--" * 300_000,
    "open quotes": '<a "' * 300_000,
    "quotes in order": '<a ">' * 100_000,
    "open scripts": "<script>" * 100_000,
    "signs": "<" * 1_000_000,
    "references": "&amp" * 500_000,
}


@pytest.mark.parametrize("name", SLOW)
def test_no_markup_takes_long(name):
    # A reader that looks back for every tag needs minutes here; this one needs a second.
    assert isinstance(text_of_html(SLOW[name]), str)

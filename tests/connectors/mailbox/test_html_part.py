"""The HTML beside a plain mail: the same words, and nothing in them that acts."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from interlock.connectors.imap_mailbox.html_part import html_of, letter_html

ATTACKS = Path(__file__).parents[2] / "browser" / "attacks.txt"
TAGS = {
    "html", "head", "meta", "title", "style", "body", "table", "tr", "td", "p", "h1", "h2", "br", "a", "small",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "name", "content", "class", "style", "role", "width", "cellpadding", "cellspacing",
    "border", "align", "href",
}  # fmt: skip


class Read(HTMLParser):
    """What a mail program finds: tags, attributes, links and the words outside of the head."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "br":
            self.words += "\n"

    def handle_data(self, data):
        self.words += data

    def links(self) -> list[str | None]:
        return [value for name, value in self.attributes if name == "href"]


def page(text: str, subject: str = "New lines", author: str = "Aldermoor") -> Read:
    return Read(html_of(subject=subject, text=text, author=author, language="en"))


def test_the_company_stands_above_the_words_once():
    html = html_of(subject="Aldermoor: 2 new lines", text="Red", author="Aldermoor", language="en")

    assert "<title>Aldermoor: 2 new lines</title>" in html
    assert re.findall(r"<h1[^>]*>(.*)</h1>", html) == ["2 new lines"]
    assert re.findall(r"<p[^>]*>(.*)</p>", html) == ["Aldermoor", "Red"]


def test_words_links_and_foot_stand_in_their_places():
    html = html_of(
        subject="2 new lines",
        text="Red\nhttps://talk.example/c/1/\n\nInes, 3 May, 9:00:\nIt came.\nSee https://a.example/x?b=1&c=2.\n\n"
        "-- \nStop all mail: https://talk.example/stop/1/\n",
        author="Aldermoor",
        language="de",
    )

    read = Read(html)
    assert read.links() == [
        "https://talk.example/c/1/", "https://a.example/x?b=1&c=2", "https://talk.example/stop/1/",
    ]  # fmt: skip
    assert (read.tags.count("h1"), read.tags.count("h2"), ("lang", "de") in read.attributes) == (1, 1, True)
    assert "It came.\nSee https://a.example/x?b=1&c=2." in read.words
    assert html.index("It came.") < html.index("</td></tr><tr><td") < html.index("Stop all mail")


def test_only_the_last_sign_of_a_foot_begins_it():
    read = page("Bye.\n-- \nMarta\n\nMore.\n\n-- \nStop all mail")

    assert read.words.index("Marta") < read.words.index("More.") < read.words.index("Stop all mail")


def test_a_mail_without_foot_has_one_cell_less():
    assert page("It is mended.").tags.count("td") + 1 == page("It is mended.\n-- \nStop").tags.count("td")


def with_signs(line: str) -> str:
    """The attack that a line spells."""
    signs = line.replace(r"\n", "\n").replace(r"\t", "\t").replace(r"\0", "\0")
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), signs)


@pytest.mark.parametrize("place", ["text", "subject", "author"])
def test_no_attack_becomes_more_than_words(place):
    attacks = [with_signs(line) for line in ATTACKS.read_text("utf-8").splitlines()]
    assert len(attacks) > 200

    for attack in attacks:
        given = {"text": "It is mended."} | {place: attack}
        read = page(**given)
        assert set(read.tags) <= TAGS, attack
        assert {name for name, _value in read.attributes} <= ATTRIBUTES, attack
        assert all(str(link).startswith(("http://", "https://")) for link in read.links()), attack
        # One page has one of each, so that no words opened another.
        assert [read.tags.count(one) for one in ("html", "style", "title", "body", "h1")] == [1] * 5, attack


def test_a_letter_is_its_words_and_a_named_link_is_pressed_by_its_name():
    text = "Hello Marta,\nit is <mended>.\n\nSolved?\nYes: https://talk.example/l/k1/?say=yes\nNo: https://talk.example/l/k1/?say=no\n"

    read = Read(letter_html(subject="Re: Lamp", text=text))

    assert read.links() == ["https://talk.example/l/k1/?say=yes", "https://talk.example/l/k1/?say=no"]
    assert " ".join(read.words.split()) == (
        "Re: Lamp Hello Marta, it is <mended>. Solved? Yes https://talk.example/l/k1/?say=yes"
        " No https://talk.example/l/k1/?say=no"
    )


@pytest.mark.parametrize("put", ["{}", "See: {}", "{}: https://a.example/"])
def test_no_attack_becomes_more_than_words_of_a_letter(put):
    for attack in [with_signs(line) for line in ATTACKS.read_text("utf-8").splitlines()]:
        read = Read(letter_html(subject=attack, text=put.format(attack)))
        assert set(read.tags) <= TAGS - {"style", "table"}, attack
        assert {name for name, _value in read.attributes} <= ATTRIBUTES, attack
        assert all(str(link).startswith(("http://", "https://")) for link in read.links()), attack
        assert [read.tags.count(one) for one in ("html", "title", "body")] == [1] * 3, attack


@pytest.mark.parametrize(
    "html", [html_of(subject="s", text="t", author="a", language="en"), letter_html(subject="s", text="t")]
)
def test_nothing_in_it_is_fetched(html):
    assert [word for word in ("src=", "url(", "@import", "<link", "<img", "<script") if word in html] == []

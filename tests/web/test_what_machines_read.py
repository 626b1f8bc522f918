"""What programs read, Atom, JSON, JSON for search engines, calendars: whatever people wrote stays a text in it."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as ET

import pytest
from django.core.cache import caches
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.xmlutils import UnserializableContentError

from converse.community.conftest import board, marta, page_of, priya, write  # noqa: F401 - fixtures
from converse.conftest import mixed  # noqa: F401 - fixture
from converse.loop.conftest import NOW, foreign, hinge  # noqa: F401 - fixtures
from interlock.converse.models import Conversation, Post, Reply, Story
from interlock.converse.notices import calendar
from interlock.fabric.models import Company

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
BREAKS = "\r\nSUMMARY:evil\nEND:VEVENT\u2028"
SIGNS = "\x0b\x1b\x0c\x08\ufffe\uffff"
MARKUP = "]]></title><script>alert(1)</script></script><!--\"'&lt;{{7*7}} &#x202e;"
ATTACK = f"A{SIGNS}{MARKUP}{BREAKS}"


@pytest.fixture
def written(board, hinge, write, marta, priya):  # noqa: F811 - fixtures
    """The same text wherever somebody can leave one that programs read."""
    Company.objects.update(name=ATTACK[:80], second_word="", about=ATTACK)
    type(board).objects.update(name=ATTACK[:80], about=ATTACK)
    post = write(marta, kind="idea")
    Reply.objects.create(
        post=post, words=ATTACK, author=marta, author_name=ATTACK, said_at=NOW, standing=post.standing
    )
    Post.objects.update(title=ATTACK, words=ATTACK, author_name=ATTACK)
    post.refresh_from_db()
    theme = hinge.theme
    type(theme).objects.filter(pk=theme.pk).update(name=ATTACK, question=ATTACK, decision=ATTACK)
    Story.objects.create(
        theme=theme, said=ATTACK, did=ATTACK, product="Heron", decided_at=NOW, customers=1, first_said_at=NOW,
        shown_by=hinge.lena, shown_at=NOW,
    )  # fmt: skip
    calendar.change_address(person=hinge.lena, on=True)
    caches["pages"].clear()
    return post, theme, hinge.lena


def test_every_feed_is_whole_and_its_texts_are_texts(client, written):
    post, theme, lena = written
    feeds = {
        "all": reverse("community:feed"),
        "board": reverse("community:board_feed", args=[post.board.key]),
        "stories": reverse("loop:you_said_feed"),
        "theme": reverse("web:theme_feed", args=[theme.key, calendar.signed_for(lena)]),
    }

    for name, address in feeds.items():
        answer = client.get(address)
        root = ET.fromstring(answer.content)

        assert answer.status_code == 200, name
        tags = {one.tag.removeprefix(ATOM) for one in root.iter()}
        assert tags <= {
            "feed",
            "title",
            "link",
            "id",
            "updated",
            "published",
            "author",
            "name",
            "summary",
            "subtitle",
            "entry",
        }
        texts = " ".join(one.text or "" for one in root.iter())
        assert "</title><script>alert(1)</script>" in texts, name
        assert "<script" not in answer.content.decode()


def test_a_feed_that_takes_any_sign_is_none_at_all():
    """The control: this is what one pasted sign does to a feed."""
    with pytest.raises(UnserializableContentError):
        Atom1Feed("A\x0b", "https://example.com/", "").writeString("utf-8")


def test_the_sitemap_holds_addresses_alone(client, written):
    for part in (reverse("community:sitemap"), reverse("community:sitemap_part", args=[0])):
        root = ET.fromstring(client.get(part).content)
        assert {one.tag.rpartition("}")[2] for one in root.iter()} <= {
            "sitemapindex",
            "sitemap",
            "urlset",
            "url",
            "loc",
            "lastmod",
        }
        assert not [one.text for one in root.iter() if "alert" in (one.text or "") and "<" in one.text]


def test_json_gives_the_text_back_and_no_browser_takes_it_for_a_page(client, written):
    for name in ("loop:you_said_rows", "widget:panel"):
        answer = client.get(reverse(name))

        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "alert(1)" in json.dumps(json.loads(answer.content))
    assert client.get(reverse("loop:you_said_rows")).json()["stories"][0]["you_said"] == ATTACK


@pytest.mark.parametrize("kind", ["idea", "ask"])
def test_what_search_engines_read_ends_where_we_end_it(client, written, kind):
    post = written[0]
    Post.objects.filter(pk=post.pk).update(kind=kind)
    caches["pages"].clear()

    page = client.get(page_of(post)).content.decode()

    (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, flags=re.DOTALL)
    told = json.loads(block)
    about = told.get("mainEntity", told)
    assert (about["text"], about["author"]["name"]) == (ATTACK, ATTACK)
    assert re.findall(r"[<>&]", block) == []
    assert "<script>alert" not in page


def test_no_title_adds_a_line_to_a_calendar(client, mixed, written):  # noqa: F811 - fixture
    lena = mixed.staff
    Conversation.objects.update(title=ATTACK, question=ATTACK, due=NOW.date())
    mixed.talk.refresh_from_db()
    calendar.change_address(person=lena, on=True)
    days = [calendar.Day("a-1", NOW.date(), ATTACK, "https://talk.example.com/", NOW)]

    whole = calendar.written(days)
    read = client.get(reverse("notices:calendar", args=[calendar.signed_for(lena)]))

    for text in (whole, read.content.decode()):
        lines = re.sub("\r\n ", "", text).split("\r\n")
        assert (lines[0], lines[-2:]) == ("BEGIN:VCALENDAR", ["END:VCALENDAR", ""])
        assert not re.search("[\x00-\x09\x0b\x0c\x0e-\x1f\u2028\u2029\x85]|(?<!\r)\n|\r(?!\n)", text)
        assert {line.partition(":")[0].partition(";")[0] for line in lines if line} <= {
            "BEGIN", "END", "VERSION", "PRODID", "CALSCALE", "X-WR-CALNAME", "REFRESH-INTERVAL", "UID", "DTSTAMP",
            "DTSTART", "DTEND", "SUMMARY", "URL", "TRANSP",
        }  # fmt: skip
        assert [line for line in lines if line.startswith("SUMMARY:evil")] == []
    assert whole.count("BEGIN:VEVENT\r\n") == 1

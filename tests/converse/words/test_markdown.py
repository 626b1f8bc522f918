"""What people write is shown as Markdown, and nothing in it acts."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.converse.words import plain, rendered

REL = 'rel="nofollow ugc noopener"'


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("**No** _later_ ~~never~~", "<p><strong>No</strong> <em>later</em> <s>never</s></p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("> quoted", "<blockquote>\n<p>quoted</p>\n</blockquote>"),
        ("3. third", '<ol start="3">\n<li>third</li>\n</ol>'),
        ("# no heading", "<p># no heading</p>"),
        ("`<b>`", "<p><code>&lt;b&gt;</code></p>"),
        ("a < b & c", "<p>a &lt; b &amp; c</p>"),
        ("<b>bold</b>", "<p>&lt;b&gt;bold&lt;/b&gt;</p>"),
        ("https://a.org/b", f'<p><a href="https://a.org/b" class="outside" {REL}>https://a.org/b</a></p>'),
        ("[here](/themes/)", f'<p><a href="/themes/" {REL}>here</a></p>'),
        ("[Ines](#message-4)", f'<p><a href="#message-4" {REL}>Ines</a></p>'),
        ("![bike](/pictures/a-b/)", '<p><img src="/pictures/a-b/" alt="bike" loading="lazy"></p>'),
        (
            "![bike](https://a.org/b.png)",
            f'<p><a class="outside" href="https://a.org/b.png" {REL}>bike</a></p>',
        ),
    ],
)
def test_markdown_is_shown(written, shown):
    assert rendered(written).strip() == shown


def test_only_those_who_are_named_are_marked_the_longest_name_first_and_never_in_code():
    text = "@Ines Calder, @Ines, @Inesque, a@Ines and `@Ines`"

    assert rendered(text, mentions={"Ines": "", "Ines Calder": "/people/1/"}).strip() == (
        f'<p><a class="mention" href="/people/1/" {REL}>@Ines Calder</a>, <span class="mention">@Ines</span>, '
        "@Inesque, a@Ines and <code>@Ines</code></p>"
    )


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", "&#106;avascript:alert(1)", "java\tscript:alert(1)",
        "data:text/html,<script>alert(1)</script>", "data:image/png;base64,AAAA", "vbscript:x", "file:///etc/passwd",
        "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "ftp://evil.example", "blob:x",
    ],
)  # fmt: skip
def test_no_link_acts_or_hides_where_it_leads(address):
    for written in (f"[x]({address})", f"[x](<{address}>)", f"<{address}>", f"![x]({address})"):
        for href in re.findall(r'(?:href|src)="([^"]*)"', rendered(written)):
            assert re.match(r"https?://|mailto:|/(?!/)[^\\\s]*$|#", href), (written, href)
            assert not href.startswith(("//", "/\\"))


class Seen(HTMLParser):
    """Every tag and attribute of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _value in attrs}


PIECES = st.sampled_from(
    ["<script>", "<img src=x onerror=alert(1)>", "[a](", "javascript:", "\")", "](x)", "![", "`", "```\n", "> ", "<svg/onload=x>",
     "&lt;", "<a href='x' style='x'>", "</p>", "<!--", "]]>", "@Ines", "\"onmouseover=x ", "*", "\n", "https://x.org/\"><b>", "\x00"]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=12), max_size=20).map("".join))
def test_whatever_is_written_only_listed_tags_and_attributes_come_out(text):
    seen = Seen(rendered(text, mentions={"Ines": "/people/1/"}))

    assert seen.tags <= {
        "a", "blockquote", "br", "code", "em", "hr", "img", "li", "ol", "p", "pre", "s", "span", "strong", "ul",
    }  # fmt: skip
    assert seen.attributes <= {"href", "rel", "class", "src", "alt", "loading", "start"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The **brake hose** is _too_ short.", "The brake hose is too short."),
        ("Look.![picture](/pictures/tt9R6JaclmnD67GM1enmHrqS/)", "Look. [picture]"),
        (
            "The [rows](/disconnects/1/), and [theirs](https://x.example/).",
            "The rows, and [theirs](https://x.example/).",
        ),
        ("part_no_7 is 2 * 3 * 4, a ** b", "part_no_7 is 2 * 3 * 4, a ** b"),
        ("![x](https://x.example/a.png) > quoted\n- one", "![x](https://x.example/a.png) > quoted\n- one"),
    ],
)
def test_the_same_words_without_marks(text, words):
    assert plain(text) == words


@given(st.lists(PIECES | st.text(max_size=12), max_size=20).map("".join))
def test_words_without_marks_hold_no_letter_that_was_not_there(text):
    assert [one for one in plain(text) if one not in {*text, *" []"}] == []


@pytest.mark.parametrize("mark", ["**a ", "_a ", "[a", "![", "**", "__a**"])
def test_a_text_of_nothing_but_marks_is_without_them_at_once(mark):
    text = mark * 3_000

    assert len(plain(text)) <= len(text)

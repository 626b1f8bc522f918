"""Feeds as they are met: three families, damaged ones, changed ones, paged ones, hostile ones."""

from __future__ import annotations

import pytest

from interlock.connectors.conformance import Answer, Asked, Case, Conformance
from interlock.connectors.errors import ConnectorError
from interlock.connectors.feed import connector
from interlock.connectors.feed.connector import _short

from .reaches import NOW, reach, says

ADDRESS = {"address": "https://example.com/feed", "signal_kind": "review"}

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>Reviews</title><language>en-GB</language>
<item><guid isPermaLink="false">r-2</guid><title>Late &amp; wet</title><link>https://example.com/r/2</link>
  <description><![CDATA[<p>It came <b>late</b>.</p><p>And wet.</p><img src="https://track.example/x.gif">
  <script>steal()</script>]]></description><pubDate>Sat, 21 Nov 2026 10:00:00 +0100</pubDate></item>
<item><guid isPermaLink="false">r-1</guid><title>Good</title><link>https://example.com/r/1</link>
  <description>Just good.</description><pubDate>Fri, 20 Nov 2026 08:00:00 GMT</pubDate></item>
</channel></rss>"""

RDF = """<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://example.com/"><title>Board</title></channel>
<item rdf:about="https://example.com/b/1"><title>Where is my order</title><link>https://example.com/b/1</link>
  <description>Three weeks now.</description><dc:date>2026-11-19T23:30:00-02:00</dc:date></item>
</rdf:RDF>"""

# The shape of Apple's customer reviews: https://itunes.apple.com/us/rss/customerreviews/id=1/sortBy=mostRecent/xml
ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:im="http://itunes.apple.com/rss" xml:lang="de">
<title>App reviews</title><id>urn:feed</id><updated>2026-11-21T07:00:00Z</updated>
<entry><id>urn:11</id><title>Stürzt ab</title><im:rating>1</im:rating><updated>2026-11-21T07:00:00Z</updated>
  <content type="html">&lt;p&gt;Seit dem Update.&lt;/p&gt;</content>
  <link rel="alternate" href="https://example.com/a/11"/><author><name>Anna Muster</name></author></entry>
</feed>"""


def all_pages(*documents: str | bytes, cursor: str = "", answers=ADDRESS):
    """The pages of one asking, during which each request gets the next document."""
    left = iter(documents)
    return list(connector.pages(answers, cursor, reach(lambda method, url, **_: says(next(left)))))


def rows(pages) -> list[dict]:
    return [incoming.row for page in pages for incoming in page.rows]


def test_an_rss_feed_becomes_signals_the_oldest_first():
    first, second = rows(all_pages(RSS))

    assert first == {
        "signal_id": first["signal_id"],
        "kind": "review",
        "occurred_at": "2026-11-20T08:00:00Z",
        "channel": "example.com",
        "title": "Good",
        "body": "Just good.",
        "url": "https://example.com/r/1",
        "lang": "en",
    }
    assert second["occurred_at"] == "2026-11-21T09:00:00Z"
    assert (second["title"], second["body"]) == ("Late & wet", "It came late.\n\nAnd wet.")
    assert first["signal_id"].startswith("feed:example.com:")


def test_rss_1_and_atom_are_read_too():
    (board,) = rows(all_pages(RDF))
    (review,) = rows(all_pages(ATOM))

    assert (board["body"], board["occurred_at"]) == ("Three weeks now.", "2026-11-20T01:30:00Z")
    assert (review["rating"], review["rating_max"], review["lang"]) == (1.0, 5.0, "de")
    assert (review["title"], review["body"]) == ("Stürzt ab", "Seit dem Update.")


def test_the_name_of_the_author_is_left_out():
    assert "Muster" not in repr(all_pages(ATOM))


def test_what_was_seen_comes_again_only_when_it_changed():
    (page,) = all_pages(RSS)
    (same,) = all_pages(RSS, cursor=page.cursor)
    (changed,) = all_pages(RSS.replace("Just good.", "Good, then broken."), cursor=page.cursor)

    assert rows([same]) == []
    assert [row["body"] for row in rows([changed])] == ["Good, then broken."]
    assert rows([changed])[0]["signal_id"] == rows([page])[0]["signal_id"]


def test_an_unchanged_feed_costs_one_short_answer():
    asked = []

    def server(method, url, headers, **_):
        asked.append(headers)
        if headers.get("if-none-match") == '"v1"':
            return says("", status=304)
        return says(RSS, etag='"v1"', last_modified="Sat, 21 Nov 2026 09:00:00 GMT")

    (page,) = connector.pages(ADDRESS, "", reach(server))

    assert list(connector.pages(ADDRESS, page.cursor, reach(server))) == []
    assert asked[1]["if-modified-since"] == "Sat, 21 Nov 2026 09:00:00 GMT"


def test_an_entry_without_guid_is_known_by_its_link_and_without_both_by_its_words():
    linked = RSS.replace('<guid isPermaLink="false">r-1</guid>', "")
    bare = linked.replace("<link>https://example.com/r/1</link>", "")

    first = rows(all_pages(bare))[0]["signal_id"]

    assert rows(all_pages(linked))[0]["signal_id"] == rows(all_pages(linked + " "))[0]["signal_id"]
    assert first == rows(all_pages(bare))[0]["signal_id"]
    assert first != rows(all_pages(bare.replace("Just good.", "Just bad.")))[0]["signal_id"]


def test_a_date_that_cannot_be_read_is_refused_once_with_its_reason():
    document = RSS.replace("Fri, 20 Nov 2026 08:00:00 GMT", "the day after")
    (page,) = all_pages(document)
    (again,) = all_pages(document, cursor=page.cursor)

    assert len(page.rows) == 1
    (refused,) = page.refused
    assert (refused.place, refused.reason, refused.field, refused.payload) == (
        "https://example.com/r/1",
        "its date cannot be read",
        "occurred_at",
        "the day after",
    )
    assert (again.rows, again.refused) == ((), ())


def test_an_entry_without_date_happened_when_it_was_first_met():
    document = RSS.replace("<pubDate>Fri, 20 Nov 2026 08:00:00 GMT</pubDate>", "")
    (page,) = all_pages(document)
    changed = all_pages(document.replace("Just good.", "Still good."), cursor=page.cursor)

    assert [row["occurred_at"] for row in rows([page])] == [
        "2026-11-21T09:00:00Z",
        f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
    ]
    assert rows(changed)[0]["occurred_at"] == f"{NOW:%Y-%m-%dT%H:%M:%SZ}"


def test_an_entry_without_words_is_refused():
    document = RSS.replace("<title>Good</title>", "").replace("Just good.", "")

    assert [refused.reason for page in all_pages(document) for refused in page.refused] == [
        "it holds no text"
    ]


@pytest.mark.parametrize(
    ("encoding", "declared"), [("latin-1", "UTF-8"), ("cp1252", "iso-8859-1"), ("utf-16", "utf-16")]
)
def test_a_wrong_charset_is_read_as_far_as_it_can_be(encoding, declared):
    document = ATOM.replace('encoding="utf-8"', f'encoding="{declared}"').encode(encoding)

    (row,) = rows(all_pages(document))

    assert row["title"].endswith("rzt ab")
    assert "\ufffd" in row["title"] or row["title"] == "Stürzt ab"


def paged(number: int, last: int) -> str:
    link = (
        f'<atom:link rel="next" href="https://example.com/feed?page={number + 1}"/>' if number < last else ""
    )
    items = "".join(
        f"<item><guid>p-{number}-{item}</guid><description>Text {number} {item}</description>"
        f"<pubDate>Fri, {20 - number} Nov 2026 08:0{item}:00 GMT</pubDate></item>"
        for item in (1, 0)
    )
    return (
        '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Paged</title>'
        f"{link}{items}</channel></rss>"
    )


def test_a_paged_feed_is_followed_to_its_end_and_later_only_as_far_as_it_is_new():
    documents = [paged(number, 3) for number in (1, 2, 3)]
    asked: list[str] = []

    def server(method, url, **_):
        asked.append(url)
        return says(documents[int(url.partition("page=")[2] or 1) - 1])

    pages = list(connector.pages(ADDRESS, "", reach(server)))
    later = list(connector.pages(ADDRESS, pages[-1].cursor, reach(server)))

    assert len({row["signal_id"] for row in rows(pages)}) == len(rows(pages)) == 6
    assert [url.partition("page=")[2] for url in asked] == ["", "2", "3", ""]
    assert rows(later) == []


def test_a_reading_killed_in_the_middle_of_a_paged_feed_goes_on_there():
    documents = [paged(number, 3) for number in (1, 2, 3)]

    def server(method, url, **_):
        return says(documents[int(url.partition("page=")[2] or 1) - 1])

    first = next(connector.pages(ADDRESS, "", reach(server)))
    rest = list(connector.pages(ADDRESS, first.cursor, reach(server)))

    assert len({row["signal_id"] for row in rows([first, *rest])}) == 6


def billion_laughs() -> str:
    entities = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY e0 "lol">{entities}]><rss><channel>&e9;</channel></rss>'


HOSTILE = {
    "billion laughs": billion_laughs(),
    "quadratic": f'<!DOCTYPE rss [<!ENTITY a "{"x" * 100_000}">]><rss><channel>{"&a;" * 5_000}</channel></rss>',
    "external": '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><title>&x;</title></channel></rss>',
    "external on the net": '<!DOCTYPE rss [<!ENTITY x SYSTEM "http://10.0.0.1/">]><rss><channel>&x;</channel></rss>',
    "parameter": '<!DOCTYPE rss [<!ENTITY % p SYSTEM "file:///etc/passwd">%p;]><rss><channel/></rss>',
    "broken with an entity": billion_laughs().replace("</rss>", ""),
    "in UTF-16": billion_laughs().encode("utf-16"),
    "in UTF-16 and broken": billion_laughs().replace("</rss>", "").encode("utf-16-le"),
    "a web page": "<!doctype html><html><body>Sign in</body></html>",
    "an address": b"http://10.0.0.1/feed",
    "a file name": b"/etc/passwd",
    "JSON": '{"items": []}',
    "nothing": "",
    "too large": b"<rss>" + b" " * 11_000_000,
    "noise": bytes(range(256)) * 100,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_feed_or_built_to_harm_is_refused_at_once(name):
    with pytest.raises(ConnectorError) as caught:
        all_pages(HOSTILE[name])

    assert "root:" not in str(caught.value)


def test_a_doctype_without_entities_is_no_attack():
    document = RSS.replace(
        '<rss version="2.0">',
        '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://example.com/rss-0.91.dtd">'
        '<rss version="0.91">',
    )

    assert len(rows(all_pages(document))) == 2


def test_the_check_says_what_is_there():
    assert (
        connector.check(ADDRESS, reach(lambda method, url, **_: says(RSS)))
        == "The feed “Reviews” holds 2 entries, the newest of 21 November 2026."
    )


def paged_feed(number: int, entries: dict[str, str], last: bool) -> str:
    following = "" if last else f'<link rel="next" href="https://example.com/feed?part={number + 1}"/>'
    items = "".join(
        f"<entry><id>urn:{name}</id><title>{name}</title><updated>2026-11-{day}T08:00:00Z</updated>"
        f'<content type="text">{name} of {day}</content><link href="https://example.com/{name}"/></entry>'
        for name, day in entries.items()
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Parts</title><id>urn:f</id>{following}{items}</feed>'


def play_parts(parts: list[dict[str, str]]):
    """A paged Atom feed (RFC 5005, section 3), with an entity tag for its first part."""
    documents = [paged_feed(number, part, number == len(parts)) for number, part in enumerate(parts, 1)]

    def api(asked: Asked) -> Answer:
        tag = f'"{len(documents[0])}-{parts[0]}"'.replace("'", "")
        if "part" not in asked.query and asked.headers.get("if-none-match") == tag:
            return Answer(b"", 304)
        document = documents[int(asked.query.get("part", 1)) - 1]
        return Answer(document.encode(), 200, {"Content-Type": "application/atom+xml", "ETag": tag})

    return lambda: api


PARTS = [{"e": "20", "d": "19"}, {"c": "18", "b": "17"}, {"a": "16"}]
LATER = [{"f": "21", "e": "22"}, *PARTS[1:]]


def expected(parts: list[dict[str, str]], *names: str) -> dict:
    rows_by_name = {}
    for part in parts:
        for name, day in part.items():
            row = {
                "kind": "review",
                "occurred_at": f"2026-11-{day}T08:00:00Z",
                "channel": "example.com",
                "title": name,
                "body": f"{name} of {day}",
                "url": f"https://example.com/{name}",
            }
            key = f"feed:example.com:{_short(f'example.com/feed?{chr(10)}urn:{name}', 24)}"
            rows_by_name[name] = (("signals", key), {"signal_id": key} | row)
    return dict(rows_by_name[name] for name in names)


class TestFeed(Conformance):
    def case(self) -> Case:
        return Case(
            connector=connector,
            answers=ADDRESS,
            origins=("https://example.com",),
            api=play_parts(PARTS),
            expected=expected(PARTS, *"abcde"),
            later=play_parts(LATER),
            expected_later=expected(LATER, "e", "f"),
        )

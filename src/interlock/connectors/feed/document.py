"""One feed document, taken apart: its entries, and where the next part of a paged feed is.

Entity bombs and external entities are refused before feedparser sees the bytes (defusedxml); what is not well-formed
is read as far as feedparser can.

Sources: RSS 2.0 (rssboard.org/rss-specification), RSS 1.0, Atom (RFC 4287), paged feeds (RFC 5005), Apple's review feed.
"""

from __future__ import annotations

import calendar
import io
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree.ElementTree import ParseError

import feedparser
from defusedxml import DefusedXmlException, ElementTree

from ..errors import ConnectorError
from ..html_text import clean_text, text_of_html_or_plain
from ..limits import MEGABYTE

# The largest feeds of public archives are below 5 MB; feedparser takes about a second for each megabyte.
LARGEST = 10 * MEGABYTE
_ROOT = re.compile(rb"<(?:[a-z]+:)?(?:rss|feed|rdf)[\s>]")
_END = re.compile(rb"</(?:[a-z]+:)?(?:rss|feed|rdf)\s*>")
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Entry:
    """One entry. `id` is its guid, else its link, else empty; `written` is None without a readable date."""

    id: str
    title: str
    body: str
    url: str
    written: datetime | None
    date_text: str
    rating: float | None
    lang: str


@dataclass(frozen=True)
class Document:
    """A feed as it was read: entries as they stand, the newest usually first."""

    title: str
    entries: tuple[Entry, ...]
    next_url: str


def read_document(body: bytes, url: str, content_type: str) -> Document:
    """Take a feed apart.

    Raises:
        ConnectorError: it is no feed, too large, or built to harm its reader.
    """
    if len(body) > LARGEST:
        raise ConnectorError(
            f"This feed has {len(body) / MEGABYTE:.0f} MB; feeds up to {LARGEST / MEGABYTE:.0f} MB are read."
        )
    _refuse_harm(body)
    headers = {"content-type": content_type, "content-location": url}
    # A stream, never the bytes themselves: feedparser would take short ones for the name of a file.
    parsed = feedparser.parse(io.BytesIO(body), response_headers=headers, sanitize_html=False)
    if not parsed.get("version") and not parsed.entries:
        raise ConnectorError("There is no RSS or Atom feed at this address. Check the address.")
    language = _two_letters(parsed.feed.get("language", ""))
    return Document(
        title=clean_text(str(parsed.feed.get("title", "")))[:200],
        entries=tuple(_entries(parsed.entries, language)),
        next_url=_next_url(parsed.feed),
    )


def _refuse_harm(body: bytes) -> None:
    """Refuse entities of the feed's own, and a document that was cut off: its last entry would be half a text."""
    try:
        for _ in ElementTree.iterparse(io.BytesIO(body), events=("start-ns",)):
            pass
    except DefusedXmlException as error:
        raise ConnectorError(
            "This feed defines entities of its own, as attacks on its reader do; nothing of it was taken."
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        # Not well-formed, or in an encoding that only feedparser knows: then no entity may be defined at all.
        plain = body.replace(b"\0", b"").lower()
        if b"<!entity" in plain:
            raise ConnectorError(
                "This feed is damaged and defines entities of its own; nothing of it was taken."
            ) from error
        if _ROOT.search(plain[:5_000]) and not _END.search(plain[-1_000:]):
            raise ConnectorError("This feed breaks off in the middle; nothing of it was taken.") from error


def _entries(entries: list[dict[str, Any]], language: str) -> Iterator[Entry]:
    for entry in entries:
        link = str(entry.get("link", ""))
        # `dict.get`: feedparser's own `get` answers "published" when asked for "updated", with a warning.
        date_text = str(entry.get("published") or dict.get(entry, "updated") or "")
        yield Entry(
            id=str(entry.get("id") or link),
            title=_line(entry.get("title", "")),
            body=_body(entry),
            url=link if re.match(r"https?://", link, re.IGNORECASE) and len(link) <= 2_000 else "",
            written=_moment(entry.get("published_parsed") or dict.get(entry, "updated_parsed")),
            date_text=date_text[:100],
            rating=_rating(entry.get("im_rating")),
            lang=_two_letters(entry.get("language", "")) or language,
        )


def _body(entry: Mapping[str, Any]) -> str:
    contents = [str(part.get("value", "")) for part in entry.get("content") or ()]
    longest = max((*contents, str(entry.get("summary", ""))), key=len)
    return text_of_html_or_plain(longest)


def _line(text: Any) -> str:
    return " ".join(text_of_html_or_plain(str(text)).split())[:1_000]


def _moment(parsed: time.struct_time | None) -> datetime | None:
    if parsed is None:
        return None
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=calendar.timegm(parsed))
    except (OverflowError, ValueError):
        return None
    return moment if moment >= _EARLIEST else None


def _rating(text: Any) -> float | None:
    return float(text) if isinstance(text, str) and re.fullmatch(r"[0-5]", text.strip()) else None


def _two_letters(language: Any) -> str:
    found = re.match(r"[A-Za-z]{2}(?![A-Za-z])", str(language).strip())
    return found.group().lower() if found else ""


def _next_url(feed: Mapping[str, Any]) -> str:
    """The next part of a paged feed; RFC 5005 calls it `next`, archives `prev-archive`."""
    for link in feed.get("links", ()):
        if link.get("rel") in {"next", "prev-archive"}:
            return str(link.get("href", ""))
    return ""

"""A feed as a live connector: asked again and again, it hands over entries that are new or changed.

The cursor remembers a fingerprint of every entry of the last document, so that nothing comes twice; and `ETag` and
`Last-Modified`, so that an unchanged feed costs one short answer. A paged feed (RFC 5005) is followed until a part
holds an entry known before; where it was left stands in the cursor too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from ..errors import ConnectorError
from ..live import Answers, HttpReply, Incoming, NotTaken, Page, Question, Reach
from ..replies import System, ask
from .document import Document, Entry, read_document

# A feed of 200 parts is an archive of years; one that goes on links to itself.
MOST_PARTS = 200
_ACCEPT = "application/atom+xml, application/rss+xml, application/rdf+xml, application/xml;q=0.9, */*;q=0.5"


@dataclass
class _Place:
    """The cursor: `seen` holds each entry's fingerprint and, where it has no date, when it was first met.

    `before` holds what was known when a paged feed began to be followed: there it may stop.
    """

    seen: dict[str, list[str]] = field(default_factory=dict)
    before: dict[str, list[str]] = field(default_factory=dict)
    etag: str = ""
    modified: str = ""
    # The part of a paged feed that is read next, and how many were read; empty between two readings.
    part: str = ""
    parts: int = 0

    @classmethod
    def read(cls, cursor: str) -> _Place:
        return cls(**json.loads(cursor)) if cursor else cls()

    def written(self) -> str:
        return json.dumps(self.__dict__, separators=(",", ":"))


class FeedConnector:
    """RSS 2.0, RSS 1.0 and Atom."""

    kind = "feed"
    title = "RSS or Atom feed"
    purpose = "Reviews, posts and mentions that a site publishes as a feed."
    ask_every = 900
    questions = (
        Question(
            "address", "Address of the feed", kind="address", help="Such as https://example.com/reviews.rss"
        ),
        Question(
            "signal_kind",
            "What its entries are",
            kind="choice",
            default="post",
            choices=(("post", "Posts"), ("review", "Reviews"), ("social", "Mentions in social media")),
        ),
    )

    def check(self, answers: Answers, reach: Reach) -> str:
        """Read the feed once and say what it holds."""
        document = _read(_ask(answers["address"], reach))
        name = f" “{document.title}”" if document.title else ""
        count = len(document.entries)
        dated = [entry.written for entry in document.entries if entry.written]
        newest = f", the newest of {max(dated).day} {max(dated):%B %Y}" if dated else ""
        return f"The feed{name} holds {count} {'entry' if count == 1 else 'entries'}{newest}."

    def pages(self, answers: Answers, cursor: str, reach: Reach) -> Iterator[Page]:
        """Hand over entries that are new or changed, one page a part of the feed."""
        place = _Place.read(cursor)
        yield from self._parts(answers, place, reach)
        reply = _ask(answers["address"], reach, place)
        if reply.status == 304:
            return
        document = _read(reply)
        rows, refused, fresh = _news(answers, document, place.seen, reach.now())
        overlap = not place.seen.keys().isdisjoint(fresh)
        place.etag, place.modified = reply.headers.get("etag", ""), reply.headers.get("last-modified", "")
        if not overlap:
            place.part, place.parts, place.before = _next_part(reply, document), 1, place.seen
        place.seen = fresh
        yield Page(rows, place.written(), refused)
        yield from self._parts(answers, place, reach)

    def _parts(self, answers: Answers, place: _Place, reach: Reach) -> Iterator[Page]:
        """The older parts of a paged feed, until one is known, or the last."""
        while place.part:
            reach.wait(0)
            reply = ask(reach, _SYSTEM, "GET", place.part, headers={"accept": _ACCEPT})
            document = _read(reply)
            rows, refused, fresh = _news(answers, document, place.before | place.seen, reach.now())
            overlap = not place.before.keys().isdisjoint(fresh)
            place.parts += 1
            place.part = "" if overlap or place.parts > MOST_PARTS else _next_part(reply, document)
            if not place.part:
                place.before = {}
            yield Page(rows, place.written(), refused)


_SYSTEM = System("The feed")


def _ask(address: str, reach: Reach, place: _Place | None = None) -> HttpReply:
    headers = {"accept": _ACCEPT}
    if place and place.etag:
        headers["if-none-match"] = place.etag
    if place and place.modified:
        headers["if-modified-since"] = place.modified
    return ask(reach, _SYSTEM, "GET", address.strip(), headers=headers)


def _read(reply: HttpReply) -> Document:
    return read_document(reply.body, reply.url, reply.headers.get("content-type", ""))


def _next_part(reply: HttpReply, document: Document) -> str:
    following = urljoin(reply.url, document.next_url) if document.next_url else ""
    return "" if following == reply.url else following


def _news(
    answers: Answers, document: Document, seen: Mapping[str, list[str]], now: datetime
) -> tuple[tuple[Incoming, ...], tuple[NotTaken, ...], dict[str, list[str]]]:
    """Rows of the entries that are new or changed, the oldest first, refusals, and every entry's fingerprint."""
    rows: list[tuple[datetime, Incoming]] = []
    refused: list[NotTaken] = []
    fresh: dict[str, list[str]] = {}
    for entry in document.entries:
        key = _key(answers, entry)
        mark = _fingerprint(entry)
        known = seen.get(key) or fresh.get(key)
        met = known[1] if known and len(known) > 1 else f"{now:%Y-%m-%dT%H:%M:%SZ}"
        fresh[key] = [mark] if entry.written else [mark, met]
        if known and known[0] == mark:
            continue
        reason = _reason_against(entry)
        if reason:
            refused.append(NotTaken(entry.url or entry.id[:200], *reason))
            continue
        written = entry.written or datetime.fromisoformat(met)
        rows.append((written, _incoming(answers, entry, key, written)))
    rows.sort(key=lambda row: row[0])
    return tuple(row for _, row in rows), tuple(refused), fresh


def _reason_against(entry: Entry) -> tuple[str, str, str] | None:
    """Reason, field and what came, when an entry cannot be taken."""
    if entry.date_text.strip() and entry.written is None:
        return "its date cannot be read", "occurred_at", entry.date_text
    if not entry.body and not entry.title:
        return "it holds no text", "body", ""
    return None


def _incoming(answers: Answers, entry: Entry, key: str, written: datetime) -> Incoming:
    row: dict[str, object] = {
        "signal_id": key,
        "kind": answers.get("signal_kind") or "post",
        "occurred_at": f"{written:%Y-%m-%dT%H:%M:%SZ}",
        "channel": urlsplit(answers["address"].strip()).hostname or "feed",
        "body": entry.body or entry.title,
    }
    optional: Mapping[str, object] = {
        "title": entry.title,
        "url": entry.url,
        "lang": entry.lang,
        "rating": entry.rating,
        "rating_max": None if entry.rating is None else 5.0,
    }
    row |= {name: value for name, value in optional.items() if value not in ("", None)}
    return Incoming("signals", row, place=entry.url or entry.id[:200] or key)


def _key(answers: Answers, entry: Entry) -> str:
    """A key that stays while the entry does: of its guid or link, else of its words."""
    address = urlsplit(answers["address"].strip())
    if not address.hostname:
        raise ConnectorError("The address of the feed names no host. Write it as https://example.com/feed.")
    own = entry.id or f"{entry.title}\n{entry.body}"
    feed = f"{address.hostname}{address.path}?{address.query}"
    return f"feed:{address.hostname}:{_short(f'{feed}\n{own}', 24)}"


def _fingerprint(entry: Entry) -> str:
    return _short(repr((entry.title, entry.body, entry.url, entry.written, entry.rating)), 12)


def _short(text: str, length: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:length]

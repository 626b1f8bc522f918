"""A Discourse community as a live connector: posts in the order of their numbers; replies into their topics.

`GET /posts.json?before=N` gives the 50 newest public posts with a number below N. Read upwards in steps of 50 numbers
it gives every post once, the oldest first, and one number is the whole cursor. The posts of the last two steps are
compared again at every asking, since writers correct themselves soon or not at all.

Sources: docs.discourse.org (listPosts, createTopicPostPM, getTopic, getSpecificPostsFromTopic), and of
discourse/discourse: posts_controller.rb, topics_controller.rb (`include_raw`), LatestPostsQuery,
topic_view_serializer.rb and topic_pending_post_serializer.rb (`pending_posts`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from ..errors import ConnectorError
from ..html_text import clean_text, text_of_html
from ..live import Answers, Incoming, Letter, NotTaken, Page, PerhapsSent, Question, Reach, Route, Sent
from ..replies import System, ask_json, send_json

_SYSTEM = System("Discourse", "in Discourse under Admin > Advanced > API keys")
# What one answer holds, and so how many numbers one step may span.
STEP = 50
_COMPARED_AGAIN = 2 * STEP
# A user may ask 60 times a minute with a key, a visitor about 200 times.
_PAUSE = 1.0
_REGULAR = 1
_QUOTATIONS = frozenset({"aside"})
_MOST_SEARCHED = 400
Json = Mapping[str, Any]


@dataclass
class _Place:
    """The cursor: every post above number `start` up to `done` was read; `seen` says which version of the last."""

    start: int = 0
    done: int = 0
    seen: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, cursor: str) -> _Place:
        return cls(**json.loads(cursor)) if cursor else cls()

    def written(self) -> str:
        return json.dumps(self.__dict__, separators=(",", ":"))


class DiscourseConnector:
    """Discourse."""

    kind = "discourse"
    title = "Discourse"
    purpose = "What customers write to each other and to us in the community."
    ask_every = 300
    questions = (
        Question("address", "Address", kind="address", help="Such as https://community.example.com"),
        Question(
            "key",
            "API key",
            kind="secret",
            required=False,
            help="Needed for answering and for communities behind a sign-in; scopes: posts list and edit, topics read and write",
        ),
        Question(
            "username", "User name that the key acts for", required=False, help="Its name stands on answers"
        ),
        Question(
            "categories",
            "Categories",
            required=False,
            help="Their numbers, parted by commas, as in /c/support/7; empty: all",
        ),
        Question(
            "since", "Posts since", required=False, help="A day such as 2026-01-01; empty: the last 90 days"
        ),
    )

    def check(self, answers: Answers, reach: Reach) -> str:
        """Read the newest posts and say how new they are."""
        site = _Site(answers, reach)
        posts = site.posts()
        way = "with the key" if site.headers else "as a visitor"
        newest = max(posts, key=lambda post: post["id"], default=None)
        if newest is None:
            return f"{site.host} answers {way}; it holds no post yet."
        return f"{site.host} answers {way}; its newest post is number {newest['id']:,} of {_day(newest)}."

    def pages(self, answers: Answers, cursor: str, reach: Reach) -> Iterator[Page]:
        """Hand over posts of customers, 50 numbers a page, those of the company's own staff left out."""
        site = _Site(answers, reach)
        place = _Place.read(cursor)
        newest = max((post["id"] for post in site.posts()), default=0)
        if not place.done:
            place.start = place.done = _first(site, newest, _since(answers, reach.now()), reach)
        low = max(place.start, place.done - _COMPARED_AGAIN)
        while low < newest:
            reach.wait(_PAUSE)
            high = min(low + STEP, newest)
            posts = [post for post in site.posts(before=high + 1) if low < post["id"] <= high]
            low = high
            rows, refused = _news(site, place, sorted(posts, key=lambda post: post["id"]))
            place.done = max(place.done, high)
            place.seen = {
                number: mark
                for number, mark in place.seen.items()
                if int(number) > place.done - _COMPARED_AGAIN
            }
            yield Page(rows, place.written(), refused)

    def send(self, answers: Answers, route: Route, letter: Letter, reach: Reach) -> Sent:
        """Post into the topic, as a reply to the post; the reference stands in a comment that readers do not see."""
        site = _Site(answers, reach)
        text = letter.text if letter.author in letter.text else f"{letter.text}\n\n{letter.author}"
        content = send_json(
            reach,
            _SYSTEM,
            "POST",
            f"{site.address}/posts.json",
            headers=site.headers,
            json={
                "topic_id": _topic(route),
                "reply_to_post_number": _post_number(route),
                "raw": f"{text}\n\n{_mark(letter)}",
            },
        )
        post = content.get("post") if isinstance(content.get("post"), dict) else content
        if content.get("action") == "enqueued":
            return site.queued(route)
        if not isinstance(post, dict) or not isinstance(post.get("id"), int):
            raise PerhapsSent("Discourse took the answer but did not say as which post.")
        return site.sent(route, post)

    def find(self, answers: Answers, route: Route, letter: Letter, reach: Reach) -> Sent | None:
        """Look for the reference in the topic's newest posts, and in those of ours that wait for a moderator."""
        site = _Site(answers, reach)
        topic = site.get(f"/t/{_topic(route)}.json", {"include_raw": "true"})
        stream = topic.get("post_stream")
        if not isinstance(stream, dict) or not isinstance(stream.get("stream"), list):
            raise PerhapsSent("Discourse did not show the posts of the topic.")
        if any(_mark(letter) in raw for raw in _waiting(topic)):
            return site.queued(route)
        shown = _posts(stream)
        numbers = [number for number in stream["stream"] if isinstance(number, int)][-_MOST_SEARCHED:]
        missing = sorted(set(numbers) - {post["id"] for post in shown}, reverse=True)
        while True:
            if not any("raw" in post for post in shown):
                raise PerhapsSent("Discourse did not show the posts of the topic as they were written.")
            for post in shown:
                if _mark(letter) in str(post.get("raw", "")):
                    return site.sent(route, post)
            if not missing:
                return None
            wanted, missing = missing[:20], missing[20:]
            listed = "&".join(f"post_ids[]={number}" for number in wanted)
            content = site.get(f"/t/{_topic(route)}/posts.json?{listed}", {"include_raw": "true"})
            shown = _posts(content.get("post_stream"))


class _Site:
    """One community: its address, how to be let in, and which categories are read."""

    def __init__(self, answers: Answers, reach: Reach) -> None:
        url = urlsplit(_with_scheme(answers["address"]))
        if not url.hostname:
            raise ConnectorError(
                "The address of the community names no host. Write it as https://community.example.com."
            )
        self.host = url.netloc.lower()
        self.address = f"{url.scheme}://{url.netloc}{url.path.rstrip('/')}"
        self._reach = reach
        key = answers.get("key", "").strip()
        self.user = answers.get("username", "").strip() or "system"
        self.headers = {"api-key": key, "api-username": self.user} if key else {}
        self.categories = _numbers(answers.get("categories", ""))

    def get(self, path: str, query: dict[str, str] | None = None) -> dict[str, Any]:
        return ask_json(
            self._reach, _SYSTEM, "GET", f"{self.address}{path}", headers=self.headers, query=query
        )

    def posts(self, before: int = 0) -> list[Json]:
        """The newest posts, or the newest with a number below `before`."""
        content = self.get("/posts.json", {"before": str(before)} if before else None)
        if not isinstance(content.get("latest_posts"), list):
            raise ConnectorError(
                f"{self.host} answered without posts. Check that it is the address of a Discourse."
            )
        return _posts({"posts": content["latest_posts"]})

    def link(self, post: Json) -> str:
        slug = str(post.get("topic_slug") or "-")
        return f"{self.address}/t/{slug}/{post.get('topic_id')}/{post.get('post_number')}"

    def sent(self, route: Route, post: Json) -> Sent:
        return Sent(str(post["id"]), self.link({"topic_id": route.thread, **post}))

    def queued(self, route: Route) -> Sent:
        return Sent("waiting for a moderator", f"{self.address}/t/{_topic(route)}")


def _posts(stream: Any) -> list[Json]:
    found = stream.get("posts") if isinstance(stream, dict) else None
    if not isinstance(found, list):
        return []
    return [post for post in found if isinstance(post, dict) and isinstance(post.get("id"), int)]


def _waiting(topic: Json) -> list[str]:
    """What the asking user wrote into the topic and no moderator has let through yet; nobody else is shown it."""
    pending = topic.get("pending_posts")
    if not isinstance(pending, list):
        return []
    return [str(post.get("raw", "")) for post in pending if isinstance(post, dict)]


def _first(site: _Site, newest: int, since: datetime, reach: Reach) -> int:
    """The number after which the posts since a moment stand, found by halving: numbers grow with time."""
    low, high = 0, newest
    while high - low > STEP:
        reach.wait(_PAUSE)
        middle = (low + high) // 2
        older = [_moment(post.get("created_at")) for post in site.posts(before=middle + 1)]
        times = [moment for moment in older if moment]
        if not times or max(times) < since:
            low = middle
        else:
            high = middle
    return low


def _news(site: _Site, place: _Place, posts: list[Json]) -> tuple[tuple[Incoming, ...], tuple[NotTaken, ...]]:
    rows: list[Incoming] = []
    refused: list[NotTaken] = []
    for post in posts:
        number = str(post["id"])
        mark = str(post.get("updated_at") or post.get("version") or "")
        if not _is_a_customers(site, post) or place.seen.get(number) == mark:
            continue
        place.seen[number] = mark
        record = _record(site, post)
        if isinstance(record, Incoming):
            rows.append(record)
        else:
            refused.append(record)
    return tuple(rows), tuple(refused)


def _is_a_customers(site: _Site, post: Json) -> bool:
    """Whether a post is a customer's word: not the staff's, not a note of the system, not hidden, not elsewhere."""
    staff = any(post.get(name) is True for name in ("staff", "admin", "moderator"))
    # Whoever our answers go out as need not be staff, and must not come back as a customer.
    staff = staff or str(post.get("username", "")).lower() == site.user.lower()
    own_note = post.get("post_type", _REGULAR) != _REGULAR or post.get("hidden") is True
    category = post.get("category_id")
    elsewhere = bool(site.categories) and not (isinstance(category, int) and category in site.categories)
    return not (staff or own_note or elsewhere)


def _record(site: _Site, post: Json) -> Incoming | NotTaken:
    place = site.link(post)
    written = _moment(post.get("created_at"))
    if written is None:
        came = str(post.get("created_at"))
        return NotTaken(place, "its created_at is no time", "occurred_at", came[:1_000])
    body = _body(post)
    if not body:
        return NotTaken(place, "it holds no words of its own", "body", str(post.get("cooked", ""))[:1_000])
    title = clean_text(str(post.get("topic_title") or ""))
    row: dict[str, Any] = {
        "signal_id": f"dc:{site.host}:{post['id']}",
        "kind": "post",
        "occurred_at": f"{written:%Y-%m-%dT%H:%M:%SZ}",
        "channel": site.host,
        "body": body,
        "url": place,
    }
    if title:
        row["title"] = title
    if isinstance(post.get("user_id"), int):
        row["contact_id"] = f"dc:{site.host}:user:{post['user_id']}"
    if not isinstance(post.get("topic_id"), int):
        return Incoming("signals", row, place=place)
    detail = {"post_number": str(post.get("post_number") or "")}
    return Incoming("signals", row, place=place, route=Route(thread=str(post["topic_id"]), detail=detail))


def _body(post: Json) -> str:
    """What the writer said, without quotations of others and previews of links."""
    cooked = post.get("cooked")
    if isinstance(cooked, str):
        return text_of_html(cooked, without=_QUOTATIONS)
    return clean_text(str(post.get("raw") or ""))


def _mark(letter: Letter) -> str:
    return f"<!-- {re.sub('[^A-Za-z0-9_-]', '-', letter.reference)} -->"


def _topic(route: Route) -> int:
    return int(route.thread)


def _post_number(route: Route) -> int | None:
    number = route.detail.get("post_number", "")
    return int(number) if number.isdigit() else None


def _with_scheme(text: str) -> str:
    text = text.strip()
    return text if "://" in text else f"https://{text}"


def _numbers(text: str) -> set[int]:
    numbers = set()
    for part in filter(None, (part.strip() for part in text.split(","))):
        found = re.fullmatch(r"(?:.*/)?(\d+)", part)
        if not found:
            raise ConnectorError(f"“{part}” is no category. Write its number, as in /c/support/7.")
        numbers.add(int(found.group(1)))
    return numbers


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _day(post: Json) -> str:
    moment = _moment(post.get("created_at"))
    return f"{moment.day} {moment:%B %Y}" if moment else "an unknown day"


def _since(answers: Answers, now: datetime) -> datetime:
    text = answers.get("since", "").strip()
    if not text:
        return now - timedelta(days=90)
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ConnectorError("“Posts since” is no day. Write it as 2026-01-01.") from error
    return datetime(day.year, day.month, day.day, tzinfo=UTC)

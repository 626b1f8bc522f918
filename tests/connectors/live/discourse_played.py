"""Discourse as documented, from recorded answers: the newest posts below a number, a topic's posts, and replies."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from urllib.parse import parse_qsl

from interlock.connectors.conformance import Answer, Asked, Case, Reply
from interlock.connectors.discourse import connector
from interlock.connectors.live import Route

RECORDED = json.loads((Path(__file__).parent / "recorded" / "discourse.json").read_text())["posts"]
KEY = "dc-key-77ab01f2"
HOST = "community.example.com"
ANSWERS = {
    "address": f"https://{HOST}",
    "key": KEY,
    "username": "service",
    "categories": "7, /c/ideas/8",
    "since": "2026-10-15",
}


class Discourse:
    """One community; a moderated one lets a moderator look at answers first, and shows them only to their writer."""

    def __init__(self, posts: list[dict], *, moderated: bool = False) -> None:
        self.moderated, self.queue = moderated, []
        self.posts = copy.deepcopy(posts)
        self.posted: list[dict] = []

    def __call__(self, asked: Asked) -> Answer:
        if asked.headers.get("api-key") != KEY or asked.headers.get("api-username") != "service":
            return Answer({"errors": ["You need to be logged in."], "error_type": "not_logged_in"}, 403)
        if asked.path == "/posts.json" and asked.method == "POST":
            return self.post(asked.json())
        if asked.path == "/posts.json":
            before = int(asked.query.get("before", 10**9))
            below = [post for post in self.posts if post["id"] < before]
            newest = sorted(below, key=lambda post: -post["id"])[:50]
            return Answer({"latest_posts": newest})
        if asked.path == "/t/21.json":
            topic = {"id": 21, "title": "Late parcel", "post_stream": self.stream(None, asked)}
            return Answer(topic | ({"pending_posts": self.queue} if self.moderated else {}))
        if asked.path == "/t/21/posts.json":
            numbers = {int(value) for name, value in parse_qsl(asked.raw_query) if name == "post_ids[]"}
            return Answer({"id": 21, "post_stream": self.stream(numbers, asked)})
        return Answer({"errors": ["The requested URL or resource could not be found."]}, 404)

    def stream(self, numbers: set[int] | None, asked: Asked) -> dict:
        """The first two posts of the topic, or those asked for; `stream` always names all."""
        own = [post for post in [*self.posts, *self.posted] if post["topic_id"] == 21]
        shown = own[:2] if numbers is None else [post for post in own if post["id"] in numbers]
        assert asked.query.get("include_raw") == "true"
        raw = [post | {"raw": post.get("raw", "...")} for post in shown]
        return {"posts": raw} | ({"stream": [post["id"] for post in own]} if numbers is None else {})

    def post(self, wanted: dict) -> Answer:
        if self.moderated:
            pending = {"id": 9, "raw": wanted["raw"], "created_at": "2026-11-10T08:09:00.000Z"}
            self.queue.append(pending)
            return Answer({"success": True, "action": "enqueued", "pending_post": pending})
        post = {
            "id": 500 + len(self.posted),
            "topic_id": wanted["topic_id"],
            "topic_slug": "late-parcel",
            "post_number": 6,
            "reply_to_post_number": wanted["reply_to_post_number"],
            "raw": wanted["raw"],
        }
        self.posted.append(post)
        return Answer(post)


def played_reply():
    discourse = Discourse(RECORDED)
    return discourse, lambda: len(discourse.posted)


def later() -> Discourse:
    """Somebody wrote, and somebody corrected what was written before."""
    posts = copy.deepcopy(RECORDED)
    posts[-1] |= {"cooked": "<p>It came, broken.</p>", "updated_at": "2026-11-10T08:09:00.000Z", "version": 2}
    posts.append(posts[3] | {"id": 201, "cooked": "<p>Still waiting.</p>", "post_number": 6})
    return Discourse(posts)


def signal(
    number: int, topic: str, written: str, user: int, title: str, body: str
) -> tuple[tuple[str, str], dict]:
    key = f"dc:{HOST}:{number}"
    return (
        ("signals", key),
        {
            "signal_id": key,
            "kind": "post",
            "occurred_at": written,
            "channel": HOST,
            "title": title,
            "body": body,
            "contact_id": f"dc:{HOST}:user:{user}",
            "url": f"https://{HOST}/t/{topic}",
        },
    )


CAME = (190, "late-parcel/21/5", "2026-11-10T08:00:00Z", 12, "Late parcel")
EXPECTED = dict(
    [
        signal(
            60, "late-parcel/21/1", "2026-11-01T08:00:00Z", 12, "Late parcel", "My parcel is late.\n\nAgain."
        ),
        signal(97, "late-parcel/21/3", "2026-11-05T10:00:00Z", 13, "Late parcel", "Mine too & wet."),
        signal(
            151, "ship-at-night/31/1", "2026-11-08T10:00:00Z", 14, "Ship at night", "Idea: ship at night."
        ),
        signal(*CAME, "It came. Thanks 🎉"),
    ]
)


def case() -> Case:
    return Case(
        connector=connector,
        answers=ANSWERS,
        origins=(f"https://{HOST}",),
        api=lambda: Discourse(RECORDED),
        expected=EXPECTED,
        secrets=(KEY,),
        optional=("topic_slug", "topic_title", "user_id", "version", "raw", "updated_at"),
        later=later,
        expected_later=dict(
            [
                signal(*CAME, "It came, broken."),
                signal(201, "late-parcel/21/6", "2026-11-05T10:00:00Z", 13, "Late parcel", "Still waiting."),
            ]
        ),
        reply=Reply(Route(thread="21", detail={"post_number": "3"}), played_reply),
    )

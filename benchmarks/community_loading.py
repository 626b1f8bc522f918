"""A community of any size, for the benchmark: `python community_loading.py HOME POSTS REPLIES` makes it once.

One open board, customers of many accounts, posts of all kinds with words of their own, and replies spread as in
forums: most posts have a few, some have hundreds. `community.json` in HOME lists pages to read, and 16 sessions of
customers who may write.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import Any

WRITERS, PEOPLE, AT_ONCE = 16, 2_000, 2_000
SEEN = 40
ANEW = 200  # more than a table's line asks for, each a page further on
THINGS = [
    "display",
    "battery",
    "saddle",
    "lock",
    "charger",
    "brake",
    "light",
    "bell",
    "fender",
    "rack",
    "stand",
    "chain",
    "motor",
    "tyre",
    "pedal",
    "app",
]
FAULTS = [
    "goes dark",
    "squeaks",
    "comes late",
    "does not fit",
    "is loose",
    "stops in rain",
    "runs hot",
    "costs too much",
    "is missing",
]
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def make(home: Path, posts: int, replies: int) -> None:
    """Make the community unless it is there and whole."""
    done = home / "community.json"
    if done.exists() and json.loads(done.read_text())["size"] == [posts, replies]:
        _forget_replies()
        done.write_text(json.dumps(json.loads(done.read_text()) | _pages()))
        return
    if home.exists():
        shutil.rmtree(home)
    home.mkdir(parents=True)
    import django  # the settings read INTERLOCK_HOME when they are imported

    django.setup()
    from interlock.cli.serving import prepare_database

    prepare_database()
    started = time.perf_counter()
    people = _people()
    _fill(posts, replies, people)
    _count_rows()
    print(
        f"  {posts:,} posts and {replies:,} replies after {time.perf_counter() - started:.0f} s", flush=True
    )
    done.write_text(json.dumps({"size": [posts, replies], **_pages(), "sessions": _sessions(people)}))


def _forget_replies() -> None:
    """Nobody may write more than 30 in an hour: those of an earlier run are taken out."""
    import django  # as above

    django.setup()
    from interlock.converse.models import Reply

    Reply.objects.filter(said_at__gt=datetime.now(UTC) - timedelta(hours=2)).delete()


def _count_rows() -> None:
    """What PostgreSQL does by itself a minute later."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def _people() -> list[Any]:
    from interlock.fabric import people
    from interlock.fabric.models import Company, Person

    Company.objects.create(pk=1, name="Aldermoor", second_word="Riders", customers_word="riders")
    writers = [
        people.join_as_customer(email=f"w{number}@example.com", name=f"Writer {chr(65 + number)}", now=BEGAN)
        for number in range(WRITERS)
    ]
    others = Person.objects.bulk_create(
        Person(name=f"Rider {number}", role="customer", account_key=f"A-{number // 3}")
        for number in range(PEOPLE)
    )
    return [*writers, *others]


def _fill(posts: int, replies: int, people: list[Any]) -> None:
    from interlock.converse.models import Board, Post, Reply, Status

    board = Board.objects.create(key="riders", name="Riders", made_at=BEGAN, opened_at=BEGAN)
    first = {kind: one for one in Status.objects.filter(meaning="open") for kind in one.kinds}
    share = [0] * posts
    for number in range(replies):
        # Squares crowd at 0: a tenth of the posts holds a third of the replies.
        share[(number * number * 2_654_435_761 >> 7) % max(1, posts >> (number % 5))] += 1
    for some in batched(range(posts), AT_ONCE, strict=False):
        Post.objects.bulk_create(_post(Post, number, board, first, people, share[number]) for number in some)
    numbers = list(Post.objects.order_by("pk").values_list("pk", flat=True))
    for some in batched(
        ((pk, at) for pk, n in zip(numbers, share, strict=True) for at in range(n)), AT_ONCE, strict=False
    ):
        Reply.objects.bulk_create(
            Reply(
                post_id=pk, author=people[(pk + at) % len(people)], author_name="Jonas W.", author_word="rider",
                words=f"Had the same with the {THINGS[at % 16]} last week. Note {at} of the shop works, dry for {pk % 300} km.",
                said_at=BEGAN + timedelta(hours=pk % 4_000, minutes=at + 1),
            )
            for pk, at in some
        )  # fmt: skip


def _post(model: Any, number: int, board: Any, first: dict[str, Any], people: list[Any], replies: int) -> Any:
    kind = ("ask", "problem", "idea", "praise")[number % 4]
    at = BEGAN + timedelta(minutes=4 * number)
    thing, fault = THINGS[number % 16], FAULTS[number % 9]
    answered = number % 3 != 0
    return model(
        board=board, kind=kind, title=f"The {thing} of my Heron {fault}, number {number}", status=first[kind],
        words=f"It is from {2019 + number % 8}. The {thing} {fault} since I rode {number % 977} km. What can I do?",
        author=people[number % len(people)], author_name=f"Rider {number % 26}", author_word="rider",
        said_at=at, changed_at=at, waits=not answered, answered_at=at if answered else None,
        reply_count=replies, people_count=1 + number * 7 % 90,
    )  # fmt: skip


def _pages() -> dict[str, Any]:
    from django.urls import reverse

    from interlock.converse.community.looking import PAGE_ROWS
    from interlock.converse.models import Post

    asked = reverse("community:list")
    posts = list(Post.objects.order_by("-reply_count", "pk")[: SEEN // 2])
    posts += list(Post.objects.order_by("?")[: SEEN // 2])
    places = [
        f"{said_at.isoformat()}~{pk}".replace("+", "%2B")
        for said_at, pk in Post.objects.order_by("-pk").values_list("said_at", "pk")[::PAGE_ROWS]
    ]
    return {
        "anew": {
            "The list, made anew": [f"{asked}?after={place}" for place in places[1 : ANEW + 1]],
            "A rare product, never there": [f"{asked}?product=rare+{number}" for number in range(ANEW)],
        },
        "pages": {
            "The list": [asked],
            "Most customers": [f"{asked}?order=most"],
            "In the middle": [f"{asked}?after={places[len(places) // 2]}"],
            "A post": [reverse("community:post", args=[posts[0].pk, posts[0].slug])],
            "A post, of 40": [reverse("community:post", args=[one.pk, one.slug]) for one in posts],
            "Words, of 40": [f"{asked}?q={THINGS[n % 16]}+{n * 13 % 977}" for n in range(SEEN)],
            "Feed": [reverse("community:feed")],
        },
        "replies": [reverse("community:reply", args=[one.pk]) for one in posts],
    }


def _sessions(people: list[Any]) -> list[str]:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    found = []
    for person in people[:WRITERS]:
        session = SessionStore()
        session[SESSION_KEY] = str(person.user.pk)
        session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        session[HASH_SESSION_KEY] = person.user.get_session_auth_hash()
        session.save()
        found.append(session.session_key)
    return found


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))

"""What `waits.py` works upon: many people, somebody who wrote thousands of texts, posts of thousands of votes, a theme of thousands.

Rows are written past the services, with the signals that the services would have made of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

AT_ONCE = 2_000
# So many that with ten replies a second nobody writes more than people may in an hour.
WRITERS, BYSTANDERS = 400, 40
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Sizes:
    """How much there is of each."""

    texts: int
    votes: int
    letters: int
    swept: int
    people: int


@dataclass(frozen=True)
class Loaded:
    """Whom and what the works are done to."""

    lead: Any
    wordy: Any
    spammer: Any
    posts: tuple[Any, Any]
    theme: Any


def load(sizes: Sizes) -> Loaded:
    from interlock.cli.serving import prepare_database
    from interlock.converse.models import Board, Status
    from interlock.fabric.models import Company, Person, User

    prepare_database()
    Company.objects.create(pk=1, name="Aldermoor", second_word="Riders", customers_word="riders")
    user = User.objects.create_user("lead@aldermoor.example", "correct horse battery staple")
    lead = Person.objects.create(user=user, name="Lena Fuchs", role="owner", functions=["service"])
    people = _people(max(sizes.people, 2 * sizes.votes, sizes.letters) + 2)
    for number in range(WRITERS):
        Person.objects.create(name=f"Writer {number}", role="customer")
    board = Board.objects.create(key="riders", name="Riders", made_at=BEGAN, opened_at=BEGAN)
    first = Status.objects.filter(meaning="open")
    status = next(one for one in first if "problem" in one.kinds)
    wordy, spammer = people[:2]
    bystanders = _posts(board, status, people[2 : 2 + BYSTANDERS], "Bystander")
    _texts(wordy, bystanders, board, status, sizes.texts)
    _heard(_posts(board, status, [spammer] * sizes.swept, "Cheap rings"))
    one, other = _posts(board, status, people[-2:], "Two of a kind")
    _votes(one, people[2 : 2 + sizes.votes])
    # One in ten voted for both.
    begun = 2 + sizes.votes - sizes.votes // 10
    _votes(other, people[begun : begun + sizes.votes])
    theme = _theme(lead, sizes.letters)
    _analyze()
    return Loaded(lead, wordy, spammer, (one, other), theme)


def _people(count: int) -> list[Any]:
    from interlock.fabric.models import Person, User

    users = User.objects.bulk_create(
        (User(email=f"rider{number}@example.com", password="!") for number in range(count)), AT_ONCE
    )
    return Person.objects.bulk_create(
        (
            Person(user=user, name=f"Rider Number{number}", role="customer", account_key=f"A-{number // 3}")
            for number, user in enumerate(users)
        ),
        AT_ONCE,
    )


def _posts(board: Any, status: Any, authors: Sequence[Any], title: str) -> list[Any]:
    from interlock.converse.models import Post

    return Post.objects.bulk_create(
        (
            Post(
                board=board, kind="problem", title=f"{title} {number}", status=status, author=author,
                words=f"{title}: it goes dark in rain, the shop has had it for {number} days and does not answer.",
                author_name="Rider N.", author_word="rider", said_at=BEGAN + timedelta(minutes=number),
                changed_at=BEGAN, waits=True, people_count=1,
            )
            for number, author in enumerate(authors)
        ),
        AT_ONCE,
    )  # fmt: skip


def _texts(wordy: Any, under: Sequence[Any], board: Any, status: Any, count: int) -> None:
    """Their texts: one in ten a post, the others replies under other people's posts."""
    from interlock.converse.models import Reply

    own = _posts(board, status, [wordy] * (count // 10), "Of the wordy one")
    replies = Reply.objects.bulk_create(
        (
            Reply(
                post=under[number % len(under)], author=wordy, author_name="Rider N.", author_word="rider",
                words=f"Mine went dark as well, after {number} km in the rain of that week.",
                said_at=BEGAN + timedelta(minutes=number),
            )
            for number in range(count - len(own))
        ),
        AT_ONCE,
    )  # fmt: skip
    _heard([*own, *replies])


def _heard(said: Sequence[Any]) -> None:
    """Their signals, as the worker would have made them."""
    from interlock.converse.community import signals
    from interlock.listen.models import Signal

    if not said:
        return
    source = signals.community_source(BEGAN)
    for one in said:
        one.signal_key = signals.key_of(one)
    for model in {type(one) for one in said}:
        model._default_manager.bulk_update([one for one in said if type(one) is model], ["signal_key"], 500)
    Signal.objects.bulk_create(
        (
            Signal(
                key=one.signal_key, kind="post", source=source, body=one.words, copy_hash=0, in_records=False,
                occurred_at=one.said_at, received_at=one.said_at,
            )
            for one in said
        ),
        AT_ONCE,
    )  # fmt: skip


def _votes(post: Any, people: Sequence[Any]) -> None:
    from interlock.converse.models import Vote

    Vote.objects.bulk_create((Vote(post=post, person=one, at=BEGAN) for one in people), AT_ONCE)


def _theme(lead: Any, count: int) -> Any:
    """A theme about which so many customers wrote to a help desk, decided since."""
    from interlock.listen.models import Cluster, ReplyRoute, Signal, Source, Theme, ThemedSignal
    from interlock.listen.themes.weeks import week_of

    now = datetime.now(UTC)
    desk = Source.objects.create(key="desk", name="Help desk", kind="zendesk", made_at=BEGAN)
    theme = Theme.objects.create(
        key="the-hinge", name="The hinge opens", began_at=BEGAN, found_at=BEGAN, question="Which latch?",
        decision="A second latch.", decided_at=now - timedelta(hours=1), decided_by=lead, function="product",
    )  # fmt: skip
    group = Cluster.objects.create(key="hinge", theme=theme, centre=b"", weight=1)
    at = now - timedelta(days=3)
    signals = Signal.objects.bulk_create(
        (
            Signal(
                key=f"desk:{number}", kind="ticket", source=desk, body=f"My hinge opened, the {number}th time.", copy_hash=0,
                in_records=False, occurred_at=at, received_at=at, contact_key=f"c{number}", account_key=f"A-{number}",
            )
            for number in range(count)
        ),
        AT_ONCE,
    )  # fmt: skip
    ThemedSignal.objects.bulk_create(
        (
            ThemedSignal(
                signal=one, cluster=group, occurred_at=at, likeness=0.9, week=week_of(at), customer=number, voice=number,
                let_down=True,
            )
            for number, one in enumerate(signals)
        ),
        AT_ONCE,
    )  # fmt: skip
    ReplyRoute.objects.bulk_create(
        (ReplyRoute(signal_key=one.key, source=desk, thread=one.key) for one in signals), AT_ONCE
    )
    return theme


def _analyze() -> None:
    """What PostgreSQL does by itself a minute later."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")

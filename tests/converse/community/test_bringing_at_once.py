"""What people do while an import brings a newer file of the same community is not lost to it."""

from __future__ import annotations

from threading import Thread

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from converse.moderation.test_only_theirs import wait_until_somebody_waits
from interlock.converse.bringing import batch, links, storing
from interlock.converse.bringing.rows import PostRow, ReplyRow
from interlock.converse.models import Bringing, Post, Reply, Standing
from interlock.converse.moderation import taking
from interlock.fabric import pacing

from .conftest import NOW
from .test_bringing_again import JONAS, MARTA, day

POST = PostRow("a", "A hook", "Left, as https://x.example/posts/1", day(0), MARTA, address="/posts/1")
REPLY = ReplyRow("r", "a", "Me too", day(1), JONAS)
TAKEN = {"standing": Standing.TAKEN, "title": "", "words": "", "author_name": ""}


@pytest.fixture
def bring(board, person, monkeypatch):
    monkeypatch.setattr(pacing, "GAP_SECONDS", 0)
    made = Bringing.objects.create(
        source="ideas", system="csv", board=board, kind="idea", by=person("owner", name="Olga"), made_at=NOW
    )
    return lambda *rows: storing.bring(rows, bringing=made, by=made.by, now=NOW)


class Author(Thread):
    """Somebody who takes their own post away at a moment that a test chooses, in a connection of their own."""

    def run(self) -> None:
        try:
            post = Post.objects.get()
            taking.take_away(said=post, by=post.author, now=NOW)
        finally:
            connections.close_all()

    def begin(self) -> None:
        """Once, until they wait or are done."""
        if self.ident is None:
            self.start()
            wait_until_somebody_waits(unless=lambda: not self.is_alive())


@pytest.fixture
def author():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one transaction write at a time")
    return Author()


def kept() -> list[dict[str, str]]:
    return list(Post.objects.values(*TAKEN))


@pytest.mark.django_db(transaction=True)
def test_who_takes_their_post_away_while_a_newer_file_comes_is_not_overruled(bring, author, monkeypatch):
    bring(POST, REPLY)
    save = batch.Batch._save

    def once_they_began(self, model, texts):
        author.begin()
        save(self, model, texts)

    monkeypatch.setattr(batch.Batch, "_save", once_they_began)
    bring(PostRow("a", "A small hook", "On the left", day(0), MARTA, address="/posts/1"))
    author.join()

    assert kept() == [TAKEN]


@pytest.mark.django_db(transaction=True)
def test_nor_while_its_links_are_led_here(bring, author, monkeypatch):
    rewrite, link = links.rewritten, storing._link
    monkeypatch.setattr(storing, "_link", lambda *_args: None)
    bring(POST, REPLY)
    monkeypatch.setattr(storing, "_link", link)

    def once_they_began(words, leads):
        author.begin()
        return rewrite(words, leads)

    monkeypatch.setattr(links, "rewritten", once_they_began)
    bring(POST, REPLY)
    author.join()

    assert kept() == [TAKEN]


@pytest.mark.django_db
def test_an_update_writes_what_the_import_says_and_nothing_else(bring):
    bring(POST, REPLY)
    Post.objects.update(version=40, close_to=[7], judged_because="Fits")
    Reply.objects.update(judged_because="Fits")

    bring(
        PostRow("a", "A small hook", "On the left", day(0), MARTA),
        ReplyRow("r", "a", "Me as well", day(2), JONAS),
    )

    post, reply = Post.objects.get(), Reply.objects.get()
    assert (post.title, post.words, post.close_to, post.judged_because) == (
        "A small hook",
        "On the left",
        [7],
        "Fits",
    )
    assert (reply.words, reply.said_at, reply.judged_because) == ("Me as well", day(2), "Fits")


@pytest.mark.django_db
def test_updates_cost_the_same_queries_for_any_number(bring):
    def queries(word: str, count: int) -> int:
        with CaptureQueriesContext(connection) as asked:
            bring(*(PostRow(f"p{n}", f"{word} {n}", word, day(n), MARTA) for n in range(count)))
        return len(asked)

    queries("First", 20)

    assert queries("Second", 5) == queries("Third", 20)

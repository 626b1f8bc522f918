"""A whole import is taken back: what nobody touched goes, what people touched stays and is said."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread

import pytest
from django.apps import apps
from django.db import connection

from converse.moderation.test_only_theirs import wait_until_somebody_waits
from interlock.converse.bringing import asking, carrying, files, storing, undoing
from interlock.converse.bringing.rows import Author, PostRow, ReplyRow, VoteRow
from interlock.converse.community import answering, posting, signals
from interlock.converse.models import Bringing, Brought, Follow, Merge, Post, Reply, Vote
from interlock.converse.moderation import erasing, rewording
from interlock.fabric import pacing
from interlock.fabric.models import JournalEntry, Person, User
from interlock.listen.models import InboxRow

from .conftest import NOW
from .test_bringing_again import ADA, JONAS, MARTA, ROWS, Killed, day

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(pacing, "GAP_SECONDS", 0)


@pytest.fixture
def olga(person):
    return person("owner", name="Olga")


@pytest.fixture
def brought(board, olga):
    """Bring rows in: `brought(ROWS)`."""

    def run(rows, source="ideas"):
        made = Bringing.objects.create(
            source=source, system="csv", board=board, kind="idea", by=olga, made_at=NOW
        )
        carrying.carry_out(made, rows, now=NOW, dry_run=False)
        return made

    return run


def counts() -> dict[str, int]:
    """How many rows each table has that an import may write; the journal and queues keep what happened."""
    but = {"fabric.JournalEntry", "fabric.JournalHead", "fabric.Event", "fabric.EventHead", "fabric.Attempt",
           "converse.Bringing", "listen.Arrival", "listen.Source", "fabric.Schedule"}  # fmt: skip
    return {
        model._meta.label: model._base_manager.count()
        for model in apps.get_models()
        if model._meta.label not in but and not model._meta.label.startswith("django_tasks")
    }


def test_what_nobody_touched_goes_whole_with_people_and_signals(brought, olga):
    before = counts()
    made = brought(ROWS)
    while signals.pass_on(now=NOW):
        pass
    assert InboxRow.objects.count() == 8
    assert counts() != before

    carrying.undo(made, by=olga, now=NOW)

    assert {name: rows for name, rows in counts().items() if rows != before[name]} == {}
    assert (made.state, made.kept) == ("undone", {})
    assert JournalEntry.objects.get(verb="took back an import").detail == {"source": "ideas", "stayed": {}}


def test_what_people_touched_stays_and_is_counted(brought, olga, priya, marta, board):
    posts = [
        PostRow(key, f"Idea {key}", "Words", day(0), MARTA)
        for key in ("answered", "voted", "followed", "reworded", "plain")
    ]
    rows = [
        *posts,
        ReplyRow("r1", "answered", "Brought reply", day(1), JONAS),
        VoteRow("plain", JONAS, day(2)),
        VoteRow("voted", JONAS, day(2)),
    ]  # fmt: skip
    made = brought(rows)
    by_title = {post.title.split()[1]: post for post in Post.objects.all()}
    answering.answer(
        post=by_title["answered"], by=priya, what_i_do="builds", words="It comes in May.", now=NOW
    )
    posting.vote(post=by_title["voted"], by=marta, on=True, now=NOW)
    Follow.objects.create(post=by_title["followed"], person=marta, at=NOW)
    rewording.reword(
        said=by_title["reworded"], title="Better", words="Better words", because="It was unclear", by=priya, now=NOW
    )  # fmt: skip

    carrying.undo(made, by=olga, now=NOW)

    assert made.kept == {"post": 4, "person": 1}
    assert sorted(Post.objects.values_list("title", flat=True)) == [
        "Better", "Idea answered", "Idea followed", "Idea voted",
    ]  # fmt: skip
    assert list(Reply.objects.values_list("words", flat=True)) == ["It comes in May."]
    assert list(Vote.objects.values_list("person__name", flat=True)) == ["Marta Hagen"]
    assert list(Person.objects.filter(user__email="jonas@example.com")) == []
    assert Post.objects.get(title="Idea voted").people_count == 2


def test_who_came_in_since_stays(brought, olga):
    made = brought([PostRow("a", "A hook", "Left", day(0), MARTA)])
    User.objects.filter(email="marta@example.com").update(last_login=NOW)

    carrying.undo(made, by=olga, now=NOW)

    assert (made.kept, Post.objects.count()) == ({"person": 1}, 0)
    assert Person.objects.get(user__email="marta@example.com").name == "Marta Hagen"


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one writer in at a time by itself")
@pytest.mark.django_db(transaction=True)
def test_who_comes_in_while_accounts_go_waits_instead_of_losing_what_they_hold(brought, olga, monkeypatch):
    made = brought([PostRow("a", "A hook", "Left", day(0), MARTA)])
    looked, came = undoing._named, []

    def come_in() -> None:
        came.append(User.objects.filter(email="marta@example.com").update(last_login=NOW))
        connection.close()

    def look(model, *more):
        if model is Person:
            comer.start()
            wait_until_somebody_waits(unless=lambda: bool(came))
        return looked(model, *more)

    comer = Thread(target=come_in)
    monkeypatch.setattr(undoing, "_named", look)
    carrying.undo(made, by=olga, now=NOW)
    comer.join()

    assert (came, User.objects.filter(email="marta@example.com").count()) == ([0], 0)


def test_whom_two_imports_named_goes_with_the_second(brought, olga):
    first = brought([PostRow("a", "A hook", "Left", day(0), MARTA)], source="ideas")
    second = brought([PostRow("a", "A bell", "Loud", day(0), MARTA)], source="bells")

    carrying.undo(first, by=olga, now=NOW)
    assert (first.kept, Person.objects.filter(name="Marta Hagen").count()) == ({"person": 1}, 1)
    carrying.undo(second, by=olga, now=NOW)

    assert (second.kept, Person.objects.filter(name="Marta Hagen").count()) == ({}, 0)
    assert (Brought.objects.count(), User.objects.filter(email="marta@example.com").count()) == (0, 0)


def test_another_import_and_what_was_here_before_are_not_touched(brought, olga, write, marta):
    own = write(marta, kind="idea", title="Our own")
    first = brought([PostRow("a", "A hook", "Left", day(0), MARTA)])
    second = brought([PostRow("a", "A hook", "Left", day(0), MARTA), PostRow("b", "A bell", "Loud", day(1), MARTA),
                      ReplyRow("r", "a", "Me too", day(2), ADA)])  # fmt: skip

    carrying.undo(second, by=olga, now=NOW)

    assert sorted(Post.objects.values_list("title", flat=True)) == ["A hook", own.title]
    assert set(Brought.objects.values_list("bringing", flat=True)) == {first.pk}
    assert second.kept == {}


def test_a_vote_that_was_here_before_is_not_the_imports(brought, olga):
    first = brought([PostRow("a", "A hook", "Left", day(0), MARTA), VoteRow("a", JONAS, day(1))])
    Brought.objects.filter(kind="vote").delete()
    second = brought([VoteRow("a", JONAS, day(1))])

    carrying.undo(second, by=olga, now=NOW)

    assert (Vote.objects.count(), first.brought.count()) == (1, 3)


def test_broken_off_it_takes_the_rest_the_next_time(brought, olga, monkeypatch):
    before = counts()
    made = brought(ROWS)
    monkeypatch.setattr("interlock.fabric.pacing.MOST_ROWS", 2)
    calls = iter(range(100))

    def dying(*_args, **_more):
        if next(calls) == 4:
            raise Killed
        return tell(*_args, **_more)

    tell = carrying.tell
    monkeypatch.setattr(carrying, "tell", dying)
    with pytest.raises(Killed):
        carrying.undo(made, by=olga, now=NOW)
    assert Brought.objects.exists()
    monkeypatch.setattr(carrying, "tell", tell)

    carrying.undo(made, by=olga, now=NOW)

    assert {name: rows for name, rows in counts().items() if rows != before[name]} == {}


def test_what_was_merged_by_the_import_is_parted_and_goes(brought, olga):
    made = brought(ROWS)
    assert Merge.objects.filter(undone_at=None).count() == 1

    carrying.undo(made, by=olga, now=NOW)

    assert (Post.objects.count(), Merge.objects.count(), made.kept) == (0, 0, {})


def test_what_it_merged_before_it_broke_off_is_parted_and_goes(brought, olga, board, monkeypatch):
    """It was tried before it was asked for: the end of that is not the end of this."""
    made = Bringing.objects.create(
        source="ideas", system="csv", board=board, kind="idea", by=olga, made_at=NOW, state="tried",
        ended_at=NOW, tally={"received": 16},
    )  # fmt: skip
    later = NOW + timedelta(days=1)
    monkeypatch.setattr(files, "has_given", lambda _bringing: True)
    asking.bring_in(bringing=made, by=olga, now=later)
    made.refresh_from_db()
    monkeypatch.setattr(storing, "_link", lambda *_args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        carrying.carry_out(made, ROWS, now=later, dry_run=False)
    assert Merge.objects.filter(undone_at=None).count() == 1

    carrying.undo(made, by=olga, now=later + timedelta(days=1))

    assert (Post.objects.count(), Merge.objects.count(), made.kept) == (0, 0, {})


def test_who_was_erased_is_not_brought_back_after_it_was_taken_back(brought, olga):
    rows = [PostRow("a", "A hook", "Left", day(0), Author("7", "Una Nemo"))]
    made = brought(rows)
    erasing.erase(person=Person.objects.get(name="Una Nemo"), now=NOW)

    carrying.undo(made, by=olga, now=NOW)
    again = brought(rows)

    assert made.kept == {"person": 1}
    assert [one["why"] for one in again.tally["reasons"]] == ["its author was erased here"]
    assert (Post.objects.count(), Person.objects.filter(name="Una Nemo").count()) == (0, 0)


def test_the_same_file_comes_again_after_it_was_taken_back(brought, olga):
    carrying.undo(brought(ROWS), by=olga, now=NOW)

    again = brought(ROWS)

    assert (again.tally["stored"], again.tally["duplicate"], Post.objects.count()) == (13, 0, 3)


def test_who_is_known_by_name_alone_is_erased_one_after_the_other_and_stays_away(brought):
    both = [Author("name:Ana Keller", "Ana Keller"), Author("name:Jon", "Jon")]
    post = PostRow("a", "An idea", "Words", day(0), MARTA)
    rows = [post, *(VoteRow("a", one, day(1)) for one in both)]
    brought(rows)
    assert Vote.objects.count() == 2

    for one in both:
        erasing.erase(person=Person.objects.get(name=one.name), now=NOW)

    kept = str(list(Brought.objects.values()))
    assert ("Keller" in kept, "Jon" in kept, Vote.objects.count()) == (False, False, 0)
    of_us = ReplyRow("r", "a", "We look", day(1), Author("name:Jon", "Jon", staff=True), official=True)
    again = brought([*rows, of_us])
    assert [one["why"] for one in again.tally["reasons"]] == ["its author was erased here"]
    assert (Vote.objects.count(), again.tally["refused"], Reply.objects.count()) == (0, 2, 1)
    brought([post, VoteRow("a", both[0], NOW + timedelta(hours=1))])
    assert Vote.objects.count() == 1

"""A flood is taken out and brought back in batches, in as many queries for many rows as for few; counts are right in bulk."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from threading import Thread

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from converse.community.conftest import NOW
from converse.moderation.test_leaving import everything
from converse.moderation.test_only_theirs import wait_until_somebody_waits
from interlock.converse.community import counting, posting
from interlock.converse.community.errors import CommunityError
from interlock.converse.models import Follow, Post, Reply, Standing, Sweep, SweptBatch, Vote
from interlock.converse.moderation import erasing, lineage, merging, sweeping
from interlock.fabric import journal
from interlock.fabric.models import STAFF_ROLES, Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def flood(write, marta, edda, reply, heard):
    """Marta wrote seven posts and replies, voted for five of Edda's ideas and follows them; batches are of three."""
    theirs = [write(edda, kind="idea", title=f"Idea {n}") for n in range(5)]
    for number in range(7):
        write(marta, title=f"Rings {number}", words=f"Cheap rings, number {number}.")
        reply(theirs[number % 5], marta, f"See my cheap rings, number {number}.", same=number % 2 == 0)
    for one in theirs:
        posting.vote(post=one, by=marta, on=True, now=NOW)
        posting.follow(post=one, by=marta, on=True, now=NOW)
    heard()
    return theirs


@pytest.fixture
def in_threes(monkeypatch):
    monkeypatch.setattr(sweeping, "BATCH", 3)


def test_a_flood_goes_batch_by_batch_and_comes_back_as_it_stood(flood, in_threes, marta, lena, heard):
    before = everything()

    made = sweeping.sweep(person=marta, because="Rings.", by=lena, now=NOW)
    assert Post.objects.filter(author=marta, standing=Standing.REJECTED).count() == 3
    sweeping.take_rest.call(made.pk)

    made.refresh_from_db()
    assert (made.ended_at, made.batches.count(), Vote.objects.count()) == (NOW, 3, 0)
    assert set(Post.objects.filter(author=marta).values_list("standing", flat=True)) == {Standing.REJECTED}
    assert {one.people_count for one in Post.objects.filter(author__isnull=False).exclude(author=marta)} == {
        1
    }

    sweeping.undo(sweep=made, by=lena, now=NOW + timedelta(hours=1))
    assert sweeping.rows_left(Sweep.objects.get()) > 0
    with pytest.raises(CommunityError, match="still being brought back"):
        sweeping.sweep(person=marta, because="Again.", by=lena, now=NOW)
    sweeping.return_rest.call(made.pk, lena.pk, (NOW + timedelta(hours=1)).isoformat())
    heard()

    assert everything() == before
    assert SweptBatch.objects.count() == 0


def test_what_is_undone_halfway_goes_no_further(flood, in_threes, marta, lena, heard):
    before = everything()
    made = sweeping.sweep(person=marta, because="Rings.", by=lena, now=NOW)

    sweeping.undo(sweep=made, by=lena, now=NOW)
    sweeping.take_rest.call(made.pk)
    heard()

    assert everything() == before


def test_what_they_write_while_it_goes_on_waits_to_be_read_and_is_not_taken_out(
    flood, in_threes, marta, lena, write
):
    made = sweeping.sweep(person=marta, because="Rings.", by=lena, now=NOW)
    later = write(marta, title="Sorry", now=NOW + timedelta(minutes=1))

    sweeping.take_rest.call(made.pk)

    later.refresh_from_db()
    assert later.standing == Standing.HELD


def test_who_is_erased_while_it_goes_on_is_not_brought_back(flood, in_threes, marta, lena):
    made = sweeping.sweep(person=marta, because="Rings.", by=lena, now=NOW)
    erasing.erase(person=marta, now=NOW)

    sweeping.take_rest.call(made.pk)

    with pytest.raises(CommunityError, match="erased since"):
        sweeping.undo(sweep=made, by=lena, now=NOW)


def test_a_batch_asks_as_much_for_many_rows_as_for_few(flood, marta, lena, write, person, heard):
    """Of a customer with one text of each kind, and of one with a dozen."""
    asked = []
    one = person("customer", name="Ana B", account="A-19")
    write(one, title="One")
    posting.write_reply(post=flood[0], words="One reply.", speaker=_speaking(one), now=NOW)
    posting.vote(post=flood[0], by=one, on=True, now=NOW)
    posting.follow(post=flood[0], by=one, on=True, now=NOW)
    heard()
    for who in (one, marta):
        with CaptureQueriesContext(connection) as taken:
            made = sweeping.sweep(person=who, because="Rings.", by=lena, now=NOW)
        with CaptureQueriesContext(connection) as returned:
            sweeping.undo(sweep=made, by=lena, now=NOW)
        asked.append((len(taken), len(returned)))

    assert asked[0] == asked[1]
    assert max(asked[0]) < 75


def _speaking(person):
    from interlock.converse.community.speaking import (
        as_person,
    )  # Django must be set up before rooms are imported
    from interlock.fabric import company

    return as_person(person, company.company())


def by_hand(post: Post) -> tuple[int, int, int]:
    """The plain way: everybody who asked, voted or has the same, one by one."""
    asked = [post, *lineage.merged_into(post)]
    asked = [one for one in asked if one.standing != Standing.TAKEN and one.origin != "house"]
    same = [one for one in Reply.objects.filter(post=post, standing=Standing.PUBLIC) if one.has_the_same]
    people = {one.author_id for one in (*asked, *same) if one.author_id}
    people |= set(Vote.objects.filter(post=post).values_list("person", flat=True))
    rows = [one for one in Person.objects.filter(pk__in=people) if one.role not in STAFF_ROLES]
    nobodies = sum(one.author_id is None for one in (*asked, *same))
    replies = Reply.objects.filter(post=post, standing=Standing.PUBLIC, is_official=False).count()
    return len(rows) + nobodies, len({one.account_key for one in rows} - {""}), replies


@pytest.mark.parametrize("seed", range(3))
def test_counting_many_at_once_agrees_with_counting_by_hand(seed, write, reply, person, unnamed, lena):
    rng = Random(seed)
    people = [person("customer", name=f"C {n}", account=rng.choice(["", "A", "B", "C"])) for n in range(5)]
    posts = [write(rng.choice([*people, lena]), kind="idea", title=f"Idea {n}") for n in range(6)]
    for _one in range(12):
        reply(rng.choice(posts), rng.choice([*people, lena]) if rng.random() < 0.8 else people[0], same=False)
        reply(rng.choice(posts), rng.choice(people), same=rng.random() < 0.6)
        posting.vote(post=rng.choice(posts), by=rng.choice(people), on=True, now=NOW)
    for one in rng.sample(list(Reply.objects.all()), 6):
        Reply.objects.filter(pk=one.pk).update(standing=rng.choice(Standing.values), author=None)
    Post.objects.filter(pk=posts[5].pk).update(author=None)
    for one, other in ((0, 1), (1, 2), (5, 2)):
        merging.merge(post=posts[one], into=posts[other], by=lena, now=NOW)

    Post.objects.update(people_count=99, company_count=99, reply_count=99)
    counting.recount([one.pk for one in posts], NOW)

    counted = [(one.people_count, one.company_count, one.reply_count) for one in Post.objects.order_by("pk")]
    assert counted == [by_hand(one) for one in Post.objects.order_by("pk")]


def test_the_journal_says_once_what_went_and_which_cases_were_closed(flood, in_threes, marta, lena):
    made = sweeping.sweep(person=marta, because="Rings.", by=lena, now=NOW)
    sweeping.take_rest.call(made.pk)

    assert [one.verb for one in journal.entries_about(made)] == ["took everything out"]


def test_what_was_merged_since_takes_the_votes_along_and_gives_them_back(flood, marta, edda, lena):
    first, second, *_others = flood
    Vote.objects.filter(person=marta, post=second).delete()
    Follow.objects.filter(person=marta, post=second).delete()
    made = sweeping.sweep(person=marta, because="Rings.", by=lena, now=NOW)
    later = NOW + timedelta(hours=1)
    merge = merging.merge(post=first, into=second, by=lena, now=later)

    sweeping.undo(sweep=made, by=lena, now=later)

    second.refresh_from_db()
    assert _of_hers(marta, first) == (0, 0)
    assert _of_hers(marta, second) == (1, 1)
    assert by_hand(second) == (second.people_count, second.company_count, second.reply_count)
    merging.undo(merge=merge, by=lena, now=later)
    assert (_of_hers(marta, first), _of_hers(marta, second)) == ((1, 1), (0, 0))


def test_a_merge_before_the_sweep_is_undone_with_the_votes_that_came_back(flood, marta, edda, lena):
    first, second, *_others = flood
    Vote.objects.filter(person=marta, post=second).delete()
    merge = merging.merge(post=first, into=second, by=lena, now=NOW)
    made = sweeping.sweep(person=marta, because="Rings.", by=lena, now=NOW + timedelta(hours=1))
    sweeping.undo(sweep=made, by=lena, now=NOW + timedelta(hours=2))

    merging.undo(merge=merge, by=lena, now=NOW + timedelta(hours=3))

    assert Vote.objects.filter(person=marta, post__in=[first, second]).get().post == first


def _of_hers(marta, post) -> tuple[int, int]:
    return tuple(said.objects.filter(person=marta, post=post).count() for said in (Vote, Follow))


@pytest.mark.django_db(transaction=True)
def test_a_sweep_and_a_merge_of_one_moment_wait_for_each_other_in_turn(flood, marta, lena, monkeypatch):
    """The merge holds both posts, and the sweep is on its way, before the merge touches a vote."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one transaction write at a time")
    first, second, *_others = flood
    went_wrong, must_fit = [], merging._must_fit

    def taking_out() -> None:
        try:
            sweeping.sweep(person=marta, because="Rings.", by=lena, now=NOW)
        except Exception as error:
            went_wrong.append(error)
        finally:
            connections.close_all()

    sweeper = Thread(target=taking_out)

    def once_the_sweep_waits(post, into) -> None:
        must_fit(post, into)
        sweeper.start()
        wait_until_somebody_waits()

    monkeypatch.setattr(merging, "_must_fit", once_the_sweep_waits)
    merging.merge(post=first, into=second, by=lena, now=NOW)
    sweeper.join()
    sweeping.take_rest.call(Sweep.objects.get().pk)

    assert went_wrong == []
    assert (Vote.objects.filter(person=marta).count(), Sweep.objects.get().ended_at) == (0, NOW)

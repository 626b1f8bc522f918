"""Two posts become one and two again; a reply becomes a post and a reply again."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from django.urls import reverse

from converse.community.conftest import NOW, judged
from interlock.converse.community import answering, posting
from interlock.converse.community.errors import CommunityError, NotAllowed
from interlock.converse.models import (
    Board,
    Follow,
    Merge,
    Post,
    Reply,
    Split,
    Standing,
    Status,
    Vote,
)
from interlock.converse.moderation import lineage, merging, splitting, sweeping
from interlock.listen.models import Clock, InboxRow, Signal, Stage

pytestmark = pytest.mark.django_db


def page_of(post):
    return reverse("community:post", args=[post.pk, post.slug])


def counts(post):
    post.refresh_from_db()
    return post.people_count, post.company_count, post.reply_count


@pytest.fixture
def two(write, marta, edda, person, reply):
    """Two ideas of two houses; somebody of a third voted for both, and somebody followed and replied at the first."""
    one, other = write(marta, kind="idea", title="A hook"), write(edda, kind="idea", title="A hanger")
    voter, reader = person("customer", name="Ana B", account="A-19"), person("customer", name="Rosa C")
    for post in (one, other):
        posting.vote(post=post, by=voter, on=True, now=NOW)
    posting.vote(post=one, by=edda, on=True, now=NOW)
    posting.vote(post=one, by=reader, on=True, now=NOW)
    posting.follow(post=one, by=reader, on=True, now=NOW)
    said = reply(one, voter, "Under the seat.", same=True)
    return one, other, said


def test_merging_moves_votes_replies_and_followers_and_counts_a_person_and_a_house_once(two, lena):
    one, other, _said = two

    made = merging.merge(post=one, into=other, by=lena, now=NOW)

    # Marta, Edda, Ana, Rosa
    assert counts(other) == (4, 3, 1)
    assert (Post.objects.get(pk=one.pk).standing, Reply.objects.get().post_id) == (Standing.MOVED, other.pk)
    assert list(Follow.objects.values_list("post", flat=True)) == [other.pk]
    assert [len(made.moved[name]) for name in ("votes", "follows", "replies")] == [2, 1, 1]


def test_undoing_a_merge_restores_every_row_and_count(two, lena):
    one, other, _said = two

    def rows():
        return [sorted(model.objects.values_list("pk", "post")) for model in (Vote, Follow, Reply)]

    before = rows(), counts(one), counts(other)

    made = merging.merge(post=one, into=other, by=lena, now=NOW)
    merging.undo(merge=made, by=lena, now=NOW)

    assert (rows(), counts(one), counts(other)) == before
    assert Post.objects.get(pk=one.pk).standing == Standing.PUBLIC
    with pytest.raises(CommunityError, match="two posts again already"):
        merging.undo(merge=made, by=lena, now=NOW)


def test_a_merge_of_items_with_official_status_and_answers_is_undone_whole(two, lena, priya):
    one, other, _said = two
    for post, key in ((one, "planned"), (other, "looked-at")):
        answering.change_status(
            post=post, to=Status.objects.get(key=key), by=priya, because="In May.", now=NOW
        )
    answer = answering.answer(post=one, by=priya, what_i_do="product", words="We build it.", now=NOW)
    made = merging.merge(post=Post.objects.get(pk=one.pk), into=other, by=lena, now=NOW)
    assert Reply.objects.get(pk=answer.pk).post_id == other.pk

    merging.undo(merge=made, by=lena, now=NOW)

    statuses = {post.title: (post.status.key, post.status_changes.count()) for post in Post.objects.all()}
    assert statuses == {"A hook": ("planned", 1), "A hanger": ("looked-at", 1)}
    assert Reply.objects.get(pk=answer.pk).post_id == one.pk


def test_a_chain_of_merges_is_undone_in_any_order(write, marta, edda, person, reply, lena):
    posts = [write(by, kind="idea", title=by.name) for by in (marta, edda, person("customer", name="Ana B"))]
    said = reply(posts[0], edda, "Mine as well, please.")
    first = merging.merge(post=posts[0], into=posts[1], by=lena, now=NOW)
    second = merging.merge(post=posts[1], into=posts[2], by=lena, now=NOW)
    assert [one.pk for one in lineage.merged_into(posts[2])] == [posts[1].pk, posts[0].pk]
    assert (lineage.leads_to(posts[0]), Reply.objects.get().post_id, counts(posts[2])[0]) == (
        posts[2],
        posts[2].pk,
        3,
    )

    merging.undo(merge=first, by=lena, now=NOW)
    assert (Reply.objects.get(pk=said.pk).post_id, counts(posts[2])[0]) == (posts[0].pk, 2)
    merging.undo(merge=second, by=lena, now=NOW)

    assert [post.standing for post in Post.objects.order_by("pk")] == [Standing.PUBLIC] * 3
    assert Reply.objects.get(pk=said.pk).post_id == posts[0].pk


@pytest.fixture
def four(write, person, reply):
    """Four ideas of four houses; three voters chose some of them, each was replied to and followed."""
    authors = [person("customer", name=f"Author {n}", account=f"A-{n}") for n in range(4)]
    posts = [write(by, kind="idea", title=f"Idea {n}") for n, by in enumerate(authors)]
    for number, chosen in enumerate([(0, 1), (0, 3), (1, 2, 3)]):
        voter = person("customer", name=f"Voter {number}", account=f"V-{number}")
        for place in chosen:
            posting.vote(post=posts[place], by=voter, on=True, now=NOW)
            posting.follow(post=posts[place], by=voter, on=True, now=NOW)
        reply(posts[chosen[0]], voter, f"Mine as well, says {number}.", same=True)
    return posts


def everything():
    """Where each row stands, and what each post counts."""
    rows = [sorted(model.objects.values_list("pk", "post")) for model in (Vote, Follow, Reply)]
    return rows, [counts(post) for post in Post.objects.order_by("pk")]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_merges_within_merges_leave_nothing_behind_in_whatever_order_they_are_undone(four, lena, order):
    before = everything()
    pairs = ((0, 1), (1, 2), (2, 3))
    made = [merging.merge(post=four[one], into=four[other], by=lena, now=NOW) for one, other in pairs]

    for number in order:
        merging.undo(merge=Merge.objects.get(pk=made[number].pk), by=lena, now=NOW)

    assert everything() == before


def test_what_went_home_and_was_merged_elsewhere_is_not_taken_along_by_an_older_undo(four, lena):
    first = merging.merge(post=four[0], into=four[1], by=lena, now=NOW)
    second = merging.merge(post=four[1], into=four[2], by=lena, now=NOW)
    merging.undo(merge=first, by=lena, now=NOW)
    before = Vote.objects.filter(post=four[0]).count()
    merging.merge(post=four[0], into=four[3], by=lena, now=NOW)
    merging.merge(post=four[3], into=four[2], by=lena, now=NOW)

    merging.undo(merge=Merge.objects.get(pk=second.pk), by=lena, now=NOW)

    assert before == 2
    assert sorted(Vote.objects.filter(post=four[1]).values_list("person__name", flat=True)) == [
        "Voter 0",
        "Voter 2",
    ]


def test_a_merged_post_s_own_words_lead_to_what_holds_it(write, marta, edda, person, lena, client):
    one, other = (
        write(marta, kind="idea", title="A hook", words="For the marmalade helmet."),
        write(edda, kind="idea", title="A hanger"),
    )
    end = write(person("customer", name="Ana B"), kind="idea", title="A shelf")
    first = merging.merge(post=one, into=other, by=lena, now=NOW)
    merging.merge(post=other, into=end, by=lena, now=NOW)

    def found(reader=None):
        client.logout()
        if reader:
            client.force_login(reader.user)
        hits = client.get(reverse("community:search"), {"q": "marmalade"}).context["hits"]
        listed = client.get(reverse("community:list"), {"q": "marmalade"}).context["posts"]
        return [(hit.url, hit.where) for hit in hits], [post.pk for post in listed]

    for reader in (None, marta, lena):
        assert found(reader) == ([(page_of(end), "part of “A shelf”")], [end.pk])

    merging.undo(merge=first, by=lena, now=NOW)
    assert found() == ([(page_of(one), "Heron Cargo, Open")], [one.pk])


def test_a_merged_post_is_not_found_where_nobody_reads_what_holds_it(write, marta, edda, lena, client):
    one = write(marta, title="A hook", words="For the marmalade helmet.")
    other = write(edda, title="A hanger")
    merging.merge(post=one, into=other, by=lena, now=NOW)
    judged(other, lena, because="It sells.")

    for address in ("search", "list"):
        assert (
            "marmalade helmet"
            not in client.get(reverse(f"community:{address}"), {"q": "marmalade"}).content.decode()
        )


def test_words_that_were_taken_out_since_lead_nobody_to_what_held_them(write, marta, edda, lena, client):
    one = write(marta, title="A hook", words="For the marmalade helmet.")
    merging.merge(post=one, into=write(edda, title="A hanger"), by=lena, now=NOW)
    sweeping.sweep(person=marta, because="It sells.", by=lena, now=NOW)

    assert list(client.get(reverse("community:list"), {"q": "marmalade"}).context["posts"]) == []


def test_two_that_are_answered_differently_are_not_merged(write, marta, edda, lena, unnamed):
    question, idea, held = (
        write(marta),
        write(edda, kind="idea", title="A hook"),
        unnamed("Hooks", "Under the seat."),
    )
    closed = Board.objects.create(key="new", name="New", made_at=NOW)
    hidden = write(edda, kind="idea", title="A hanger", on=closed)

    for one, other, why in (
        (question, idea, "stay apart"),
        (idea, idea, "the same post"),
        (idea, held, "Both must be public"),
        (idea, hidden, "does not read that board"),
        (hidden, idea, "does not read this one's board"),
    ):
        with pytest.raises(NotAllowed, match=why):
            merging.merge(post=one, into=other, by=lena, now=NOW)
    assert Merge.objects.count() == 0


def test_an_official_answer_stops_the_clock_of_who_asked_in_a_merged_post(
    write, marta, edda, lena, priya, heard
):
    one, other = write(marta), write(edda, title="Does it fit?")
    heard()
    merging.merge(post=one, into=other, by=lena, now=NOW)

    answering.answer(post=other, by=priya, what_i_do="service", words="Yes.", now=NOW)

    assert set(Clock.objects.values_list("stage", flat=True)) == {Stage.ANSWERED}
    heard()
    url = Signal.objects.get(key=f"community:post-{one.pk}").url
    assert url.endswith(page_of(other))


def test_the_old_address_leads_visitors_on_and_tells_its_author(two, lena, client, marta):
    one, other, _said = two
    merging.merge(post=one, into=other, by=lena, now=NOW)

    answer = client.get(page_of(one))
    assert (answer.status_code, answer.headers["Location"], answer.headers["Cache-Control"]) == (
        301, page_of(other), "max-age=3600",
    )  # fmt: skip
    assert client.get(reverse("community:short", args=[one.pk])).headers["Location"] == page_of(other)
    held = client.get(page_of(other)).content.decode()
    assert ("Said here as well" in held, "A hook" in held, "Marta H." in held) == (True, True, True)

    client.force_login(marta.user)
    assert "It is now part of “A hanger”" in client.get(page_of(one)).content.decode()
    mine = client.get(reverse("community:mine")).content.decode()
    assert "Your post “A hook” is now part of “A hanger”; your words stand there." in mine


def test_a_merged_post_of_a_closed_board_stays_absent_for_others(write, marta, edda, lena, client):
    closed = Board.objects.create(key="new", name="New", made_at=NOW)
    one, other = write(marta, on=closed), write(edda, on=closed, title="Another")
    merging.merge(post=one, into=other, by=lena, now=NOW)

    assert client.get(page_of(one)).status_code == 404


def test_a_reply_becomes_a_post_with_its_author_day_and_signal(write, marta, edda, reply, lena, heard):
    post = write(marta)
    said = reply(post, edda, "Does the bell ring in the rain?", now=NOW + timedelta(hours=1))
    heard()

    made = splitting.split(reply=said, title="Bell in the rain", kind="problem", by=lena, now=NOW)
    heard()

    new = made.post
    assert (new.author, new.said_at, new.words, new.status.key) == (edda, said.said_at, said.words, "open")
    assert (new.signal_key, Reply.objects.get().signal_key) == (f"community:reply-{said.pk}", "")
    signal = Signal.objects.get(key=new.signal_key)
    assert (signal.kind, signal.title, signal.url.endswith(page_of(new))) == (
        "complaint",
        "Bell in the rain",
        True,
    )
    assert (Signal.objects.count(), InboxRow.objects.count(), counts(post)[2]) == (2, 2, 0)


def test_a_split_is_undone_while_nobody_acted_on_it(write, marta, edda, reply, lena, client):
    post = write(marta)
    said = reply(post, edda, "Does the bell ring in the rain?")
    made = splitting.split(reply=said, title="Bell", kind="problem", by=lena, now=NOW)
    assert "What Edda K. said here is a post of its own" in client.get(page_of(post)).content.decode()
    assert "This was a reply under" in client.get(page_of(made.post)).content.decode()
    posting.vote(post=made.post, by=marta, on=True, now=NOW)
    with pytest.raises(NotAllowed, match="Merge it back instead"):
        splitting.undo(split=made, by=lena, now=NOW)
    posting.vote(post=made.post, by=marta, on=False, now=NOW)

    splitting.undo(split=made, by=lena, now=NOW)

    said.refresh_from_db()
    assert (said.standing, said.signal_key, Post.objects.count(), Split.objects.count()) == (
        Standing.PUBLIC, f"community:reply-{said.pk}", 1, 0,
    )  # fmt: skip
    assert counts(post)[2] == 1


def test_what_a_moderator_judged_meanwhile_is_not_merged(write, marta, edda, lena):
    one, other = write(marta), write(edda)
    judged(one, lena, because="It sells.")

    with pytest.raises(NotAllowed, match="Both must be public"):
        merging.merge(post=one, into=other, by=lena, now=NOW)

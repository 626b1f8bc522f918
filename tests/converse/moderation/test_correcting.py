"""Words are corrected by their author, reworded by a moderator and taken away, and it is said that they were."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from converse.community.conftest import NOW
from interlock.converse.community import answering, signals
from interlock.converse.community.errors import NotAllowed, NothingSaid
from interlock.converse.models import (
    Post,
    Rewording,
    Standing,
)
from interlock.converse.moderation import rewording, taking
from interlock.listen.models import InboxRow, Signal

pytestmark = pytest.mark.django_db


def page_of(post):
    return reverse("community:post", args=[post.pk, post.slug])


def test_an_author_corrects_for_a_day_and_everybody_reads_that_it_was(write, marta, client, heard):
    post = write(marta)
    heard()

    rewording.reword(
        said=post, title="The display", words="It goes dark in rain.", because="", by=marta, now=NOW
    )
    heard()

    assert (Signal.objects.get().title, Signal.objects.get().body) == ("The display", "It goes dark in rain.")
    kept = Rewording.objects.get()
    assert (kept.title, kept.words) == (post.title, post.words)
    page = client.get(page_of(Post.objects.get())).content.decode()
    assert ("Corrected by its author" in page, post.words in page) == (True, False)
    client.force_login(marta.user)
    assert post.words in client.get(page_of(Post.objects.get())).content.decode()
    with pytest.raises(NotAllowed, match="for a day"):
        rewording.reword(said=post, title="A", words="B", because="", by=marta, now=NOW + timedelta(hours=25))


def test_a_correction_cannot_slip_in_what_would_have_been_held(write, marta, heard, client):
    post = write(marta)
    heard()

    rewording.reword(
        said=post, title="Rings", words="Buy now at https://rings.shop", because="", by=marta, now=NOW
    )

    assert (Post.objects.get().standing, Signal.objects.count()) == (Standing.HELD, 0)
    assert client.get(page_of(Post.objects.get())).status_code == 404


def test_a_moderator_rewords_with_a_reason_and_not_what_a_colleague_answered(
    write, marta, priya, lena, client
):
    post = write(marta, words="Call me under 0151 2345678, it goes dark.")
    official = answering.answer(post=post, by=priya, what_i_do="service", words="Yes.", now=NOW)
    with pytest.raises(NothingSaid, match="Say why"):
        rewording.reword(said=post, title=post.title, words="It goes dark.", because="", by=lena, now=NOW)
    with pytest.raises(NotAllowed):
        rewording.reword(said=official, title="", words="No.", because="It is wrong.", by=lena, now=NOW)

    rewording.reword(
        said=post, title=post.title, words="It goes dark.", because="A number stood there.", by=lena, now=NOW
    )

    page = client.get(page_of(post)).content.decode()
    assert ("A number stood there." in page, "0151" in page) == (True, False)


def test_what_others_answered_leaves_a_stub_and_what_nobody_answered_nothing(
    write, marta, edda, reply, client, heard
):
    answered, alone = (
        write(marta, title="CANARY answered", words="CANARY words"),
        write(marta, title="CANARY alone"),
    )
    reply(answered, edda, "Mine as well, in rain.")
    rewording.reword(said=answered, title="CANARY again", words="CANARY too", because="", by=marta, now=NOW)
    heard()
    address = page_of(Post.objects.get(pk=answered.pk))

    assert taking.take_away(said=answered, by=marta, now=NOW) is True
    assert taking.take_away(said=alone, by=marta, now=NOW) is False

    page = client.get(address, follow=True).content.decode()
    assert ("Taken away by its author" in page, "Mine as well" in page, "CANARY" in page) == (
        True,
        True,
        False,
    )
    listed = client.get(reverse("community:list")).content.decode()
    assert ("Mine as well" in listed, "CANARY" in listed, "Taken away" in listed) == (False, False, False)
    assert list(Signal.objects.values_list("body", flat=True)) == ["Mine as well, in rain."]
    assert "CANARY" not in str(list(Post.objects.values())) + str(list(Rewording.objects.values()))


def test_only_the_author_takes_away_and_colleagues_stand_by_their_words(write, marta, edda, priya):
    post, ours = write(marta), write(priya)

    for said, by in ((post, edda), (post, priya), (ours, priya)):
        with pytest.raises(NotAllowed):
            taking.take_away(said=said, by=by, now=NOW)


def test_what_is_taken_back_while_it_is_passed_on_is_taken_out_again(write, marta, monkeypatch):
    post = write(marta)
    take_in = signals.inbox.take_in

    def and_meanwhile(offers, *, now):
        taken = take_in(offers, now=now)
        taking.take_away(said=Post.objects.get(pk=post.pk), by=marta, now=NOW)
        return taken

    monkeypatch.setattr(signals.inbox, "take_in", and_meanwhile)
    signals.pass_on(now=NOW)

    assert InboxRow.objects.count() == 0

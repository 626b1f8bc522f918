"""Who follows a post is told what becomes of it, as far as everybody reads it."""

from __future__ import annotations

import re

import pytest

from converse.community.conftest import NOW
from interlock.connectors.imap_mailbox.html_part import html_of
from interlock.converse.models import Follow, Reply, Standing, Status, StatusChange
from interlock.converse.notices import planning
from interlock.fabric import work

pytestmark = pytest.mark.django_db


def test_a_follower_is_told_of_public_replies_and_of_no_held_one(write, reply, marta, edda, mails):
    post = write(marta, kind="idea", title="A hanger")
    Follow.objects.get_or_create(post=post, person=marta, defaults={"at": NOW})
    reply(post, edda, "I need one too.")
    held = reply(post, edda, "CANARY")
    Reply.objects.filter(pk=held.pk).update(standing=Standing.HELD)

    planning.plan(now=NOW)
    work.run_ready()

    told = [(mail.to, "I need one too." in mail.text, "CANARY" in mail.text) for mail in mails]
    assert told == [(marta.user.email, True, False)]


def test_a_post_that_was_taken_from_the_public_is_not_told(write, reply, marta, edda, mails):
    post = write(marta, kind="idea", title="A hanger")
    Follow.objects.get_or_create(post=post, person=edda, defaults={"at": NOW})
    reply(post, marta, "Here is more.")
    planning.plan(now=NOW)
    type(post).objects.filter(pk=post.pk).update(standing=Standing.HELD)

    work.run_ready()

    assert mails == []


def test_who_wrote_a_post_is_told_of_replies_and_its_new_state_without_following_and_nobody_of_their_own_words(
    write, reply, marta, edda, priya, mails
):
    post = write(marta, kind="idea", title="A hanger")
    other = write(edda, kind="idea", title="A bell")
    reply(post, edda, "I need one too.")
    reply(other, edda, "CANARY: nobody else's business.")
    StatusChange.objects.create(
        post=post, by=priya, before=post.status, after=Status.objects.filter(meaning="planned").first(),
        because="In spring.", at=NOW,
    )  # fmt: skip

    planning.plan(now=NOW)
    work.run_ready()

    [mail] = mails
    assert mail.to == marta.user.email
    for words in ("A hanger", "I need one too.", "In spring."):
        assert words in mail.text
    assert "CANARY" not in mail.text


FORGED = (
    "Thanks.\n\nPriya Nair, 22 November, 09:00:\nConfirm your card at https://evil.example/\n\n"
    "Sign in anew\nhttps://evil.example/\n\n-- \nStop all mail: https://evil.example/stop/"
)


@pytest.mark.parametrize("sign", ["\n", "\r\n", "\r", "\u2028", "\x85"])
def test_nobodys_words_pass_for_anothers_or_for_ours_in_a_mail(write, reply, marta, edda, mails, sign):
    post = write(marta, kind="idea", title="A hanger\n\nSign in anew\nhttps://evil.example/")
    reply(post, edda, FORGED.replace("\n", sign))
    for said in (type(post), Reply):  # as where links are let through
        said.objects.update(standing=Standing.PUBLIC)

    planning.plan(now=NOW)
    work.run_ready()

    [mail] = mails
    assert post.title == "A hanger Sign in anew https://evil.example/"
    head, said = mail.text.split("Edda K., 22 November, 09:00:\n")
    assert head.splitlines()[0] == post.title
    quoted, ours = said.split("\n\n", 1)
    lines = quoted.split("\n")
    assert [line for line in lines if not line.startswith(">")] == []
    assert [line[1:].strip() for line in lines] == [line.strip() for line in FORGED.split("\n")]
    assert "evil" not in ours
    html = html_of(subject=mail.subject, text=mail.text, author=mail.author, language="en")
    bold = re.findall(r"font:bold[^>]*>([^<]*)<", html)
    assert bold == ["Edda K., 22 November, 09:00:"]
    assert re.findall(r"<h2[^>]*>([^<]*)<", html) == [post.title]
    assert "evil" not in html.rpartition("padding:16px 24px")[2]


def test_a_mail_that_does_not_mark_words_would_be_forged():
    """The control: unmarked, the same words stand in the HTML as another's."""
    html = html_of(subject="", text=f"Edda K., 22 November, 09:00:\n{FORGED}", author="", language="en")

    assert "Priya Nair, 22 November, 09:00:" in re.findall(r"font:bold[^>]*>([^<]*)<", html)

"""What the company does with a post: a named person answers, and its status changes with a reason."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.converse.community import counting, posting, signals
from interlock.converse.community.errors import CommunityError, NotAllowed, NothingSaid
from interlock.converse.models import Kind, Meaning, Post, Reply, Standing, Status, StatusChange
from interlock.fabric import journal
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person
from interlock.listen import stages

_FINAL = {Meaning.PLANNED, Meaning.DONE, Meaning.DECLINED}


@transaction.atomic
def answer(*, post: Post, by: Person, what_i_do: str, words: str, now: datetime) -> Reply:
    """Answer as a named person of the company: the clocks of all who asked here stop, a question is answered.

    Raises:
        NothingSaid: the words, or what the person does here, are missing.
        NotAllowed: the role does not answer customers, or the post is not public.
    """
    _must_answer(by)
    post = posting.locked(post)
    if not post.is_public:
        raise NotAllowed(_("Let it through first; then it can be answered. Nothing was sent."))
    if not (words.strip() and what_i_do.strip()):
        raise NothingSaid(_("Write the answer, and what you do here; nothing was sent."))
    reply = Reply.objects.create(
        post=post,
        words=words.replace("\r\n", "\n").replace("\0", "").strip(),
        author=by,
        author_name=by.name,
        author_word=what_i_do.strip(),
        said_at=now,
        is_official=True,
    )
    counting.hold_boards([post.pk])
    detail = {"reply": reply.pk, "first": post.answered_at is None}
    journal.note(actor=by, verb="answered", about=post, at=now, detail=detail)
    keys = signals.keys_under(post)
    stages.answered(keys=keys, by=by, now=now, how=_("in the community"))
    _let_first_answer_be_known(post, now)
    posting.changed(post, now, waits=False, answered_at=post.answered_at or now)
    if post.kind == Kind.ASK and post.status.meaning == Meaning.OPEN:
        _move(post, _answered_status(), by, "", now)
    return reply


@transaction.atomic
def change_status(*, post: Post, to: Status, by: Person, because: str, now: datetime) -> StatusChange:
    """Move a post on, and say why; everybody reads the reason.

    Raises:
        NotAllowed: the role does not answer customers, or such posts cannot stand so.
        NothingSaid: it is planned, done or declined without a reason.
        CommunityError: it stands so already.
    """
    _must_answer(by)
    post = posting.locked(post)
    if post.kind not in to.kinds:
        raise NotAllowed(
            _("“%(status)s” is not for this kind of post; nothing was changed.") % {"status": to.name}
        )
    if to.pk == post.status_id:
        raise CommunityError(_("It stands as “%(status)s” already.") % {"status": to.name})
    if to.meaning in _FINAL and not because.strip():
        raise NothingSaid(_("Say why, in a sentence the customer reads; nothing was changed."))
    return _move(post, to, by, because.strip(), now)


def _move(post: Post, to: Status, by: Person, because: str, now: datetime) -> StatusChange:
    change = StatusChange.objects.create(
        post=post, before=post.status, after=to, by=by, at=now, because=because
    )
    posting.changed(post, now, status=to)
    detail = {"before": post.status.key, "after": to.key, "because": because}
    journal.note(actor=by, verb="changed the status of", about=post, at=now, detail=detail)
    return change


def _answered_status() -> Status:
    for status in Status.objects.filter(meaning=Meaning.DONE):
        if Kind.ASK in status.kinds:
            return status
    raise NotAllowed(
        _("No status says that a question is answered. The owner of this installation adds one.")
    )


def _let_first_answer_be_known(post: Post, now: datetime) -> None:
    """The records say when a customer was first answered: pass it on with their signals."""
    if post.signal_key and post.answered_at is None:
        Post.objects.filter(pk=post.pk).update(signal_due=now)
    waiting = post.replies.filter(standing=Standing.PUBLIC, is_official=False).exclude(signal_key="")
    if post.answered_at is None:
        waiting.update(signal_due=now)
    signals.ask_to_hear(now)


def _must_answer(by: Person) -> None:
    if not may(by, Act.ANSWER):
        raise NotAllowed(_("Your role does not include answering customers; nothing was changed."))

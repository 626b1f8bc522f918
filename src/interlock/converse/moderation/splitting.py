"""A reply becomes a post of its own, with its author, its day, its words and its signal."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.converse.community import counting, posting, signals
from interlock.converse.community.errors import NotAllowed, NothingSaid
from interlock.converse.models import Case, Contribution, Kind, Post, Reply, Split, Standing
from interlock.fabric import journal
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person

_OWN = {"standing", "judged_by", "judged_at", "judged_because", "caller", "signal_due"}
_KEPT = [field.attname for field in Contribution._meta.get_fields() if field.name not in _OWN]


@transaction.atomic
def split(*, reply: Reply, title: str, kind: str, by: Person, now: datetime) -> Split:
    """Make a post of a reply.

    Raises:
        NothingSaid: there is no title.
        NotAllowed: the role does not moderate, or it is an official answer, not public, or waits for a moderator.
    """
    _must_moderate(by)
    if not posting.clean_line(title):
        raise NothingSaid(_("Write a title; nothing was changed."))
    under = posting.locked(reply.post)
    counting.hold_boards([under.pk])
    reply = Reply.objects.get(pk=reply.pk)
    waits = Case.objects.filter(reply=reply, closed_at=None).exists()
    if reply.is_official or not reply.is_public or waits or under.pk != reply.post_id:
        raise NotAllowed(
            _("Only a public reply that nobody has to look at becomes a post; nothing was changed.")
        )
    if under.board.kinds and kind not in under.board.kinds:
        raise NotAllowed(_("This board is not for that. Choose another kind; nothing was changed."))
    post = Post(
        board=under.board, kind=kind, title=posting.clean_line(title), product=under.product, changed_at=now
    )
    for name in _KEPT:
        setattr(post, name, getattr(reply, name))
    post.status, post.waits = posting.first_status(kind), kind != Kind.PRAISE
    post.signal_due = now if post.signal_key else None
    post.save()
    Reply.objects.filter(pk=reply.pk).update(standing=Standing.MOVED, signal_key="", signal_due=None)
    made = Split.objects.create(reply=reply, post=post, by=by, at=now)
    _settle(under, post, now)
    journal.note(actor=by, verb="split", about=made, at=now, detail={"reply": reply.pk, "post": post.pk})
    return made


@transaction.atomic
def undo(*, split: Split, by: Person, now: datetime) -> Reply:
    """Make a reply of it again, while nobody replied, voted or follows.

    Raises:
        NotAllowed: somebody did; merging it back keeps what they said.
    """
    _must_moderate(by)
    post = posting.locked(split.post)
    others = post.votes.exists() or post.merged_here.exists() or post.status_changes.exists()
    if others or Reply.objects.filter(post=post).exists() or not post.is_public:
        raise NotAllowed(
            _(
                "Others have replied, voted or decided there, so it stays. Merge it back instead; nothing was changed."
            )
        )
    under = posting.locked(split.reply.post)
    counting.hold_boards([under.pk, post.pk])
    due = now if post.signal_key else None
    Reply.objects.filter(pk=split.reply_id).update(
        standing=Standing.PUBLIC, words=post.words, signal_key=post.signal_key, signal_due=due
    )
    journal.note(
        actor=by, verb="unsplit", about=split, at=now, detail={"reply": split.reply_id, "post": post.pk}
    )
    post.delete()
    posting.recount(under, now)
    signals.ask_to_hear(now)
    return split.reply


def _settle(under: Post, post: Post, now: datetime) -> None:
    posting.recount(under, now)
    posting.recount(post, now)
    signals.ask_to_hear(now)


def _must_moderate(by: Person) -> None:
    if not may(by, Act.ANSWER):
        raise NotAllowed(_("Your role does not include splitting replies; nothing was changed."))

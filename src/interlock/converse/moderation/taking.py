"""Authors take away what they wrote. Where others answered, a stub stays, so that what they said keeps its place."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.converse.community import counting, posting
from interlock.converse.community.errors import NotAllowed
from interlock.converse.models import Case, Post, Reply, Rewording, Split, Standing
from interlock.converse.moderation import cases
from interlock.fabric import journal
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person
from interlock.listen import withdrawing

# What nobody reads any more, and what is left of it in the end.
UNREAD = {
    "standing": Standing.TAKEN, "words": "", "author_name": "", "author_word": "", "quoted_from": "",
    "judged_because": "", "caller": "", "signal_due": None,
}  # fmt: skip
UNTITLED = {"title": "", "product": "", "close_to": []}
_NOTHING = {**UNREAD, "author": None, "signal_key": ""}


def may_take_away(said: Post | Reply, person: Person | None) -> bool:
    """Whether it is theirs to take away: colleagues speak for the company, which stands by its words."""
    is_theirs = person is not None and said.author_id == person.pk and not person.is_staff_side
    return is_theirs and may(person, Act.TALK) and said.standing != Standing.TAKEN


@transaction.atomic
def take_away(*, said: Post | Reply, by: Person, now: datetime) -> bool:
    """Take one's own words away for good, with their signal; return whether a stub stays.

    Raises:
        NotAllowed: it is somebody else's, or the company's.
    """
    if not may_take_away(said, by):
        raise NotAllowed(_("Only who wrote it takes it away; nothing was changed."))
    post = posting.locked(said if isinstance(said, Post) else said.post)
    said = post if isinstance(said, Post) else Reply.objects.get(pk=said.pk)
    counting.hold_boards([post.pk])
    cases.close_cases(said, Case.Outcome.GONE, by, now)
    journal.note(actor=by, verb="took away", about=said, at=now, detail=cases.numbered(said))
    return wipe(said, post, now)


def wipe(said: Post | Reply, post: Post, now: datetime) -> bool:
    """Leave nothing of it but what others said under it; return whether a stub stays. In a transaction."""
    if said.signal_key:
        withdrawing.erase(keys=[said.signal_key])
    stays = _others_spoke(said)
    if not stays:
        said.delete()
    else:
        Rewording.objects.filter(**cases.naming(said)).delete()
        Case.objects.filter(**cases.naming(said)).update(words="", address="")
        title = UNTITLED if isinstance(said, Post) else {}
        type(said).objects.filter(pk=said.pk).update(**_NOTHING, **title)
    if stays and isinstance(said, Post):
        posting.retitled(said, now)
    if stays or isinstance(said, Reply):
        posting.recount(post if isinstance(said, Reply) else Post.objects.get(pk=said.pk), now)
    else:
        posting.lists_changed(post)
    return stays


def _others_spoke(said: Post | Reply) -> bool:
    """Whether something of others hangs on it: replies, posts merged with it, or the post that it became."""
    if isinstance(said, Reply):
        return Split.objects.filter(reply=said).exists()
    return said.replies.exists() or said.merged_here.exists() or said.merges.exists()

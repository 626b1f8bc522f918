"""Correcting what was written: by its author within a day, by a moderator with a reason. The old words are kept.

Everybody reads that it was reworded, by whom and why; the old words read its author and colleagues alone, because
what is corrected is often what should not have been told.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.converse.community import posting, signals
from interlock.converse.community.errors import NotAllowed, NothingSaid
from interlock.converse.community.speaking import Speaker
from interlock.converse.models import Case, Post, Reply, Rewording, Standing
from interlock.converse.moderation import cases
from interlock.converse.moderation.policy import Verdict, verdict
from interlock.fabric import journal
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person

AUTHOR_MAY_FOR = timedelta(hours=24)


def may_reword(said: Post | Reply, person: Person | None, now: datetime) -> bool:
    """Whether this person may correct it now. No query."""
    if person is None or said.standing not in {Standing.PUBLIC, Standing.HELD}:
        return False
    if said.author_id == person.pk:
        return may(person, Act.TALK) and now < said.said_at + AUTHOR_MAY_FOR
    is_answer = isinstance(said, Reply) and said.is_official
    return may(person, Act.ANSWER) and not is_answer


@transaction.atomic
def reword(
    *, said: Post | Reply, title: str, words: str, because: str, by: Person, now: datetime
) -> Rewording | None:
    """Give it other words; None where they are the same. A reply has no title.

    Raises:
        NothingSaid: title, words or a moderator's reason are missing.
        NotAllowed: it is not one's own or the day is over, and one does not moderate.
    """
    said = _locked(said)
    if not may_reword(said, by, now):
        raise NotAllowed(_("This can be corrected for a day, by who wrote it. Nothing was changed."))
    has_title = isinstance(said, Post)
    title, words = posting.clean_line(title) if has_title else "", posting.clean(words.replace("\r\n", "\n"))
    if not words or (has_title and not title):
        raise NothingSaid(_("Nothing would be left of it; nothing was changed."))
    is_author = said.author_id == by.pk
    if not (is_author or because.strip()):
        raise NothingSaid(_("Say why; everybody reads it. Nothing was changed."))
    before = said.title if isinstance(said, Post) else ""
    if (before, said.words) == (title, words):
        return None
    made = Rewording.objects.create(
        title=before, words=said.words, by=by, at=now, because=because.strip(), **cases.naming(said)
    )
    columns = {"words": words, "signal_due": now if said.is_public and said.signal_key else None}
    type(said).objects.filter(pk=said.pk).update(**columns, **({"title": title} if has_title else {}))
    said.refresh_from_db()
    if is_author and not by.is_staff_side:
        _look_anew(said, title, words, by, now)
    posting.changed(said if isinstance(said, Post) else said.post, now)
    if isinstance(said, Post) and before != title:
        posting.retitled(said, now)
    signals.ask_to_hear(now)
    journal.note(
        actor=by, verb="reworded", about=said, at=now, detail=cases.numbered(said) | {"because": because}
    )
    return made


def rewordings_of(said: list[Post | Reply]) -> dict[tuple[str, int], list[Rewording]]:
    """Earlier words of these, by what they are and their number. One query."""
    posts = [one.pk for one in said if isinstance(one, Post)]
    replies = [one.pk for one in said if isinstance(one, Reply)]
    found: dict[tuple[str, int], list[Rewording]] = {}
    rows = Rewording.objects.filter(post__in=posts) | Rewording.objects.filter(reply__in=replies)
    for one in rows.select_related("by"):
        key = ("post", one.post_id) if one.post_id else ("reply", one.reply_id)
        found.setdefault(key, []).append(one)
    return found


def _look_anew(said: Post | Reply, title: str, words: str, by: Person, now: datetime) -> None:
    """The policy reads new words of an author as it reads a new text, so that nothing slips in afterwards."""
    found: Verdict = verdict(Speaker(said.author_name, said.author_word, by), title, words, now)
    if found.standing == Standing.PUBLIC:
        return
    was_public = said.is_public
    type(said).objects.filter(pk=said.pk).update(standing=Standing.HELD, signal_due=None)
    said.refresh_from_db()
    cases.open_case(said=said, about=Case.About.HELD, now=now, found=found.found, by=by)
    if was_public:
        posting.no_longer_public(said, now)


def _locked(said: Post | Reply) -> Post | Reply:
    if isinstance(said, Post):
        return posting.locked(said)
    posting.locked(said.post)
    return Reply.objects.select_related("post__board", "post__status").get(pk=said.pk)

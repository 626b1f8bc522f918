"""What a visitor wrote before saying who they are: kept in their session, and sent off once they came in."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.sessions.backends.base import SessionBase
from django.urls import reverse
from django.utils.translation import gettext as _

from interlock.converse.community import looking, posting
from interlock.converse.community.errors import CommunityError
from interlock.converse.community.speaking import as_person
from interlock.converse.models import Post, Reply
from interlock.fabric import company
from interlock.fabric.models import Person

DRAFT = "community_draft"
Draft = dict[str, Any]


class Sent(NamedTuple):
    """What is said of a draft, where to go, and whether it was sent."""

    said: str
    address: str
    done: bool = True


def keep(session: SessionBase, draft: Draft) -> None:
    """Keep a post (`board` names its board) or a reply (`post`), in the words of their forms."""
    session[DRAFT] = draft


def kept(session: SessionBase) -> Draft:
    return session.get(DRAFT) or {}


def forget(session: SessionBase) -> None:
    session.pop(DRAFT, None)


def send(draft: Draft, person: Person, now: datetime) -> Sent:
    """Send off what was kept, as this person; where it cannot be sent any more, say so."""
    speaker = as_person(person, company.company())
    try:
        if "post" in draft:
            post = looking.posts_visible_to(person).filter(pk=draft["post"]).first()
            if post is None:
                return Sent(_("What you replied to is gone; nothing was sent."), reverse("community:list"))
            said: Post | Reply = posting.write_reply(
                post=post, words=draft["words"], speaker=speaker, now=now, has_the_same=draft["same"]
            )
        else:
            board = looking.boards_visible_to(person).filter(pk=draft["board"]).first()
            if board is None:
                return Sent(_("That board is gone; nothing was sent."), reverse("community:tell"), done=False)
            what = {name: draft[name] for name in ("kind", "title", "words", "product")}
            said = post = posting.write_post(board=board, speaker=speaker, now=now, **what)
    except CommunityError as error:
        form = (
            reverse("community:same" if draft["same"] else "community:reply", args=[draft["post"]])
            if "post" in draft
            else reverse("community:tell")
        )
        return Sent(str(error), form, done=False)
    online = (
        _("It is online, and a person reads it.")
        if said.is_public
        else _("We have it, and say why it waits.")
    )
    return Sent(online, reverse("community:post", args=[post.pk, post.slug]))

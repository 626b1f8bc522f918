"""Pictures of lines: brought while writing, seen by who brought them, then by everybody who reads the line."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from interlock.converse import queries
from interlock.converse.errors import NotYours, TooMany
from interlock.converse.models import Conversation, Draft, Message, Picture
from interlock.converse.words import Redrawn, pictures
from interlock.fabric.models import Person

# More than anybody puts into one line; whoever brings more has forgotten to send.
MOST_LOOSE = 20
LOOSE_FOR = timedelta(days=2)
_SHOWN = re.compile(r"/pictures/([\w-]{1,64})/")


def pictures_visible_to(person: Person) -> QuerySet[Picture]:
    """Those of lines this person may read and that still stand, and own ones that are in no line yet."""
    read = queries.messages_visible_to(person).filter(removed_at=None)
    return Picture.objects.filter(Q(message__in=read) | Q(message=None, brought_by=person))


@transaction.atomic
def bring_picture(*, conversation: Conversation, by: Person, drawn: Redrawn, now: datetime) -> Picture:
    """Keep a picture until its line is sent. It is drawn anew before, since drawing under a lock holds all writers up.

    Raises:
        TooMany: twenty are waiting for their line.
        NotYours: a guest who is not in this talk.
    """
    if not queries.conversations_visible_to(by).filter(pk=conversation.pk).exists():
        raise NotYours(_("You were not asked into this conversation."))
    if Picture.objects.filter(brought_by=by, message=None).count() >= MOST_LOOSE:
        raise TooMany(_("Twenty pictures wait for their line already. Send the line first."))
    return Picture.objects.create(
        conversation=conversation,
        brought_by=by,
        brought_at=now,
        key=pictures.keep(drawn),
        width=drawn.width,
        height=drawn.height,
        size=len(drawn.content),
    )


def markdown_of(picture: Picture) -> str:
    """What stands in a line for the picture."""
    return f"![{_('picture')}](/pictures/{picture.key}/)"


def attach_pictures(message: Message) -> None:
    """Give the line the pictures that its author brought for it; those it no longer shows are loose again."""
    keys = set(_SHOWN.findall(message.body))
    mine = Picture.objects.filter(conversation=message.conversation, brought_by=message.author)
    mine.filter(message=message).exclude(key__in=keys).update(message=None)
    if keys:
        mine.filter(message=None, key__in=keys).update(message=message)


def forget_loose_pictures(*, now: datetime) -> int:
    """Remove what was brought for lines that were never sent and is in no draft; return how many."""
    loose = Picture.objects.filter(message=None, brought_at__lt=now - LOOSE_FOR)
    begun = Draft.objects.filter(body__contains="/pictures/").values_list("body", flat=True)
    awaited = {key for body in begun for key in _SHOWN.findall(body)}
    keys = [key for key in loose.values_list("key", flat=True) if key not in awaited]
    for key in keys:
        # The row last: a file that stays behind after a fault is found again by its row.
        pictures.path_of(key).unlink(missing_ok=True)
    Picture.objects.filter(key__in=keys).delete()
    return len(keys)

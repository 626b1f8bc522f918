"""Start to talk about something from the page that shows it: one field, the first line. Framing follows.

A page vouches for what it is about by signing it, so that any page can offer the field and nobody can make up a
context or its label.
"""

from __future__ import annotations

import re
from datetime import datetime

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from interlock.converse import services
from interlock.converse.errors import NothingSaid
from interlock.converse.models import Conversation
from interlock.fabric.contexts import context_for
from interlock.fabric.models import Function, Person

_SALT = "interlock.converse.starting"
LONGEST_TITLE = 120


def token_of(kind: str, key: str, label: str) -> str:
    """What a page puts into its field: the thing it is about, signed."""
    return signing.dumps([kind, key, label], salt=_SALT)


def thing_of(token: str) -> tuple[str, str, str]:
    """Kind, key and label, as the page signed them.

    Raises:
        signing.BadSignature: no page of ours made this.
    """
    kind, key, label = signing.loads(token, salt=_SALT)
    return kind, key, label


@transaction.atomic
def start(*, kind: str, key: str, label: str, body: str, by: Person, now: datetime) -> Conversation:
    """Open a conversation about this with its first line, for staff only. Its title is the line's first sentence."""
    if not body.strip():
        raise NothingSaid(_("Write a line first; nothing was opened."))
    conversation = services.open_conversation(
        context=context_for(kind=kind, key=key, label=label),
        title=title_of(body),
        people=[(by, (by.functions or [Function.CUSTOMER])[0])],
        by=by,
        now=now,
    )
    services.say(conversation=conversation, by=by, body=body, now=now)
    return conversation


def title_of(body: str) -> str:
    """The first sentence of a line, cut at a word when it is long."""
    first = re.split(r"(?<=[.?!…])\s|\n", body.strip(), maxsplit=1)[0]
    if len(first) <= LONGEST_TITLE:
        return first
    return f"{first[:LONGEST_TITLE].rsplit(' ', 1)[0]} …"

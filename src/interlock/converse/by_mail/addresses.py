"""Where does a reply to one of our mails go? To an address that names the talk or post, who may write, and to whom.

It is signed and holds for one person only; From must be theirs as well. What it names as readers is the most that a
reply may reach, whatever becomes of the line it answers.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from interlock.connectors.mail.return_address import return_address
from interlock.converse.models import Audience, Conversation, Post
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person
from interlock.listen.models import Source

TALK, POST, UNCLEAR = "t", "p", "x"
_LETTERS = {"s": Audience.STAFF, "p": Audience.PARTNER, "c": Audience.CUSTOMER}
_TOKEN = re.compile(r"(([tpx])([0-9]{1,18})([spc]?)\.([0-9]{1,18}))\.([a-z2-7]{16})")


@dataclass(frozen=True)
class Place:
    """What an address leads to: the number of a talk with an audience, of a post, or nothing one can know."""

    kind: str
    number: int
    audience: str
    person_id: int


def are_read() -> bool:
    """Whether a mailbox that is asked brings what is sent to these addresses. One query."""
    mailboxes = Source.objects.filter(kind="imap", removed_at=None, paused_at=None)
    return (
        bool(settings.REPLY_ADDRESS)
        and mailboxes.filter(connection__address__iexact=settings.REPLY_ADDRESS).exists()
    )


def of_talk(talk: Conversation, audience: str, person: Person) -> str:
    """The address for a reply that at most this audience reads; empty where this person may not write."""
    letter = next(letter for letter, one in _LETTERS.items() if one == audience)
    return "" if talk.is_over else _address(f"{TALK}{talk.pk}{letter}", person)


def of_post(post: Post, person: Person) -> str:
    """The address for a reply that everybody reads; empty where this person may not write."""
    return _address(f"{POST}{post.pk}", person)


def of_several(person: Person) -> str:
    """The address of a mail about several matters: what comes there is refused with how to do it."""
    return _address(f"{UNCLEAR}0", person)


def place_of(token: str) -> Place | None:
    """Where a token leads; None for one that was not made here."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    said, kind, number, letter, person, mark = found.groups()
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if not any(constant_time_compare(mark, _mark(said, key)) for key in keys):
        return None
    return Place(kind, int(number), _LETTERS.get(letter, ""), int(person))


def _address(what: str, person: Person) -> str:
    if not (settings.REPLY_ADDRESS and may(person, Act.TALK)):
        return ""
    said = f"{what}.{person.pk}"
    return return_address(settings.REPLY_ADDRESS, f"{said}.{_mark(said, settings.SECRET_KEY)}")


def _mark(said: str, key: str) -> str:
    """80 bits, in small letters: mail servers may change large ones."""
    digest = salted_hmac("converse.by_mail", said, secret=key, algorithm="sha256").digest()
    return base64.b32encode(digest[:10]).decode().lower()

"""What people set about a function's chats: which there are, what each hears, whether it is paused.

Leads look after those of their functions, owners after all and after those that hear of every function. The address is
a secret: kept sealed, opened only to post there, and never shown again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from interlock.connectors import chats as forms
from interlock.fabric import journal
from interlock.fabric.access import Act, may
from interlock.fabric.models import Chat, ChatNotice, Function, Person, Role, Topic
from interlock.fabric.secrets import sealed

MOST_CHATS = 50
# Those of the company; customers, partners and rivals are told by other ways.
FUNCTIONS = [
    one for one in Function if one not in {Function.CUSTOMER, Function.PARTNER, Function.RIVAL}
]  # fmt: skip
# What is somebody's own is told first; alarms concern everybody, and one channel of them is enough for most.
FIRST_HEARS = [str(one) for one in Topic if one != Topic.ALARM]


class TooMany(Exception):
    """There are as many chats as there may be; the text says so."""


def functions_of(person: Person) -> list[str]:
    """The functions whose chats somebody may look after; of an owner the empty one too, which is all of them."""
    if may(person, Act.OWN):
        return ["", *(str(one) for one in FUNCTIONS)]
    if not may(person, Act.INVITE):
        return []
    return [str(one) for one in FUNCTIONS if one in person.functions]


def chats_of(person: Person) -> QuerySet[Chat]:
    """The chats that this person looks after, by function and name. One query, of fifty rows at most."""
    return Chat.objects.filter(function__in=functions_of(person))


def responsible_for(chat: Chat) -> list[Person]:
    """Who looks after a chat and can be told: who leads its function, and who made it; else who owns the installation."""
    here = list(
        Person.objects.filter(left_at=None, user__isnull=False, role__in=[Role.OWNER, Role.LEAD]).order_by(
            "pk"
        )
    )
    leads = [one for one in here if one.role == Role.LEAD and chat.function in one.functions]
    made = [one for one in here if one.pk == chat.made_by_id and chat.function in functions_of(one)]
    found = {one.pk: one for one in [*leads, *made]}
    return list(found.values()) or [one for one in here if one.role == Role.OWNER]


@transaction.atomic
def add_chat(
    *,
    function: str,
    name: str,
    address: str,
    form: str = "",
    hears: Sequence[str],
    by: Person,
    now: datetime,
) -> Chat:
    """Tell one more chat, from now on.

    Raises:
        TooMany: there are fifty already.
    """
    if Chat.objects.count() >= MOST_CHATS:
        raise TooMany(
            _("There are %(n)d chats already; remove one first. Nothing was added.") % {"n": MOST_CHATS}
        )
    chat = Chat(function=function, name=name, hears=list(hears), made_by=by, made_at=now)
    _take_address(chat, address, form)
    chat.save()
    _note(chat, "added a chat", by, now)
    return chat


@transaction.atomic
def change_chat(
    *, chat: Chat, name: str, address: str, form: str, hears: Sequence[str], by: Person, now: datetime
) -> Chat:
    """Change what a chat is called and hears; an empty address keeps the one that is kept. A new one begins anew."""
    chat = Chat.objects.select_for_update().get(pk=chat.pk)
    chat.name, chat.hears = name, list(hears)
    if address:
        _take_address(chat, address, form)
        chat.failures, chat.try_at, chat.stopped_at, chat.error, chat.failed_at = 0, None, None, "", None
    elif form:
        chat.form = form
    chat.save()
    _note(chat, "changed a chat", by, now)
    return chat


@transaction.atomic
def pause_chat(*, chat: Chat, by: Person, now: datetime) -> None:
    """Tell it nothing until somebody resumes it; what waits, and what comes meanwhile, it is never told."""
    if Chat.objects.filter(pk=chat.pk, paused_at=None).update(paused_at=now):
        chat.notices.filter(state=ChatNotice.State.WAITING).update(state=ChatNotice.State.EMPTY)
        _note(chat, "paused a chat", by, now)


@transaction.atomic
def resume_chat(*, chat: Chat, by: Person, now: datetime) -> None:
    """Tell it again what happens from now on, also where it had been stopped."""
    chat = Chat.objects.select_for_update().get(pk=chat.pk)
    if chat.paused_at or chat.stopped_at:
        chat.paused_at = chat.stopped_at = chat.try_at = None
        chat.failures = 0
        chat.save(update_fields=["paused_at", "stopped_at", "try_at", "failures"])
        _note(chat, "resumed a chat", by, now)


@transaction.atomic
def remove_chat(*, chat: Chat, by: Person, now: datetime) -> None:
    """Forget it with its address. The journal keeps that it was there."""
    _note(chat, "removed a chat", by, now)
    chat.delete()


def _take_address(chat: Chat, address: str, form: str) -> None:
    chat.address, chat.host = sealed(address), (urlsplit(address).hostname or "")[:255]
    chat.form = form or forms.kind_of(address)


def _note(chat: Chat, verb: str, by: Person, now: datetime) -> None:
    detail = {"function": chat.function, "form": chat.form, "host": chat.host, "hears": list(chat.hears)}
    journal.note(actor=by, verb=verb, about=chat, at=now, detail=detail)

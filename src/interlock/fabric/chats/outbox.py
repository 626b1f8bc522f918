"""What waits to be told to which chat, and how it went.

A notice is noted in the transaction of what it tells of, and claimed before it goes out: whatever breaks in between, a
chat is told the same at most once. A chat that takes nothing is tried again ever later, and then no more.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from interlock.fabric import journal
from interlock.fabric.models import Chat, ChatNotice
from interlock.fabric.work.trying import wait_before_next

State = ChatNotice.State
OPEN = (State.WAITING, State.SENDING)
# Half a minute, a minute, ... an hour: twelve tries are some five hours, as long as a server of chats is away at worst.
# What the chat itself calls final (no such hook) is tried for some minutes, since servers say so too while they start.
FIRST_WAIT_SECONDS, MOST_TRIES, MOST_TRIES_REFUSED = 30, 12, 5
# A post takes fifteen seconds at most; who has not noted its end by then was killed.
SURELY_DEAD = timedelta(minutes=5)
# News of yesterday help nobody; pages have it.
TOO_OLD = timedelta(days=1)
KEPT = timedelta(days=30)
MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Told:
    """How one message went; `final`: the chat says that it will never take it."""

    state: ChatNotice.State
    error: str = ""
    final: bool = False


def note(topic: str, about: Mapping[str, Collection[str]], *, at: datetime) -> None:
    """Let each chat that hears of this topic be told of these, by their key, where they concern its function; each once.

    In the caller's transaction. One query, and one more where a chat is to be told.
    """
    if not about:
        return
    chats = [one for one in listening().only("function", "hears") if topic in one.hears]
    rows = [
        ChatNotice(chat=chat, topic=topic, key=key, at=at)
        for key, functions in about.items()
        for chat in chats
        if not chat.function or chat.function in functions
    ]
    ChatNotice.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)


def is_heard(topic: str) -> bool:
    """Whether any chat hears of this topic at all. One query."""
    return any(topic in hears for hears in listening().values_list("hears", flat=True))


def listening() -> QuerySet[Chat]:
    """Chats that are told: neither paused nor stopped."""
    return Chat.objects.filter(paused_at=None, stopped_at=None)


def due(now: datetime) -> list[int]:
    """Numbers of the chats for which something waits, and whose time has come. One query."""
    waits = ChatNotice.objects.filter(chat=OuterRef("pk"), state__in=OPEN)
    ready = Q(try_at=None) | Q(try_at__lte=now)
    return list(listening().filter(ready, Exists(waits)).order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def claim(chat_id: int, *, now: datetime) -> tuple[Chat, list[ChatNotice]] | None:
    """Take what is to be told to a chat now, the oldest first, so that no other worker does; None where nothing is.

    What a killed worker had taken is perhaps sent, and is not sent again.
    """
    chat = listening().select_for_update().filter(pk=chat_id).first()
    if chat is None or (chat.try_at and chat.try_at > now):
        return None
    open_ones = chat.notices.filter(state__in=OPEN)
    if open_ones.filter(state=State.SENDING, taken_at__lt=now - SURELY_DEAD).update(state=State.DOUBTFUL):
        chat.error = _("The worker ended while it told this chat, so nobody knows whether that arrived.")
        chat.failed_at = now
        chat.save(update_fields=["error", "failed_at"])
    open_ones.filter(state=State.WAITING, at__lt=now - TOO_OLD).update(state=State.EMPTY)
    if open_ones.filter(state=State.SENDING).exists():
        return None  # another worker is telling it right now
    taken = list(open_ones.order_by("pk")[:MOST_AT_ONCE])
    if not taken:
        return None
    ChatNotice.objects.filter(pk__in=[one.pk for one in taken]).update(state=State.SENDING, taken_at=now)
    return chat, taken


@transaction.atomic
def settle(
    chat_id: int, notices: Collection[ChatNotice], told: Told, *, now: datetime, rng: random.Random
) -> Chat | None:
    """Note how a message went. Returns the chat where it is now stopped for good, else None."""
    # The chat first, as everywhere: in the other order two workers could wait for each other.
    chat = Chat.objects.select_for_update().filter(pk=chat_id).first()
    mine = ChatNotice.objects.filter(pk__in=[one.pk for one in notices], state=State.SENDING)
    # Paused while it was told: what it did not take it is never told, as all that waited then.
    is_dropped = chat and chat.paused_at and told.state == State.WAITING
    mine.update(state=State.EMPTY if is_dropped else told.state)
    if chat is None or told.state == State.EMPTY:  # removed while it was told; or nothing went out
        return None
    if told.state == State.SENT:
        _heard(chat, now)
        return None
    chat.failures += 1
    chat.error, chat.failed_at = told.error[:300], now
    wait = wait_before_next(chat.failures, FIRST_WAIT_SECONDS, rng)
    chat.try_at = now + timedelta(seconds=wait)
    stops = chat.failures >= (MOST_TRIES_REFUSED if told.final else MOST_TRIES)
    if stops:
        chat.stopped_at = now
        chat.notices.filter(state=State.WAITING).update(state=State.FAILED)
        journal.note(
            actor=None, verb="stopped telling a chat", about=chat, at=now,
            detail={"tries": chat.failures, "host": chat.host},
        )  # fmt: skip
    chat.save(update_fields=["failures", "error", "failed_at", "try_at", "stopped_at"])
    return chat if stops else None


@transaction.atomic
def test_arrived(chat_id: int, *, now: datetime) -> None:
    """A test was taken: a chat that was stopped is told again."""
    chat = Chat.objects.select_for_update().filter(pk=chat_id).first()
    if chat:
        _heard(chat, now)


def test_failed(chat_id: int, error: str, *, now: datetime) -> None:
    """A test was not taken: its page says why. That is no failure of a notice."""
    Chat.objects.filter(pk=chat_id).update(error=error[:300], failed_at=now)


def _heard(chat: Chat, now: datetime) -> None:
    """It took a message: whatever went wrong before is over."""
    chat.told_at, chat.failures, chat.try_at = now, 0, None
    chat.error, chat.failed_at, chat.stopped_at = "", None, None
    chat.save(update_fields=["told_at", "failures", "try_at", "error", "failed_at", "stopped_at"])


def forget_old(*, now: datetime) -> int:
    """Delete what was told, or was not, a month ago; return how many."""
    return ChatNotice.objects.filter(at__lt=now - KEPT).exclude(state__in=OPEN).delete()[0]

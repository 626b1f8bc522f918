"""Tell chats what waits for them: one message a chat and time, each notice at most once.

Every chat is told by work of its own, so that one that hangs keeps no other waiting.
"""

from __future__ import annotations

import random
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from interlock.connectors.live import NotSent, PerhapsSent
from interlock.converse.chats import wording
from interlock.converse.notices import planning
from interlock.fabric import work
from interlock.fabric.chats import outbox, posting
from interlock.fabric.chats.outbox import Told
from interlock.fabric.models import Chat, ChatNotice
from interlock.fabric.secrets import SealBroken, opened

State = ChatNotice.State
_rng = random.Random()  # noqa: S311 - spreads waits, guards nothing


@work.task(queue="prompt", key="all", attempts=1, title=later("See which chats are to be told"))
def tell_waiting() -> int:
    """Let every chat be told for which something waits; return how many."""
    due = outbox.due(timezone.now())
    for chat_id in due:
        work.ask(tell_chat, chat_id)
    return len(due)


# How often it is tried stands with the chat (`outbox.settle`), whose news go on meanwhile.
@work.task(
    queue="sources", key=lambda chat_id: f"chat {chat_id}", attempts=1, title=later("Tell a function's chat")
)
def tell_chat(chat_id: int) -> None:
    """Tell one chat what waits for it."""
    tell(chat_id, now=timezone.now())


def tell(chat_id: int, *, now: datetime, rng: random.Random = _rng) -> None:
    """Send one message of what waits, and note how it went; who looks after a chat that is stopped by this is told."""
    claimed = outbox.claim(chat_id, now=now)
    if claimed is None:
        return
    chat, notices = claimed
    try:
        text = wording.text_for(chat, notices, now=now)
    except Exception as error:  # nothing went out, so that another try may; the Work page says what happened
        outbox.settle(chat_id, notices, Told(State.WAITING, type(error).__name__), now=now, rng=rng)
        raise
    told = _told(chat, text) if text else Told(State.EMPTY)
    with transaction.atomic():
        if stopped := outbox.settle(chat_id, notices, told, now=now, rng=rng):
            planning.tell_stopped(stopped, now=now)


def _told(chat: Chat, text: str) -> Told:
    try:
        send(chat, text)
    except PerhapsSent as error:
        return Told(State.DOUBTFUL, str(error))
    except NotSent as error:
        return Told(State.WAITING, str(error), final=error.for_good)
    return Told(State.SENT)


def send(chat: Chat, text: str) -> str:
    """Post one message there now; return what the chat answered, in words.

    Raises:
        NotSent, PerhapsSent: no text of theirs holds the address, which is a secret.
    """
    try:
        address = opened(chat.address)
    except SealBroken as error:
        raise NotSent(str(error), for_good=True) from error
    return posting.by_chat(text, webhook=address, form=chat.form)


def try_out(chat: Chat, *, now: datetime) -> str:
    """Send a test now, and say in a sentence how that went. One that arrives lets a stopped chat be told again."""
    try:
        answer = send(chat, wording.trial(chat))
    except (NotSent, PerhapsSent) as error:
        outbox.test_failed(chat.pk, str(error), now=now)
        return str(error)
    outbox.test_arrived(chat.pk, now=now)
    return _("The test was sent: %(answer)s") % {"answer": answer}

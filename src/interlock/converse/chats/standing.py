"""How does a chat stand, and what is there to do? In words, for its page and the list."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.connectors import chats as forms
from interlock.converse.chats.wording import function_of
from interlock.fabric.models import Chat, ChatNotice, Topic


@dataclass(frozen=True)
class Standing:
    """One chat as its page shows it. `state` is told, new, failing, stopped or paused; `do` says what helps."""

    chat: Chat
    function: str
    form: str
    hears: list[str]
    state: str
    words: str
    do: str

    @property
    def why(self) -> str:
        """What the chat said last, and what helps."""
        return f"{self.chat.error} {self.do}".strip()

    @property
    def is_silent(self) -> bool:
        return self.state in {"stopped", "paused"}


def of(chat: Chat) -> Standing:
    state = _state(chat)
    return Standing(
        chat=chat,
        function=function_of(chat),
        form=forms.NAMES.get(chat.form, chat.form),
        hears=[str(one.label) for one in Topic if one in chat.hears],
        state=state,
        words=_words(chat, state),
        do=_do(state),
    )


def waiting(chat: Chat) -> str:
    """How many notices wait for it; empty where none does. One query."""
    n = chat.notices.filter(state=ChatNotice.State.WAITING).count()
    return ngettext("One notice waits.", "%(n)d notices wait.", n) % {"n": n} if n else ""


def _state(chat: Chat) -> str:
    if chat.paused_at:
        return "paused"
    if chat.stopped_at:
        return "stopped"
    if chat.failures:
        return "failing"
    return "told" if chat.told_at else "new"


def _words(chat: Chat, state: str) -> str:
    if state == "paused":
        return _("Paused since %(at)s: it is told nothing.") % {"at": _moment(chat.paused_at)}
    if state == "stopped":
        return ngettext(
            "Not told any more since %(at)s: it did not take a message.",
            "Not told any more since %(at)s: it did not take a message in %(n)d tries.",
            chat.failures,
        ) % {"at": _moment(chat.stopped_at), "n": chat.failures}
    if state == "failing":
        return _("Not taken on %(at)s; tried again on %(again)s.") % {
            "at": _moment(chat.failed_at),
            "again": _moment(chat.try_at),
        }
    if state == "told":
        return _("Last told on %(at)s.") % {"at": _moment(chat.told_at)}
    return _("Nothing was to be told yet.")


def _do(state: str) -> str:
    """What to do next, beside what the chat itself said."""
    return {
        "stopped": _(
            "See in the chat that the webhook and its channel are there, or enter a new address here; then send a "
            "test. Once one arrives, it is told again; what came meanwhile stands on the pages."
        ),
        "failing": _(
            "Nothing is lost: what waits goes out together once it is taken. Send a test to see whether it works."
        ),
        "new": _("Send a test to see whether messages arrive."),
    }.get(state, "")


def _moment(at: object) -> str:
    return date_format(timezone.localtime(at), "j F, H:i", use_l10n=False) if at else ""  # type: ignore[arg-type]

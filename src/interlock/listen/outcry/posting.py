"""The two ways out for a message: the installation's SMTP server, and a chat's webhook.

Both say whether it surely went out, surely did not, or nobody knows, so that nothing is sent twice.
"""

from __future__ import annotations

import re
import time
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from interlock.connectors import chats
from interlock.connectors.imap_mailbox.notices import Note, PostOffice, post
from interlock.connectors.live import AddressRefused, Http, HttpReply, NotSent, PerhapsSent, Unreachable
from interlock.connectors.outbound import open_http
from interlock.connectors.outbound.addresses import is_named
from interlock.listen.outcry.messages import Message

# A chat answers within a second; a worker and a page wait no longer than this.
CHAT_SECONDS = 15.0
# Kinds of chats, by the name that people know.
CHATS = chats.NAMES
_PATIENCE = {408, 425, 429}
_NOBODY_KNOWS = {504}


def mail_is_set_up() -> bool:
    """Whether whoever runs this machine named an SMTP server."""
    return bool(settings.MAIL_SERVER)


def by_mail(message: Message, *, to: str, reference: str, now: datetime) -> None:
    """Send a mail once.

    Raises:
        NotSent, PerhapsSent: as the mail server has it.
    """
    if not mail_is_set_up():
        raise NotSent(
            _("Mail is not set up: whoever runs this machine sets INTERLOCK_MAIL_URL, then mails go out."),
            for_good=True,
        )
    note = Note(to, message.subject, message.text, reference)
    post(PostOffice(**settings.MAIL_SERVER), note, now=now, wait=time.sleep)


def is_chat(address: str) -> bool:
    """Whether a chat may be told at this address: by https, or by http inside the house."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port or 80
    except ValueError:
        return False
    if parts.scheme == "http" and host:
        return is_named(host, port, frozenset(settings.PRIVATE_HOSTS))
    return parts.scheme == "https" and bool(host)


def by_chat(message: Message, *, webhook: str, kind: str = "") -> str:
    """Post once, in the form of this kind of chat (else of the kind that the address names); return its answer in words.

    Raises:
        NotSent, PerhapsSent: no text of theirs holds the address, which is a secret.
    """
    host = urlsplit(webhook).hostname or _("the chat")
    try:
        reply = _http(frozenset(settings.PRIVATE_HOSTS))(
            "POST", webhook, json=chat_payload(message, webhook, kind)
        )
    except AddressRefused as error:
        raise NotSent(str(error), for_good=True) from error
    except Unreachable as error:
        if error.handed_over:
            raise PerhapsSent(str(error)) from error
        raise NotSent(str(error)) from error
    _judge(reply, host, webhook)
    return _("%(host)s took it (%(status)d).") % {"host": host, "status": reply.status}


def chat_payload(message: Message, webhook: str, kind: str = "") -> dict[str, Any]:
    """What is posted there."""
    return chats.payload(kind or chats.kind_of(webhook), message.text, open_word=_("Open"))


def _judge(reply: HttpReply, host: str, webhook: str) -> None:
    values = {"host": host, "status": reply.status}
    if 200 <= reply.status < 300:
        if refused := chats.refusal(reply.body):
            raise NotSent(
                _("%(host)s answered %(status)d but did not take it: %(said)s")
                % {**values, "said": "…" if _holds_secret(refused, webhook) else refused},
                for_good=True,
            )
        return
    if reply.status in _NOBODY_KNOWS:
        raise PerhapsSent(
            _("%(host)s answered %(status)d: nobody knows whether it has the message.") % values
        )
    if 300 <= reply.status < 400:
        raise NotSent(
            _("%(host)s redirects to another address. Enter the final one; nothing was sent.") % values,
            for_good=True,
        )
    if reply.status in _PATIENCE or reply.status >= 500:
        raise NotSent(_("%(host)s answered %(status)d and did not take it.") % values)
    refused = _("%(host)s refused it (%(status)d). Make a new webhook there and enter its address.") % values
    raise NotSent(f"{refused}{_their_words(reply, webhook)}", for_good=True)


def _their_words(reply: HttpReply, webhook: str) -> str:
    """What the chat says itself, where it is short and holds no piece of the secret address."""
    words = " ".join(reply.body[:300].decode("utf-8", "replace").split())
    if not words or len(words) > 200 or "<" in words or _holds_secret(words, webhook):
        return ""
    return " " + _("It says: “%(words)s”.") % {"words": words}


def _holds_secret(words: str, webhook: str) -> bool:
    pieces = re.split(r"[/?&=]", urlsplit(webhook)._replace(scheme="", netloc="").geturl())
    return any(piece and piece in words for piece in pieces)


@cache
def _http(private_hosts: frozenset[str]) -> Http:
    return open_http(private_hosts=private_hosts, timeout=CHAT_SECONDS, max_bytes=100_000)

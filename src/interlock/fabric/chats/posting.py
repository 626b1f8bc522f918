"""The way out to a chat's webhook, which says whether it surely has a message, surely has not, or nobody knows."""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from interlock.connectors import chats
from interlock.connectors.live import AddressRefused, Http, HttpReply, NotSent, PerhapsSent, Unreachable
from interlock.connectors.outbound import open_http
from interlock.connectors.outbound.addresses import is_named

# A chat answers within a second; a worker and a page wait no longer than this.
CHAT_SECONDS = 15.0
_PATIENCE = {408, 425, 429}
_NOBODY_KNOWS = {504}


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


def by_chat(text: str, *, webhook: str, form: str) -> str:
    """Post once, in the form of this kind of chat; return its answer in words.

    Raises:
        NotSent, PerhapsSent: no text of theirs holds the address, which is a secret.
    """
    host = urlsplit(webhook).hostname or _("the chat")
    try:
        payload = chats.payload(form, text, open_word=_("Open"))
        reply = _http(frozenset(settings.PRIVATE_HOSTS))("POST", webhook, json=payload)
    except AddressRefused as error:
        raise NotSent(str(error), for_good=True) from error
    except Unreachable as error:
        if error.handed_over:
            raise PerhapsSent(str(error)) from error
        raise NotSent(str(error)) from error
    _judge(reply, host, webhook)
    return _("%(host)s took it (%(status)d).") % {"host": host, "status": reply.status}


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

"""The settings of mail that leaves, and of the mailbox to which replies come."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from interlock.config.setting import Setting, SettingError

_MAIL_PORTS = {"smtps": ("tls", 465), "smtp": ("starttls", 587), "smtp+none": ("none", 25)}


def _mail(text: str) -> dict[str, Any]:
    """Turn the URL of an SMTP server into its parts; the word none means that no mail is sent."""
    if text == "none":
        return {}
    wrong = "needs smtps://user:password@smtp.example.com?from=interlock@example.com (smtp:// with STARTTLS)"
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError as error:
        raise SettingError(wrong) from error
    user = unquote(url.username or "")
    sender = dict(parse_qsl(url.query)).get("from", user)
    if url.scheme not in _MAIL_PORTS or not url.hostname or sender.count("@") != 1:
        raise SettingError(wrong)
    security, usual = _MAIL_PORTS[url.scheme]
    return {
        "host": url.hostname,
        "port": port or usual,
        "security": security,
        "user": user,
        "password": unquote(url.password or ""),
        "sender": sender,
    }


def _mailbox(text: str) -> str:
    """An address of which the part before the @ leaves room for the token of a reply."""
    name, _at, domain = text.partition("@")
    if text == "none":
        return ""
    if not re.fullmatch(r"[\w.-]{1,20}", name, re.ASCII) or not re.fullmatch(
        r"[\w.-]{1,180}", domain, re.ASCII
    ):
        raise SettingError(
            "needs an address such as service@example.com, with at most 20 letters before the @"
        )
    return text.lower()


MAIL: tuple[Setting, ...] = (
    Setting(
        "INTERLOCK_MAIL_URL",
        "none",
        "SMTP server for notices, as smtps://user:password@host?from=address; smtp:// for STARTTLS.",
        _mail,
    ),
    Setting(
        "INTERLOCK_REPLY_ADDRESS",
        "none",
        "Address of a connected mailbox that takes mail for name+anything@; replies to notices go there.",
        _mailbox,
    ),
)

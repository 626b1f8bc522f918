"""Answers and notices on their way out over SMTP, sent once: whatever breaks, it is known whether the server had the whole mail.

A server may only take a mail after the line with the lone dot. So before that line everything is surely not sent;
between it and the server's word nobody can tell from here, and the copy in the own mailbox decides (`finding.py`).
"""

import re
import smtplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.policy import EmailPolicy
from email.utils import format_datetime, formataddr
from socket import socket
from typing import cast

from ..errors import ConnectorError
from ..live import Letter, NotSent, PerhapsSent, Reach, Route, Sent, Unauthorised
from ..mail.message import plain_subject
from .account import Account, Server, is_address
from .connecting import STEP_SECONDS, connect, time_limit, tls_context, tls_fault
from .html_part import letter_html

LONGEST_SUBJECT, LONGEST_NAME = 200, 120
_SAFE_REFERENCE = re.compile(r"^[A-Za-z0-9._-]{1,200}$")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")

_SPECIALS = re.compile(r"[<>()\[\]\\\",;:@]+")


class _Smtp(smtplib.SMTP):
    """The standard library's client over a checked connection."""

    def __init__(self, server: Server, domain: str, connection: socket) -> None:
        self._connection = connection
        super().__init__(server.host, server.port, local_hostname=domain, timeout=STEP_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket:  # smtplib's hook
        return self._connection


def send_letter(account: Account, route: Route, letter: Letter, reach: Reach) -> Sent:
    """Send once.

    Raises:
        NotSent: it was surely not taken.
        PerhapsSent: the connection broke after the whole mail was handed over.
    """
    if account.smtp is None:
        raise NotSent("No SMTP server is given for this mailbox. Send the answer by hand.", for_good=True)
    return hand_over(account, written(account, route, letter, reach), reach.wait)


def hand_over(account: Account, message: EmailMessage, wait: Callable[[float], None]) -> Sent:
    """Send a mail to its one receiver, once. `wait` is asked at the last moment at which it can be broken off.

    Raises:
        NotSent, PerhapsSent: as `send_letter`.
    """
    server = account.smtp
    if server is None:
        raise NotSent("No SMTP server is given.", for_good=True)
    try:
        with signed_in_smtp(account) as smtp:
            _envelope(smtp, account, str(message["To"]))
            wait(0)
            return _hand_over(smtp, server, message)
    except (NotSent, PerhapsSent):
        raise
    except (smtplib.SMTPException, OSError, ConnectorError) as error:
        raise NotSent(f"{server.host}: {_short(error)} It was not sent.") from error


def message_id(account: Account, letter: Letter) -> str:
    """The id of the answer's mail, the same at every try."""
    return f"<{letter.reference}@{account.domain}>"


def written(account: Account, route: Route, letter: Letter, reach: Reach) -> EmailMessage:
    """The mail itself.

    Raises:
        NotSent: the customer's address or the reference is none, for good.
    """
    if not is_address(route.address):
        raise NotSent("The customer's mail address is not one; answer by hand.", for_good=True)
    if not _SAFE_REFERENCE.match(letter.reference):
        raise NotSent("The answer has no usable reference; nothing was sent.", for_good=True)
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = named(letter.author, account.address)
    message["To"] = route.address
    message["Subject"] = _subject(route, letter)
    message["Date"] = format_datetime(reach.now())
    message["Message-ID"] = message_id(account, letter)
    references = re.findall(r"<[!-;=?-~]+>", route.detail.get("references", ""))
    if references:
        message["In-Reply-To"] = references[-1]
        message["References"] = " ".join(references)
    message.set_content(letter.text, charset="utf-8")
    message.add_alternative(
        letter_html(subject=_subject(route, letter), text=letter.text), subtype="html", charset="utf-8"
    )
    return message


def _subject(route: Route, letter: Letter) -> str:
    subject = plain_subject(one_line(route.detail.get("subject", "") or letter.subject))[:LONGEST_SUBJECT]
    return f"Re: {subject}" if subject else "Re:"


def one_line(text: str) -> str:
    """Without line breaks, so that no name or subject can add headers; nor is any of it read as an encoded word (RFC 2047)."""
    return " ".join(_CONTROLS.sub(" ", text).split()).replace("=?", "= ?")


def named(name: str, address: str) -> str:
    """An address with a name before it that holds no sign with a meaning there.

    Quoted they would be right, but the standard library drops quotes where it folds or encodes: "Müller, Jörg" became two.
    """
    return formataddr((one_line(_SPECIALS.sub(" ", name))[:LONGEST_NAME].rstrip(), address))


@contextmanager
def signed_in_smtp(account: Account) -> Iterator[_Smtp]:
    """A connection that is ready for a mail."""
    server = account.smtp
    if server is None:
        raise ConnectorError("No SMTP server is given for this mailbox.")
    smtp = _greeted(server, account.domain)
    try:
        with time_limit(_connection(smtp), server):
            if server.security == "starttls":
                _start_tls(smtp, server)
            if server.security != "none" or smtp.has_extn("auth") or "auth" in _features(smtp):
                _sign_in(smtp, server)
        yield smtp
        with (
            suppress(smtplib.SMTPException, OSError, ConnectorError),
            time_limit(_connection(smtp), server, 5.0),
        ):
            smtp.quit()
    finally:
        smtp.close()


def _sign_in(smtp: _Smtp, server: Server) -> None:
    if not server.user:
        return
    if server.tokens is None:
        smtp.login(server.user, server.password)
        return
    smtp.ehlo_or_helo_if_needed()
    offered = smtp.esmtp_features.get("auth", "").upper().split()
    bearer = "XOAUTH2" not in offered and "OAUTHBEARER" in offered
    try:
        _sign_in_with(smtp, server, server.tokens.access(), bearer=bearer)
        return
    except smtplib.SMTPAuthenticationError:
        renewed = server.tokens.renew()
    try:
        _sign_in_with(smtp, server, renewed, bearer=bearer)
    except smtplib.SMTPAuthenticationError:
        raise Unauthorised("the access that was given is refused; give it again.") from None


def _sign_in_with(smtp: _Smtp, server: Server, token: str, *, bearer: bool) -> None:
    """One try. A refusal comes as a challenge that is answered by an empty line (RFC 7628: by a lone ^A)."""
    if bearer:
        user = server.user.replace("=", "=3D").replace(",", "=2C")
        first, last = f"n,a={user},\x01auth=Bearer {token}\x01\x01", "\x01"
    else:
        first, last = f"user={server.user}\x01auth=Bearer {token}\x01\x01", ""
    mechanism = "OAUTHBEARER" if bearer else "XOAUTH2"
    smtp.auth(mechanism, lambda challenge=None: first if challenge is None else last)


def _greeted(server: Server, domain: str) -> _Smtp:
    connection = connect(server, STEP_SECONDS)
    try:
        with time_limit(connection, server):
            return _Smtp(server, domain, connection)
    except BaseException:
        connection.close()
        raise


def _connection(smtp: _Smtp) -> socket:
    if smtp.sock is None:
        raise smtplib.SMTPServerDisconnected("the server closed the connection")
    return smtp.sock


def _features(smtp: _Smtp) -> dict[str, str]:
    smtp.ehlo_or_helo_if_needed()
    return smtp.esmtp_features


def _start_tls(smtp: _Smtp, server: Server) -> None:
    try:
        smtp.starttls(context=tls_context())
    except smtplib.SMTPNotSupportedError:
        raise ConnectorError(f"{server.host} offers no STARTTLS on port {server.port}; choose TLS.") from None
    except OSError as error:
        if isinstance(error, smtplib.SMTPException):
            raise
        raise tls_fault(error, server) from None


def _envelope(smtp: _Smtp, account: Account, address: str) -> None:
    """Name sender and receivers; the copy for the own mailbox first, because it is the proof of the rest."""
    server = account.smtp
    if server is None:
        raise ConnectorError("No SMTP server is given for this mailbox.")
    options = []
    if not address.isascii():
        if not smtp.has_extn("smtputf8"):
            raise NotSent(f"{server.host} cannot send to an address with such letters.", for_good=True)
        options = ["SMTPUTF8", "BODY=8BITMIME"]
    with time_limit(_connection(smtp), server):
        _taken(smtp.mail(account.address, options), server, "the sender")
        if account.copies:
            _taken(smtp.rcpt(account.address), server, "the copy to the own mailbox")
        _taken(smtp.rcpt(address), server, "the receiver's address")
        code, words = smtp.docmd("DATA")
        if code != 354:
            _taken((code if code >= 400 else 451, words), server, "the mail")


def _taken(reply: tuple[int, bytes], server: Server, what: str) -> None:
    code, words = reply
    if 200 <= code < 300:
        return
    said = " ".join(words.decode("utf-8", "replace").split())[:160]
    raise NotSent(f"{server.host} refused {what} ({code} {said}). It was not sent.", for_good=code >= 500)


def _hand_over(smtp: _Smtp, server: Server, message: EmailMessage) -> Sent:
    # The mail's own: a notice keeps its links in one line.
    policy = cast(EmailPolicy, message.policy)
    raw = message.as_bytes(policy=policy if message["To"].isascii() else policy.clone(utf8=True))
    raw = re.sub(rb"(?m)^\.", b"..", raw)
    with time_limit(_connection(smtp), server):
        smtp.send(raw if raw.endswith(b"\r\n") else raw + b"\r\n")
    try:
        with time_limit(_connection(smtp), server):
            smtp.send(b".\r\n")
            code, words = smtp.getreply()
    except (smtplib.SMTPException, OSError, ConnectorError) as error:
        raise PerhapsSent(
            f"{server.host} broke the connection after it had the whole mail ({_short(error)})"
        ) from error
    if not 200 <= code < 600:
        raise PerhapsSent(f"{server.host} answered with something that is no answer ({code}).")
    _taken((code, words), server, "the mail")
    return Sent(foreign_id=str(message["Message-ID"]))


def _short(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "user name or password are refused."
    text = " ".join(str(error).split())[:160] or type(error).__name__
    return text if text.endswith(".") else f"{text}."

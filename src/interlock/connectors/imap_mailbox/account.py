"""The administrator's answers about one mailbox, checked, and the questions they answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import ConnectorError
from ..live import Question, Reach
from ..oauth import Tokens
from .providers import PROVIDERS, grant_of

SECURITIES = (
    ("tls", "TLS (usual)"),
    ("starttls", "STARTTLS"),
    ("none", "none (only inside your own network)"),
)
KINDS = (("ticket", "tickets"), ("complaint", "complaints"), ("idea", "ideas"), ("social", "messages"))
_IMAP_PORTS = {"tls": 993, "starttls": 143, "none": 143}
_SMTP_PORTS = {"tls": 465, "starttls": 587, "none": 25}
_ADDRESS = re.compile(r"^[^\s<>\"(),:;@\\\[\]]{1,64}@[^\s<>\"(),:;@\\\[\]]{1,255}$")
_HOST = re.compile(r"^[A-Za-z0-9._:\-]{1,255}$")
_DAYS = 30

QUESTIONS = (
    Question("address", "Mail address", help="the address that customers write to"),
    Question("host", "IMAP server", "address", help="such as imap.example.org"),
    Question("sign_in", "How to sign in", "choice", default="password", choices=PROVIDERS),
    Question(
        "password", "Password", "secret", required=False,
        help="many providers ask for an app password here; empty where access is given in the browser",
    ),
    Question("user", "User name", help="where it is not the address", required=False),
    Question("security", "Encryption", "choice", default="tls", choices=SECURITIES),
    Question("port", "IMAP port", "number", help="empty: 993, or 143 without TLS", required=False),
    Question("folder", "Folder", default="INBOX", help="only this folder is read, and nothing in it is marked"),
    Question("kind", "What the mails are", "choice", default="ticket", choices=KINDS),
    Question(
        "days", "Days to look back", "number", default=str(_DAYS),
        help="how old a mail may be when the mailbox is read for the first time; 0 reads all of it",
    ),
    Question(
        "smtp_host", "SMTP server", "address", required=False,
        help="for answers, such as smtp.example.org; empty: answers are written by hand",
    ),
    Question("smtp_security", "Encryption of answers", "choice", default="tls", choices=SECURITIES),
    Question("smtp_port", "SMTP port", "number", help="empty: 465, or 587 with STARTTLS", required=False),
    Question("smtp_user", "SMTP user name", help="where it is another one", required=False),
    Question("smtp_password", "SMTP password", "secret", help="where it is another one", required=False),
    Question(
        "copy", "Keep a copy of answers", "choice", default="yes",
        choices=(("yes", "yes, in this mailbox"), ("no", "no")),
        help="the copy proves, after a broken connection, that an answer went out and must not be sent again",
    ),
    Question(
        "client_id", "Application (client) id", required=False,
        help="for Google, Microsoft or another provider: of the application that you registered there",
    ),
    Question("client_secret", "Secret of the application", "secret", required=False),
    Question(
        "tenant", "Microsoft tenant", required=False, help="its id or domain, such as example.onmicrosoft.com",
    ),
    Question(
        "consent_url", "Consent address of another provider", "address", required=False,
        help="its authorization endpoint, such as https://login.example.org/authorize",
    ),
    Question(
        "token_url", "Token address of another provider", "address", required=False,
        help="its token endpoint, such as https://login.example.org/token",
    ),
    Question("scope", "Scope of another provider", required=False),
    Question(
        "refresh_token", "Refresh token", "secret", required=False, renewed=True,
        help="comes by itself when access is given in the browser",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Server:
    """Where to connect and as whom: with a password, or with `tokens`. `security` is tls, starttls or none."""

    host: str
    port: int
    security: str
    user: str
    password: str
    private_hosts: frozenset[str]
    tokens: Tokens | None = None


@dataclass(frozen=True)
class Account:
    """One mailbox. `smtp` is None where answers are not sent."""

    address: str
    imap: Server
    smtp: Server | None
    folder: str
    kind: str
    days: int
    copies: bool

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def is_address(text: str) -> bool:
    """Whether this can be a mail address."""
    return bool(_ADDRESS.fullmatch(text))


def account_of(answers: Mapping[str, str], reach: Reach) -> Account:
    """Check the answers.

    Raises:
        ConnectorError: one of them cannot be; the text names it.
    """
    given = {
        question.name: answers.get(question.name, "").strip() or question.default for question in QUESTIONS
    }
    if not is_address(given["address"]):
        raise ConnectorError("The mail address is not one. Write it like service@example.org.")
    grant = grant_of(given)
    if grant is None and not given["password"]:
        raise ConnectorError(f"The password of {given['address']} is missing. Enter it, then test again.")
    tokens = Tokens(grant, answers, reach) if grant else None
    user = given["user"] or given["address"]
    imap = _server(given, "", _IMAP_PORTS, user, given["password"], reach, tokens)
    smtp = None
    if given["smtp_host"]:
        user, password = given["smtp_user"] or imap.user, given["smtp_password"] or imap.password
        smtp = _server(given, "smtp_", _SMTP_PORTS, user, password, reach, tokens)
    if given["kind"] not in dict(KINDS):
        raise ConnectorError(f"Mails cannot be of the kind {given['kind']!r}. Choose one of the list.")
    return Account(
        address=given["address"].lower(),
        imap=imap,
        smtp=smtp,
        folder=given["folder"],
        kind=given["kind"],
        days=_number(given["days"], "Days to look back", 36_500),
        copies=given["copy"] != "no",
    )


def _server(
    given: dict[str, str],
    prefix: str,
    ports: dict[str, int],
    user: str,
    password: str,
    reach: Reach,
    tokens: Tokens | None,
) -> Server:
    host, security = given[f"{prefix}host"], given[f"{prefix}security"]
    name = "SMTP" if prefix else "IMAP"
    if not _HOST.match(host):
        raise ConnectorError(f"{host[:60]!r} is no name of an {name} server. Write it like mail.example.org.")
    if security not in ports:
        raise ConnectorError(f"The encryption of {name} must be tls, starttls or none.")
    port = (
        _number(given[f"{prefix}port"], f"{name} port", 65_535) if given[f"{prefix}port"] else ports[security]
    )
    for secret in (user, password):
        if any(ord(sign) < 32 for sign in secret):
            raise ConnectorError("A user name or password holds a line break. Enter it again.")
    return Server(host.lower(), port, security, user, password, reach.private_hosts, tokens)


def _number(text: str, what: str, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) > most:
        raise ConnectorError(f"{what}: write a whole number from 0 to {most:,}.")
    return int(text)

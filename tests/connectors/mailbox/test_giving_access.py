"""Mailboxes that take no password: access is given once, tokens are renewed and kept, over IMAP and SMTP."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult

from interlock.connectors import oauth
from interlock.connectors.conformance import Played, played
from interlock.connectors.errors import ConnectorError
from interlock.connectors.imap_mailbox import connector
from interlock.connectors.live import (
    AddressRefused,
    Answers,
    Http,
    Letter,
    NotSent,
    Reach,
    Route,
    Unauthorised,
)
from interlock.connectors.outbound import open_http
from mailboxes import NOW, mail, reach

from .provider import CLIENT, REDIRECT, SECRET, Provider
from .servers import Dovecot, Post, find_dovecot, running_dovecot, running_smtp

USER = "service@aldermoor.example"


@dataclass
class Safe:
    """What an installation keeps for one source."""

    reach: Reach
    kept: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reach = replace(self.reach, keep=self.kept.update, kept=lambda: dict(self.kept))

    def later(self, seconds: float) -> Safe:
        now = self.reach.now() + timedelta(seconds=seconds)
        return Safe(replace(self.reach, now=lambda: now), self.kept)


@dataclass
class Guarded:
    """A mailbox behind the provider."""

    server: Played
    dovecot: Dovecot
    http: Http
    answers: dict[str, str]
    provider: Provider = field(default_factory=lambda: Provider(USER))

    def safe(self, **kept: str) -> Safe:
        hosts = frozenset({"127.0.0.1"})
        return Safe(Reach(self.http, lambda: NOW, lambda _: None, private_hosts=hosts), dict(kept))

    def consented(self) -> Safe:
        safe = self.safe()
        grant = connector.grant(self.answers)
        assert grant is not None
        address = oauth.consent_address(grant, redirect=REDIRECT, state="s", verifier="v" * 50)
        code, _state = self.provider.consent(address)
        safe.kept |= oauth.exchange(grant, code=code, redirect=REDIRECT, verifier="v" * 50, reach=safe.reach)
        return safe

    def pages(self, safe: Safe, cursor: str = "") -> list[Any]:
        return list(connector.pages({**self.answers, **safe.kept}, cursor, safe.reach))


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Played, Dovecot]]:
    if not find_dovecot():
        pytest.skip("Dovecot is not installed; on Debian or Ubuntu: apt-get install dovecot-imapd")
    with played(Provider(USER)) as server, running_dovecot(f"http://{server.name}/userinfo") as dovecot:
        dovecot.deliver(USER, mail("The lamp is dark."), NOW)
        yield server, dovecot


@pytest.fixture
def guarded(served: tuple[Played, Dovecot]) -> Iterator[Guarded]:
    server, dovecot = served
    answers = {
        "address": USER,
        "host": "127.0.0.1",
        "port": str(dovecot.port),
        "security": "none",
        "sign_in": "other",
        "client_id": CLIENT,
        "client_secret": SECRET,
        "consent_url": f"http://{server.name}/authorize",
        "token_url": f"http://{server.name}/token",
    }
    with open_http(private_hosts=frozenset({server.name})) as http:
        box = Guarded(server, dovecot, http, answers)
        server.api = box.provider
        yield box


def test_a_mailbox_is_read_with_the_access_that_was_given(guarded):
    safe = guarded.consented()

    said = connector.check({**guarded.answers, **safe.kept}, safe.reach)
    rows = [row.row["body"] for page in guarded.pages(safe) for row in page.rows]

    assert said == f"INBOX of {USER} holds 1 mails. Answers are sent by hand, for no SMTP server is given."
    assert rows == ["The lamp is dark."]
    assert guarded.provider.refreshed == 0


def test_a_token_that_runs_out_is_renewed_and_the_next_refresh_token_is_kept(guarded):
    safe = guarded.consented()
    first = safe.kept["refresh_token"]

    later = safe.later(3500)
    assert [len(page.rows) for page in guarded.pages(later)] == [1]
    assert later.kept["refresh_token"] == guarded.provider.refresh != first

    much_later = later.later(3600)
    assert [len(page.rows) for page in guarded.pages(much_later)] == [1]
    assert guarded.provider.refreshed == 2


def test_a_token_that_was_revoked_before_its_time_is_renewed_once(guarded):
    safe = guarded.consented()
    safe.kept["access_token"] = "revoked"

    assert [len(page.rows) for page in guarded.pages(safe)] == [1]
    assert guarded.provider.refreshed == 1


def test_whoever_comes_second_to_renew_takes_over_what_the_first_one_kept(guarded):
    safe = guarded.consented()
    stale = {**guarded.answers, **safe.kept}
    other = safe.later(3590)
    grant = connector.grant(guarded.answers)
    won = []

    def kept() -> Answers:
        """The first look finds nothing new; then the other process renews, and ours is void."""
        before = dict(safe.kept)
        if len(won) == 1:
            oauth.Tokens(grant, stale, other.reach).renew()
        won.append(1)
        return before

    ours = replace(other.reach, kept=kept)
    token = oauth.Tokens(grant, stale, ours).access()

    assert token == guarded.provider.access == safe.kept["access_token"]
    assert guarded.provider.refreshed == 1


def test_access_that_was_taken_away_is_said_so(guarded):
    safe = guarded.consented()
    guarded.provider.turn += 5

    with pytest.raises(
        Unauthorised, match=r"refused the sign-in \(invalid_grant\).*give access again"
    ) as caught:
        guarded.pages(safe.later(4000))
    assert "refresh-" not in str(caught.value)


def test_without_consent_it_is_said_what_to_do(guarded):
    with pytest.raises(Unauthorised, match="Nobody has given access to The provider yet"):
        guarded.pages(guarded.safe())


def test_access_of_another_user_does_not_open_this_mailbox(guarded):
    guarded.provider.email = "somebody@else.example"

    with pytest.raises(Unauthorised, match=r"does not let service@aldermoor\.example in"):
        guarded.pages(guarded.consented())


def test_a_code_that_somebody_else_caught_is_worth_nothing_without_the_verifier(guarded):
    grant = connector.grant(guarded.answers)
    address = oauth.consent_address(grant, redirect=REDIRECT, state="s", verifier="v" * 50)
    code, _state = guarded.provider.consent(address)

    with pytest.raises(Unauthorised, match="invalid_grant"):
        oauth.exchange(grant, code=code, redirect=REDIRECT, verifier="w" * 50, reach=guarded.safe().reach)


@contextmanager
def smtp_with_tokens(guarded: Guarded, post: Post) -> Iterator[dict[str, str]]:
    """An SMTP server that offers XOAUTH2 and knows the provider's token of the moment."""

    async def auth_xoauth2(server: Any, arguments: list[str]) -> AuthResult:
        given = arguments[1] if len(arguments) > 1 else ""
        login = (await server.challenge_auth("")) if not given else base64.b64decode(given)
        if login == f"user={USER}\x01auth=Bearer {guarded.provider.access}\x01\x01".encode():
            return AuthResult(success=True, auth_data=USER)
        await server.challenge_auth('{"status":"400"}')
        return AuthResult(success=False, handled=False)

    post.auth_XOAUTH2 = auth_xoauth2  # type: ignore[attr-defined]
    with running_smtp(post) as port:
        yield {"smtp_host": "127.0.0.1", "smtp_port": str(port), "smtp_security": "none"}


def send(guarded: Guarded, safe: Safe) -> Any:
    letter = Letter("interlock-1", "Ana Ruiz", "A new lamp is on its way.", "Lamp")
    answers = {**guarded.answers, **safe.kept}
    return connector.send(answers, Route(address="maria@ortiz.example"), letter, safe.reach)


def test_answers_go_out_with_the_same_access(guarded):
    post = Post()
    with smtp_with_tokens(guarded, post) as smtp:
        guarded.answers |= smtp
        safe = guarded.consented()
        send(guarded, safe)
        safe.kept["access_token"] = "revoked"
        send(guarded, safe)

        assert [receivers for receivers, _raw in post.kept] == [[USER, "maria@ortiz.example"]] * 2
        assert guarded.provider.refreshed == 1


def test_answers_that_no_access_lets_out_are_surely_not_sent(guarded):
    post = Post()
    with smtp_with_tokens(guarded, post) as smtp:
        guarded.answers |= smtp
        safe = guarded.consented()
        guarded.provider.turn += 5

        with pytest.raises(NotSent, match="refused the sign-in"):
            send(guarded, safe)
        assert post.kept == []


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"sign_in": "google"}, "Enter id and secret of the application"),
        ({"sign_in": "microsoft", "client_id": "c", "client_secret": "s", "tenant": "../x"}, "Enter the Microsoft tenant"),
        ({"sign_in": "other", "client_id": "c", "client_secret": "s"}, "Enter the provider's consent address"),
        ({"sign_in": "guess", "client_id": "c", "client_secret": "s"}, "Choose how to sign in"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(answers, said):
    with pytest.raises(ConnectorError, match=said):
        connector.grant({"address": USER} | answers)


def test_the_browser_is_only_sent_to_web_addresses():
    grant = replace(
        connector.grant(
            {"sign_in": "google", "client_id": "c", "client_secret": "s", "address": USER}
        ), consent_url="javascript:alert(1)",
    )  # fmt: skip

    with pytest.raises(ConnectorError, match="no web address"):
        oauth.consent_address(grant, redirect=REDIRECT, state="s", verifier="v")


@pytest.mark.parametrize("which", ["host", "smtp_host"])
def test_mail_servers_inside_the_company_are_asked_only_where_they_are_named(box, which):
    named = reach()
    unnamed = replace(named, private_hosts=frozenset({"mail.example.org"}))
    box.answers |= {"smtp_host": "127.0.0.1", "smtp_port": box.answers["port"], "smtp_security": "none"}
    if which == "smtp_host":
        unnamed = replace(unnamed, private_hosts=frozenset({f"127.0.0.1:{box.answers['port']}"}))
        box.answers["smtp_port"] = "1"

    with pytest.raises(AddressRefused, match="name it in INTERLOCK_PRIVATE_HOSTS"):
        connector.check(box.answers, unnamed)

"""The short way in answers as Django does, takes only what is plainly as expected, and stores nothing twice."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError
from django.utils import timezone

from api.conftest import Program, signal
from interlock.api import taking
from interlock.api.door import Door
from interlock.fabric import tokens
from interlock.fabric.models import ApiToken
from interlock.listen.errors import InboxBusy
from interlock.listen.models import InboxRow, Source

pytestmark = pytest.mark.django_db(transaction=True)
MANY = [signal(f"m-{number}", rating=number % 5, rating_max=5) for number in range(50)]


class Sent:
    """The answer to one request: status, headers, body, and whether Django was asked."""

    def __init__(self, app: Callable[..., Any], environ: dict[str, Any]) -> None:
        self.passed_on = 0
        self.body = b"".join(app(environ, self._started))

    def _started(self, status: str, headers: list[tuple[str, str]], *rest: Any) -> None:
        self.status, self.headers = status, sorted(headers)

    @property
    def headers_without_length(self) -> list[tuple[str, str]]:
        """The bodies name sources of different length."""
        return [header for header in self.headers if header[0] != "Content-Length"]

    def told(self) -> dict[str, Any]:
        """The body without what differs from source to source."""
        return json.loads(self.body) | {"source": "", "arrival": 0}


def send(program: Program, body: bytes, *, short: bool, **changes: str | None) -> Sent:
    """Send a body through the door, or to Django alone."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/v1/signals",
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "HTTP_AUTHORIZATION": f"Bearer {program.token}",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
    }
    environ.update(changes)
    environ = {name: value for name, value in environ.items() if value is not None}
    django, passed = WSGIHandler(), []

    def asked(*arguments: Any) -> Any:
        passed.append(1)
        return django(*arguments)

    sent = Sent(Door(asked) if short else django, environ)
    sent.passed_on = len(passed)
    return sent


def raw(*signals: dict[str, Any], one: bool = False) -> bytes:
    return json.dumps(signals[0] if one else signals).encode()


@pytest.mark.parametrize(
    "bodies",
    [
        [raw(signal(), one=True)],
        [raw(*MANY)],
        [raw(*MANY), raw(*MANY)],
        [raw(signal()), raw(signal(body="Changed"), signal("s-2"))],
        [raw(signal(), signal(), signal(body="Changed"))],
        [raw(signal("zd:1", url="https://shop.example/1", occurred_at="2026-03-02T12:00:00.5+01:00"))],
    ],
    ids=["one", "many", "the same again", "a changed one", "twice in one body", "key with its system"],
)
def test_what_is_clean_is_answered_without_django_as_django_does(program, bodies):
    quick, usual = program("quick"), program("usual")

    for body in bodies:
        ours, theirs = send(quick, body, short=True), send(usual, body, short=False)

        assert (ours.status, ours.headers_without_length, ours.told()) == (
            theirs.status, theirs.headers_without_length, theirs.told(),
        )  # fmt: skip
        assert ours.passed_on == 0
    assert quick.tallies() == usual.tallies()
    assert rows_of(quick) == rows_of(usual)


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        (raw(signal(kind="grumble")), {}),
        (raw(signal(), signal("s-2", occurred_at="yesterday")), {}),
        (raw(signal(reopened=2, cost="12.50")), {}),
        (raw(signal(body="NUL \0 in it")), {}),
        (raw(signal(body=" ​ ")), {}),
        (raw(signal(" ")), {}),
        (b"[]", {}),
        (b"{", {}),
        (b"\xff", {}),
        (b"\xef\xbb\xbf" + raw(signal()), {}),
        (raw(signal()), {"HTTP_AUTHORIZATION": "Bearer unknown"}),
        (raw(signal()), {"HTTP_AUTHORIZATION": None}),
        (raw(signal()), {"HTTP_IDEMPOTENCY_KEY": "k1"}),
        (raw(signal()), {"HTTP_CONTENT_ENCODING": "gzip"}),
        (raw(signal()), {"CONTENT_TYPE": "text/plain"}),
        (raw(signal()), {"CONTENT_TYPE": "application/json; charset=utf-8"}),
        (raw(signal()), {"CONTENT_LENGTH": None}),
        (raw(signal()), {"CONTENT_LENGTH": "5000"}),
        (raw(signal()), {"CONTENT_LENGTH": "999999999"}),
        (raw(signal()), {"CONTENT_LENGTH": "²"}),
        (raw(signal()), {"CONTENT_LENGTH": "9" * 5000}),
        (raw(signal()), {"REQUEST_METHOD": "GET"}),
        (raw(signal()), {"HTTP_HOST": "elsewhere.example"}),
    ],
)  # fmt: skip
def test_what_is_unusual_is_left_to_django(program, body, changes):
    quick, usual = program("quick"), program("usual")

    ours, theirs = send(quick, body, short=True, **changes), send(usual, body, short=False, **changes)

    assert (ours.status, ours.headers_without_length) == (theirs.status, theirs.headers_without_length)
    assert ours.body.replace(b"quick", b"usual").count(b"usual") == theirs.body.count(b"usual")
    assert ours.passed_on == 1
    assert quick.tallies() == usual.tallies()
    assert quick.reasons() == usual.reasons()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda token: ApiToken.objects.filter(pk=token.pk).update(revoked_at=timezone.now()), "401"),
        (lambda token: ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now()), "401"),
        (lambda token: ApiToken.objects.filter(pk=token.pk).update(scopes=["status:read"]), "403"),
        (lambda token: Source.objects.filter(token=token).update(removed_at=timezone.now()), "403"),
        (lambda token: Source.objects.filter(token=token).update(paused_at=timezone.now()), "503"),
    ],
    ids=["revoked", "past its end", "without scope", "source removed", "source paused"],
)
def test_a_token_that_may_send_no_more_is_refused_at_the_next_request(shop, change, status):
    assert send(shop, raw(signal()), short=True).status.startswith("202")
    change(ApiToken.objects.get())

    refused = send(shop, raw(signal("s-2")), short=True)

    assert (refused.status[:3], refused.passed_on) == (status, 1)
    assert InboxRow.objects.count() == 1


def test_a_database_that_is_away_while_storing_is_told_as_django_tells_it(program, monkeypatch):
    def busy(*arguments: Any, **named: Any) -> None:
        raise InboxBusy("Locked.") from OperationalError("locked")

    monkeypatch.setattr(taking.inbox, "take_in_batched", busy)
    quick, usual = program("quick"), program("usual")

    ours = send(quick, raw(signal()), short=True)
    theirs = send(usual, raw(signal()), short=False)

    assert (ours.status, ours.headers, ours.body) == (theirs.status, theirs.headers, theirs.body)
    assert (ours.status[:3], ours.passed_on) == ("503", 0)


def test_a_fault_before_storing_lets_django_try(shop, monkeypatch):
    monkeypatch.setattr("interlock.api.door._sender", lambda *arguments: 1 / 0)

    sent = send(shop, raw(signal()), short=True)

    assert (sent.status[:3], sent.passed_on, shop.tallies()) == ("202", 1, (1, 1, 0, 0))


def test_a_fault_after_storing_is_not_answered_by_storing_again(shop, monkeypatch):
    tokens_are_away = SimpleNamespace(objects=SimpleNamespace(filter=_away))
    monkeypatch.setattr(tokens, "ApiToken", tokens_are_away)

    sent = send(shop, raw(signal()), short=True)

    assert (sent.status[:3], sent.passed_on, shop.tallies()) == ("202", 0, (1, 1, 0, 0))


def _away(*arguments: Any, **named: Any) -> None:
    raise OperationalError("The connection was lost.")


def test_the_use_of_a_token_is_noted_once_a_minute(shop):
    send(shop, raw(signal()), short=True)
    first = ApiToken.objects.get().last_used_at
    send(shop, raw(signal("s-2")), short=True)
    assert ApiToken.objects.get().last_used_at == first

    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    send(shop, raw(signal("s-3")), short=True)

    assert ApiToken.objects.get().last_used_at > first


def rows_of(program: Program) -> list[tuple[str, str, str]]:
    """What is stored of a program's signals, its own name taken out."""
    rows = InboxRow.objects.filter(source=program.source).order_by("key")
    own = program.source.key
    return [(row.key.replace(own, ""), row.payload.replace(own, ""), str(row.settled)) for row in rows]

"""A short way in for what comes most: clean signals with a good token, past Django's stack.

A request of one signal spends two thirds of its processor time in routing, middleware and models that have
nothing to say about it. Here its token and source are one question in SQL; then its body is read and stored by
the same code as ever. Whatever is not plainly as expected goes on to Django with its body put back, so that
Django alone says no. From the moment of storing on the door answers itself, because a request that went on
from there would be counted twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from http import HTTPStatus
from io import BytesIO
from typing import Any, NamedTuple

import msgspec
from django.conf import settings
from django.db import close_old_connections, connection
from django.http.request import split_domain_port, validate_host
from django.utils import timezone
from django.utils.csp import build_policy

from interlock.api import bodies, taking
from interlock.api.endpoints import failure
from interlock.api.problems import CONTENT_TYPE
from interlock.fabric import tokens
from interlock.fabric.models import ApiToken
from interlock.fabric.numbers import number_of
from interlock.listen import inbox
from interlock.listen.models import Source

log = logging.getLogger(__name__)
Environ = dict[str, Any]
StartResponse = Callable[..., Any]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

PATH = "/api/v1/signals"
# What these headers ask for is Django's to do.
UNUSUAL = ("HTTP_CONTENT_ENCODING", "HTTP_IDEMPOTENCY_KEY", "HTTP_TRANSFER_ENCODING", "HTTP_EXPECT")
BEARER = "Bearer "


class _Sender(NamedTuple):
    """A token that may send, with its source; `use_is_due`: that it was used is to be noted again."""

    token: ApiToken
    source: Source
    use_is_due: bool


class _Answer(NamedTuple):
    status: int
    body: bytes
    content_type: str = bodies.JSON_TYPE
    headers: Iterable[tuple[str, str]] = ()


class Door:
    """A WSGI application around another one, that answers the common request itself."""

    def __init__(self, app: App) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not _looks_common(environ):
            return self._app(environ, start_response)
        length = int(environ["CONTENT_LENGTH"])
        body = environ["wsgi.input"].read(length)
        close_old_connections()
        try:
            whole = len(body) == length
            answer = _answer(environ["HTTP_AUTHORIZATION"].removeprefix(BEARER), body) if whole else None
        finally:
            close_old_connections()
        if answer is None:
            return self._app({**environ, "wsgi.input": BytesIO(body)}, start_response)
        return _send(answer, start_response)


def _looks_common(environ: Environ) -> bool:
    length = number_of(environ.get("CONTENT_LENGTH"))
    return (
        environ.get("PATH_INFO") == PATH
        and environ.get("REQUEST_METHOD") == "POST"
        and environ.get("CONTENT_TYPE") == bodies.JSON_TYPE
        and length is not None
        and length <= settings.API_MB * 1_000_000
        and environ.get("HTTP_AUTHORIZATION", "").startswith(BEARER)
        and not any(name in environ for name in UNUSUAL)
        and _is_our_host(environ.get("HTTP_HOST", ""), tuple(settings.ALLOWED_HOSTS))
    )


@lru_cache(maxsize=64)
def _is_our_host(host: str, allowed: tuple[str, ...]) -> bool:
    name, _port = split_domain_port(host)
    return bool(name) and validate_host(name, allowed)


def _answer(token: str, body: bytes) -> _Answer | None:
    """Store what came and say so; None when nothing was stored and Django has to look at it."""
    now = timezone.now()
    try:
        sender = _sender(token, now)
        rows = taking.clean_rows(sender.source, body, now) if sender else None
    except Exception:  # whatever it is, Django meets it again and says it in its own words
        return None
    return _stored(sender, rows, now) if sender and rows else None


def _stored(sender: _Sender, rows: list[inbox.Offered], now: datetime) -> _Answer:
    try:
        accounting = taking.take_clean(source=sender.source, rows=rows, now=now)
    except Exception as error:
        log.error("POST %s failed", PATH, exc_info=error)
        problem = failure(error)
        return _Answer(
            problem.status, msgspec.json.encode(problem.details()), CONTENT_TYPE, problem.headers.items()
        )
    if sender.use_is_due:
        tokens.note_use(sender.token, now)
    return _Answer(accounting.status, msgspec.json.encode(accounting))


_SENDER = (
    "SELECT fabric_apitoken.id, scopes, last_used_at IS NULL OR last_used_at <= %s, listen_source.id, listen_source.key"
    " FROM fabric_apitoken JOIN listen_source ON listen_source.token_id = fabric_apitoken.id"
    " WHERE digest = %s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > %s)"
    " AND removed_at IS NULL AND paused_at IS NULL"
)


def _sender(token: str, now: datetime) -> _Sender | None:
    """Who sends; None when the token or its source is not fit for it now. One query, nothing remembered."""
    at = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(_SENDER, [at(now - tokens.USE_NOTED_EVERY), tokens.digest_of(token), at(now)])
        row = cursor.fetchone()
    if row is None or tokens.SIGNALS_WRITE not in msgspec.json.decode(row[1]):
        return None
    number, _scopes, use_is_due, source, key = row
    return _Sender(ApiToken(pk=number), Source(pk=source, key=key), bool(use_is_due))


def _send(answer: _Answer, start_response: StartResponse) -> Iterable[bytes]:
    headers = [
        ("Content-Type", answer.content_type),
        ("Content-Length", str(len(answer.body))),
        ("Cache-Control", "no-store"),
        *answer.headers,
        *_always(),
    ]
    start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
    return [answer.body]


@lru_cache(maxsize=1)
def _always() -> list[tuple[str, str]]:
    """What Django's middleware writes on every answer; a test holds the two together."""
    return [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", settings.X_FRAME_OPTIONS),
        ("Referrer-Policy", settings.SECURE_REFERRER_POLICY),
        ("Cross-Origin-Opener-Policy", settings.SECURE_CROSS_ORIGIN_OPENER_POLICY),
        ("Content-Security-Policy", build_policy(settings.SECURE_CSP)),
        ("Vary", "Accept-Language"),
        ("Content-Language", settings.LANGUAGE_CODE),
    ]

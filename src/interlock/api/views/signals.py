"""`POST /api/v1/signals`: signals in, answered after commit; `GET /api/v1/signals/{signal_id}`: what became of one."""

from __future__ import annotations

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from interlock.api import bodies, taking
from interlock.api.callers import caller_of, sending_source
from interlock.api.endpoints import endpoint
from interlock.api.following import state_of
from interlock.api.problems import Problem
from interlock.api.repeating import GivenAnswer, KeyTaken, Repeatable, repeatable
from interlock.api.taking import Accounting
from interlock.fabric import tokens
from interlock.listen.models import Source


@endpoint("POST")
def signals(request: HttpRequest) -> HttpResponse:
    """Take in one signal or an array of them."""
    now = timezone.now()
    caller = caller_of(request, tokens.SIGNALS_WRITE, now)
    source, body = sending_source(caller), b""
    try:
        bodies.content_type(request)
        body = bodies.read(request)
        key = repeatable(request, caller.token, body)
        earlier = key.earlier() if key else None
        response = _given(earlier, replayed=True) if earlier else _taken(source, key, body)
    except Problem as problem:
        if problem.counted:
            taking.count_refused(source=source, problem=problem, body=body, now=now)
        raise
    tokens.note_use(caller.token, now)
    return response


@endpoint("GET", "HEAD")
def signal(request: HttpRequest, signal_id: str) -> HttpResponse:
    """Say what became of one signal. A foreign one and one that is not there look alike."""
    now = timezone.now()
    caller = caller_of(request, tokens.SIGNALS_READ, now)
    tokens.note_use(caller.token, now)
    state = state_of(signal_id, caller) if "\0" not in signal_id else None
    if state is None:
        raise Problem(
            404,
            "no_signal",
            _("No signal of this id came from the source of this token."),
            _("Check the id; a refused signal was not stored."),
        )
    return HttpResponse(msgspec.json.encode(state), content_type=bodies.JSON_TYPE)


@endpoint()
def unknown(request: HttpRequest, rest: str) -> HttpResponse:
    """Answer an address that does not exist as a problem rather than as a page."""
    raise Problem(
        404,
        "no_address",
        _("There is nothing at this address."),
        _("See /api/v1/openapi.json for all addresses."),
    )


def _taken(source: Source, key: Repeatable | None, body: bytes) -> HttpResponse:
    now = timezone.now()

    def keep(accounting: Accounting) -> None:
        if key is not None:
            key.keep(_answer(accounting), now)

    try:
        return _given(_answer(taking.take_body(source=source, body=body, now=now, within=keep)))
    except KeyTaken:
        earlier = key.earlier() if key else None
        if earlier is None:
            raise
        return _given(earlier, replayed=True)


def _answer(accounting: Accounting) -> GivenAnswer:
    return GivenAnswer(accounting.status, msgspec.json.encode(accounting).decode())


def _given(answer: GivenAnswer, *, replayed: bool = False) -> HttpResponse:
    headers = {"Idempotent-Replayed": "true"} if replayed else {}
    return HttpResponse(answer.body, status=answer.status, content_type=bodies.JSON_TYPE, headers=headers)

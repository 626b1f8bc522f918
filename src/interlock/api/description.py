"""The API described for programs: OpenAPI 3.1, made from the types that answer and from the contract.

Every status that an address can answer with stands here; `tests/api/test_description.py` provokes each of them
and holds the answers to these schemas.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec
from django.conf import settings

from interlock.api import bodies
from interlock.api.following import SignalState
from interlock.api.problems import CONTENT_TYPE, ProblemDetails
from interlock.api.repeating import LONGEST_KEY
from interlock.api.signal_schema import examples, signal_schema, signals_schema
from interlock.api.status import Status
from interlock.api.taking import Accounting
from interlock.api.webhooks import cloud_events
from interlock.api.webhooks.deliveries import Repeated
from interlock.fabric.tokens import SCOPES
from interlock.listen.inbox import checking

Json = dict[str, Any]
REF = "#/components/schemas/{name}"

# What each status means here; an operation names those that it can answer with.
MEANINGS = {
    200: "Done.",
    202: "Stored, all or some; `refusals` names those that were not.",
    400: "The body, or a header, cannot be read.",
    401: "No token or signature that is good.",
    403: "The token may not do this, or its source was removed.",
    404: "There is none that this token may see.",
    405: "Another method is meant for this address.",
    409: "The Idempotency-Key was used for another body.",
    411: "The length of the body is not said.",
    413: "The body is too large, or holds too many signals.",
    415: "The body is of a type, or packed in a way, that is not read.",
    422: "No signal of the body could be stored; the reasons stand in the accounting.",
    429: "Too many requests; wait as Retry-After says.",
    500: "A fault of this installation; nothing was stored.",
    503: "The database is away, the source is paused, or its secret cannot be read; nothing was stored. "
    "Wait as Retry-After says.",
    507: "The disk is full; nothing was stored. Wait as Retry-After says.",
}
WAITING = {429, 503, 507}
ALWAYS = (405, 429, 500, 503, 507)


@cache
def description() -> bytes:
    """The whole description as JSON."""
    return msgspec.json.encode(_document(settings.API_MB))


def _document(most_mb: int) -> Json:
    _refs, schemas = msgspec.json.schema_components(
        [Accounting, SignalState, Status, Repeated, ProblemDetails], ref_template=REF
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Interlock",
            "version": version("interlock"),
            "summary": "Signals in, and what became of them.",
            "description": f"Bodies are UTF-8 JSON of at most {most_mb} MB. Every answer comes after the commit.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [
            {"name": "signals", "description": "What customers said or did."},
            {"name": "webhooks", "description": "Messages that other systems send by themselves."},
            {"name": "status", "description": "Accounting and freshness."},
        ],
        "paths": {
            "/api/v1/signals": {"post": _post_signals()},
            "/api/v1/signals/{signal_id}": {"get": _get_signal()},
            "/api/v1/status": {"get": _get_status()},
            "/api/v1/openapi.json": {"get": _get_description()},
            "/hooks/{source_key}/": {"post": _post_hook()},
        },
        "components": {
            "schemas": {**schemas, "Signal": signal_schema(), "Signals": signals_schema()},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Scopes: "
                    + "; ".join(f"{scope.code} ({scope.meaning})" for scope in SCOPES)
                    + ".",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": settings.SESSION_COOKIE_NAME,
                    "description": "Somebody who works here and is signed in; only ever for reading.",
                },
            },
        },
    }


def _post_signals() -> Json:
    return {
        "operationId": "sendSignals",
        "tags": ["signals"],
        "summary": f"Send one signal, or an array of up to {bodies.LONGEST_ARRAY:,}",
        "security": [{"token": ["signals:write"]}],
        "parameters": [
            _header(
                "Idempotency-Key",
                "The same key with the same body gets the first answer again, for seven days.",
                {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
            ),
            _header("Content-Encoding", "How the body is packed.", {"enum": ["identity", "gzip"]}),
        ],
        "requestBody": {
            "required": True,
            "content": {bodies.JSON_TYPE: {"schema": _ref("Signals"), "examples": examples()}},
        },
        "responses": _answers(
            {200: "Accounting", 202: "Accounting", 422: "Accounting"},
            (400, 401, 403, 409, 411, 413, 415, *ALWAYS),
            replayed=True,
        ),
    }


def _get_signal() -> Json:
    return {
        "operationId": "readSignal",
        "tags": ["signals"],
        "summary": "See what became of a signal",
        "security": [{"token": ["signals:read"]}],
        "parameters": [
            {
                "name": "signal_id",
                "in": "path",
                "required": True,
                "description": "As it was sent, percent-encoded.",
                "schema": {"type": "string", "minLength": 1, "maxLength": checking.LONGEST_KEY},
            }
        ],
        "responses": _answers({200: "SignalState"}, (401, 403, 404, *ALWAYS)),
    }


def _get_status() -> Json:
    return {
        "operationId": "readStatus",
        "tags": ["status"],
        "summary": "See whether everything is accounted for, and how fresh each source is",
        "security": [{"token": ["status:read"]}, {"session": []}],
        "responses": _answers({200: "Status"}, (401, 403, *ALWAYS)),
    }


def _get_description() -> Json:
    answers = _answers({}, (405, 429, 500))
    answers["200"] = {
        "description": "This description.",
        "content": {bodies.JSON_TYPE: {"schema": {"type": "object"}}},
    }
    return {
        "operationId": "readDescription",
        "tags": ["status"],
        "summary": "Read this description",
        "security": [],
        "responses": dict(sorted(answers.items())),
    }


def _post_hook() -> Json:
    event = {"schema": {"type": "object", "description": "A CloudEvent 1.0."}}
    return {
        "operationId": "sendMessage",
        "tags": ["webhooks"],
        "summary": "Send a message signed as of Standard Webhooks 1.0",
        "security": [],
        "parameters": [
            {"name": "source_key", "in": "path", "required": True, "schema": {"type": "string"}},
            _header("webhook-id", "The same for every repetition of a message.", {"type": "string"}, True),
            _header("webhook-timestamp", "Seconds since 1970.", {"type": "string"}, True),
            _header("webhook-signature", "One or more of `v1,<Base64>`.", {"type": "string"}, True),
        ],
        "requestBody": {
            "required": True,
            "content": {
                bodies.JSON_TYPE: {
                    "schema": {
                        "description": "Signals, any JSON whose fields the source names, "
                        "or the data of an event whose attributes are `ce-` headers."
                    }
                },
                cloud_events.STRUCTURED_TYPE: event,
                cloud_events.BATCH_TYPE: {"schema": {"type": "array", "items": event["schema"]}},
            },
        },
        "responses": _answers(
            {200: ("Accounting", "Repeated"), 202: "Accounting", 422: "Accounting"},
            (400, 401, 411, 413, 415, *ALWAYS),
        ),
    }


def _answers(
    bodies_of: Mapping[int, str | tuple[str, ...]], problems: tuple[int, ...], *, replayed: bool = False
) -> Json:
    answers: Json = {}
    for status, names in bodies_of.items():
        refs = [_ref(name) for name in ([names] if isinstance(names, str) else names)]
        schema = refs[0] if len(refs) == 1 else {"oneOf": refs}
        answers[str(status)] = {
            "description": MEANINGS[status],
            "content": {bodies.JSON_TYPE: {"schema": schema}},
        }
        if replayed:
            seen = {"description": "The answer was given before.", "schema": {"const": "true"}}
            answers[str(status)]["headers"] = {"Idempotent-Replayed": seen}
    for status in problems:
        answers[str(status)] = {
            "description": MEANINGS[status],
            "content": {CONTENT_TYPE: {"schema": _ref("ProblemDetails")}},
        }
        if status in WAITING:
            seconds = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
            answers[str(status)]["headers"] = {"Retry-After": seconds}
    return dict(sorted(answers.items()))


def _header(name: str, meaning: str, schema: Json, required: bool = False) -> Json:
    return {"name": name, "in": "header", "required": required, "description": meaning, "schema": schema}


def _ref(name: str) -> Json:
    return {"$ref": REF.format(name=name)}

"""The description of the API is held to what the API really does: every status is provoked and every answer checked."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from django.utils import timezone
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate

from api.conftest import Program, signal
from interlock.api.description import MEANINGS
from interlock.api.signal_schema import examples
from interlock.api.throttle import Throttle

SIGNALS = "/api/v1/signals"
SIGNAL = "/api/v1/signals/{signal_id}"
STATUS = "/api/v1/status"
DESCRIPTION = "/api/v1/openapi.json"
HOOK = "/hooks/{source_key}/"


@pytest.fixture
def document(client, db) -> dict[str, Any]:
    return client.get(DESCRIPTION).json()


def test_the_description_is_sound_openapi(document):
    validate(document)
    assert document["openapi"] == "3.1.0"


def test_anybody_may_read_the_description(client, db):
    answer = client.get(DESCRIPTION)

    assert (answer.status_code, answer["Cache-Control"]) == (200, "max-age=300")


def schema_of(document: dict[str, Any], path: str, method: str, answer: Any) -> dict[str, Any]:
    declared = document["paths"][path][method]["responses"][str(answer.status_code)]
    [(kind, content)] = declared["content"].items()
    assert answer["Content-Type"] == kind
    for name in declared.get("headers", {}):
        assert name == "Idempotent-Replayed" or name in answer.headers, f"{name} is declared and not sent"
    return content["schema"] | {"components": document["components"]}


class Provoked:
    """Answers of every status, made by whatever makes them in life."""

    def __init__(self, shop: Program, monitor: Program, desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shop, self.monitor, self.desk, self.monkeypatch = shop, monitor, desk, monkeypatch

    def of(self, path: str) -> Iterator[Any]:
        asked = {
            SIGNALS: lambda: self.shop.post(signal("x")),
            SIGNAL: lambda: self.shop.get(f"{SIGNALS}/s-1"),
            STATUS: lambda: self.monitor.get(STATUS),
            DESCRIPTION: lambda: self.shop.get(DESCRIPTION),
            HOOK: lambda: self.desk.send(signal("x"), "msg-x"),
        }[path]
        address = {SIGNAL: f"{SIGNALS}/s-1", HOOK: self.desk.path}.get(path, path)
        yield from {
            SIGNALS: self._signals,
            SIGNAL: self._signal,
            STATUS: self._status,
            DESCRIPTION: lambda: iter([asked()]),
            HOOK: self._hook,
        }[path]()
        yield self.shop.client.put(address)
        yield self._throttled(address)
        yield self._failing(asked, RuntimeError("a fault of ours"))
        if path != DESCRIPTION:
            yield self._failing(asked, OSError(errno.ENOSPC, "No space left on device"))
            yield self._failing(asked, connection_lost())

    def _signals(self) -> Iterator[Any]:
        shop = self.shop
        yield shop.post(signal(), Idempotency_Key="k")
        yield shop.post(signal(), Idempotency_Key="k")
        yield shop.post(signal())
        yield shop.post([signal("y"), signal(kind="grumble")])
        yield shop.post(signal(kind="grumble"))
        yield shop.post(b"{")
        yield Client().post(SIGNALS, b"{}", "application/json")
        yield self.monitor.post(signal())
        yield shop.post(signal("other"), Idempotency_Key="k")
        yield self._without_length()
        yield shop.post(json.dumps([1] * 5_001).encode())
        yield shop.post(signal(), content_type="text/csv")

    def _without_length(self) -> Any:
        return self.shop.client.generic(
            "POST", SIGNALS, b"{}", content_type="application/json", CONTENT_LENGTH="",
            headers={"Authorization": f"Bearer {self.shop.token}"},
        )  # fmt: skip

    def _signal(self) -> Iterator[Any]:
        self.shop.post(signal())
        yield self.shop.get(f"{SIGNALS}/s-1")
        yield Client().get(f"{SIGNALS}/s-1")
        yield self.monitor.get(f"{SIGNALS}/s-1")
        yield self.shop.get(f"{SIGNALS}/none")

    def _status(self) -> Iterator[Any]:
        self.shop.post([signal(), signal(kind="grumble")])
        yield self.monitor.get(STATUS)
        yield Client().get(STATUS)
        yield self.shop.get(STATUS)

    def _hook(self) -> Iterator[Any]:
        desk = self.desk
        yield desk.send(signal())
        yield desk.send(signal())
        yield desk.send(signal(), "msg-2")
        yield desk.send(signal(kind="grumble"), "msg-3")
        yield desk.send(b"{", "msg-4")
        yield Client().post(desk.path, b"{}", "application/json")
        yield desk.send(json.dumps([1] * 5_001).encode(), "msg-5")
        yield desk.send(signal(), "msg-6", content_type="text/csv")
        yield Client().generic("POST", desk.path, b"{}", content_type="application/json", CONTENT_LENGTH="")

    def _throttled(self, address: str) -> Any:
        """The second request of a stranger whom one is allowed."""
        client = Client()
        throttle = Throttle(WSGIHandler(), rate=1, stranger_rate=0.5, clock=lambda: 0.0)
        said: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> None:
            said[:] = [int(status[:3]), dict(headers)]

        environ = client._base_environ(PATH_INFO=address)
        throttle._strangers.take(b"127.0.0.1", 0.0)
        body = b"".join(throttle(environ, start))
        return Answer(said[0], said[1], body)

    def _failing(self, ask: Callable[[], Any], error: Exception) -> Any:
        """What is asked while the innermost step of every address fails."""

        def fail(*args: object, **more: object) -> None:
            raise error

        with self.monkeypatch.context() as broken:
            for place in (
                "interlock.listen.inbox.take_in_batched",
                "interlock.api.views.signals.state_of",
                "interlock.api.views.status.status",
                "interlock.api.views.status.description",
            ):
                broken.setattr(place, fail)
            return ask()


class Answer:
    """An answer of the throttle, which stands before Django."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status_code, self.headers, self.content = status, headers, body

    def __getitem__(self, name: str) -> str:
        return self.headers[name]


def connection_lost() -> Exception:
    from django.db import OperationalError  # Django must be set up first

    return OperationalError("server closed the connection unexpectedly")


@pytest.mark.parametrize(
    ("path", "method"),
    [(SIGNALS, "post"), (SIGNAL, "get"), (STATUS, "get"), (DESCRIPTION, "get"), (HOOK, "post")],
)
def test_every_status_is_declared_and_every_declared_status_is_given(
    document, shop, program, webhook, monkeypatch, path, method
):
    provoked = Provoked(shop, program("monitor", "status:read"), webhook(), monkeypatch)

    given = set()
    for answer in provoked.of(path):
        given.add(str(answer.status_code))
        schema = schema_of(document, path, method, answer)
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(json.loads(answer.content))

    assert given == set(document["paths"][path][method]["responses"])


def test_every_status_has_a_meaning(document):
    declared = {
        int(status)
        for operations in document["paths"].values()
        for operation in operations.values()
        for status in operation["responses"]
    }

    assert declared == set(MEANINGS)


@pytest.mark.parametrize("name", examples())
def test_every_example_is_taken_as_it_says(document, shop, name):
    value = examples()[name]["value"]

    answer = shop.post(value)

    refused = 1 if name == "partlyRefused" else 0
    assert (answer.status_code, answer.json()["refused"]) == (202, refused)
    if not refused:
        schema = {"$ref": "#/components/schemas/Signals", "components": document["components"]}
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(value)


@pytest.mark.parametrize(
    "change",
    [
        {"signal_id": "k" * 401},
        {"signal_id": ""},
        {"kind": "grumble"},
        {"reopened": 2**31},
        {"reopened": 1.5},
        {"rating": "5"},
        {"body": "x" * 1_000_001},
        {"body": 7},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_the_schema_forbids_is_refused(document, shop, change):
    record = signal() | change
    schema = {"$ref": "#/components/schemas/Signal", "components": document["components"]}

    answer = shop.post(record)

    assert not Draft202012Validator(schema).is_valid(record)
    assert (answer.status_code, answer.json()["refusals"][0]["field"]) == (422, next(iter(change)))


def test_a_paused_source_is_declared_as_503(document, shop):
    shop.source.paused_at = timezone.now()
    shop.source.save()

    answer = shop.post(signal())

    Draft202012Validator(schema_of(document, SIGNALS, "post", answer)).validate(answer.json())

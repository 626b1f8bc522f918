"""What records does a message hold? Plain JSON in the contract's fields, or CloudEvents in any of their modes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from interlock.api import bodies
from interlock.api.webhooks import cloud_events
from interlock.api.webhooks.cloud_events import CloudEvent, NotAnEvent
from interlock.api.webhooks.fields import SIGNAL_FIELDS, record_of
from interlock.listen import inbox

TYPES = (bodies.JSON_TYPE, cloud_events.STRUCTURED_TYPE, cloud_events.BATCH_TYPE)


def records_in(request: HttpRequest, body: bytes, fields: Mapping[str, str]) -> list[Any]:
    """Return the records of a message, with a `Refusal` in the place of an event that breaks the rules.

    Raises:
        Problem: the body cannot be read at all.
    """
    if cloud_events.is_binary(request.headers):
        return [_from_headers(request, body, fields)]
    kind = bodies.content_type(request, TYPES).name
    value = bodies.json_of(body)
    if kind == bodies.JSON_TYPE:
        return [record_of(one, fields) for one in bodies.records_of(value)]
    if kind == cloud_events.STRUCTURED_TYPE:
        return [_from_json(value, 0, fields)]
    batch = bodies.records_of(value if isinstance(value, list) else None)
    return [_from_json(one, index, fields) for index, one in enumerate(batch)]


def _from_headers(request: HttpRequest, body: bytes, fields: Mapping[str, str]) -> Any:
    try:
        return _record(cloud_events.from_headers(request.headers, body), fields)
    except NotAnEvent as error:
        shown = {name: value for name, value in request.headers.items() if name.lower().startswith("ce-")}
        return _refusal(error, 0, {**shown, "data": body.decode(errors="replace")})


def _from_json(value: Any, index: int, fields: Mapping[str, str]) -> Any:
    try:
        return _record(cloud_events.from_json(value), fields)
    except NotAnEvent as error:
        return _refusal(error, index, value)


def _refusal(error: NotAnEvent, index: int, came: Any) -> inbox.Refusal:
    return inbox.Refusal(str(index), str(error), error.field, inbox.what_came(came))


def _record(event: CloudEvent, fields: Mapping[str, str]) -> dict[str, Any]:
    """The signal an event tells of; its id and time stand in where the data names none."""
    whole = event.as_json()
    data = event.data if isinstance(event.data, dict) else {"body": event.data}
    record = {name: value for name, value in data.items() if name in SIGNAL_FIELDS}
    if fields:
        mapped = record_of(whole, fields)
        record |= {name: mapped[name] for name in fields}
    record.setdefault("signal_id", event.attributes["id"])
    if "time" in event.attributes:
        record.setdefault("occurred_at", event.attributes["time"])
    return record

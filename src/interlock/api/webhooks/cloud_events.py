"""CloudEvents 1.0 over HTTP: structured, batched and binary mode, checked by the rules of the specification.

An id is never made up here: a sender that repeats an event without one could not be told from a new event.

Source: CloudEvents 1.0.2, the HTTP protocol binding and the JSON event format.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import msgspec
from django.utils.translation import gettext as _

STRUCTURED_TYPE = "application/cloudevents+json"
BATCH_TYPE = "application/cloudevents-batch+json"
REQUIRED = ("id", "source", "type", "specversion")
OPTIONAL = ("datacontenttype", "dataschema", "subject", "time")
VERSION = "1.0"
_NAME = re.compile(r"[a-z0-9]+")
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)"
)
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+\s*(;.*)?")


class NotAnEvent(Exception):
    """This breaks a rule of CloudEvents; `field` names the attribute."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True)
class CloudEvent:
    """One event: its attributes, extensions among them, and its data as JSON or text."""

    attributes: Mapping[str, Any]
    data: Any

    def as_json(self) -> dict[str, Any]:
        """The event as one JSON object, in which a mapping finds `data.text` or `subject`."""
        return {**self.attributes, "data": self.data}


def is_binary(headers: Mapping[str, str]) -> bool:
    """Whether a request carries an event in its headers."""
    return any(name.lower().startswith("ce-") for name in headers)


def from_headers(headers: Mapping[str, str], body: bytes) -> CloudEvent:
    """Read an event in binary mode: attributes in `ce-` headers, data as the body.

    Raises:
        NotAnEvent: see `_checked`; or the body is not of the type it says.
    """
    attributes: dict[str, Any] = {
        name.lower().removeprefix("ce-"): _unescaped(value)
        for name, value in headers.items()
        if name.lower().startswith("ce-")
    }
    attributes.pop("datacontenttype", None)
    if kind := headers.get("Content-Type") or headers.get("content-type"):
        attributes["datacontenttype"] = kind
    _check(attributes)
    return CloudEvent(attributes, _read(body, attributes) if body else None)


def from_json(value: Any) -> CloudEvent:
    """Read an event in structured mode, or one of a batch.

    Raises:
        NotAnEvent: it is no object, or breaks a rule of the specification.
    """
    if not isinstance(value, dict):
        raise NotAnEvent("", _("It is not a JSON object."))
    attributes = {
        name: one for name, one in value.items() if name not in {"data", "data_base64"} and one is not None
    }
    _check(attributes)
    if value.get("data_base64") is None:
        return CloudEvent(attributes, value.get("data"))
    if value.get("data") is not None:
        raise NotAnEvent("data_base64", _("It has both data and data_base64; an event has one of them."))
    try:
        raw = base64.b64decode(value["data_base64"], validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise NotAnEvent("data_base64", _("data_base64 is not Base64.")) from error
    return CloudEvent(attributes, _read(raw, attributes))


def _unescaped(value: str) -> str:
    """Header values are percent-encoded UTF-8, and may stand in double quotes."""
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    return unquote(value)


def _check(attributes: Mapping[str, Any]) -> None:
    for name in REQUIRED:
        if not attributes.get(name) or not isinstance(attributes[name], str):
            raise NotAnEvent(name, _("The event has no %(name)s; CloudEvents asks for one.") % {"name": name})
    if attributes["specversion"] != VERSION:
        raise NotAnEvent(
            "specversion",
            _("The event is of CloudEvents %(given)s; this reads %(known)s.")
            % {"given": attributes["specversion"][:20], "known": VERSION},
        )
    for name in OPTIONAL:
        if name in attributes and (not attributes[name] or not isinstance(attributes[name], str)):
            raise NotAnEvent(name, _("%(name)s is there but empty, or not a text.") % {"name": name})
    if "time" in attributes and not _TIME.fullmatch(attributes["time"]):
        raise NotAnEvent("time", _("time is not of the form 2026-03-02T12:00:00Z."))
    if "datacontenttype" in attributes and not _MEDIA_TYPE.fullmatch(attributes["datacontenttype"]):
        raise NotAnEvent(
            "datacontenttype", _("datacontenttype is not a media type such as application/json.")
        )
    _check_extensions(attributes)


def _check_extensions(attributes: Mapping[str, Any]) -> None:
    for name, value in attributes.items():
        if not _NAME.fullmatch(name):
            raise NotAnEvent(name[:60], _("Names of attributes have only lower-case letters and digits."))
        if not isinstance(value, str | int | bool):
            raise NotAnEvent(name[:60], _("An attribute is a text, a whole number, or true or false."))


def _read(raw: bytes, attributes: Mapping[str, Any]) -> Any:
    kind = str(attributes.get("datacontenttype", "application/json")).partition(";")[0].strip().lower()
    try:
        if kind == "application/json" or kind.endswith("+json"):
            return msgspec.json.decode(raw)
        if kind.startswith("text/"):
            return raw.decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotAnEvent("data", _("The data is not %(kind)s in UTF-8.") % {"kind": kind[:60]}) from error
    raise NotAnEvent("datacontenttype", _("Data of type %(kind)s cannot be read.") % {"kind": kind[:60]})

"""The body of a request: bounded in size, in one of the types we read, UTF-8, and JSON.

Nothing is unpacked beyond fifty times its packed size, the cap that PyPI uses: JSON of real signals packs ten
to thirty times, a bomb a thousand times.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from email.message import Message
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from interlock.api.problems import Problem
from interlock.fabric.numbers import length_of

LONGEST_ARRAY = 5_000
LARGEST_RATIO = 50
JSON_TYPE = "application/json"
_GZIP_FORMAT = 31  # zlib's number for a gzip header around the largest window


@dataclass(frozen=True)
class ContentType:
    """A Content-Type header taken apart, all in lower case."""

    name: str
    charset: str


def content_type(request: HttpRequest, allowed: tuple[str, ...] = (JSON_TYPE,)) -> ContentType:
    """Return the type of a body that we can read.

    Raises:
        Problem: 415 for another type, 400 for another character set than UTF-8.
    """
    message = Message()
    message["Content-Type"] = request.headers.get("Content-Type", "")
    found = ContentType(message.get_content_type().lower(), str(message.get_content_charset("utf-8")).lower())
    if not message["Content-Type"] or found.name not in allowed:
        raise Problem(
            415,
            "unsupported_type",
            _("The body is of type “%(given)s”.")
            % {"given": str(message["Content-Type"])[:100] or _("none")},
            _("Send the header “Content-Type: %(allowed)s”.") % {"allowed": allowed[0]},
            counted=True,
        )
    if found.charset not in {"utf-8", "utf8", "us-ascii"}:
        raise Problem(
            400,
            "wrong_charset",
            _("The body says it is written in %(charset)s.") % {"charset": found.charset[:40]},
            _("JSON travels in UTF-8: encode the text so and leave the charset out."),
            counted=True,
        )
    return found


def read(request: HttpRequest, *, packed: bool = True) -> bytes:
    """Return the body as it was sent, unpacked if it came as gzip and may.

    Raises:
        Problem: 413 too large, 415 packed otherwise, 400 damaged or cut off, 411 of unknown length.
    """
    limit = settings.API_MB * 1_000_000
    said = request.META.get("CONTENT_LENGTH") or ""
    if not said.isdecimal():
        raise Problem(
            411,
            "no_length",
            _("The request does not say how long its body is."),
            _("Send the header “Content-Length”; bodies in chunks are not read."),
            counted=True,
        )
    if (length := length_of(said)) > limit:
        raise _too_large(limit)
    body = request.read(length)
    if len(body) < length:
        raise Problem(
            400,
            "cut_off",
            _("The body ended after %(n)s of %(all)s bytes.") % {"n": len(body), "all": length},
            _("Send it again."),
            counted=True,
        )
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in {"", "identity"}:
        return body
    if not packed or encoding != "gzip":
        raise _unknown_encoding(encoding, packed)
    return _unpacked(body, limit)


def _too_large(limit: int) -> Problem:
    return Problem(
        413,
        "too_large",
        _("The body is larger than %(mb)s MB.") % {"mb": limit // 1_000_000},
        _("Send the signals in several smaller arrays."),
        counted=True,
    )


def _unknown_encoding(encoding: str, packed: bool) -> Problem:
    return Problem(
        415,
        "unsupported_encoding",
        _("The body is packed as “%(encoding)s”.") % {"encoding": encoding[:40]},
        _("Send it as it is, or packed as gzip.") if packed else _("Send it as it is."),
        headers={"Accept-Encoding": "gzip, identity" if packed else "identity"},
        counted=True,
    )


def _unpacked(body: bytes, limit: int) -> bytes:
    allowed = min(limit, LARGEST_RATIO * len(body))
    unpacker = zlib.decompressobj(_GZIP_FORMAT)
    try:
        text = unpacker.decompress(body, allowed + 1)
    except zlib.error:
        text = None
    if text is not None and len(text) > allowed:
        raise Problem(
            413,
            "unpacks_too_large",
            _("The body unpacks to more than %(n)s bytes.") % {"n": allowed},
            _("Send less at once; more than %(ratio)s times its packed size is refused.")
            % {"ratio": LARGEST_RATIO},
            counted=True,
        )
    if text is None or not unpacker.eof or unpacker.unused_data:
        raise Problem(
            400, "damaged_gzip", _("The packed body is damaged."), _("Pack it again, or send it as it is."),
            counted=True,
        )  # fmt: skip
    return text


def json_of(body: bytes) -> Any:
    """Return what the JSON says.

    Raises:
        Problem: 400, with the place of the fault.
    """
    try:
        # Some editors and exports put a byte order mark before the text; RFC 8259 allows to pass over it.
        return msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except UnicodeDecodeError as error:
        fault = _("byte %(n)s is not UTF-8") % {"n": error.start}
    except RecursionError:
        fault = _("it is nested too deeply")
    except msgspec.DecodeError as error:
        fault = str(error)
    raise Problem(
        400,
        "not_json",
        _("The body is not JSON: %(fault)s.") % {"fault": fault.rstrip(".")},
        _("Send one JSON object, or an array of objects, in UTF-8."),
        counted=True,
    )


def records_of(value: Any) -> list[Any]:
    """Return the records of a body: one object, or an array of 1 to 5,000.

    Raises:
        Problem: 413 more than 5,000, 400 none, or neither object nor array.
    """
    records = [value] if isinstance(value, dict) else value
    if not isinstance(records, list) or not records:
        raise Problem(
            400,
            "no_signals",
            _("The body is neither a JSON object nor an array with something in it."),
            _("Send one signal as an object, or an array of up to %(n)s.") % {"n": LONGEST_ARRAY},
            counted=True,
        )
    if len(records) > LONGEST_ARRAY:
        raise Problem(
            413,
            "too_many",
            _("The array holds %(n)s signals.") % {"n": len(records)},
            _("Send up to %(n)s at once; nothing of this array was stored.") % {"n": LONGEST_ARRAY},
            counted=True,
        )
    return records

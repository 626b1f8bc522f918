"""A JSON document as a table: a list of objects, or an object that holds one such as an API's answer does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import SourceRefused
from ..limits import Limits
from ..protocol import Reading, Unreadable
from .json_lines import flat_texts
from .text_batches import text_batch


def read_json_document(path: Path, name: str, limits: Limits, on_bytes: Callable[[int], None]) -> Reading:
    """Open a JSON file. Row 1 is the first object.

    Raises:
        SourceRefused: it is no JSON, too large, or holds no list of objects.
    """
    size = path.stat().st_size
    if size > limits.document_bytes:
        raise SourceRefused(
            f"{name} is larger than {limits.document_bytes // 1_000_000} MB. Export it as CSV or JSON Lines, which "
            "are read line by line."
        )
    rows = rows_of(parsed(path.read_bytes(), name))
    names: dict[str, None] = {}
    unreadable, cells = [], []
    for number, row in enumerate(rows, 1):
        if isinstance(row, dict):
            texts = flat_texts(row)
            names.update(dict.fromkeys(texts))
            cells.append((number, texts))
        else:
            unreadable.append(Unreadable(number, json.dumps(row)[:1000], "not a JSON object"))
    if not names:
        raise SourceRefused(f"{name} holds no list of objects, so there is no table in it.")
    if len(names) > limits.columns:
        raise SourceRefused(f"{name} has {len(names):,} fields; at most {limits.columns:,} are read.")
    on_bytes(size)
    columns = tuple(names)
    batch = text_batch([(number, [texts.get(one) for one in columns]) for number, texts in cells], columns)
    return Reading(columns, iter([batch]), unreadable)


def parsed(raw: bytes, name: str) -> Any:
    """The values of a document.

    Raises:
        SourceRefused: it is not JSON, or nested without end.
    """
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise SourceRefused(f"{name} is not valid JSON. Export it again; nothing was read from it.") from None


def rows_of(document: Any) -> list[Any]:
    """The longest list of objects that a document is, or holds at its first level."""
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        return []
    lists = [
        value
        for value in document.values()
        if isinstance(value, list) and any(isinstance(one, dict) for one in value)
    ]
    return max(lists, key=len, default=[])

"""Signals as a CSV file, written while it is read, so that memory holds a few thousand rows at most."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import batched

from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from interlock.fabric.export import csv_bytes
from interlock.listen.models import Signal

COLUMNS = (
    "key", "kind", "occurred_at", "account_key", "account_label", "product_key", "product_label", "order_key",
    "line_key", "region", "rating", "rating_max", "title", "body", "reason", "resolution", "channel", "lang",
    "first_reply_at", "resolved_at", "answered", "url",
)  # fmt: skip
_HEADING = csv_bytes(COLUMNS, [])
CHUNK_ROWS = 2_000


def signals_file(signals: QuerySet[Signal]) -> StreamingHttpResponse:
    """All of these signals, the newest first."""
    return StreamingHttpResponse(_parts(signals), content_type="text/csv; charset=utf-8")


def _parts(signals: QuerySet[Signal]) -> Iterator[bytes]:
    yield _HEADING
    rows = signals.order_by("-occurred_at", "-id").values_list(*COLUMNS).iterator(chunk_size=CHUNK_ROWS)
    for some in batched(rows, CHUNK_ROWS):
        yield csv_bytes(COLUMNS, some)[len(_HEADING) :]

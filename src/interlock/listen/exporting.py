"""Signals and those who wait as CSV files, written while it is read, so that memory holds a few thousand rows at most."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import batched

from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from interlock.fabric.export import csv_bytes
from interlock.fabric.models import Person
from interlock.fabric.personal import shown_rows
from interlock.listen.models import Clock, Intent, Signal

COLUMNS = (
    "key", "kind", "occurred_at", "account_key", "account_label", "product_key", "product_label", "order_key",
    "line_key", "region", "rating", "rating_max", "title", "body", "reason", "resolution", "channel", "lang",
    "first_reply_at", "resolved_at", "answered", "url",
)  # fmt: skip
# What a judge or a person said of each; empty until it was read.
LABELS = ("language", "sentiment", *Intent.values)
THEME = ("theme", "theme_id")
_HEADING = csv_bytes((*COLUMNS, *THEME, *LABELS), [])
_BESIDE = [
    "themed__cluster__theme__name",
    "themed__cluster__theme__key",
    *(f"understood__{name}" for name in LABELS),
]
CHUNK_ROWS = 2_000


WAITING_COLUMNS = (
    "due_at", "opened_at", "urgency", "because", "stage", "stopped_at", "kind", "source", "owner", "called",
    "account_label", "product_label", "title", "body", "key",
)  # fmt: skip
_OF_CLOCK = (
    "due_at", "opened_at", "urgency", "because", "stage", "stopped_at", "kind", "source__name", "owner__name",
    "escalated_to__name",
)  # fmt: skip
_OF_SIGNAL = ("account_label", "product_label", "title", "body")


def signals_file(signals: QuerySet[Signal], person: Person | None) -> StreamingHttpResponse:
    """All of these signals, the newest first, with the words as this person may read them."""
    return StreamingHttpResponse(_parts(signals, person), content_type="text/csv; charset=utf-8")


def waiting_file(clocks: QuerySet[Clock], person: Person | None) -> StreamingHttpResponse:
    """All of these clocks in the queue's order, each with its signal's words as this person may read them."""
    return StreamingHttpResponse(_waiting_parts(clocks, person), content_type="text/csv; charset=utf-8")


def _waiting_parts(clocks: QuerySet[Clock], person: Person | None) -> Iterator[bytes]:
    heading = csv_bytes(WAITING_COLUMNS, [])
    yield heading
    ordered = clocks.order_by("-urgency", "due_at", "pk").values_list("signal_key", *_OF_CLOCK)
    for some in batched(ordered.iterator(chunk_size=CHUNK_ROWS), CHUNK_ROWS):
        keys = [row[0] for row in some]
        words = {
            key: rest for key, *rest in Signal.objects.filter(key__in=keys).values_list("key", *_OF_SIGNAL)
        }
        rows = [(*row[1:], *words.get(row[0], [""] * len(_OF_SIGNAL)), row[0]) for row in some]
        yield csv_bytes(WAITING_COLUMNS, shown_rows(WAITING_COLUMNS, rows, person))[len(heading) :]


def _parts(signals: QuerySet[Signal], person: Person | None) -> Iterator[bytes]:
    yield _HEADING
    columns = (*COLUMNS, *THEME, *LABELS)
    rows = (
        signals.order_by("-occurred_at", "-id")
        .values_list(*COLUMNS, *_BESIDE)
        .iterator(chunk_size=CHUNK_ROWS)
    )
    for some in batched(rows, CHUNK_ROWS):
        yield csv_bytes(columns, shown_rows(columns, some, person))[len(_HEADING) :]

"""The refused records of a source as a file, with their reasons and what came."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import batched

from django.http import StreamingHttpResponse

from interlock.fabric.export import csv_bytes
from interlock.fabric.models import Person
from interlock.fabric.personal import shown_rows
from interlock.listen.models import RefusedRow, Source

COLUMNS = ("at", "place", "field", "reason", "payload")
_HEADING = csv_bytes(COLUMNS, [])
CHUNK_ROWS = 500  # a payload may have 64,000 characters


def refused_file(source: Source, person: Person) -> StreamingHttpResponse:
    """All refused records, the newest first, as this person may read them."""
    return StreamingHttpResponse(_parts(source, person), content_type="text/csv; charset=utf-8")


def _parts(source: Source, person: Person) -> Iterator[bytes]:
    yield _HEADING
    rows = RefusedRow.objects.filter(arrival__source=source).order_by("-pk").values_list(*COLUMNS)
    for some in batched(rows.iterator(chunk_size=CHUNK_ROWS), CHUNK_ROWS):
        yield csv_bytes(COLUMNS, shown_rows(COLUMNS, some, person))[len(_HEADING) :]

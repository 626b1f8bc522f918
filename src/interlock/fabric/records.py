"""The records of this installation: its lake, and the tables of one snapshot opened for reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from threading import Lock, local
from time import monotonic, sleep
from typing import TYPE_CHECKING

from django.conf import settings

from interlock.store.errors import LakeBusy
from interlock.store.lake import Lake, Snapshot
from interlock.store.writing import Write

if TYPE_CHECKING:
    from interlock.store.engine import Records

PATIENCE_SECONDS = 20

_opened = local()
_lake_lock = Lock()


@lru_cache(maxsize=4)
def _lake_at(folder: str) -> Lake:
    return Lake(settings.RECORDS_FOLDER)


def lake() -> Lake:
    """The installation's lake; one object a process."""
    with _lake_lock:
        return _lake_at(str(settings.RECORDS_FOLDER))


def snapshot() -> Snapshot:
    """What the tables hold now: number, versions and row counts. Reads one small file."""
    return lake().snapshot()


def current_records() -> Records:
    """The records as of now, kept open by this thread until an import changes them.

    Do not close it: the next page of the same thread uses it again.
    """
    number = snapshot().number
    key = (str(settings.RECORDS_FOLDER), number)
    kept = getattr(_opened, "records", None)
    if kept is not None and kept[0] == key:
        return kept[1]
    if kept is not None:
        kept[1].close()
    records = _open(None)
    _opened.records = (key, records)
    return records


@contextmanager
def records_at(versions: Mapping[str, int]) -> Iterator[Records]:
    """The records exactly as they were at these table versions, for evidence."""
    records = _open(versions)
    try:
        yield records
    finally:
        records.close()


@contextmanager
def writing(*, batch_id: str, source_id: str) -> Iterator[Write]:
    """Write to the lake as `Lake.writing` does, after waiting for a writer who will be done in a moment.

    Every few minutes what came in live is written, which takes a second or two; an import need not fail for it.

    Raises:
        LakeBusy: another process has been writing for PATIENCE_SECONDS.
        LakeError: the disk refused.
    """
    deadline = monotonic() + PATIENCE_SECONDS
    with ExitStack() as stack:
        while True:
            try:
                write = stack.enter_context(lake().writing(batch_id=batch_id, source_id=source_id))
                break
            except LakeBusy:
                if monotonic() >= deadline:
                    raise
                sleep(0.1)
        yield write


def _open(versions: Mapping[str, int] | None) -> Records:
    # Its engine takes a second and 40 MB, which processes that only name records need not spend.
    from interlock.store.engine import open_records

    return open_records(
        lake(),
        url=settings.RECORDS_ENGINE,
        versions=versions,
        memory_limit=f"{settings.MEMORY_MB}MB",
        temp_directory=settings.HOME / "spill",
    )


def forget() -> None:
    """Close what this thread holds open and forget the lake; for tests and for a changed folder."""
    kept = getattr(_opened, "records", None)
    if kept is not None:
        kept[1].close()
        _opened.records = None
    _lake_at.cache_clear()

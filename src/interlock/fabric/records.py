"""The records of this installation: its lake, and the tables of one snapshot opened for reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock, local

from django.conf import settings

from interlock.store.engine import Records, open_records
from interlock.store.lake import Lake, Snapshot

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


def _open(versions: Mapping[str, int] | None) -> Records:
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

"""Keep the relational copy of the signals equal to the lake, whatever was killed in between.

A sync reads the signals that may look different since the snapshot that the copies show (see copy_changes.py;
all of them when that cannot be said), with the names of their account, product and order, writes those whose hash
differs, removes those that are gone, and notes the snapshot's number last. It can be cut off at any line and run
again; as long as the noted number is not the lake's, the copy is known to be incomplete. A migration that changes
what a copy shows sets the noted number to 0, so that all are written once more.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import batched
from pathlib import Path

import ibis
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from interlock.fabric import records
from interlock.listen import first_copy, search
from interlock.listen.copy_changes import Touched, earlier, touched
from interlock.listen.models import Facet, Signal, SignalsCopied, Source
from interlock.listen.selection import recent_counts
from interlock.listen.signal_rows import read_rows, signal_table, write_rows
from interlock.store.engine import Records
from interlock.store.snapshots import Snapshot

OnRows = Callable[[str, int, int], None]
# "ILCP": keeps the lock of this apart from others on the server.
LOCK_CLASS = 0x494C4350
# One transaction a batch: short enough that nobody's click waits, long enough that commits cost little.
BATCH_ROWS = 5_000
# Products and regions to choose from in a list; more are found by searching.
FACET_VALUES = 300
# From here on one rebuilding of the search index is quicker than one step a row: 300,000 signals took 38 + 6 s
# against 104 s on a busy machine. Rebuilding indexes all of them, at a tenth of the price each.
MANY_ROWS = 20_000
ASKED_AT_ONCE = 5_000
FACETS = {"kind": "kind", "region": "region", "product": "product_label", "source": "source__key"}


def are_current() -> bool:
    """Whether the copies show the snapshot that the lake has now. Reads one row and one small file."""
    return _noted() == records.snapshot().number


def sync(
    *, on_rows: OnRows | None = None, also: Collection[str] = (), clock: Callable[[], datetime] = timezone.now
) -> int:
    """Bring the copies up to the lake's snapshot; return how many rows were written or removed.

    The signals `also` are compared even if their copies are noted as current: while they were not in the lake
    yet, no copying wrote over them.
    """
    with _one_at_a_time():
        now, noted = records.snapshot(), _noted()
        if noted == now.number and not also:
            return 0
        with records.records_at(now.versions) as tables:
            found = touched(tables, earlier(noted), now, also) if Signal.objects.exists() else None
            changed = _write_touched(tables, found, on_rows) if found else _write_all(tables, now, on_rows)
        first_copy.catch_up_indexes()
        search.catch_up_words()
        _refresh_facets()
        _note(now.number, clock())
        return changed


def _write_touched(tables: Records, found: Touched, on_rows: OnRows | None) -> int:
    total = len(found.keys)
    search.let_words_wait(_are_many(total + len(found.gone), Signal.objects.count()))
    if not total:
        return _remove(found.gone)
    signals = signal_table(tables, records.lake(), found.keys, found.files)
    return _write(signals, _hashes, total, on_rows) + _remove(found.gone)


def _hashes(keys: Sequence[str]) -> dict[str, int]:
    """The hashes of those of these copies that are the lake's."""
    copied = Signal.objects.filter(in_records=True)
    found: dict[str, int] = {}
    for some in batched(keys, ASKED_AT_ONCE):
        found.update(copied.filter(key__in=some).values_list("key", "copy_hash"))
    return found


def _write_all(tables: Records, now: Snapshot, on_rows: OnRows | None) -> int:
    total = now.counts.get("signals", 0)
    if not total:
        return _remove(list(Signal.objects.filter(in_records=True).values_list("key", flat=True)))
    # What came in live and is not in the lake yet is newer than the lake, and not the lake's to take away.
    copied = Signal.objects.filter(in_records=True)
    known = dict(copied.values_list("key", "copy_hash").iterator(chunk_size=20_000))
    search.let_words_wait(_are_many(abs(total - len(known)), total))
    if not known and total >= MANY_ROWS and not Signal.objects.exists():
        first_copy.put_indexes_off()

    def met(keys: Sequence[str]) -> dict[str, int]:
        return {key: known.pop(key) for key in keys if key in known}

    signals = signal_table(tables, records.lake())
    return _write(signals, met, total, on_rows) + _remove(list(known))


def _write(
    signals: ibis.Table,
    hashes: Callable[[Sequence[str]], dict[str, int]],
    total: int,
    on_rows: OnRows | None,
) -> int:
    """Write those of these copies that are new or have another hash than ours."""
    sources = dict(Source.objects.values_list("key", "pk"))
    # Nobody reads an empty list, so nobody waits for a long transaction.
    batch_rows = BATCH_ROWS if Signal.objects.exists() else 4 * BATCH_ROWS
    changed = done = 0
    for copies in read_rows(signals.to_pyarrow(), sources):
        ours = hashes([copy[0] for copy in copies])
        fresh = [copy for copy in copies if ours.get(copy[0]) != copy[-1]]
        for some in batched(fresh, batch_rows):
            with transaction.atomic():
                write_rows(some)
        changed += len(fresh)
        done += len(copies)
        if on_rows:
            on_rows(_("Copying the signals"), done, total)
    return changed


def _are_many(changed: int, total: int) -> bool:
    """Whether so many change that one rebuilding of the search index is quicker than one step a row."""
    return changed >= max(MANY_ROWS, total // 10)


def _remove(keys: Sequence[str]) -> int:
    for some in batched(keys, 500):
        with transaction.atomic():
            Signal.objects.filter(key__in=some, in_records=True)._raw_delete(Signal.objects.db)
    return len(keys)


def _refresh_facets() -> None:
    """Count once a sync what every page shows: values to filter by. Counted before anybody is kept waiting."""
    counted = [facet for name, column in FACETS.items() for facet in _facets(name, column)]
    with transaction.atomic():
        Facet.objects.all().delete()
        Facet.objects.bulk_create(counted)


def _facets(name: str, column: str) -> list[Facet]:
    values = (
        Signal.objects.exclude(**{column: ""})
        .values_list(column)
        .annotate(signals=Count("pk"))
        .order_by("-signals", column)[:FACET_VALUES]
    )
    return [Facet(name=name, value=value, signals=count) for value, count in values]


def _noted() -> int:
    return SignalsCopied.objects.values_list("snapshot_number", flat=True).filter(pk=1).first() or 0


def _note(number: int, now: datetime) -> None:
    summed = Signal.objects.aggregate(signals=Count("pk"), latest_at=Max("occurred_at"))
    summed["recent"] = recent_counts(Signal.objects.all(), summed["latest_at"])
    SignalsCopied.objects.update_or_create(pk=1, defaults={"snapshot_number": number, "at": now, **summed})


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let a second process wait: two syncs at once would only undo each other's work.

    With PostgreSQL it may be on another machine, so the server holds the lock; it falls with the connection.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, 0)", [LOCK_CLASS])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s, 0)", [LOCK_CLASS])
        return
    Path(settings.UPLOADS_FOLDER).mkdir(parents=True, exist_ok=True)
    with (Path(settings.UPLOADS_FOLDER) / "copying").open("w") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        yield

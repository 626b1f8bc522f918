"""Keep the relational copy of the signals equal to the lake, whatever was killed in between.

A sync reads the signals of one snapshot with the names of their account, product and order, writes those
whose hash differs, removes those that are gone, and notes the snapshot's number last. It can be cut off at
any line and run again; as long as the noted number is not the lake's, the copy is known to be incomplete.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import batched
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _

from interlock.fabric import records
from interlock.listen import first_copy, search
from interlock.listen.models import Facet, Signal, SignalsCopied, Source
from interlock.listen.selection import LOW
from interlock.listen.signal_rows import read_rows, signal_table, write_rows
from interlock.store.engine import Records

OnRows = Callable[[str, int, int], None]
# "ILCP": keeps the lock of this apart from others on the server.
LOCK_CLASS = 0x494C4350
# One transaction a batch: short enough that nobody's click waits, long enough that commits cost little.
BATCH_ROWS = 5_000
# Products and regions to choose from in a list; more are found by searching.
FACET_VALUES = 300
# From here on one rebuilding of the search index is quicker than one step a row: 300,000 signals took 38 + 6 s
# against 104 s on a busy machine.
MANY_ROWS = 20_000
RECENT_DAYS = 90
FACETS = {"kind": "kind", "region": "region", "product": "product_label", "source": "source__key"}


def are_current() -> bool:
    """Whether the copies show the snapshot that the lake has now. Reads one row and one small file."""
    return _noted() == records.snapshot().number


def sync(*, on_rows: OnRows | None = None) -> int:
    """Bring the copies up to the lake's snapshot; return how many rows were written or removed."""
    with _one_at_a_time():
        now = records.snapshot()
        if _noted() == now.number:
            return 0
        total = now.counts.get("signals", 0)
        known = Signal.objects.count()
        search.let_words_wait(abs(total - known) >= MANY_ROWS)
        if not known and total >= MANY_ROWS:
            first_copy.put_indexes_off()
        with records.records_at(now.versions) as tables:
            changed = _write_changed(tables, total, on_rows) if total else _remove_all()
        first_copy.catch_up_indexes()
        search.catch_up_words()
        _refresh_facets()
        _note(now.number)
        return changed


def _write_changed(tables: Records, total: int, on_rows: OnRows | None) -> int:
    signals = signal_table(tables, records.lake())
    sources = dict(Source.objects.values_list("key", "pk"))
    # What came in live and is not in the lake yet is newer than the lake, and not the lake's to take away.
    copied = Signal.objects.filter(in_records=True)
    known = dict(copied.values_list("key", "copy_hash").iterator(chunk_size=20_000))
    # Nobody reads an empty list, so nobody waits for a long transaction.
    batch_rows = BATCH_ROWS if known else 4 * BATCH_ROWS
    changed = done = 0
    # Whole in Arrow (about 300 bytes a signal): Ibis 12 cannot yet stream batches from DuckDB 2.
    for copies in read_rows(signals.to_pyarrow(), sources):
        fresh = [copy for copy in copies if known.pop(copy[0], None) != copy[-1]]
        for some in batched(fresh, batch_rows):
            with transaction.atomic():
                write_rows(some)
        changed += len(fresh)
        done += len(copies)
        if on_rows:
            on_rows(_("Copying the signals"), done, total)
    return changed + _remove(known)


def _remove(keys: dict[str, int]) -> int:
    for some in batched(keys, 500):
        with transaction.atomic():
            Signal.objects.filter(key__in=some, in_records=True)._raw_delete(Signal.objects.db)
    return len(keys)


def _remove_all() -> int:
    return _remove(dict.fromkeys(Signal.objects.filter(in_records=True).values_list("key", flat=True), 0))


@transaction.atomic
def _refresh_facets() -> None:
    """Count once a sync what every page shows: values to filter by."""
    Facet.objects.all().delete()
    for name, column in FACETS.items():
        counted = (
            Signal.objects.exclude(**{column: ""})
            .values_list(column)
            .annotate(signals=Count("pk"))
            .order_by("-signals", column)[:FACET_VALUES]
        )
        Facet.objects.bulk_create(Facet(name=name, value=value, signals=count) for value, count in counted)


def _noted() -> int:
    return SignalsCopied.objects.values_list("snapshot_number", flat=True).filter(pk=1).first() or 0


def _note(number: int) -> None:
    summed = Signal.objects.aggregate(signals=Count("pk"), latest_at=Max("occurred_at"))
    summed["recent"] = _recent(summed["latest_at"])
    SignalsCopied.objects.update_or_create(pk=1, defaults={"snapshot_number": number, **summed})


def _recent(latest_at: datetime | None) -> dict[str, int]:
    """Counts of the newest days, once a sync; back from the newest signal, because exports are old."""
    if latest_at is None:
        return {}
    newest = Signal.objects.filter(occurred_at__gt=latest_at - timedelta(days=RECENT_DAYS))
    return newest.aggregate(
        signals=Count("pk"),
        rated=Count("rating_share"),
        low=Count("pk", filter=Q(rating_share__lte=LOW)),
        answerable=Count("pk", filter=Q(answered__isnull=False)),
        unanswered=Count("pk", filter=Q(answered=False)),
    )


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

"""Taking one batch back: its rows leave the lake and the inbox, and what was there before is there again.

The lake is changed first, in one snapshot. Killed after that, the batch can be taken back once more and what
is left is done. A signal that was answered from here stays, because its customer has the answer.
"""

from __future__ import annotations

from datetime import datetime
from itertools import batched

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.fabric import journal, records
from interlock.fabric.models import Person
from interlock.listen import ended_clocks, flushing, signal_copies
from interlock.listen.errors import WrongState
from interlock.listen.inbox.arrivals import close_arrival
from interlock.listen.models import AnsweredSignal, Arrival, EarlierRow, InboxRow, ReplyRoute

AT_ONCE = 5_000


def undo_arrival(*, arrival: Arrival, by: Person | None, now: datetime) -> Arrival:
    """Take back what this batch was the last to bring. Its counts stay, as they say what was received.

    Raises:
        WrongState: it is taken back already.
        LakeBusy: the records are being written; nothing was changed.
        VersionGone: the earlier values were cleared away; nothing was changed.
    """
    if arrival.undone_at:
        raise WrongState(_("Batch %(batch)s is taken back already.") % {"batch": arrival.pk})
    arrival = close_arrival(arrival=arrival, now=now)
    for one in _until(arrival):
        flushing.flush_first([one])
    with records.writing(batch_id=f"undo-{arrival.batch_id}", source_id=arrival.source.key) as write:
        undone = write.undo_batch(arrival.batch_id)
    detail = {name: {"restored": each.restored, "removed": each.removed} for name, each in undone.items()}
    _forget(arrival, by, now, detail)
    signal_copies.sync()
    arrival.refresh_from_db()
    return arrival


def _until(arrival: Arrival) -> list[Arrival]:
    """This batch, after those before it that brought earlier versions and are not in the lake."""
    before = EarlierRow.objects.filter(arrival__source=arrival.source, arrival__lt=arrival.pk).values(
        "arrival"
    )
    return [*Arrival.objects.filter(pk__in=before).select_related("source").order_by("pk"), arrival]


@transaction.atomic
def _forget(arrival: Arrival, by: Person | None, now: datetime, detail: dict[str, dict[str, int]]) -> None:
    rows = InboxRow.objects.filter(arrival=arrival)
    # Locked before the clocks, as settling does: the other way round both would wait for each other.
    held = list(rows.select_for_update().order_by("pk").values_list("table", "key"))
    gone = _gone([key for table, key in held if table == "signals"])
    ended_clocks.rest_clocks(keys=gone, now=now, arrival=arrival)
    for some in batched(gone, AT_ONCE):
        answered = AnsweredSignal.objects.filter(signal_key__in=some).values("signal_key")
        ReplyRoute.objects.filter(signal_key__in=some).exclude(signal_key__in=answered).delete()
    rows._raw_delete(rows.db)
    arrival.undone_at, arrival.flushed_at = now, arrival.flushed_at or now
    arrival.by = arrival.by or by
    arrival.save(update_fields=["undone_at", "flushed_at", "by"])
    journal.note(actor=by, verb="undid", about=arrival, at=now, detail=detail)


def _gone(keys: list[str]) -> list[str]:
    """Those of these signals that the lake does not have any more."""
    tables = records.current_records()
    if "signals" not in tables.tables():
        return keys
    gone = []
    for some in batched(keys, AT_ONCE):
        signals = tables.table("signals")
        there = set(signals.filter(signals.signal_id.isin(some)).signal_id.to_pyarrow().to_pylist())
        gone += [key for key in some if key not in there]
    return gone

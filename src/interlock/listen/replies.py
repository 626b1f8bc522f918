"""The first answer to a customer belongs to the records, also when it was given here.

Figures on answering are made from the lake. So `first_reply_at` of a signal that was answered from here is
written there where its own source left it empty; the row stays its source's. A source that sends the record
again without a reply is put right by the next flush.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
from django.db.models import Min

from interlock.fabric import records
from interlock.listen.models import AnsweredSignal, Sending
from interlock.store.contract import arrow_schema

# How batches of what was answered from here begin: such a reply does not show that the source names replies.
FROM_HERE = "replies-"
# Looked at again and again, because a source may send its record anew without the reply.
LOOK_BACK = timedelta(days=90)


def write_first_replies(*, now: datetime) -> int:
    """Write the first answers of the last 90 days into the lake where it knows of none; return how many.

    Raises:
        LakeBusy: another process writes the records.
    """
    sent = _first_answers(now)
    if not sent or not records.snapshot().counts.get("signals"):
        return 0
    written = 0
    for source, rows in _silent(sent).items():
        with records.lake().writing(batch_id=f"{FROM_HERE}{source}", source_id=source) as write:
            write.upsert("signals", rows)
        written += len(rows)
    return written


def _first_answers(now: datetime) -> dict[str, datetime]:
    sent = AnsweredSignal.objects.filter(answer__state=Sending.SENT, answer__sent_at__gt=now - LOOK_BACK)
    return dict(sent.values_list("signal_key").annotate(at=Min("answer__sent_at")))


def _silent(sent: dict[str, datetime]) -> dict[str, pa.Table]:
    """The whole rows of these signals that name no reply, with ours in its place, by their source."""
    lake = records.lake()
    with records.records_at(records.snapshot().versions) as tables:
        files = [str(path) for path in lake.files("signals", tables.versions["signals"])]
        signals = tables.connection.read_parquet(files, table_name="signals_with_source")
        silent = signals.filter(signals.first_reply_at.isnull(), signals.signal_id.isin(list(sent)))
        found = silent.to_pyarrow()
    by_source: dict[str, list[int]] = {}
    for place, source in enumerate(found["_source_id"].to_pylist()):
        by_source.setdefault(source, []).append(place)
    return {source: _with_replies(found.take(places), sent) for source, places in by_source.items()}


def _with_replies(found: pa.Table, sent: dict[str, datetime]) -> pa.Table:
    schema = arrow_schema("signals")
    rows = found.select([name for name in schema.names if name in found.column_names])
    replied = [sent[key].astimezone(UTC).replace(tzinfo=None) for key in rows["signal_id"].to_pylist()]
    place = rows.schema.get_field_index("first_reply_at")
    return rows.set_column(place, "first_reply_at", pa.array(replied, pa.timestamp("us")))

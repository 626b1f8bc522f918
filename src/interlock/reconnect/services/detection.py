"""Run the rules over the current records and bring the disconnects up to date.

Detecting the same snapshot twice changes nothing. Only harm together with silence is *detected*; a pair
that already talks about the context is left in peace (product.md, the main job).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pyarrow as pa
from django.conf import settings
from django.db import transaction

from interlock.analytics.coordination import shared_work
from interlock.analytics.drivers import driver_report_json, find_drivers
from interlock.analytics.finding import Report, RowQuery, Symptom, Tables
from interlock.analytics.symptoms import find_symptoms, rows
from interlock.analytics.symptoms.bench import Remembered
from interlock.converse.queries import Talk
from interlock.fabric import journal, records
from interlock.fabric.contexts import context_for
from interlock.fabric.models import Person
from interlock.reconnect import queries
from interlock.reconnect.models import Detection, Disconnect, DriverReport, State
from interlock.reconnect.services.moving import move
from interlock.reconnect.services.stored import as_json, sample_of, write_symptom
from interlock.store.errors import TableAbsent
from interlock.store.lake import Snapshot

CERTAIN_ENOUGH = 0.80
WINDOWS_UNTIL_GONE = 2
WINDOW_STEP = timedelta(days=7)
FADES = frozenset({State.SUSPECTED, State.DETECTED})
ReadRows = Callable[[RowQuery], pa.Table]


def detect_disconnects(*, now: datetime, by: Person | None = None, again: bool = False) -> Detection:
    """Find symptoms and drivers in the records as they are now, and keep them.

    A snapshot that was already read is not read again unless asked; only the talk is looked at anew.
    """
    snapshot = records.snapshot()
    known = Detection.objects.filter(snapshot_number=snapshot.number).first()
    if known and not again:
        _follow_talk(now)
        return known
    tables = records.current_records()
    remembered = Remembered(tables)  # each disconnect asks the same few questions before it reads its rows
    report = find_symptoms(tables, unnamed_currency=settings.DEFAULT_CURRENCY)
    keep_drivers(snapshot, as_json(driver_report_json(find_drivers(tables))), now)
    return record_report(
        report=report,
        snapshot=snapshot,
        read_rows=lambda query: _read_rows(remembered, query),
        work=as_json(shared_work(tables, window=report.window)),
        now=now,
        by=by,
    )


@transaction.atomic
def record_report(
    *,
    report: Report,
    snapshot: Snapshot,
    read_rows: ReadRows,
    now: datetime,
    by: Person | None = None,
    work: list[dict[str, object]] | None = None,
) -> Detection:
    """Turn what the rules found into disconnects: new ones, refreshed ones, and those no longer found."""
    detection, _made = Detection.objects.update_or_create(
        snapshot_number=snapshot.number,
        defaults={
            "versions": dict(snapshot.versions),
            "ran_at": now,
            "as_of": _aware(report.as_of, now),
            "window_from": report.window[0] if report.window else None,
            "window_to": report.window[1] if report.window else None,
            "rules_run": list(report.rules_run),
            "rules_off": as_json(report.rules_off),
            "found": len(report.symptoms),
            "shared_work": work or [],
        },
    )
    known = {
        (one.rule, one.context.kind, one.context.key): one
        for one in Disconnect.objects.select_for_update(of=("self",)).select_related("context")
    }
    muted = queries.muted_rules()
    seen = []
    for symptom in report.symptoms:
        sample = sample_of(read_rows(symptom.rows))
        seen.append(_seen(known.get(_key(symptom)), symptom, sample, detection, by=by, now=now))
    _settle(seen, muted, now)
    found = {one.pk for one in seen}
    for disconnect in known.values():
        if disconnect.pk not in found:
            _missed(disconnect, detection, read_rows, now)
    return detection


def keep_drivers(snapshot: Snapshot, content: dict[str, object], now: datetime) -> None:
    """Keep the report of drivers of one snapshot."""
    DriverReport.objects.update_or_create(
        snapshot_number=snapshot.number, defaults={"made_at": now, "content": content}
    )


def _seen(
    disconnect: Disconnect | None,
    symptom: Symptom,
    sample: dict[str, object],
    detection: Detection,
    *,
    by: Person | None,
    now: datetime,
) -> Disconnect:
    """Write what the rule says today; a new one begins as suspected."""
    new = disconnect is None
    if disconnect is None:
        context = context_for(kind=symptom.context.kind, key=symptom.context.key, label=symptom.context.label)
        disconnect = Disconnect(
            rule=symptom.rule, context=context, state=State.SUSPECTED, state_since=now, first_seen=now
        )
    write_symptom(disconnect, symptom)
    disconnect.sample = sample
    disconnect.snapshot_number, disconnect.versions = detection.snapshot_number, detection.versions
    disconnect.last_seen = now
    disconnect.missed_windows, disconnect.missed_to, disconnect.records_gone_at = 0, None, None
    disconnect.save()
    if new:
        detail = {"rule": symptom.rule, "x": symptom.x, "n": symptom.n, "snapshot": detection.snapshot_number}
        journal.note(actor=by, verb="found", about=disconnect, at=now, detail=detail)
    return disconnect


def _settle(seen: list[Disconnect], muted: dict[str, int], now: datetime) -> None:
    """Move what was seen: to detected when harm meets silence, back when it does not, to recurred."""
    talk = queries.talk_of(seen, now)
    for disconnect in seen:
        certain = disconnect.tier == "detected" and disconnect.probability >= CERTAIN_ENOUGH
        nudge = certain and talk[disconnect.pk] != Talk.TWO_WAY and disconnect.rule not in muted
        if disconnect.state in {State.SUSPECTED, State.FADED} and nudge:
            move(disconnect, State.DETECTED, by=None, now=now, probability=round(disconnect.probability, 3))
        elif disconnect.state in {State.DETECTED, State.FADED} and not nudge:
            move(disconnect, State.SUSPECTED, by=None, now=now)
        elif certain and _came_back(disconnect):
            _recur(disconnect, now)


def _came_back(disconnect: Disconnect) -> bool:
    """Whether harm is seen again in a window that lies wholly after the mending."""
    if disconnect.state == State.RESOLVED:
        return True
    measured = disconnect.measuring_from
    return disconnect.state == State.MEASURING and bool(measured and disconnect.window_from >= measured)


def _recur(disconnect: Disconnect, now: datetime) -> None:
    """Begin again: both sides have to see it anew, and say anew that it is safe to talk."""
    earlier = disconnect.conversation_id
    disconnect.acknowledgements.all().delete()
    disconnect.safety, disconnect.safety_by, disconnect.safety_at = Disconnect.Safety.UNKNOWN, None, None
    disconnect.conversation, disconnect.measuring_from = None, None
    disconnect.save()
    move(disconnect, State.RECURRED, by=None, now=now, earlier_conversation=earlier)


def _missed(disconnect: Disconnect, detection: Detection, read_rows: ReadRows, now: datetime) -> None:
    """A rule that ran did not find it: count the window; hide it when its very rows are gone."""
    if _rows_gone(disconnect, read_rows):
        if disconnect.records_gone_at is None:
            disconnect.records_gone_at = now
            disconnect.save(update_fields=["records_gone_at"])
            journal.note(actor=None, verb="lost its records", about=disconnect, at=now)
        return
    if disconnect.rule not in detection.rules_run or detection.window_to is None:
        return
    counted_to = disconnect.missed_to
    if counted_to is not None and detection.window_to < counted_to + WINDOW_STEP:
        return
    disconnect.missed_windows += 1
    disconnect.missed_to = detection.window_to
    disconnect.save(update_fields=["missed_windows", "missed_to"])
    if disconnect.missed_windows >= WINDOWS_UNTIL_GONE:
        if disconnect.state in FADES:
            move(disconnect, State.FADED, by=None, now=now)
        elif disconnect.state == State.MEASURING:
            move(disconnect, State.RESOLVED, by=None, now=now, windows=disconnect.missed_windows)


def _rows_gone(disconnect: Disconnect, read_rows: ReadRows) -> bool:
    stored = disconnect.row_query
    try:
        return read_rows(RowQuery(stored["rule"], stored["selection"], stored["params"])).num_rows == 0
    except KeyError:
        # A question from an earlier release cannot be asked any more, which says nothing of its rows.
        return False


def _read_rows(tables: Tables, query: RowQuery) -> pa.Table:
    try:
        return rows(tables, query).to_pyarrow()
    except TableAbsent:  # a table that is gone altogether has no rows either
        return pa.table({})


@transaction.atomic
def _follow_talk(now: datetime) -> None:
    """Nothing new in the records: only silence and talk may have changed."""
    waiting = Disconnect.objects.select_for_update(of=("self",)).select_related("context")
    _settle(list(waiting.filter(state__in=FADES, missed_windows=0)), queries.muted_rules(), now)


def _key(symptom: Symptom) -> tuple[str, str, str]:
    return symptom.rule, symptom.context.kind, symptom.context.key


def _aware(at: datetime | None, now: datetime) -> datetime | None:
    return at.replace(tzinfo=now.tzinfo) if at is not None and at.tzinfo is None else at

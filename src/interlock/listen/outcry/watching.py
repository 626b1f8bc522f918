"""Listen to what was said since the last look: judge every tick, and note which streams changed where they stand.

A look reads and judges without holding anything, then writes in one short transaction: what the detector remembers, how
far it listened and what rang. Where another worker wrote meanwhile, the look is thrown away; where a worker is killed,
the next one repeats its look. So nothing rings twice. After more than a day without a worker the watch goes on from a
day ago; what lay between is no news.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction

from interlock.analytics.outcry.budget import Budget, alarm_at, power_allowed
from interlock.analytics.outcry.memory import kept, new_memory, remembered, with_room
from interlock.analytics.outcry.streams import StateError
from interlock.listen.models import Alarm, OutcryWatch, Source, StreamKind, WatchedStream
from interlock.listen.outcry import alarms, joining, pace, relearning, telling
from interlock.listen.outcry.counting import WAIT, StreamKey, begin_of, said_by_tick, ticks_between
from interlock.listen.outcry.listening import SHARES_PART, TUNING, Look, listen
from interlock.listen.turns import turn

logger = logging.getLogger(__name__)
LONGEST_LOOK = timedelta(days=1)
READ_AT_ONCE = timedelta(hours=1)


def watch(*, now: datetime) -> int:
    """Listen up to now; return how many ticks were judged."""
    until = begin_of(now - WAIT)
    row, _made = OutcryWatch.objects.get_or_create(pk=1)
    if row.listened_until is None:
        OutcryWatch.objects.filter(pk=1, listened_until=None).update(listened_until=until)
        return 0
    start = max(row.listened_until, until - LONGEST_LOOK)
    if start >= until:
        return 0
    look = _begun(row, start, now)
    ticks = 0
    while start < until:
        end = min(start + READ_AT_ONCE, until)
        said = said_by_tick(start, end)
        for at in ticks_between(start, end):
            listen(look, said.get(at, ()), at)
            ticks += 1
        start = end
    return ticks if _written(look, row, until) else 0


def _begun(row: OutcryWatch, start: datetime, now: datetime) -> Look:
    streams = {(one.kind, one.key): one for one in WatchedStream.objects.all()}
    size = 1 + max((one.number for one in streams.values()), default=-1)
    try:
        memory = remembered(bytes(row.state), TUNING) if row.state else new_memory(size, TUNING)
    except StateError as error:  # another version of the detector: two days, and it knows them again
        logger.warning("The outcry watch starts anew: %s", error)
        memory = new_memory(size, TUNING)
    memory = with_room(memory, size, TUNING)
    counts = Budget(row.false_alarms * (1 - SHARES_PART), row.days)
    limit = alarm_at(counts, streams=len(streams), ticks_per_day=TUNING.ticks_per_day)
    stream_ticks = max(len(streams), 1) * TUNING.ticks_per_day * row.days
    return Look(
        memory=memory,
        streams=streams,
        relearnt=relearning.relearn(memory, streams, limit, until=start, now=now),
        limit=limit,
        low_limit=power_allowed(row.false_alarms * SHARES_PART, stream_ticks),
        deaf=[streams[key].number for key in _deaf_sources() if key in streams],
    )


def _deaf_sources() -> list[StreamKey]:
    """Sources that are asked and did not answer lately, or are paused: their silence says nothing."""
    broken = Source.objects.filter(failures__gt=0) | Source.objects.exclude(paused_at=None)
    return [(str(StreamKind.SOURCE), str(pk)) for pk in broken.values_list("pk", flat=True)]


def _written(look: Look, row: OutcryWatch, until: datetime) -> bool:
    """Write all that the look found; False when another worker looked meanwhile and nothing was written."""
    state, known = kept(look.memory), pace.renewed(look.loud)
    loud = joining.what_is_loud(look.loud, look.by_number, look.changes, until)
    with turn(), transaction.atomic():
        ours = OutcryWatch.objects.filter(pk=1, listened_until=row.listened_until)
        if not ours.update(listened_until=until, state=state):
            return False
        WatchedStream.objects.bulk_create(look.new, batch_size=500)
        WatchedStream.objects.bulk_update(look.relearnt, ["learnt_at"], batch_size=500)
        changed = _write_changes(look)
        pace.keep(look.loud, known)
        joining.join(loud, until)
        telling.note(joining.worth_telling(changed), at=until)
    return True


def _write_changes(look: Look) -> list[Alarm]:
    """Begin, raise and end alarms; a stream that somebody judged while we looked stays as they left it."""
    new = {one.pk for one in look.new}
    was = {change.stream.pk: change.was for change in reversed(look.changes)}
    rows = WatchedStream.objects.select_for_update().filter(pk__in=was.keys() - new).order_by("pk")
    judged = {pk for pk, state in rows.values_list("pk", "state") if state != was[pk]}
    told: dict[int, Alarm] = {}
    for change in look.changes:
        if change.stream.pk in judged:
            continue
        told.pop(change.stream.pk, None)
        if alarm := alarms.write(change):
            told[change.stream.pk] = alarm
    changed = {change.stream.pk: change.stream for change in look.changes if change.stream.pk not in judged}
    WatchedStream.objects.bulk_update(changed.values(), ["state", "state_since"], batch_size=500)
    return list(told.values())

"""Which alarms are one event? Streams that ring for the same matter become one alarm, with one notice and one address.

What is loud in each stream is read before anything is written, and again with every look of the first six hours: the
longer an event goes on, the better it is told from others. Who was joined stays joined until somebody takes it out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from interlock.analytics.outcry.events import F32, WITHIN_TICKS, Loud, UsualSpeech, events
from interlock.analytics.outcry.standing import Spread, Standing
from interlock.fabric import events as told_events
from interlock.fabric import journal
from interlock.listen.models import Alarm, SignalVector, StreamKind, StreamState, WatchedStream
from interlock.listen.outcry import alarms
from interlock.listen.outcry.counting import TICK, author_of
from interlock.listen.outcry.one_event import NARROWEST
from interlock.listen.themes.vectors import unit, unpacked

WITHIN = WITHIN_TICKS * TICK
EARLIER = timedelta(hours=1)  # what was said in the hour before it rang belongs to it
# Of a look, the newest: each costs up to three queries. Of a stream, the newest signals, and those read as vectors.
MOST_STREAMS, MOST_ROWS, MOST_VECTORS = 30, 5_000, 200
BEFORE = 500  # signals that tell what is said usually
_SIX_HOURS = timedelta(hours=6)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def what_is_loud(
    loud: Mapping[int, tuple[datetime, Spread]],
    streams: Mapping[int, WatchedStream],
    changes: Sequence[alarms.Change],
    until: datetime,
) -> dict[int, Loud]:
    """What is said in streams that began to ring within six hours, by number; nothing for a single one. Writes nothing."""
    began = _began(loud, streams, changes, until)
    if len(began) < 2:
        return {}
    start = min(began.values()) - EARLIER
    usually = _said_before(start)
    return {
        number: _loud(streams[number], at, loud[number][1], start, until, usually)
        for number, at in began.items()
    }


def _began(
    loud: Mapping[int, tuple[datetime, Spread]],
    streams: Mapping[int, WatchedStream],
    changes: Sequence[alarms.Change],
    until: datetime,
) -> dict[int, datetime]:
    """When each loud stream rang, by number, the newest only. One query where any is loud."""
    speaks = {one for one in loud if streams[one].state in {Standing.EMERGING, Standing.OUTCRY}}
    if len(speaks) < 2:
        return {}
    rang = Alarm.objects.filter(ended_at=None, stream__number__in=speaks, began_at__gte=until - WITHIN)
    began = dict(rang.values_list("stream__number", "began_at"))
    began |= {one.stream.number: one.at for one in changes if one.begins and one.stream.number in speaks}
    newest = sorted(began, key=lambda one: began[one], reverse=True)[:MOST_STREAMS]
    return {number: began[number] for number in newest}


def _loud(
    stream: WatchedStream,
    rang: datetime,
    spread: Spread,
    start: datetime,
    until: datetime,
    usually: _Usually | None,
) -> Loud:
    said = (
        alarms.signals_of(stream)
        .filter(occurred_at__gt=start, occurred_at__lte=until)
        .order_by("-occurred_at")
    )
    rows = list(said.values_list("pk", "key", "contact_key", "account_key")[:MOST_ROWS])
    return Loud(
        at=(rang - _EPOCH) // TICK,
        is_theme=stream.kind == StreamKind.THEME,
        rows=frozenset(author_of(contact or account or key) for _pk, key, contact, account in rows),
        usual=(spread.usual or 0.0) * ((until - start) / _SIX_HOURS),
        centre=centre([row[0] for row in rows[:MOST_VECTORS]], usually) if usually else None,
    )


_Usually = tuple[int, UsualSpeech]  # hash of the encoder, what is said


def _said_before(start: datetime) -> _Usually | None:
    """What was said before, and the encoder that read it. Two queries."""
    before = alarms.Signal.objects.filter(occurred_at__lte=start).order_by("-occurred_at")
    return usually_said(list(before.values_list("pk", flat=True)[:BEFORE]))


def usually_said(signals: Sequence[int]) -> _Usually | None:
    """What signals say by the encoder that read the newest, given the newest first. One query."""
    rows = {
        signal: (encoder, content)
        for signal, encoder, content in SignalVector.objects.filter(signal__in=signals).values_list(
            "signal_id", "encoder", "bytes"
        )
    }
    newest = next((rows[one][0] for one in signals if one in rows), None)
    if newest is None:
        return None
    vectors = unit(unpacked([content for encoder, content in rows.values() if encoder == newest]))
    return newest, UsualSpeech(vectors)


def centre(signals: Sequence[int], usually: _Usually) -> F32 | None:
    """What these signals say beyond what is said usually; None where no text was read. One query."""
    encoder, speech = usually
    rows = SignalVector.objects.filter(signal__in=signals, encoder=encoder)
    vectors = unit(unpacked(list(rows.values_list("bytes", flat=True))))
    return speech.centre(vectors) if len(vectors) else None


def join(found: Mapping[int, Loud], at: datetime) -> None:
    """Put alarms that ring for one event together, the first heard in front, in the caller's transaction."""
    going_on = Alarm.objects.filter(ended_at=None, stream__number__in=found).select_related("stream", "event")
    # Where several begin to ring in one tick, a theme stands first.
    kinds = [str(kind) for kind in NARROWEST]
    rang = sorted(
        going_on, key=lambda one: (one.began_at, kinds.index(one.stream.kind), -one.strength, one.pk)
    )
    if len(rang) < 2:
        return
    firsts = [one.event_id or one.pk for one in rang]
    of = events(
        [found[one.stream.number] for one in rang],
        known=[firsts.index(first) for first in firsts],
        apart=[place for place, one in enumerate(rang) if one.apart_from_id],
    )
    for head in sorted(set(of)):
        group = [place for place, one in enumerate(of) if one == head]
        first = min(
            {rang[place].event or rang[place] for place in group},
            key=lambda one: (one.began_at, firsts.index(one.pk)),
        )
        for other in {firsts[place] for place in group} - {first.pk}:
            _put_under(first, other, at)


def _put_under(first: Alarm, other: int, at: datetime) -> None:
    """Let an alarm and what was joined to it stand under the first."""
    moved = list(Alarm.objects.filter(pk=other).select_related("stream"))
    moved += Alarm.objects.filter(event=other).select_related("stream")
    for one in moved:
        one.event, one.joined_at = first, at
        one.save(update_fields=["event", "joined_at"])
        detail = {"stream": f"{one.stream.kind} {one.label}"}
        journal.note(actor=None, verb="heard as well", about=first, at=at, detail=detail)
    told_events.tell(topic=alarms.TOPIC, verb="joined", keys=[str(first.pk)], at=at, detail={"kind": "alarm"})


def worth_telling(changed: Collection[Alarm]) -> list[Alarm]:
    """Of alarms that began or rose: the events that people are to hear of, each once when it begins and as an outcry."""
    fresh = {one.pk for one in changed}
    rows = list(Alarm.objects.filter(pk__in=fresh))
    firsts = {one.event_id or one.pk for one in rows}
    of_event = Alarm.objects.filter(pk__in=firsts) | Alarm.objects.filter(event__in=firsts)
    known = {first: set[str]() for first in firsts}
    for row in of_event:
        if row.pk not in fresh:
            known[row.event_id or row.pk].add(row.state)
    rises = {one.event_id or one.pk for one in rows if one.state == StreamState.OUTCRY}
    told = [
        one for one in firsts if not known[one] or (one in rises and StreamState.OUTCRY not in known[one])
    ]
    return list(Alarm.objects.filter(pk__in=told).order_by("pk"))

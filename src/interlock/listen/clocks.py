"""Which customers are owed an answer, by when, and who of them jumps the queue.

The hours run from the moment the customer spoke, at night and on weekends too, because that is how long they
wait. A signal that reached us after its hour was up is overdue on arrival, and its clock says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import batched
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.fabric import journal
from interlock.fabric.chats import outbox
from interlock.fabric.models import Function, Topic
from interlock.listen import ended_clocks
from interlock.listen.models import Answer, AnsweredSignal, Clock, ReplyRoute, Sending, Signal, Source, Stage
from interlock.listen.repeats import Talk, day, repeats, talks_of

# Hours to an answer, by kind of signal; a source may say otherwise (`answer_hours`).
ANSWER_HOURS = {
    "complaint": 24,  # somebody was let down: by the next day, or they tell others
    "ticket": 24,
    "cancel": 24,  # later the customer has gone
    "post": 16,  # asked in public, where others read the silence as an answer
    "social": 16,
    "return": 48,  # the parcel takes longer than that
    "review": 48,
    "survey": 72,  # nobody waits at the other end, but who wrote wants to have been read
    "idea": 120,  # a good answer needs a colleague's view
}
ALWAYS_ASK = frozenset({"ticket", "complaint", "post", "idea", "cancel", "social"})
# Three of five stars: the middle is where customers say what would have made it five.
MIDDLING = 0.6
QUESTION_MARKS = frozenset("?？؟՞⸮")
# What an import brings is history unless it is this young.
IMPORT_DAYS = 14
LONGEST_BECAUSE = 300
NEWS = timedelta(days=1)
_AT_ONCE = 500


class NewClock(NamedTuple):
    """What is written of a clock that starts."""

    signal_key: str
    kind: str
    source_id: int
    stage: str
    customer: str
    opened_at: datetime
    due_at: datetime
    urgency: int
    because: str
    owner_id: int | None


class Opening(NamedTuple):
    """What is to be done about signals that came in: clocks to start, and when somebody answered elsewhere."""

    clocks: dict[str, NewClock]
    answered: dict[str, datetime]


def asks(signal: Any) -> bool:
    """Whether this signal is one that somebody must answer."""
    words = f"{signal.title} {signal.body}".strip()
    if signal.kind in ALWAYS_ASK:
        return True
    if signal.kind == "return":
        return bool(words)
    if signal.kind not in {"survey", "review"}:
        return False
    if signal.rating_share is None:
        return bool(words)
    return signal.rating_share <= MIDDLING or not QUESTION_MARKS.isdisjoint(words)


def customer_of(signal: Any) -> str:
    """Who waits: the account, else the contact; empty when the source names neither."""
    if signal.account_key:
        return f"account:{signal.account_key}"
    return f"contact:{signal.contact_key}" if signal.contact_key else ""


def answer_within(kind: str, source: Source) -> timedelta:
    """How long this source's customers wait at most for an answer; for praise that turned into a no, a day."""
    return timedelta(hours=source.answer_hours or ANSWER_HOURS.get(kind, 24))


@transaction.atomic
def open_clocks(*, signals: Sequence[Any], now: datetime) -> int:
    """Start the clock of each saved signal that asks for an answer and has none; return how many were started."""
    return start_clocks(opening(signals=signals, now=now), keys=[one.key for one in signals], now=now)


def opening(*, signals: Sequence[Any], now: datetime) -> Opening:
    """Find out what is to be done about at most 5,000 signals. It reads only, and they may be unsaved still.

    A signal that was answered meanwhile in its own system stops its clock. The number of queries grows with
    every 500 signals, not with each, so that this may be called while signals are settled.
    """
    known = set(
        Clock.objects.filter(signal_key__in=[one.key for one in signals]).values_list("signal_key", flat=True)
    )
    answered = {one.key: _answered_at(one, now) for one in signals if one.answered}
    fresh = [one for one in signals if one.key not in known and not one.answered and asks(one)]
    if not fresh:
        return Opening({}, answered)
    sources = Source.objects.in_bulk({one.source_id for one in fresh})
    talks = talks_of(one.key for one in fresh)
    failed, told = repeats(fresh, signals, talks), _answers_in(set(talks.values()))
    clocks = {}
    for one in fresh:
        answer = told.get(talks[one.key]) if one.key in talks else None
        clocks[one.key] = _clock(one, sources[one.source_id], failed.get(one.key, ""), answer, now)
    return Opening(clocks, answered)


def start_clocks(found: Opening, *, keys: Iterable[str], now: datetime) -> int:
    """Do what `opening` found for those of its signals that are stored, in the caller's transaction."""
    keys = list(keys)
    clocks = [found.clocks[key] for key in keys if key in found.clocks]
    if clocks:
        _insert(clocks)
        _tell_of_second_failures(clocks, now)
    _stop_answered({key: found.answered[key] for key in keys if key in found.answered}, now)
    return len(clocks)


def _insert(clocks: Iterable[NewClock]) -> None:
    """By hand: the models take ten times as long. Settled twice at the same moment, a signal has one clock all the same."""
    at = connection.ops.adapt_datetimefield_value
    rows = [clock._replace(opened_at=at(clock.opened_at), due_at=at(clock.due_at)) for clock in clocks]
    columns, places = ", ".join(NewClock._fields), ", ".join(["%s"] * len(NewClock._fields))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO listen_clock ({columns}) VALUES ({places}) ON CONFLICT (signal_key) DO NOTHING",  # noqa: S608 - names of ours
            rows,
        )


def _tell_of_second_failures(clocks: Iterable[NewClock], now: datetime) -> None:
    """Let the chats of service be told of customers who are let down again; what an import brings of last week is no news."""
    again = [one.signal_key for one in clocks if one.urgency and one.opened_at > now - NEWS]
    if again and outbox.is_heard(Topic.AGAIN):
        numbers = Signal.objects.filter(key__in=again).values_list("pk", flat=True)
        outbox.note(Topic.AGAIN, {f"came-{pk}": [Function.SERVICE] for pk in numbers}, at=now)


def open_for_import(*, now: datetime) -> int:
    """Start clocks for what imports brought lately and nobody has answered; return how many.

    Where a source never tells of answers, only one that is asked again and again counts as open: an export
    of it is history. What was deleted and is back goes on with the clock it had.
    """
    ended_clocks.wake_returned()
    young = Signal.objects.filter(received_at=None, occurred_at__gt=now - timedelta(days=IMPORT_DAYS))
    unanswered = Q(answered=False) | Q(answered=None, source__ask_every__isnull=False)
    opened = 0
    keys = young.filter(unanswered).exclude(key__in=Clock.objects.values("signal_key"))
    for some in batched(list(keys.values_list("pk", flat=True)), _AT_ONCE, strict=False):
        opened += open_clocks(signals=list(Signal.objects.filter(pk__in=some)), now=now)
    running = Clock.objects.filter(stopped_at=None).values("signal_key")
    told = Signal.objects.filter(answered=True, key__in=running)
    for some in batched(list(told.values_list("pk", flat=True)), _AT_ONCE, strict=False):
        with transaction.atomic():
            replied = Signal.objects.filter(pk__in=some)
            _stop_answered({one.key: _answered_at(one, now) for one in replied}, now)
    return opened


def _clock(signal: Any, source: Source, repeat: str, answer: Answer | None, now: datetime) -> NewClock:
    came = signal.received_at or now
    # A clock that goes wrong on the other side must not give us more time than the customer has patience.
    spoke = min(signal.occurred_at, came)
    due = spoke + answer_within(signal.kind, source)
    reasons = (
        repeat, _wrote_again(answer) if answer else "", _came_late(came - spoke) if due <= came else "",
    )  # fmt: skip
    return NewClock(
        signal_key=signal.key,
        kind=signal.kind,
        source_id=source.pk,
        stage=Stage.RECEIVED.value,
        customer=customer_of(signal),
        opened_at=spoke,
        due_at=due,
        urgency=1 if repeat else 0,
        because=" ".join(reason for reason in reasons if reason)[:LONGEST_BECAUSE],
        # Who answered before goes on with it, so that the customer keeps talking to one person.
        owner_id=answer.author_id if answer and answer.author.left_at is None else None,
    )


def _came_late(after: timedelta) -> str:
    hours = round(after.total_seconds() / 3600)
    if hours < 48:
        return ngettext(
            "Came in late: %(n)s hour after it was said.",
            "Came in late: %(n)s hours after it was said.",
            hours,
        ) % {"n": hours}
    return _("Came in late: %(n)s days after it was said.") % {"n": hours // 24}


def _answers_in(talks: Collection[Talk]) -> dict[Talk, Answer]:
    """The last answer that went out in each talk."""
    if not talks:
        return {}
    routes = ReplyRoute.objects.filter(thread__in={thread for _source, thread in talks})
    talk_of = {
        key: (source, thread) for key, source, thread in routes.values_list("signal_key", "source", "thread")
    }
    answered = (
        AnsweredSignal.objects.filter(signal_key__in=talk_of, answer__state=Sending.SENT)
        .select_related("answer__author")
        .order_by("answer__sent_at", "answer_id")
    )
    return {talk_of[one.signal_key]: one.answer for one in answered}


def _wrote_again(answer: Answer) -> str:
    return _("The customer wrote again after %(name)s's answer of %(day)s.") % {
        "name": answer.author.name,
        "day": day(answer.sent_at or answer.made_at),
    }


def _answered_at(signal: Any, now: datetime) -> datetime:
    return signal.first_reply_at or signal.resolved_at or now


def _stop_answered(replied: Mapping[str, datetime], now: datetime) -> None:
    """Stop the clocks of signals that somebody answered in the system they came from."""
    if not replied:
        return
    # One that was opened again waits for another answer than the one on record.
    running = Clock.objects.filter(signal_key__in=replied, stopped_at=None).exclude(stage=Stage.REOPENED)
    for clock in running.select_for_update().order_by("pk"):
        clock.stage, clock.stopped_at = Stage.ANSWERED, replied[clock.signal_key]
        clock.save(update_fields=["stage", "stopped_at"])
        journal.note(actor=None, verb="saw it answered in its own system", about=clock, at=now)

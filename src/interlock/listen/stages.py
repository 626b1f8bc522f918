"""Which steps may a customer's signal take from where it stands, and who may take them?

The machine of docs/listen.md, kept in one table. A step that is not in it is refused with a sentence, whoever
asks: pages, tasks and what a connector brings all come through here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from interlock.fabric import events, journal
from interlock.fabric.access import Act, may
from interlock.fabric.models import JournalEntry, Person, Role
from interlock.listen.clocks import LONGEST_BECAUSE, answer_within, customer_of
from interlock.listen.errors import StepRefused
from interlock.listen.models import Answer, AnsweredSignal, Clock, ReplyRoute, Sending, Signal, Stage

TOPIC = "signals"
# Silence for so long closes a signal; it is never counted as satisfaction.
SILENT_AFTER = timedelta(days=14)
CLOSED_AT_ONCE = 2_000

_ASIDE = {Stage.DUPLICATE, Stage.SPAM}
STEPS: dict[str, frozenset[str]] = {
    Stage.RECEIVED: frozenset(
        {Stage.UNDERSTOOD, Stage.ACKNOWLEDGED, Stage.ANSWERED, Stage.CONFIRMED, *_ASIDE}
    ),
    Stage.UNDERSTOOD: frozenset({Stage.ACKNOWLEDGED, Stage.ANSWERED, Stage.CONFIRMED, *_ASIDE}),
    Stage.ACKNOWLEDGED: frozenset({Stage.RECEIVED, Stage.ANSWERED, Stage.CONFIRMED, *_ASIDE}),
    Stage.ANSWERED: frozenset({Stage.ACTED, Stage.CONFIRMED, Stage.SILENT, Stage.REOPENED, *_ASIDE}),
    Stage.ACTED: frozenset({Stage.CONFIRMED, Stage.SILENT, Stage.REOPENED, *_ASIDE}),
    Stage.CONFIRMED: frozenset({Stage.REOPENED, *_ASIDE}),
    Stage.SILENT: frozenset({Stage.REOPENED, Stage.CONFIRMED, *_ASIDE}),
    Stage.REOPENED: frozenset({Stage.ACKNOWLEDGED, Stage.ANSWERED, Stage.CONFIRMED, *_ASIDE}),
    Stage.DUPLICATE: frozenset(),
    Stage.SPAM: frozenset(),
    Stage.ERASED: frozenset(),
}
WAITING_STAGES = frozenset({Stage.RECEIVED, Stage.UNDERSTOOD, Stage.ACKNOWLEDGED, Stage.REOPENED})
CLOSED_STAGES = frozenset({Stage.CONFIRMED, Stage.SILENT})
ASIDE_STAGES = frozenset(_ASIDE)


def may_step(clock: Clock, to: str) -> bool:
    """Whether the machine knows this step."""
    return to in STEPS[clock.stage]


@transaction.atomic
def acknowledge(*, clock: Clock, by: Person, now: datetime) -> Clock:
    """Somebody says: I look after this. Others see it; taking it over from a colleague is allowed and noted."""
    must_answer(by)
    clock = _locked(clock)
    if clock.stage == Stage.ACKNOWLEDGED and clock.owner_id == by.pk:
        return clock
    before = clock.owner.name if clock.owner else ""
    if clock.stage != Stage.ACKNOWLEDGED:
        _step(clock, Stage.ACKNOWLEDGED)
    clock.owner, clock.acknowledged_at, clock.reminded_at = by, now, None
    clock.save(update_fields=["stage", "owner", "acknowledged_at", "reminded_at"])
    _noted(clock, by, "looks after it", now, {"instead of": before} if before else None)
    return clock


@transaction.atomic
def let_go(*, clock: Clock, by: Person, now: datetime) -> Clock:
    """Somebody no longer looks after it; it waits for anybody again."""
    must_answer(by)
    clock = _locked(clock)
    if clock.owner_id != by.pk and by.role not in {Role.OWNER, Role.LEAD}:
        raise StepRefused(_("Only who looks after it, or a lead, can let it go. Nothing was changed."))
    if clock.stage == Stage.ACKNOWLEDGED:
        _step(clock, Stage.RECEIVED)
    clock.owner = clock.acknowledged_at = None
    clock.save(update_fields=["stage", "owner", "acknowledged_at"])
    _noted(clock, by, "let it go", now)
    return clock


@transaction.atomic
def answered(*, keys: Iterable[str], by: Person | None, now: datetime, how: str) -> None:
    """The customer has the answer: stop the clocks of these signals."""
    for clock in Clock.objects.select_for_update().filter(signal_key__in=list(keys)).order_by("pk"):
        # What was set aside or closed while the answer was on its way stays so; the answer stands beside it.
        if clock.stage in WAITING_STAGES:
            _step(clock, Stage.ANSWERED)
            clock.stopped_at = now
            clock.owner = clock.owner or by
            clock.save(update_fields=["stage", "stopped_at", "owner"])
        _noted(clock, by, "answered", now, {"how": how})


@transaction.atomic
def acted(*, clock: Clock, by: Person, what: str, now: datetime) -> Clock:
    """Something was done for this customer after the answer."""
    must_answer(by)
    clock = _locked(clock)
    _step(clock, Stage.ACTED)
    clock.save(update_fields=["stage"])
    _noted(clock, by, "acted on it", now, {"what": what})
    return clock


@transaction.atomic
def confirm(*, clock: Clock, by: Person, how: str, now: datetime) -> Clock:
    """The customer said that it is solved; `how` tells from where we know.

    Raises:
        StepRefused: nobody told how, no answer went out before, or a repeat failure needs a lead or its owner.
    """
    must_answer(by)
    clock = _locked(clock)
    if not how.strip():
        raise StepRefused(_("Write how you know that the customer is satisfied. Nothing was changed."))
    if clock.urgency and by.role not in {Role.OWNER, Role.LEAD} and clock.owner_id != by.pk:
        raise StepRefused(
            _(
                "We failed this customer before. Only a lead, or who looks after it, can close it; nothing was changed."
            )
        )
    if clock.stage in WAITING_STAGES and not was_answered(clock):
        raise StepRefused(
            _(
                "Nobody has answered this customer yet, so there is nothing to confirm. Answer first; nothing was changed."
            )
        )
    _step(clock, Stage.CONFIRMED)
    clock.closed_at = now
    clock.stopped_at = clock.stopped_at or now
    clock.save(update_fields=["stage", "closed_at", "stopped_at"])
    _noted(clock, by, "noted that the customer confirmed", now, {"how": how.strip()})
    return clock


@transaction.atomic
def reopen(*, clock: Clock, by: Person, how: str, now: datetime) -> Clock:
    """The customer said no: it waits again, before others, for a person. `how` tells from where we know."""
    must_answer(by)
    clock = _locked(clock)
    if not how.strip():
        raise StepRefused(_("Write how you know that it is not solved. Nothing was changed."))
    _step(clock, Stage.REOPENED)
    _run_again(clock, _("Not solved by our answer: %(how)s") % {"how": how.strip()[:200]}, now)
    _noted(clock, by, "opened it again", now, {"how": how.strip()})
    return clock


def _run_again(clock: Clock, because: str, now: datetime) -> None:
    """Let the customer wait again from now on, before others."""
    clock.stopped_at = clock.closed_at = clock.escalated_at = clock.escalated_to = clock.reminded_at = None
    clock.due_at = now + answer_within(clock.kind, clock.source)
    clock.urgency, clock.because = 1, because[:LONGEST_BECAUSE]
    clock.save()


@transaction.atomic
def customer_said_yes(*, keys: Iterable[str], now: datetime) -> None:
    """The customer says by a link of ours that these are solved. What is set aside stays so."""
    for clock in _clocks_of(keys):
        if clock.stage != Stage.CONFIRMED and may_step(clock, Stage.CONFIRMED):
            _step(clock, Stage.CONFIRMED)
            clock.closed_at = now
            clock.stopped_at = clock.stopped_at or now
            # Their yes ends the urgency that a no made: who changes their mind was not failed twice.
            clock.urgency, clock.because = 0, ""
            clock.save(update_fields=["stage", "closed_at", "stopped_at", "urgency", "because"])
            _noted(clock, None, "was confirmed by the customer", now)


@transaction.atomic
def customer_said_no(*, keys: Sequence[str], because: str, now: datetime) -> list[Clock]:
    """The customer says by a link of ours that these are not solved: they wait again, before others.

    A signal without a clock (history, praise) gets one, unless another of these signals has one. Returns the clocks.
    """
    clocks = list(_clocks_of(keys)) or (_new_clock(keys[0], now) if keys else [])
    for clock in clocks:
        if clock.stage in ASIDE_STAGES:
            continue
        if may_step(clock, Stage.REOPENED):
            _step(clock, Stage.REOPENED)
            _run_again(clock, because, now)
        elif clock.stage in WAITING_STAGES:
            clock.urgency, clock.because = 1, because[:LONGEST_BECAUSE]
            clock.save(update_fields=["urgency", "because"])
        _noted(clock, None, "was opened again by the customer", now)
    return clocks


def _clocks_of(keys: Iterable[str]) -> QuerySet[Clock]:
    locked = Clock.objects.select_for_update(of=("self",)).select_related("source")
    return locked.filter(signal_key__in=list(keys)).order_by("pk")


def _new_clock(key: str, now: datetime) -> list[Clock]:
    """The clock of a signal that had none; none where its source took the signal out meanwhile."""
    signal = Signal.objects.select_related("source").filter(key=key).first()
    if signal is None:
        return []
    made = Clock.objects.create(
        signal_key=key,
        kind=signal.kind,
        source=signal.source,
        stage=Stage.ANSWERED,
        customer=customer_of(signal),
        opened_at=signal.occurred_at,
        due_at=now,
    )
    return [made]


@transaction.atomic
def set_aside(*, clock: Clock, stage: str, by: Person, now: datetime) -> Clock:
    """Mark a signal as a duplicate or as spam: nobody waits. `take_up_again` undoes it."""
    must_answer(by)
    if stage not in ASIDE_STAGES:
        raise StepRefused(_("A signal is set aside as a duplicate or as spam; nothing was changed."))
    clock = _locked(clock)
    before = {"stage": clock.stage, "stopped_at": clock.stopped_at, "closed_at": clock.closed_at}
    _step(clock, stage)
    clock.stopped_at = clock.closed_at = now
    clock.save(update_fields=["stage", "stopped_at", "closed_at"])
    _noted(clock, by, "set it aside", now, {"as": stage, "before": before})
    return clock


@transaction.atomic
def take_up_again(*, clock: Clock, by: Person, now: datetime) -> Clock:
    """Undo `set_aside`: the signal stands where it stood, its clock as it ran."""
    must_answer(by)
    clock = _locked(clock)
    if clock.stage not in ASIDE_STAGES:
        raise StepRefused(_("This signal is not set aside; nothing was changed."))
    entry = _set_aside_entry(clock)
    before = entry.detail["before"]
    clock.stage = before["stage"]
    clock.stopped_at, clock.closed_at = _moment(before["stopped_at"]), _moment(before["closed_at"])
    clock.save(update_fields=["stage", "stopped_at", "closed_at"])
    _noted(clock, by, "took it up again", now)
    return clock


@transaction.atomic
def close_silent(*, now: datetime) -> int:
    """Close what was answered 14 days ago and never spoken of again; return how many. Silence is not consent."""
    quiet = Clock.objects.filter(
        stage__in=[Stage.ANSWERED, Stage.ACTED], stopped_at__lte=now - SILENT_AFTER
    ).order_by("stopped_at")
    closed = 0
    for clock in quiet.select_for_update(skip_locked=True)[:CLOSED_AT_ONCE]:
        if _still_talked_about(clock):
            continue
        _step(clock, Stage.SILENT)
        clock.closed_at = now
        clock.save(update_fields=["stage", "closed_at"])
        journal.note(actor=None, verb="closed it: the customer was silent", about=clock, at=now)
        closed += 1
    return closed


def _locked(clock: Clock) -> Clock:
    return Clock.objects.select_for_update(of=("self",)).select_related("owner", "source").get(pk=clock.pk)


def _step(clock: Clock, to: str) -> None:
    if not may_step(clock, to):
        raise StepRefused(
            _("This signal is %(now)s; from there it cannot become “%(then)s”. Nothing was changed.")
            % {"now": clock.get_stage_display(), "then": Stage(to).label}
        )
    clock.stage = to


def must_answer(by: Person) -> None:
    if not may(by, Act.ANSWER):
        raise StepRefused(_("Your role does not include answering customers; nothing was changed."))


def was_answered(clock: Clock) -> bool:
    """Whether an answer went out to this signal, or to another of the same talk."""
    keys = {clock.signal_key, *talk_keys(clock.signal_key)}
    return AnsweredSignal.objects.filter(signal_key__in=keys, answer__state=Sending.SENT).exists()


def noted_about(answer: Answer, by: Person | None, verb: str, now: datetime) -> None:
    """Write a journal line about each clock that an answer serves, and tell open pages."""
    keys = list(answer.signals.values_list("signal_key", flat=True))
    for clock in Clock.objects.filter(signal_key__in=keys):
        journal.note(actor=by, verb=verb, about=clock, at=now, detail={"answer": answer.pk})
    events.tell(topic=TOPIC, verb=verb, keys=keys, at=now)


def talk_keys(signal_key: str) -> list[str]:
    """The other signals of the same talk (mail thread, ticket)."""
    route = ReplyRoute.objects.filter(signal_key=signal_key).exclude(thread="").first()
    if route is None:
        return []
    others = ReplyRoute.objects.filter(source=route.source_id, thread=route.thread).exclude(pk=route.pk)
    return list(others.values_list("signal_key", flat=True))


def _still_talked_about(clock: Clock) -> bool:
    return Clock.objects.filter(signal_key__in=talk_keys(clock.signal_key), stopped_at=None).exists()


def _moment(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None


def _set_aside_entry(clock: Clock) -> JournalEntry:
    return journal.entries_about(clock).filter(verb="set it aside")[0]


def _noted(clock: Clock, by: Person | None, verb: str, now: datetime, detail: dict | None = None) -> None:
    journal.note(actor=by, verb=verb, about=clock, at=now, detail=detail)
    events.tell(topic=TOPIC, verb=verb, keys=[clock.signal_key], at=now)

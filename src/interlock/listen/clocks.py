"""Which customers are owed an answer, by when, and who of them jumps the queue.

The hours run from the moment the customer spoke, at night and on weekends too, because that is how long they
wait. A signal that reached us after its hour was up is overdue on arrival, and its clock says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import batched

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.fabric import journal
from interlock.listen.models import Answer, AnsweredSignal, Clock, ReplyRoute, Sending, Signal, Source, Stage
from interlock.listen.selection import LOW

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
FAILURES = frozenset({"complaint", "ticket", "return", "cancel"})
REPEAT_DAYS = 30
# Twice within a day about the same thing is one failure told twice.
SAME_FAILURE = timedelta(hours=24)
# What an import brings is history unless it is this young.
IMPORT_DAYS = 14
LONGEST_BECAUSE = 300
# An account that fails daily needs no more than these to be called a repeat.
MOST_FAILURES = 5_000
_AT_ONCE = 500

Talk = tuple[int, str]  # source, thread


def asks(signal: Signal) -> bool:
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


def is_failure(signal: Signal) -> bool:
    """Whether the customer was let down."""
    return signal.kind in FAILURES or (signal.rating_share is not None and signal.rating_share <= LOW)


def customer_of(signal: Signal) -> str:
    """Who waits: the account, else the contact; empty when the source names neither."""
    if signal.account_key:
        return f"account:{signal.account_key}"
    return f"contact:{signal.contact_key}" if signal.contact_key else ""


def answer_within(kind: str, source: Source) -> timedelta:
    """How long this source's customers wait at most for an answer to such a signal."""
    return timedelta(hours=source.answer_hours or ANSWER_HOURS[kind])


@transaction.atomic
def open_clocks(*, signals: Sequence[Signal], now: datetime) -> int:
    """Start the clock of each saved signal that asks for an answer and has none; return how many were started.

    A signal that was answered meanwhile in its own system stops its clock. The number of queries grows with
    every 500 signals, not with each, so that this may be called while signals are settled.
    """
    return sum(_open_some(some, now) for some in batched(signals, _AT_ONCE, strict=False))


def _open_some(signals: Sequence[Signal], now: datetime) -> int:
    known = set(
        Clock.objects.filter(signal_key__in=[one.key for one in signals]).values_list("signal_key", flat=True)
    )
    _stop_answered([one for one in signals if one.answered and one.key in known], now)
    fresh = [one for one in signals if one.key not in known and not one.answered and asks(one)]
    if not fresh:
        return 0
    sources = Source.objects.in_bulk({one.source_id for one in fresh})
    threads = _threads([one.key for one in fresh])
    failed, told = _repeats(fresh, threads), _answers_in(set(threads.values()))
    clocks = []
    for one in fresh:
        clock = _clock(one, sources[one.source_id], now)
        repeat, answer = failed.get(one.key, ""), told.get(threads.get(one.key))
        clock.urgency = 1 if repeat else 0
        # Who answered before goes on with it, so that the customer keeps talking to one person.
        clock.owner = answer.author if answer and answer.author.left_at is None else None
        reasons = (repeat, _wrote_again(answer) if answer else "", _came_late(clock, one, now))
        clock.because = " ".join(reason for reason in reasons if reason)[:LONGEST_BECAUSE]
        clocks.append(clock)
    # Settled twice at the same moment, a signal has one clock all the same.
    Clock.objects.bulk_create(clocks, ignore_conflicts=True)
    return len(clocks)


def open_for_import(*, now: datetime) -> int:
    """Start clocks for what imports brought lately and nobody has answered; return how many.

    Where a source never tells of answers, only one that is asked again and again counts as open: an export
    of it is history.
    """
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
            _stop_answered(Signal.objects.filter(pk__in=some), now)
    return opened


@transaction.atomic
def end_clocks(*, keys: Collection[str], now: datetime) -> int:
    """End the clocks of signals that were taken out again; return how many.

    A clock without an answer goes with its signal. One that was answered stays, stopped, because the
    customer has the answer.
    """
    ended = 0
    for some in batched(keys, _AT_ONCE, strict=False):
        answered = AnsweredSignal.objects.filter(signal_key__in=some).values("signal_key")
        clocks = Clock.objects.filter(signal_key__in=some)
        ended += clocks.filter(signal_key__in=answered, stopped_at=None).update(stopped_at=now, closed_at=now)
        ended += clocks.exclude(signal_key__in=answered).delete()[0]
    return ended


def _clock(signal: Signal, source: Source, now: datetime) -> Clock:
    # A clock that goes wrong on the other side must not give us more time than the customer has patience.
    spoke = min(signal.occurred_at, signal.received_at or now)
    return Clock(
        signal_key=signal.key,
        kind=signal.kind,
        source=source,
        customer=customer_of(signal),
        opened_at=spoke,
        due_at=spoke + answer_within(signal.kind, source),
    )


def _came_late(clock: Clock, signal: Signal, now: datetime) -> str:
    came = signal.received_at or now
    if clock.due_at > came:
        return ""
    hours = round((came - clock.opened_at).total_seconds() / 3600)
    if hours < 48:
        return ngettext(
            "Came in late: %(n)s hour after it was said.",
            "Came in late: %(n)s hours after it was said.",
            hours,
        ) % {"n": hours}
    return _("Came in late: %(n)s days after it was said.") % {"n": hours // 24}


def _threads(keys: Iterable[str]) -> dict[str, Talk]:
    """The talk each signal belongs to, for those that have one."""
    routes = ReplyRoute.objects.filter(signal_key__in=list(keys)).exclude(thread="")
    return {
        key: (source, thread) for key, source, thread in routes.values_list("signal_key", "source", "thread")
    }


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
        "day": _day(answer.sent_at or answer.made_at),
    }


def _repeats(signals: Sequence[Signal], threads: dict[str, Talk]) -> dict[str, str]:
    """For each signal of a customer who was let down before in the last 30 days: the sentence that says so."""
    failing = [one for one in signals if is_failure(one)]
    earlier = _by_customer(_failures_of(failing))
    if not earlier:
        return {}
    others = {other.key: other for some in earlier.values() for other in some}
    thread_of = _threads(others)
    said = {}
    for one in failing:
        thread = threads.get(one.key)
        candidates = earlier[f"account:{one.account_key}"] + earlier[f"contact:{one.contact_key}"]
        before = {
            other.key: other
            for other in candidates
            if _is_repeat(one, other) and (thread is None or thread_of.get(other.key) != thread)
        }
        if before:
            latest = max(before.values(), key=lambda other: other.occurred_at)
            said[one.key] = _said_again(latest, len(before) + 1)
    return said


def _by_customer(failures: Iterable[Signal]) -> dict[str, list[Signal]]:
    found: dict[str, list[Signal]] = defaultdict(list)
    for one in failures:
        for name, key in (("account", one.account_key), ("contact", one.contact_key)):
            if key:
                found[f"{name}:{key}"].append(one)
    return found


def _failures_of(signals: Sequence[Signal]) -> list[Signal]:
    """What went wrong for these signals' customers in the 30 days before, as far as anybody heard. One query."""
    accounts = {one.account_key for one in signals} - {""}
    contacts = {one.contact_key for one in signals} - {""}
    if not accounts and not contacts:
        return []
    since = min(one.occurred_at for one in signals) - timedelta(days=REPEAT_DAYS)
    found = (
        Signal.objects.filter(Q(account_key__in=accounts) | Q(contact_key__in=contacts))
        .filter(Q(kind__in=FAILURES) | Q(rating_share__lte=LOW), occurred_at__gte=since)
        .order_by("-occurred_at")
        .only("key", "kind", "occurred_at", "account_key", "contact_key", "line_key", "reason", "title")
    )
    return list(found[:MOST_FAILURES])


def _is_repeat(signal: Signal, other: Signal) -> bool:
    """Whether the other failure, of the same account or contact, came before and is another one."""
    apart = signal.occurred_at - other.occurred_at
    if other.key == signal.key or not timedelta(0) <= apart <= timedelta(days=REPEAT_DAYS):
        return False
    lines = {signal.line_key, other.line_key}
    if apart < SAME_FAILURE and ("" in lines or len(lines) == 1):
        return False
    if signal.contact_key and other.contact_key:
        return signal.contact_key == other.contact_key
    return True


def _said_again(other: Signal, number: int) -> str:
    values = {
        "n": number,
        "days": REPEAT_DAYS,
        "what": (other.reason or other.title or other.kind)[:80],
        "day": _day(other.occurred_at),
    }
    if number == 2:
        return _("Second failure in %(days)s days: %(what)s on %(day)s.") % values
    return _("Failure %(n)s in %(days)s days; the one before: %(what)s on %(day)s.") % values


def _day(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "j M")


def _stop_answered(signals: Iterable[Signal], now: datetime) -> None:
    """Stop the clocks of signals that somebody answered in the system they came from."""
    replied = {one.key: one.first_reply_at or one.resolved_at or now for one in signals}
    # One that was opened again waits for another answer than the one on record.
    running = Clock.objects.filter(signal_key__in=replied, stopped_at=None).exclude(stage=Stage.REOPENED)
    for clock in running.select_for_update().order_by("pk"):
        clock.stage, clock.stopped_at = Stage.ANSWERED, replied[clock.signal_key]
        clock.save(update_fields=["stage", "stopped_at"])
        journal.note(actor=None, verb="saw it answered in its own system", about=clock, at=now)

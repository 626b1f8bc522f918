"""Was this customer let down before? Who fails again within 30 days jumps the queue, and is told why.

Failures are read as plain rows, for many signals at once; those that come in together are compared as well,
whether they are stored already or not.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import batched
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from interlock.listen.models import ReplyRoute, Signal

FAILURES = frozenset({"complaint", "ticket", "return", "cancel"})
# A rating of two fifths of the best or less.
LOW = 0.4
REPEAT_DAYS = 30
# Twice within a day about the same thing is one failure told twice.
SAME_FAILURE = timedelta(hours=24)
# What is read for 500 signals at most.
MOST_FAILURES = 5_000
# An account that fails daily needs no more than these to be called a repeat.
MOST_COUNTED = 200
_AT_ONCE = 500

Talk = tuple[int, str]  # source, thread


class Failure(NamedTuple):
    """What is compared of a signal that tells of a failure."""

    key: str
    kind: str
    occurred_at: datetime
    account_key: str
    contact_key: str
    line_key: str
    reason: str
    title: str


def is_failure(signal: Any) -> bool:
    """Whether the customer was let down."""
    return signal.kind in FAILURES or (signal.rating_share is not None and signal.rating_share <= LOW)


def talks_of(keys: Iterable[str]) -> dict[str, Talk]:
    """The talk each signal belongs to, for those that have one. One query."""
    routes = ReplyRoute.objects.filter(signal_key__in=list(keys)).exclude(thread="")
    return {
        key: (source, thread) for key, source, thread in routes.values_list("signal_key", "source", "thread")
    }


def repeats(signals: Sequence[Any], beside: Sequence[Any], talks: Mapping[str, Talk]) -> dict[str, str]:
    """For each signal of a customer who was let down before in the last 30 days: the sentence that says so.

    `beside` are the signals that come in together, these among them; `talks` those of these signals.
    """
    failing = [one for one in signals if is_failure(one)]
    if not failing:
        return {}
    known = {other.key: other for some in batched(failing, _AT_ONCE) for other in _stored(some)}
    known.update((one.key, _failure(one)) for one in beside if is_failure(one))
    histories = _by_customer(known.values())
    others_talks = talks_of(known) if talks else {}
    said = {}
    for one in failing:
        before = _before(one, histories, talks.get(one.key), others_talks)
        if before:
            said[one.key] = _said_again(max(before, key=lambda other: other.occurred_at), len(before) + 1)
    return said


def _failure(signal: Any) -> Failure:
    return Failure(*(getattr(signal, name) for name in Failure._fields))


def _stored(signals: Sequence[Any]) -> Iterable[Failure]:
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
        .values_list(*Failure._fields)
    )
    return map(Failure._make, found[:MOST_FAILURES])


class _History(NamedTuple):
    """The failures of one account or contact in their order, and their times to look them up by."""

    times: list[datetime]
    failures: list[Failure]

    def until(self, moment: datetime) -> list[Failure]:
        end = bisect_right(self.times, moment)
        return self.failures[max(0, end - MOST_COUNTED - 1) : end]


def _by_customer(failures: Iterable[Failure]) -> dict[tuple[str, str], _History]:
    found: dict[tuple[str, str], _History] = defaultdict(lambda: _History([], []))
    for one in sorted(failures, key=lambda one: one.occurred_at):
        for name, key in (("account", one.account_key), ("contact", one.contact_key)):
            if key:
                history = found[name, key]
                history.times.append(one.occurred_at)
                history.failures.append(one)
    return found


def _before(
    signal: Any,
    histories: Mapping[tuple[str, str], _History],
    talk: Talk | None,
    others_talks: Mapping[str, Talk],
) -> Collection[Failure]:
    found = {}
    for customer in (("account", signal.account_key), ("contact", signal.contact_key)):
        if customer in histories:
            for other in histories[customer].until(signal.occurred_at):
                if _is_repeat(signal, other) and (talk is None or others_talks.get(other.key) != talk):
                    found[other.key] = other
    return found.values()


def _is_repeat(signal: Any, other: Failure) -> bool:
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


def _said_again(other: Failure, number: int) -> str:
    values = {
        "n": number,
        "most": MOST_COUNTED,
        "days": REPEAT_DAYS,
        "what": (other.reason or other.title or other.kind)[:80],
        "day": day(other.occurred_at),
    }
    if number == 2:
        return _("Second failure in %(days)s days: %(what)s on %(day)s.") % values
    if number > MOST_COUNTED:
        return (
            _("More than %(most)s failures in %(days)s days; the one before: %(what)s on %(day)s.") % values
        )
    return _("Failure %(n)s in %(days)s days; the one before: %(what)s on %(day)s.") % values


def day(moment: datetime) -> str:
    """A day as these sentences name it: 28 Feb."""
    return date_format(timezone.localtime(moment), "j M")

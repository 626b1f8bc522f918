"""Nobody who waits is forgotten: the owner is reminded before the hour, somebody else is called at the hour.

Who is away is passed over. Each step stands in the journal and on the page; none is ever taken back silently.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Count, Q

from interlock.fabric import away, events, journal
from interlock.fabric.chats import outbox
from interlock.fabric.models import Function, Person, Role, Topic
from interlock.listen.models import AnsweredSignal, Clock, Sending, Signal
from interlock.listen.stages import TOPIC

# When a fifth of the time is left there is still time to act.
REMIND_AT_SHARE = 0.8
# The longest time to answer is five days, of which a fifth is a day; sources may allow more.
LOOK_AHEAD = timedelta(days=7)
AT_ONCE = 500


# Somebody is at work on a clock that is locked: it is passed over until the next look.
@transaction.atomic
def remind_owners(*, now: datetime) -> int:
    """Remind each owner whose time is nearly up, once; return how many."""
    owned = Clock.objects.filter(
        stopped_at=None, owner__isnull=False, reminded_at=None, due_at__gt=now, due_at__lte=now + LOOK_AHEAD
    )
    due = [
        clock
        for clock in owned.select_for_update(of=("self",), skip_locked=True).order_by("due_at")[:AT_ONCE]
        if now >= clock.opened_at + REMIND_AT_SHARE * (clock.due_at - clock.opened_at)
    ]
    for clock in due:
        clock.reminded_at = now
        clock.save(update_fields=["reminded_at"])
        journal.note(actor=None, verb="reminded who looks after it", about=clock, at=now)
    _tell(due, "reminded", now)
    _tell_chats("soon", due, now)
    return len(due)


@transaction.atomic
def call_stand_ins(*, now: datetime) -> int:
    """Call somebody else to each customer whose hour is up; return how many were called to.

    The owner's stand-in, else a lead of service, else the owners of the installation; if nobody of them is
    here, the signal keeps standing first in the queue, and somebody is called as soon as there is somebody.
    """
    called = []
    helpers = _Helpers(now)
    to_call = _to_call(helpers, now)
    overdue = Clock.objects.filter(pk__in=to_call).order_by("-urgency", "due_at", "pk")
    for clock in overdue.select_for_update(of=("self",), skip_locked=True):
        if (clock.stopped_at, clock.owner_id, clock.escalated_to_id) != (None, *to_call[clock.pk]):
            continue  # somebody changed it between looking and locking: the next look decides anew
        helper = helpers.for_owner(clock.owner_id, clock.customer)
        clock.escalated_to, clock.escalated_at = helper, now
        clock.save(update_fields=["escalated_to", "escalated_at"])
        detail = {"to": helper.name if helper else "", "person": helper.pk if helper else None}
        journal.note(actor=None, verb="called somebody to it: overdue", about=clock, at=now, detail=detail)
        called.append(clock)
    _tell(called, "overdue", now)
    _tell_chats("late", called, now)
    return len(called)


@transaction.atomic
def call_lead(*, clock: Clock, now: datetime) -> Person | None:
    """Call a lead to a customer whom we failed twice, whatever the hour; without one, who owns the installation."""
    helpers = _Helpers(now)
    lead = helpers.lead_for(clock.owner_id)
    clock.escalated_to, clock.escalated_at = lead, now
    clock.save(update_fields=["escalated_to", "escalated_at"])
    detail = {"to": lead.name if lead else "", "person": lead.pk if lead else None}
    journal.note(actor=None, verb="called a lead to it: failed twice", about=clock, at=now, detail=detail)
    _tell([clock], "overdue", now)
    number = Signal.objects.filter(key=clock.signal_key).values_list("pk", flat=True).first()
    if number:
        outbox.note(Topic.AGAIN, {f"no-{number}": [Function.SERVICE]}, at=now)
    return lead


def _to_call(helpers: _Helpers, now: datetime) -> dict[int, tuple[int | None, int | None]]:
    """The first overdue clocks to which somebody new can be called: number -> (owner, who was called before).

    Those to which nobody can be called, once that is noted, are passed over, so that they hide no others.
    """
    on_its_way = AnsweredSignal.objects.filter(answer__state__in=[Sending.WAITING, Sending.SENDING])
    nobody_there = (
        Q(escalated_to=None)
        | Q(escalated_to__in=Person.objects.filter(away.away_at(now)))
        | Q(escalated_to__left_at__isnull=False)
    )
    overdue = (
        Clock.objects.filter(nobody_there, stopped_at=None, due_at__lte=now)
        .exclude(signal_key__in=on_its_way.values("signal_key"))
        .order_by("-urgency", "due_at", "pk")
        .values_list("pk", "owner_id", "escalated_to_id", "escalated_at")
    )
    found = (
        (pk, (owner, before))
        for pk, owner, before, noted_at in overdue.iterator(chunk_size=AT_ONCE)
        if noted_at is None or helpers.has_for(owner)
    )
    return dict(islice(found, AT_ONCE))


class _Helpers:
    """Who can be called, with how many customers each has been called to already, so that nobody gets all."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        here = Person.objects.filter(left_at=None, user__isnull=False).exclude(away.away_at(now))
        self.here = {one.pk: one for one in here}
        self.stand_ins = dict(Person.objects.filter(stand_in__isnull=False).values_list("pk", "stand_in"))
        running = Clock.objects.filter(stopped_at=None, escalated_to__isnull=False)
        customers = running.values_list("escalated_to").annotate(n=Count("customer", distinct=True))
        self.load = Counter(dict(customers))
        self._given: dict[tuple[int | None, str], Person | None] = {}
        self._can_help: dict[int | None, bool] = {}

    def has_for(self, owner: int | None) -> bool:
        """Whether anybody can be called for this owner."""
        if owner not in self._can_help:
            self._can_help[owner] = self._find(owner) is not None
        return self._can_help[owner]

    def for_owner(self, owner: int | None, customer: str) -> Person | None:
        """The stand-in of who looks after it; without one, who leads service; else who owns the installation.

        Whoever is called to a customer gets all that this customer waits for.
        """
        if customer and (owner, customer) in self._given:
            return self._given[owner, customer]
        helper = self._given[owner, customer] = self._find(owner)
        if helper:
            self.load[helper.pk] += 1
        return helper

    def _find(self, owner: int | None) -> Person | None:
        return self._stand_in(owner) or self.lead_for(owner)

    def lead_for(self, owner: int | None) -> Person | None:
        """Who leads service, the least called first; without one, who owns the installation."""
        leads = self._least_called(self._leads(), owner)
        return leads or self._least_called(self._owners(), owner)

    def _stand_in(self, owner: int | None) -> Person | None:
        number = self.stand_ins.get(owner) if owner else None
        for _step in range(away.LONGEST_CHAIN):
            if number is None or number == owner:
                return None
            if number in self.here:
                return self.here[number]
            number = self.stand_ins.get(number)
        return None

    def _leads(self) -> Iterable[Person]:
        return (
            one for one in self.here.values() if one.role == Role.LEAD and Function.SERVICE in one.functions
        )

    def _owners(self) -> Iterable[Person]:
        return (one for one in self.here.values() if one.role == Role.OWNER)

    def _least_called(self, people: Iterable[Person], owner: int | None) -> Person | None:
        others = [one for one in people if one.pk != owner]
        return min(others, key=lambda one: (self.load[one.pk], one.pk), default=None)


def _tell(clocks: list[Clock], verb: str, now: datetime) -> None:
    if clocks:
        events.tell(topic=TOPIC, verb=verb, keys=[clock.signal_key for clock in clocks], at=now)


def _tell_chats(which: str, clocks: list[Clock], now: datetime) -> None:
    """Customers are answered by service, whose chats are told once an hour at most: they hear how many wait."""
    if clocks:
        outbox.note(Topic.DUE, {f"customers-{which}-{now:%Y%m%d%H}": [Function.SERVICE]}, at=now)

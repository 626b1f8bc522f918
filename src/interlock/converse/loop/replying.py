"""A customer says by their link, or under My feedback, whether what we did solves it; they may change their mind.

A no opens the theme again until nobody says no any more, lets the customer wait before others, and goes to a lead where we failed them before. Words
that come with it are a signal of its own.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from interlock.converse.loop import counting
from interlock.converse.models import Closure, ToldPerson, ToldSignal
from interlock.fabric import journal, work
from interlock.listen import escalation, inbox, services, stages
from interlock.listen.models import Clock, Signal, Source, SourceKind, Theme, ThemedSignal
from interlock.listen.themes import deciding

LONGEST_WORDS = 2_000
SOURCE_NAME = later("Answers to what we told")
Choice = ToldPerson.Choice


def told_by(key: str) -> ToldPerson | None:
    """Who a link belongs to; None for a made-up one and for one whose letter never left."""
    person = ToldPerson.objects.select_related("closure__theme", "closure__round").filter(key=key).first()
    if person is None or (person.closure.round.taken_back_at and person.told_at is None):
        return None
    return person


@transaction.atomic
def say(*, person: ToldPerson, solved: bool, now: datetime, words: str = "") -> ToldPerson:
    """Keep what the customer says; the same again changes nothing but adds its words."""
    locked = ToldPerson.objects.select_for_update(of=("self",)).select_related("closure").get(pk=person.pk)
    choice = Choice.YES if solved else Choice.NO
    if words.strip() and not solved:
        work.ask(hear_words, locked.pk, words[:LONGEST_WORDS], now.isoformat())
    if locked.choice == choice:
        return locked
    locked.choice, locked.chosen_at = choice, now
    # Who answers has read it, however it reached them.
    locked.told_at = locked.told_at or now
    locked.save(update_fields=["choice", "chosen_at", "told_at"])
    keys = list(locked.signals.order_by("pk").values_list("signal_key", flat=True))
    if solved:
        stages.customer_said_yes(keys=keys, now=now)
        stand_again(theme=standing(locked.closure), now=now)
    else:
        _not_solved(locked, keys, now)
    journal.note(
        actor=None, verb="a customer said yes" if solved else "a customer said no",
        about=locked.closure.theme, at=now, detail={"told": locked.pk},
    )  # fmt: skip
    counting.ask_to_count(now)
    return locked


def _not_solved(person: ToldPerson, keys: Sequence[str], now: datetime) -> None:
    failed_before = _failed_before(person, keys)
    because = _("The customer says that what we did does not solve it.")
    if failed_before:
        because = _("We failed this customer twice: they say again that it is not solved.")
    clocks = stages.customer_said_no(keys=keys, because=because, now=now)
    if failed_before:
        for clock in clocks:
            if clock.stage not in stages.ASIDE_STAGES:
                escalation.call_lead(clock=clock, now=now)
    deciding.open_again(theme=standing(person.closure), now=now)


def stand_again(*, theme: Theme, now: datetime) -> None:
    """Let what was decided stand where nobody who said no since still does. In a transaction."""
    opened = deciding.opened_again(theme)
    if opened is None:
        return
    no = ToldPerson.objects.filter(choice=Choice.NO, chosen_at__gte=opened.at)
    urgent = Clock.objects.filter(urgency__gt=0, stopped_at=None).values("signal_key")
    waits = ThemedSignal.objects.filter(cluster__theme=theme, signal__key__in=urgent)
    if not (no.filter(Q(closure__theme=theme) | Q(closure__theme__became=theme)).exists() or waits.exists()):
        deciding.stand_again(theme=theme, now=now)


def _failed_before(person: ToldPerson, keys: Sequence[str]) -> bool:
    """Whether they said no before, to another closure, or one of these signals waits because we failed them."""
    earlier = ToldPerson.objects.filter(choice=Choice.NO).exclude(pk=person.pk)
    if person.customer and earlier.filter(customer=person.customer).exists():
        return True
    return Clock.objects.filter(signal_key__in=keys, urgency__gt=0).exists()


@transaction.atomic
def forget(*, keys: Sequence[str]) -> None:
    """Forget who was told by these signals: their link leads nowhere then. What they said stays counted, as nobody's."""
    people = list(ToldPerson.objects.filter(signals__signal_key__in=keys).distinct())
    for one in people:
        one.key, one.customer = secrets.token_urlsafe(18), ""
        one.save(update_fields=["key", "customer"])
    ToldSignal.objects.filter(person__in=people).delete()


def standing(closure: Closure) -> Theme:
    """The theme that holds these signals by now."""
    theme = closure.theme
    for _step in range(10):  # merged into another, which was merged again
        if theme.ended_at is None or theme.became is None:
            break
        theme = theme.became
    return theme


def add_words(*, person: ToldPerson, words: str, now: datetime) -> None:
    """What a customer adds to their no becomes a signal of theirs, once. Not inside another transaction."""
    words = words.replace("\0", "").strip()[:LONGEST_WORDS]
    first = person.signals.order_by("pk").values_list("signal_key", flat=True).first()
    about = Signal.objects.filter(key=first).first()
    if not words or about is None:
        return
    mark = blake2b(words.encode(), digest_size=8).hexdigest()
    at = now.astimezone(UTC).isoformat()
    row = {
        "signal_id": f"{added_by(person)}{mark}",
        "kind": "complaint",
        "occurred_at": at,
        "account_id": about.account_key,
        "contact_id": about.contact_key,
        "product_id": about.product_key,
        "channel": "web",
        "title": _("Not solved"),
        "body": words,
        # The signal that was answered waits again; one clock is enough.
        "resolved_at": at,
        "resolution": "added to a no; the earlier signal waits",
    }
    filled = {name: value for name, value in row.items() if value}
    offered = inbox.checked("signals", filled, place=f"told {person.pk}", now=now)
    source = answers_source(now)
    if isinstance(offered, inbox.Refusal):
        inbox.take_in([inbox.Offer(source=source, rows=[], refused=[offered])], now=now)
    else:
        inbox.take_in([inbox.Offer(source=source, rows=[offered])], now=now)


def added_by(person: ToldPerson) -> str:
    """How the keys of the signals begin that somebody added to a no."""
    return f"told:{person.pk}:"


def answers_source(now: datetime) -> Source:
    """The source of what customers add to a no, made when first needed."""
    found = Source.objects.filter(kind=SourceKind.CLOSURES, removed_at=None).first()
    return found or services.name_source(name=str(SOURCE_NAME), kind=SourceKind.CLOSURES, now=now)


@work.task(queue="prompt", attempts=5, title=later("Keep what a customer added to a no"))
def hear_words(told: int, words: str, at: str) -> None:
    """Store it in the background, so that the customer's click does not wait for it."""
    person = ToldPerson.objects.filter(pk=told).first()
    if person:
        add_words(person=person, words=words, now=datetime.fromisoformat(at))

"""My feedback: what one customer told us through any door, how far each came, and their yes or no.

A signal is theirs when they wrote it in the community, when its answers go to the address they sign in with, or when
it is of their account, names nobody else, is answered to nobody else, and is no colleague's note. Nothing here is of others: of a theme they read how many said the
same, of a decision only what was written to customers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.converse.loop import counting, replying, steps
from interlock.converse.models import Post, Standing
from interlock.fabric.models import Person
from interlock.listen import escalation, stages
from interlock.listen.models import Clock, ReplyRoute, Signal, SourceKind, ThemedSignal
from interlock.listen.themes import deciding

SHOWN = 50


@dataclass(frozen=True)
class Feedback:
    """One thing a customer told us, with its six steps, what we wrote, and whether it is their turn."""

    signal: Signal
    steps: Sequence[Mapping[str, str]]
    says: str
    wrote: str
    author: str
    is_asked: bool
    url: str


def signals_of(person: Person) -> list[Signal]:
    """The newest of their signals. Four queries, each along an index of its own."""
    found = list(_newest(Q(contact_key=f"community:{person.pk}")))
    if person.user and person.user.email:
        routes = ReplyRoute.objects.annotate(low=Lower("address")).exclude(address="")
        keys = (
            routes.filter(low=person.user.email.lower()).order_by("-pk").values_list("signal_key", flat=True)
        )
        found += _newest(Q(key__in=list(keys[: SHOWN * 4])))
    accounts = {person.account_key, *person.customer_sides.values_list("account_key", flat=True)} - {""}
    if accounts:
        found += _newest(_of_accounts(person, accounts))
    unique = {one.pk: one for one in found}
    return sorted(unique.values(), key=lambda one: (one.occurred_at, one.pk), reverse=True)[:SHOWN]


def _of_accounts(person: Person, accounts: Collection[str]) -> Q:
    """What their accounts said as a whole. What colleagues wrote down is not told apart from their own notes."""
    address = person.user.email.lower() if person.user else ""
    routes = ReplyRoute.objects.annotate(low=Lower("address")).filter(signal_key=OuterRef("key"))
    others = routes.exclude(address="").exclude(low=address)
    return (
        Q(account_key__in=accounts, contact_key="")
        & ~Q(source__kind=SourceKind.CAPTURED)
        & ~Q(Exists(others))
    )


def _newest(which: Q) -> list[Signal]:
    return list(Signal.objects.filter(which).select_related("source").order_by("-occurred_at", "-pk")[:SHOWN])


def feedback_of(person: Person) -> list[Feedback]:
    """What became of each of them."""
    return [_told(one) for one in steps.chains(signals_of(person))]


def _told(chain: steps.Chain) -> Feedback:
    told, answer = chain.told, chain.answer
    is_told = told is not None and told.told_at is not None
    wrote = told.closure.texts.get(told.language, "") if told and is_told else ""
    return Feedback(
        signal=chain.signal,
        steps=steps.line(chain, staff=False),
        says=chain.says,
        wrote=wrote or (answer.text if answer else ""),
        author=answer.author.name if answer else "",
        is_asked=chain.told_at is not None,
        url=chain.signal.url if chain.signal.key.startswith("community:") else "",
    )


def posts_beside(person: Person, said: Sequence[Feedback]) -> list[Post]:
    """The newest of their posts that are none of these signals: held, not let through, or of this moment, before a worker heard them."""
    shown = {one.signal.key for one in said}
    own = Post.objects.filter(author=person).select_related("status", "board").order_by("-said_at")[:SHOWN]
    return [one for one in own if one.signal_key not in shown]


def headline(said: Sequence[Feedback], beside: Sequence[Post], person: Person) -> str:
    """Marta, one thing is solved if you say so; two are on their way. What they took away is none of them."""
    beside = [one for one in beside if one.standing != Standing.TAKEN]
    if not said and not beside:
        return _("You have not told us anything yet.")
    turn = sum(one.is_asked and one.says not in {"yes", "no"} for one in said)
    solved = sum(one.says == "yes" for one in said)
    refused = sum(one.standing == Standing.REJECTED for one in beside)
    count = len(said) + len(beside)
    on_way = count - turn - solved - refused
    parts = [
        ngettext("%(n)d is solved if you say so", "%(n)d are solved if you say so", turn) % {"n": turn}
        if turn
        else "",
        ngettext("%(n)d is solved", "%(n)d are solved", solved) % {"n": solved} if solved else "",
        ngettext("%(n)d is on its way", "%(n)d are on their way", on_way) % {"n": on_way} if on_way else "",
        ngettext("%(n)d was not let through", "%(n)d were not let through", refused) % {"n": refused}
        if refused
        else "",
    ]
    things = ngettext("you told us one thing", "you told us %(n)d things", count) % {"n": count}
    return _("%(name)s, %(things)s: %(parts)s.") % {
        "name": (person.name.split() or [_("You")])[0],
        "things": things,
        "parts": "; ".join(part for part in parts if part),
    }


def own(person: Person, number: int) -> Signal | None:
    """The signal of this number if it is theirs; what is somebody else's is as absent as what is not there."""
    return next((one for one in signals_of(person) if one.pk == number), None)


def say(*, signal: Signal, solved: bool, now: datetime, words: str = "") -> None:
    """Keep their yes or no to what they were told about one signal; nothing where nobody told them anything."""
    chain = steps.chains([signal])[0]
    if chain.told and chain.told.told_at:
        replying.say(person=chain.told, solved=solved, now=now, words=words)
    elif chain.answer:
        _say_of_answer(signal, solved, now)


@transaction.atomic
def _say_of_answer(signal: Signal, solved: bool, now: datetime) -> None:
    """To an answer that was no letter: their clock knows what they said, and a no opens the theme again."""
    themed = ThemedSignal.objects.filter(signal=signal, cluster__isnull=False).select_related(
        "cluster__theme"
    )
    themes = [one.cluster.theme for one in themed if one.cluster]
    if solved:
        stages.customer_said_yes(keys=[signal.key], now=now)
        for theme in themes:
            replying.stand_again(theme=theme, now=now)
    else:
        failed_before = Clock.objects.filter(signal_key=signal.key, urgency__gt=0).exists()
        because = _("The customer says under My feedback that it is not solved.")
        clocks = stages.customer_said_no(keys=[signal.key], because=because, now=now)
        for clock in clocks if failed_before else ():
            escalation.call_lead(clock=clock, now=now)
        for theme in themes:
            deciding.open_again(theme=theme, now=now)
    counting.ask_to_count(now)

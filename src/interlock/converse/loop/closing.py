"""Tell the customers who spoke about a theme what was decided: who gets it, what it says, and how it goes out.

The answers go out as a round of letters: never lost, never twice, taken back within two minutes. Each letter ends
with two links of its own, by which its reader says whether that solves it.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from interlock.converse.loop import by_community, counting, courses
from interlock.converse.loop.errors import NothingToTell
from interlock.converse.models import Audience, Closure, LoopCourse, ToldPerson, ToldSignal
from interlock.fabric import journal, no_mail
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person
from interlock.listen.answers import rounds
from interlock.listen.answers.channels import Channel, channel_by
from interlock.listen.answers.together import by_person
from interlock.listen.clocks import customer_of
from interlock.listen.models import (
    Answer,
    Clock,
    ReplyRoute,
    Sending,
    Signal,
    Theme,
    ThemedSignal,
    Understood,
)
from interlock.listen.stages import ASIDE_STAGES

MOST_PEOPLE, MOST_SIGNALS = rounds.MOST_PEOPLE, rounds.MOST_SIGNALS
REASONS = {
    "on_its_way": later("are being answered just now"),
    "again": later("were failed before: write to each of them"),
    "no_channel": later("cannot be reached from here: their source takes no answers"),
    "no_mail": later("want no mail from us"),
}
HOUSE = "en"
# The last lines of a letter in the languages that are read here (docs/listen.md); English elsewhere.
LINKS = {
    "en": ("Does this solve it?", "Yes, this solved it", "No, not yet"),
    "de": ("Ist es damit gelöst?", "Ja, damit ist es gelöst", "Nein, noch nicht"),
    "fr": ("Est-ce que cela résout le problème ?", "Oui, c’est résolu", "Non, pas encore"),
    "es": ("¿Queda resuelto con esto?", "Sí, está resuelto", "No, todavía no"),
    "it": ("Questo risolve il problema?", "Sì, è risolto", "No, non ancora"),
    "pt": ("Isto resolve o problema?", "Sim, está resolvido", "Não, ainda não"),
    "nl": ("Is het hiermee opgelost?", "Ja, hiermee is het opgelost", "Nee, nog niet"),
}


@dataclass(frozen=True)
class Reader:
    """One person who gets the letter: the signal that is answered, the others it serves, channel and language."""

    signal: Signal
    also: list[Signal]
    channel: Channel
    language: str


@dataclass(frozen=True)
class Plan:
    """Who is told of a decision, who is passed over by reason, and how many more there are for the next round."""

    course: LoopCourse
    people: list[Reader]
    passed_over: Mapping[str, int]
    left: int
    without_way: int

    @property
    def languages(self) -> list[str]:
        """The languages of the readers, the house's first, then the commonest."""
        spoken = Counter(one.language for one in self.people)
        others = sorted(spoken.keys() - {HOUSE}, key=lambda code: (-spoken[code], code))
        return [HOUSE, *others]


def course_of(theme: Theme) -> LoopCourse | None:
    """The newest decision about a theme, written anew so that one made this minute can be told."""
    courses.write(only=[theme.pk])
    return LoopCourse.objects.filter(theme=theme).first()


def plan(course: LoopCourse) -> Plan:
    """Whom to tell: everybody who spoke before it was decided and was not told of this decision. Eight queries, ten with
    signals of the community.

    Where so many are passed over that they fill the newest signals, more are looked at, with as many queries again.
    """
    most = MOST_SIGNALS
    while True:
        found, looked_at = _among_newest(course, most)
        if len(found.people) == MOST_PEOPLE or looked_at < most:
            return found
        most *= 4


def _among_newest(course: LoopCourse, most: int) -> tuple[Plan, int]:
    """The plan from the newest so many signals, and how many there were."""
    said = _spoke_before(course)
    untold = said.filter(~Exists(_told_of(course)))
    has_way = Exists(ReplyRoute.objects.filter(signal_key=OuterRef("signal__key")))
    reachable = untold.filter(has_way | by_community.can_be_told())
    newest = reachable.order_by("-occurred_at", "-signal").values_list("signal", flat=True)[:most]
    numbers = list(newest)
    found = Signal.objects.select_related("source").in_bulk(numbers)
    signals = [found[number] for number in numbers if number in found]
    keys = [one.key for one in signals]
    routes = {
        one.signal_key: one for one in ReplyRoute.objects.filter(signal_key__in=keys).select_related("source")
    }
    routes |= by_community.ways_to(signals)
    clocks = {one.signal_key: one for one in Clock.objects.filter(signal_key__in=keys)}
    busy = set(
        Answer.objects.filter(signals__signal_key__in=keys)
        .exclude(state__in=[Sending.SENT, Sending.FAILED])
        .values_list("signals__signal_key", flat=True)
    )
    spoken = dict(Understood.objects.filter(pk__in=numbers).values_list("pk", "language"))
    stopped = no_mail.stopped_among(one.address for one in routes.values())
    people, passed_over = [], Counter[str]()
    for own in by_person(signals, routes):
        reason = _passed_over(own, clocks, busy, routes, stopped)
        channels = {one.key: channel_by(one, routes.get(one.key), letters=True) for one in own}
        first = next((one for one in own if channels[one.key].can_send), None)
        if reason == "aside":
            continue
        if reason or first is None:
            passed_over[reason or "no_channel"] += 1
            continue
        language = (spoken.get(first.pk) or first.lang or HOUSE)[:2].lower()
        also = [one for one in own if one is not first]
        people.append(Reader(first, also, channels[first.key], language))
    without = untold.exclude(pk__in=reachable.values("pk")).count()
    left = max(0, len(people) - MOST_PEOPLE)
    return Plan(course, people[:MOST_PEOPLE], passed_over, left, without), len(numbers)


@dataclass(frozen=True)
class Heard:
    """Customers who spoke about a theme before it was decided, and when the first did."""

    customers: int
    first: datetime | None


def heard_before(course: LoopCourse) -> Heard:
    """Who was heard before the decision. One query."""
    return Heard(
        **_spoke_before(course).aggregate(
            customers=Count("customer", distinct=True), first=Min("occurred_at")
        )
    )


def _spoke_before(course: LoopCourse) -> QuerySet[ThemedSignal]:
    return ThemedSignal.objects.filter(cluster__theme=course.theme_id, occurred_at__lte=course.decided_at)


def _told_of(course: LoopCourse) -> QuerySet[ToldSignal]:
    """Signals whose authors were told of this decision, or are about to be."""
    told = ToldSignal.objects.filter(
        signal_key=OuterRef("signal__key"), person__closure__decided_at=course.decided_at
    )
    return told.filter(Q(person__told_at__isnull=False) | Q(person__closure__round__taken_back_at=None))


def _passed_over(
    own: Sequence[Signal],
    clocks: Mapping[str, Clock],
    busy: set[str],
    routes: Mapping[str, ReplyRoute],
    stopped: set[str],
) -> str:
    held = [clocks[one.key] for one in own if one.key in clocks]
    if held and all(one.stage in ASIDE_STAGES for one in held) and len(held) == len(own):
        return "aside"
    if any(one.key in busy for one in own):
        return "on_its_way"
    if any(one.urgency and one.stopped_at is None for one in held):
        return "again"
    addresses = {routes[one.key].address for one in own if one.key in routes}
    return "no_mail" if addresses & stopped else ""


def drafted(course: LoopCourse) -> str:
    """A first wording: what was asked, what was decided, and what is kept of it. A person reads and corrects it.

    Promises are named where customers may read them; others, which are the house's own, are only counted.
    """
    asked = _("You told us: %(theme)s.") % {"theme": course.theme.name}
    if course.is_no:
        return "\n\n".join(
            [asked, _("We are not doing it, and this is why: %(why)s") % {"why": course.decision}]
        )
    lines = [asked, _("We have decided: %(what)s") % {"what": course.decision}]
    promises = courses.promises_about([course.theme])[course.theme_id]
    for said, made in (
        (_("Done: %(what)s."), [one for one in promises.kept if one.audience == Audience.CUSTOMER]),
        (_("Still to come: %(what)s."), [one for one in promises.open if one.audience == Audience.CUSTOMER]),
    ):
        lines += [said % {"what": _promised(one.what, one)} for one in made]
    return "\n\n".join(lines)


def _promised(what: str, one: Any) -> str:
    if one.settled_at:
        return what.rstrip(".")
    return _("%(what)s, by %(day)s") % {"what": what.rstrip("."), "day": date_format(one.due, "j F")}


@transaction.atomic
def tell(
    *,
    theme: Theme,
    decided_at: datetime,
    by: Person,
    texts: Mapping[str, str],
    to: Collection[int],
    reference: UUID,
    now: datetime,
) -> Closure:
    """Tell these people (`to`, numbers of the signals shown as answered), each in their language.

    `reference` is made with the form: the same form sent twice is one closure. Who was told meanwhile is left out.

    Raises:
        NothingToTell: no words, nobody left, or another decision than the one that was shown.
    """
    _must_answer(by)
    Theme.objects.select_for_update(of=("self",)).get(pk=theme.pk)  # of two forms sent at once one is first
    known = Closure.objects.filter(round__reference=reference, by=by).first()
    if known:
        return known
    course = course_of(theme)
    if course is None or course.decided_at != decided_at:
        raise NothingToTell(_("Something else is decided by now. Look at it again; nothing was sent."))
    words = {code: text.replace("\r\n", "\n").strip() for code, text in texts.items() if text.strip()}
    if HOUSE not in words:
        raise NothingToTell(_("Write what they read first; nothing was sent."))
    people = [one for one in plan(course).people if one.signal.pk in to]
    if not people:
        raise NothingToTell(_("None of these people is to be told of this any more. Nothing was sent."))
    closure = _begin(course, people, words, by, reference, now)
    journal.note(
        actor=by,
        verb="told customers what was decided",
        about=theme,
        at=now,
        detail={"round": closure.round_id, "people": len(people), "decision": course.decision},
    )
    counting.ask_to_count(closure.round.sends_at)
    return closure


def _begin(
    course: LoopCourse,
    people: Sequence[Reader],
    words: Mapping[str, str],
    by: Person,
    reference: UUID,
    now: datetime,
) -> Closure:
    """Write the letters down with their links, and who gets them."""
    keys = {one.signal.key: secrets.token_urlsafe(18) for one in people}
    made = rounds.begin_letters(
        theme=course.theme,
        by=by,
        text=words[HOUSE],
        recipients=[[one.signal.key, *(other.key for other in one.also)] for one in people],
        letters={
            one.signal.key: (
                words.get(one.language, words[HOUSE]),
                links(keys[one.signal.key], one.language),
            )
            for one in people
        },
        ways=by_community.ways_to([one.signal for one in people]).values(),
        reference=reference,
        now=now,
    )
    closure = _kept(course, made, words, by, now)
    _keep_people(closure, people, keys)
    return closure


def _kept(course: LoopCourse, made: Any, words: Mapping[str, str], by: Person, now: datetime) -> Closure:
    heard = heard_before(course)
    return Closure.objects.create(
        theme=course.theme,
        decision=course.decision,
        decided_at=course.decided_at,
        is_no=course.is_no,
        texts=dict(words),
        customers=heard.customers,
        first_said_at=heard.first or course.decided_at,
        by=by,
        made_at=now,
        round=made,
    )


def _keep_people(closure: Closure, people: Sequence[Reader], keys: Mapping[str, str]) -> None:
    told = ToldPerson.objects.bulk_create(
        ToldPerson(
            closure=closure,
            key=keys[one.signal.key],
            reference=rounds.reference_of(closure.round.reference, one.signal.key),
            customer=one.signal.contact_key or customer_of(one.signal),
            language=one.language if one.language in closure.texts else HOUSE,
        )
        for one in people
    )
    ToldSignal.objects.bulk_create(
        ToldSignal(person=person, signal_key=signal.key)
        for person, one in zip(told, people, strict=True)
        for signal in (one.signal, *one.also)
    )


def links(key: str, language: str) -> str:
    """The last lines of a letter, with its two links; both open the same page, and nothing counts before a button is pressed there."""
    asks, yes, no = LINKS.get(language, LINKS[HOUSE])
    page = f"{settings.PAGES_URL}{reverse('loop:answer', args=[key])}"
    return f"\n\n{asks}\n{yes}: {page}?say=yes\n{no}: {page}?say=no\n"


def _must_answer(by: Person) -> None:
    if not may(by, Act.ANSWER):
        raise NothingToTell(_("Your role does not include answering customers; nothing was sent."))

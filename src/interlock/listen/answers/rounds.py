"""One text for everybody who waits about a theme: who gets it, who is passed over and why, and how it goes out.

A round is written down first, with the people it is for; a worker then writes one answer a person, whose reference
is made of the round's and the signal's, so that a worker that dies doubles nothing. The answers go out as all
others do. Until one has left, the round takes it back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Case, Exists, Max, OuterRef, Q, When
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from interlock.fabric import journal, no_mail, work
from interlock.fabric.models import Person, Role
from interlock.fabric.pacing import with_gaps
from interlock.listen.answers import writing
from interlock.listen.answers.channels import Channel, channel_by
from interlock.listen.answers.together import by_person
from interlock.listen.errors import ListenError, NotAnswerable
from interlock.listen.models import (
    Answer,
    AnsweredSignal,
    AnswerRound,
    Clock,
    ReplyRoute,
    Sending,
    Signal,
    Theme,
)
from interlock.listen.stages import must_answer, noted_about

# Long enough to see on the round's page what one has done.
SENDS_AFTER = timedelta(minutes=2)
# As many as somebody can look through before they press the button; the next ones are the next round.
MOST_PEOPLE, MOST_SIGNALS = 200, 1_000
REASONS = {
    "answered": later("have an answer or a draft of one, or came back after one"),
    "again": later("were failed before: write to each of them"),
    "looked_after": later("are looked after by a colleague"),
    "no_mail": later("want no mail from here"),
    "no_channel": later("cannot be reached from here: their source takes no answers, or named no way back"),
}
NEVER_SENT = (Sending.WAITING, Sending.BY_HAND, Sending.FAILED)


@dataclass(frozen=True)
class Addressee:
    """One person: the signal that is answered, the others that the same answer serves, and the channel."""

    signal: Signal
    also: list[Signal]
    channel: Channel


@dataclass(frozen=True)
class Plan:
    """Who gets the round, how many people are passed over by reason, and how many more would get the next one."""

    people: list[Addressee]
    passed_over: Mapping[str, int]
    left: int


def plan(theme: Theme, by: Person) -> Plan:
    """Who waits about this theme, and who of them a round of this person's may answer. Six queries at most."""
    clocks = _clocks(theme, by)
    found = Signal.objects.select_related("source").in_bulk(list(clocks), field_name="key")
    signals = [found[key] for key in clocks if key in found]
    routes = {
        one.signal_key: one
        for one in ReplyRoute.objects.filter(signal_key__in=clocks).select_related("source")
    }
    answered = set(AnsweredSignal.objects.filter(signal_key__in=clocks).values_list("signal_key", flat=True))
    stopped = no_mail.stopped_among(one.address for one in routes.values())
    people, passed_over = [], Counter[str]()
    for own in by_person(signals, routes):
        reason = next(
            (why for one in own if (why := _passed_over(clocks[one.key], by, one.key in answered))), ""
        )
        if not reason and any(one.key in routes and routes[one.key].address in stopped for one in own):
            reason = "no_mail"
        channels = {one.key: channel_by(one, routes.get(one.key)) for one in own}
        first = next((one for one in own if channels[one.key].can_send), None)
        if reason or first is None:
            passed_over[reason or "no_channel"] += 1
        else:
            others = [one for one in own if one is not first]
            people.append(Addressee(first, others, channels[first.key]))
    return Plan(people[:MOST_PEOPLE], passed_over, max(0, len(people) - MOST_PEOPLE))


def _clocks(theme: Theme, by: Person) -> dict[str, Clock]:
    """The first clocks that a round may stop, and the first it may not, those of the same contacts before; by signal. Two queries.

    Each kind has a window of its own, so that many who are passed over hide nobody who waits.
    """
    waiting = Clock.objects.filter(
        stopped_at=None, signal_key__in=Signal.objects.filter(themed__cluster__theme=theme).values("key")
    )
    free = ~Exists(AnsweredSignal.objects.filter(signal_key=OuterRef("signal_key"))) & Q(urgency=0)
    free &= Q(owner=None) | Q(owner=by)
    stops = list(waiting.filter(free).order_by("due_at", "pk")[:MOST_SIGNALS])
    theirs = Signal.objects.filter(key__in=[one.signal_key for one in stops]).exclude(contact_key="")
    same = Signal.objects.filter(contact_key__in=theirs.values("contact_key")).values("key")
    rest = waiting.filter(~free).order_by(Case(When(signal_key__in=same, then=0), default=1), "due_at", "pk")
    found = sorted([*stops, *rest[:MOST_SIGNALS]], key=lambda one: (one.due_at, one.pk))
    return {one.signal_key: one for one in found}


def _passed_over(clock: Clock, by: Person, is_answered: bool) -> str:
    if is_answered:
        return "answered"
    if clock.urgency:
        return "again"
    return "looked_after" if clock.owner_id not in {None, by.pk} else ""


@transaction.atomic
def begin(
    *, theme: Theme, by: Person, text: str, to: Collection[int], reference: UUID, now: datetime
) -> AnswerRound:
    """Write down that these people (`to`, numbers of the signals shown as answered) get this text.

    `reference` is made with the form: the same form sent twice is one round. Who meanwhile may no longer be answered
    is left out; nobody is added.

    Raises:
        NotAnswerable: there is no text, or nobody is left to get it.
    """
    must_answer(by)
    if not text.strip():
        raise NotAnswerable(_("There is nothing to send yet. Write a line first; nothing was sent."))
    Theme.objects.select_for_update(of=("self",)).get(pk=theme.pk)  # of two forms sent at once one is first
    known = AnswerRound.objects.filter(reference=reference, by=by).first()
    if known:
        return known
    people = [one for one in plan(theme, by).people if one.signal.pk in to]
    if not people:
        raise NotAnswerable(_("None of these people waits for this answer any more. Nothing was sent."))
    made = AnswerRound.objects.create(
        reference=reference,
        theme=theme,
        by=by,
        text=text,
        made_at=now,
        sends_at=now + SENDS_AFTER,
        recipients=[[one.signal.key, *(other.key for other in one.also)] for one in people],
    )
    journal.note(
        actor=by,
        verb="answers who waits",
        about=theme,
        at=now,
        detail={"round": made.pk, "people": len(people)},
    )
    work.ask(write_round, made.pk)
    return made


@transaction.atomic
def begin_letters(
    *,
    theme: Theme,
    by: Person,
    text: str,
    recipients: list[list[str]],
    letters: Mapping[str, tuple[str, str]],
    ways: Collection[ReplyRoute],
    reference: UUID,
    now: datetime,
) -> AnswerRound:
    """Write down letters to people who spoke about a theme, whether or not they wait; the caller has chosen them.

    `recipients` are the keys of each person's signals, `letters`, by the first key, what they read
    and the links below it: those are added as it leaves, so that no colleague and no later draft holds them.
    `ways` lead to those whose signals came without a way back.
    """
    must_answer(by)
    ReplyRoute.objects.bulk_create(
        ways, update_conflicts=True, unique_fields=["signal_key"], update_fields=["address"]
    )
    made = AnswerRound.objects.create(
        reference=reference,
        theme=theme,
        by=by,
        text=text,
        made_at=now,
        sends_at=now + SENDS_AFTER,
        recipients=recipients,
        letters=dict(letters),
    )
    work.ask(write_round, made.pk)
    return made


@work.task(
    queue="prompt",
    attempts=5,
    key=lambda round_id: f"round {round_id}",
    title=later("Write the answers of a round"),
)
def write_round(round_id: int) -> int:
    """Write the answers of one round; return how many there are."""
    return write_answers(round_id=round_id, now=timezone.now())


def write_answers(*, round_id: int, now: datetime) -> int:
    """Write an answer to each person of a round who still waits for it; return how many there are."""
    made = AnswerRound.objects.select_related("by", "theme").get(pk=round_id)
    for keys in with_gaps(made.recipients):
        if not _write_one(made, keys, now):
            break
    written = made.answers.count()
    passed_over = len(made.recipients) - written
    kept = AnswerRound.objects.filter(pk=round_id, taken_back_at=None)
    kept.update(written_at=now, passed_over=passed_over)
    return written


@transaction.atomic
def _write_one(made: AnswerRound, keys: list[str], now: datetime) -> bool:
    """Answer one person unless somebody did meanwhile; False when the round was taken back."""
    locked = AnswerRound.objects.select_for_update(of=("self",)).get(pk=made.pk)
    if locked.taken_back_at:
        return False
    serves = _served(made, keys)
    signal = Signal.objects.select_related("source").filter(key=keys[0]).first()
    if signal is None or keys[0] not in serves:
        return True
    try:
        with transaction.atomic():
            writing.write(
                signal=signal,
                also=[key for key in keys[1:] if key in serves],
                by=made.by,
                text=made.letters.get(keys[0], [made.text])[0],
                reference=reference_of(made.reference, keys[0]),
                seen=_seen(made, keys),
                now=now,
                within=made,
            )
    except ListenError:  # somebody else was first; counted as passed over
        pass
    return True


def reference_of(round_reference: UUID, key: str) -> UUID:
    """The reference of the answer that a round writes under this signal."""
    return uuid5(round_reference, key)


def _served(made: AnswerRound, keys: list[str]) -> set[str]:
    """Which of these signals the answer is for: those that wait, or all that are still there where letters go out."""
    if made.letters:
        return set(Signal.objects.filter(key__in=keys).values_list("key", flat=True))
    waiting = Clock.objects.filter(signal_key__in=keys, stopped_at=None)
    return set(waiting.values_list("signal_key", flat=True))


def _seen(made: AnswerRound, keys: list[str]) -> int:
    """The newest answer that may stand before this one: none for who waits, any earlier one for a letter."""
    if not made.letters:
        return 0
    earlier = Answer.objects.filter(signals__signal_key__in=keys, made_at__lte=made.made_at)
    return earlier.aggregate(newest=Max("pk"))["newest"] or 0


@transaction.atomic
def take_back(*, made: AnswerRound, by: Person, now: datetime) -> int:
    """Take back every answer of a round that has not left; return how many.

    Raises:
        NotAnswerable: it is somebody else's, and `by` leads nobody.
    """
    must_answer(by)
    locked = AnswerRound.objects.select_for_update(of=("self",)).get(pk=made.pk)
    if locked.by_id != by.pk and by.role not in {Role.OWNER, Role.LEAD}:
        raise NotAnswerable(
            _("Only who wrote these answers, or a lead, can take them back; nothing was changed.")
        )
    kept = Answer.objects.select_for_update(of=("self",)).filter(round=locked, state__in=NEVER_SENT)
    answers = list(kept.order_by("pk"))
    for answer in answers:
        noted_about(answer, by, "took the answer back", now)
        answer.delete()
    locked.taken_back_at = locked.taken_back_at or now
    locked.save(update_fields=["taken_back_at"])
    journal.note(
        actor=by,
        verb="took answers back",
        about=locked.theme,
        at=now,
        detail={"round": locked.pk, "people": len(answers)},
    )
    return len(answers)

"""An answer from the first letter to the press of the button: kept as a draft, sent, taken back.

One answer may serve several signals of the same customer, so that somebody who wrote twice is answered once.
What goes out by a channel waits half a minute first; until a worker has taken it, it can be taken back.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from interlock.fabric.models import Person
from interlock.listen.answers import going_out
from interlock.listen.answers.channels import channel_of
from interlock.listen.answers.together import answerable_together, surely_same_person
from interlock.listen.errors import AlreadyAnswered, NotAnswerable
from interlock.listen.models import Answer, AnsweredSignal, AnswerRound, Clock, Sending, Signal
from interlock.listen.stages import must_answer, noted_about

TAKE_BACK = timedelta(seconds=30)
LONGEST_ANSWER = 20_000


@transaction.atomic
def keep_draft(
    *, signal: Signal, by: Person, text: str, now: datetime, drafted_from: Answer | None = None
) -> Answer | None:
    """Keep what somebody has written so far, for this signal and this person; an empty text forgets it."""
    must_answer(by)
    draft = own_draft(signal, by)
    if not text.strip():
        if draft:
            draft.delete()
        return None
    if draft is None:
        draft = Answer.objects.create(author=by, text="", made_at=now)
        AnsweredSignal.objects.create(answer=draft, signal_key=signal.key)
    draft.text, draft.made_at = _clean(text), now
    draft.drafted_from = drafted_from or draft.drafted_from
    draft.save(update_fields=["text", "made_at", "drafted_from"])
    return draft


def own_draft(signal: Signal, by: Person) -> Answer | None:
    """What this person has begun to write to this signal."""
    return (
        Answer.objects.filter(author=by, state=Sending.DRAFT, signals__signal_key=signal.key)
        .select_related("drafted_from__author")
        .first()
    )


def send(
    *,
    signal: Signal,
    also: Sequence[str],
    by: Person,
    text: str,
    reference: uuid.UUID,
    seen: int,
    now: datetime,
) -> Answer:
    """Answer a signal, and with the same words other waiting ones of the same customer (`also`, by key).

    `reference` is made with the form: the same form sent twice is one answer. `seen` is the newest answer that
    the page showed, so that nobody answers over a colleague unawares.

    Raises:
        AlreadyAnswered: somebody else was first; the text is kept as a draft.
        NotAnswerable: there is no text, or the signals belong to different customers.
    """
    must_answer(by)
    if not text.strip():
        raise NotAnswerable(_("There is nothing to send yet. Write a line first; nothing was sent."))
    try:
        return write(signal=signal, also=also, by=by, text=text, reference=reference, seen=seen, now=now)
    except AlreadyAnswered:
        keep_draft(signal=signal, by=by, text=text, now=now)
        raise


@transaction.atomic
def write(
    *,
    signal: Signal,
    also: Sequence[str],
    by: Person,
    text: str,
    reference: uuid.UUID,
    seen: int,
    now: datetime,
    within: AnswerRound | None = None,
) -> Answer:
    """Write an answer that goes out by its channel, as `send` does, but keep no draft when somebody was first.

    One `within` a round leaves no earlier than the round does. A round that brings its own letters has found out
    itself which signals are of one person; they need not wait.
    """
    keys = [signal.key, *also] if within and within.letters else _keys(signal, also)
    # Locked, so that of two who answer at once the second sees the first; in the order of settling, signals
    # before clocks, so that neither waits for the other.
    list(Signal.objects.select_for_update(of=("self",)).filter(key__in=keys).order_by("pk").values_list("pk"))
    list(Clock.objects.select_for_update(of=("self",)).filter(signal_key__in=keys).order_by("pk"))
    known = Answer.objects.filter(reference=reference, author=by).exclude(state=Sending.DRAFT).first()
    if known:
        return known
    _must_be_first(keys, seen)
    channel = channel_of(signal, letters=bool(within and within.letters))
    draft = own_draft(signal, by)
    answer = Answer(
        reference=reference,
        author=by,
        text=_clean(text),
        made_at=now,
        round=within,
        source=channel.source,
        state=Sending.WAITING if channel.can_send else Sending.BY_HAND,
        try_at=max(now + TAKE_BACK, within.sends_at if within else now) if channel.can_send else None,
        drafted_from=draft.drafted_from if draft else None,
    )
    answer.save(force_insert=True)
    AnsweredSignal.objects.bulk_create(AnsweredSignal(answer=answer, signal_key=key) for key in keys)
    # Who has answered looks after it from here, also until it is sent by hand.
    Clock.objects.filter(signal_key__in=keys, owner=None, stopped_at=None).update(owner=by)
    if draft:
        draft.delete()
    noted_about(answer, by, "wrote an answer", now)
    if answer.try_at:
        going_out.ask_to_send(answer)
    return answer


@transaction.atomic
def take_back(*, answer: Answer, by: Person, now: datetime) -> Answer:
    """Make a draft of an answer again that no worker has taken yet, or that nobody has sent by hand.

    Raises:
        NotAnswerable: it is somebody else's, or on its way.
    """
    locked = Answer.objects.select_for_update(of=("self",)).get(pk=answer.pk)
    if locked.author_id != by.pk:
        raise NotAnswerable(_("Only who wrote an answer can take it back; nothing was changed."))
    if locked.state not in {Sending.WAITING, Sending.BY_HAND, Sending.FAILED}:
        raise NotAnswerable(_("This answer has gone out and cannot be taken back. Write another one."))
    first = locked.signals.order_by("pk").values_list("signal_key", flat=True).first()
    for other in Answer.objects.filter(author=by, state=Sending.DRAFT, signals__signal_key=first):
        other.delete()
    # A draft has a reference of its own once it is sent: this one may have been tried.
    locked.state, locked.try_at, locked.error, locked.attempts = Sending.DRAFT, None, "", 0
    locked.reference, locked.made_at = uuid.uuid4(), now
    locked.save()
    noted_about(locked, by, "took the answer back", now)
    return locked


def _keys(signal: Signal, also: Sequence[str]) -> list[str]:
    """The signals this answer serves.

    Raises:
        NotAnswerable: one of them is no waiting signal of the same customer, talk or place.
    """
    others = [key for key in dict.fromkeys(also) if key != signal.key]
    unknown = set(others) - {one.key for one in answerable_together(signal)}
    if unknown:
        waiting = Clock.objects.filter(signal_key__in=unknown, stopped_at=None).values("signal_key")
        unknown -= {
            one.key for one in surely_same_person(signal, list(Signal.objects.filter(key__in=waiting)))
        }
    if unknown:
        raise NotAnswerable(
            _(
                "These signals are not all of one customer, or one no longer waits. Look at them again; nothing was sent."
            )
        )
    return [signal.key, *others]


def _must_be_first(keys: Sequence[str], seen: int) -> None:
    newer = (
        Answer.objects.filter(signals__signal_key__in=keys, pk__gt=seen)
        .exclude(state=Sending.DRAFT)
        .select_related("author")
        .order_by("-pk")
        .first()
    )
    if newer:
        at = timezone.localtime(newer.sent_at or newer.made_at)
        raise AlreadyAnswered(
            _(
                "%(name)s answered at %(time)s. Your text is kept as a draft below; read the other answer first."
            )
            % {"name": newer.author.name, "time": date_format(at, "H:i")}
        )


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\0", "").strip()[:LONGEST_ANSWER]

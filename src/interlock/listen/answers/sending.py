"""How an answer gets out through its channel: never lost, never sent twice, whatever is killed in between.

Before anything leaves, the answer is marked as being sent, and that is committed. Who finds one so marked whose
time is up knows that a sender died at it: the other system is asked first whether the answer, known by its
reference, is there already. Only when it surely is not, it is sent again. Where nobody can tell, a person is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.connectors.live import (
    SHOWN_WITHIN,
    AnsweringConnector,
    Answers,
    Http,
    Letter,
    NotSent,
    PerhapsSent,
    Reach,
    Route,
    Sent,
    TryLater,
    Unauthorised,
)
from interlock.fabric.models import Person
from interlock.fabric.secrets import SealBroken
from interlock.listen import stages
from interlock.listen.errors import NotAnswerable
from interlock.listen.keeping import keeping
from interlock.listen.models import Answer, ReplyRoute, Sending, Signal, Source

# `_hurried` lets nobody begin another request after this.
LONGEST_SENDING = timedelta(minutes=8)
# After a doubt, or after the last moment of a sender that died, the other system gets this long to show the answer.
LOOK_AGAIN = SHOWN_WITHIN
LEASE = LONGEST_SENDING + LOOK_AGAIN
# A mail server that greylists lets one in after minutes; one that is down overnight is back after hours.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))


@dataclass(frozen=True)
class Outside:
    """What sending needs of the world: the connectors, the answers to their questions, and their reach."""

    connectors: Mapping[str, Any]
    answers_of: Callable[[Source], Answers]
    reach: Reach


def due_answers(*, now: datetime) -> list[int]:
    """Answers that wait for their hour, and those whose sender died. One query."""
    due = Answer.objects.filter(state__in=[Sending.WAITING, Sending.SENDING], try_at__lte=now)
    return list(due.order_by("try_at").values_list("pk", flat=True)[:500])


def deliver(*, answer_id: int, outside: Outside) -> None:
    """Take one answer out to its customer, if it is due and nobody else has it."""
    claimed = _claim(answer_id, outside.reach.now())
    if claimed is None:
        return
    answer, again, tried_at = claimed
    hold = _Hold(answer, again, outside.reach.now)
    connector = outside.connectors.get(answer.source.kind) if answer.source else None
    route = _route(answer)
    if route is None or not isinstance(connector, AnsweringConnector) or answer.source.removed_at:
        hold.left_to_hands()
        return
    try:
        answers = outside.answers_of(answer.source)
    except SealBroken as error:
        hold.locked_out(str(error))
        return
    reach = _hurried(keeping(outside.reach, answer.source), hold.began + LONGEST_SENDING)
    letter = _letter(answer, tried_at)
    if again and not _surely_not_there(hold, connector, answers, route, letter, reach):
        return
    _hand_over(hold, connector, answers, route, letter, reach)


def _surely_not_there(
    hold: _Hold,
    connector: AnsweringConnector,
    answers: Answers,
    route: Route,
    letter: Letter,
    reach: Reach,
) -> bool:
    """Ask the other system for the answer; whatever keeps us from looking proves nothing about it."""
    try:
        found = connector.find(answers, route, letter, reach)
    except TryLater as error:
        hold.look_later(str(error), error.seconds)
    except Exception as error:
        hold.doubt(str(error) or type(error).__name__)
    else:
        if found is None:
            return True
        hold.sent(found)
    return False


def _hand_over(
    hold: _Hold,
    connector: AnsweringConnector,
    answers: Answers,
    route: Route,
    letter: Letter,
    reach: Reach,
) -> None:
    try:
        sent = connector.send(answers, route, letter, reach)
    except NotSent as error:
        hold.not_sent(str(error), for_good=error.for_good)
    except TryLater as error:
        hold.not_sent(str(error), seconds=error.seconds)
    except Unauthorised as error:
        hold.not_sent(str(error), for_good=True)
    except Exception as error:  # whatever else went wrong, nobody can say from here that it was not sent
        hold.doubt(str(error) or type(error).__name__)
    else:
        hold.sent(sent)


@transaction.atomic
def _claim(answer_id: int, now: datetime) -> tuple[Answer, bool, datetime | None] | None:
    """Mark an answer as being sent; say whether somebody tried it before and never came back, and when at the latest."""
    answer = Answer.objects.select_for_update(of=("self",)).filter(pk=answer_id).first()
    if answer is None or answer.state not in {Sending.WAITING, Sending.SENDING} or answer.try_at > now:
        return None
    again = answer.state == Sending.SENDING
    # A doubt was noted when the try had ended; who died may have handed it over at the very end of the time given.
    since = LOOK_AGAIN if answer.error else LEASE - LONGEST_SENDING
    tried_at = answer.try_at - since if again else None
    answer.state, answer.try_at = Sending.SENDING, now + LEASE
    answer.attempts += 1
    if not again:
        answer.error = ""
    answer.save(update_fields=["state", "try_at", "attempts", "error"])
    return answer, again, tried_at


class _Hold:
    """One claimed sending. What came of it is noted only while nobody else has claimed the answer since."""

    def __init__(self, answer: Answer, again: bool, now: Callable[[], datetime]) -> None:
        self.answer, self.again, self.now, self.began = answer, again, now, now()

    def sent(self, sent: Sent) -> None:
        with transaction.atomic():
            answer = Answer.objects.select_for_update(of=("self",)).get(pk=self.answer.pk)
            if answer.state != Sending.SENT:
                note_sent(answer, sent.foreign_id, None, self.now())

    def not_sent(self, words: str, *, for_good: bool = False, seconds: float | None = None) -> None:
        """Surely not sent: try again later, or tell people when that is useless."""
        last = for_good or self.answer.attempts > len(WAITS)
        wait = (
            timedelta(seconds=seconds)
            if seconds is not None
            else WAITS[min(self.answer.attempts, len(WAITS)) - 1]
        )
        if last:
            self._note(Sending.FAILED, words, None, "could not send the answer")
        else:
            self._note(Sending.WAITING, words, self.now() + wait, "")

    def doubt(self, words: str) -> None:
        """Nobody can tell: ask the other system once more, then a person."""
        if self.again and self.answer.error:
            self._note(Sending.DOUBTFUL, words, None, "cannot tell whether the answer arrived")
        else:
            self._note(Sending.SENDING, words, self.now() + LOOK_AGAIN, "")

    def look_later(self, words: str, seconds: float) -> None:
        """The other system asks for patience before it says whether it has the answer."""
        if self.answer.attempts > len(WAITS):
            self._note(Sending.DOUBTFUL, words, None, "cannot tell whether the answer arrived")
        else:
            wait = max(LOOK_AGAIN, timedelta(seconds=seconds))
            # Without words of its own, so that this counts for no look that was taken.
            self._note(Sending.SENDING, self.answer.error, self.now() + wait, "")

    def locked_out(self, words: str) -> None:
        """The credentials cannot be read, so nothing can be sent or looked for."""
        if self.again:
            self._note(Sending.DOUBTFUL, words, None, "cannot tell whether the answer arrived")
        else:
            self.not_sent(words, for_good=True)

    def left_to_hands(self) -> None:
        words = _("The channel is no longer connected. Send it by hand, then say so here.")
        # Somebody may have died while sending it: then it is not sure that it has not arrived.
        state = Sending.DOUBTFUL if self.again else Sending.BY_HAND
        self._note(state, words, None, "left the answer to be sent by hand")

    @transaction.atomic
    def _note(self, state: str, words: str, try_at: datetime | None, verb: str) -> None:
        ours = Answer.objects.filter(pk=self.answer.pk, state=Sending.SENDING, attempts=self.answer.attempts)
        if ours.update(state=state, error=words, try_at=try_at) and verb:
            stages.noted_about(self.answer, None, verb, self.now())


def note_sent(answer: Answer, foreign_id: str, by: Person | None, now: datetime) -> None:
    """The customer has it: note that, and stop the clocks it serves. Inside the caller's transaction."""
    answer.state, answer.sent_at, answer.try_at, answer.error = Sending.SENT, now, None, ""
    answer.foreign_id = foreign_id[:400]
    answer.save(update_fields=["state", "sent_at", "try_at", "error", "foreign_id"])
    keys = list(answer.signals.values_list("signal_key", flat=True))
    stages.answered(keys=keys, by=by or answer.author, now=now, how=answer.foreign_id)


@transaction.atomic
def note_by_hand(*, answer: Answer, by: Person, where: str, now: datetime) -> Answer:
    """Somebody sent it by hand, or saw that a doubtful one arrived; `where` tells others where to find it.

    Raises:
        NotAnswerable: it is on its way or was sent already, or nobody said where.
    """
    locked = _to_settle(answer, by)
    if not where.strip():
        raise NotAnswerable(
            _("Write where you sent it or saw it, so that others find it. Nothing was changed.")
        )
    note_sent(locked, where.strip(), by, now)
    return locked


@transaction.atomic
def try_again(*, answer: Answer, by: Person, now: datetime) -> Answer:
    """Somebody looked and knows that it did not arrive, or mended what was in the way: send it once more."""
    locked = _to_settle(answer, by)
    if locked.state == Sending.BY_HAND:
        raise NotAnswerable(_("This answer has no channel to be sent by; send it by hand and say so here."))
    locked.state, locked.try_at, locked.attempts, locked.error = Sending.WAITING, now, 0, ""
    locked.save(update_fields=["state", "try_at", "attempts", "error"])
    stages.noted_about(locked, by, "let the answer be sent again", now)
    return locked


def _to_settle(answer: Answer, by: Person) -> Answer:
    stages.must_answer(by)
    locked = Answer.objects.select_for_update(of=("self",)).get(pk=answer.pk)
    if locked.state not in {Sending.BY_HAND, Sending.DOUBTFUL, Sending.FAILED}:
        raise NotAnswerable(
            _("This answer is %(state)s, so there is nothing to settle by hand.")
            % {"state": locked.get_state_display()}
        )
    return locked


def _route(answer: Answer) -> Route | None:
    """How the author of the first signal is reached; the first is the one the answer was written under."""
    key = answer.signals.order_by("pk").values_list("signal_key", flat=True).first()
    kept = ReplyRoute.objects.filter(signal_key=key).first()
    return Route(address=kept.address, thread=kept.thread, detail=kept.detail) if kept else None


def _letter(answer: Answer, tried_at: datetime | None = None) -> Letter:
    key = answer.signals.order_by("pk").values_list("signal_key", flat=True).first()
    title = Signal.objects.filter(key=key).values_list("title", flat=True).first() or ""
    return Letter(
        reference=str(answer.reference),
        author=answer.author.name,
        text=f"{answer.text}{_links(answer, key)}",
        subject=title[:200],
        tried_at=tried_at,
    )


def _links(answer: Answer, key: str | None) -> str:
    """The links that only this reader gets, where the answer is a letter of a round."""
    letters = answer.round.letters if answer.round else {}
    return str(letters[key][1]) if key in letters else ""


def _hurried(reach: Reach, until: datetime) -> Reach:
    """The same reach, but nothing new is begun after `until`: another may take the answer over soon after."""

    def check() -> None:
        if reach.now() > until:
            raise PerhapsSent("sending took too long and was broken off")

    def http(method: str, url: str, **more: Any) -> Any:
        check()
        return reach.http(method, url, **more)

    def wait(seconds: float) -> None:
        check()
        reach.wait(seconds)

    hurried: Http = http
    return replace(reach, http=hurried, wait=wait)

"""What a connector promises that answers customers: never lost, never sent twice, and honest where it cannot know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..errors import ConnectorError
from ..live import AnsweringConnector, NotSent, PerhapsSent, Sent
from .case import Case, Reply
from .playing import Answer, Asked, Breakage, hang_up, says
from .stage import Broken, Spoilable, staged


class _Outgoing:
    """A connector with a letter in its hand, in front of a fresh system."""

    def __init__(self, stage: Spoilable, reply: Reply, count: Callable[[], int]) -> None:
        connector = stage.case.connector
        assert isinstance(connector, AnsweringConnector)
        self._connector = connector
        self.stage = stage
        self._reply = reply
        self.count = count

    def send(self) -> Sent:
        case = self.stage.case
        return self._connector.send(case.answers, self._reply.route, self._reply.letter, self.stage.reach)

    def find(self) -> Sent | None:
        case = self.stage.case
        return self._connector.find(case.answers, self._reply.route, self._reply.letter, self.stage.reach)

    def failure(self) -> ConnectorError:
        """The error that sending ends with."""
        try:
            self.send()
        except ConnectorError as error:
            self.stage.keep_secret_in(error)
            return error
        except Exception as error:
            raise Broken(f"send() raised {type(error).__name__} instead of NotSent or PerhapsSent") from error
        raise Broken("send() is content although the system did not take the answer")


@contextmanager
def _outgoing(case: Case) -> Iterator[_Outgoing]:
    if case.reply is None:
        raise Broken("the connector can answer, but the case names no `reply`")
    api, count = case.reply.api()
    with staged(case, api) as stage:
        yield _Outgoing(stage, case.reply, count)


def sends_once_and_finds_it_again(case: Case) -> None:
    with _outgoing(case) as out:
        if out.find() is not None:
            raise Broken("find() finds an answer that was never sent")
        sent = out.send()
        if out.count() != 1:
            raise Broken(f"after sending once the system holds {out.count()} answers")
        found = out.find()
        if found is None or found.foreign_id != sent.foreign_id:
            raise Broken(f"sent as {sent}, found as {found}")


def _not_taken(breakage: Breakage, *, for_good: bool | None) -> Callable[[Case], None]:
    def check(case: Case) -> None:
        with _outgoing(case) as out:
            # The system refuses every request without doing anything.
            willing, out.stage.server.api = out.stage.server.api, _unwilling
            out.stage.server.spoil(breakage)
            error = out.failure()
            if not isinstance(error, NotSent):
                raise Broken(
                    f"refused without being taken, it became {type(error).__name__} instead of NotSent"
                )
            if for_good is not None and error.for_good != for_good:
                raise Broken(
                    f"NotSent says for_good={error.for_good}; trying again would {'not ' * for_good}help"
                )
            out.stage.server.api = willing
            out.stage.server.heal()
            out.send()
            if out.count() != 1:
                raise Broken(f"refused once and sent once, the system holds {out.count()} answers")

    return check


def knows_when_nobody_can_know(case: Case) -> None:
    with _outgoing(case) as out:
        out.send()
        requests = len(out.stage.server.asked)
    for breakage in (hang_up, says(502, None, b"<html>Bad Gateway</html>"), says(200, None, b"{ half")):
        for at in range(requests):
            with _outgoing(case) as out:
                # The system does what it is asked, but its word gets lost.
                out.stage.server.spoil(breakage, at=at)
                error = out.failure()
                _is_honest(out, error)


def _is_honest(out: _Outgoing, error: ConnectorError) -> None:
    taken = out.count()
    if taken > 1:
        raise Broken(f"the connection broke at handing over, and it was sent {taken} times")
    if taken == 1 and not isinstance(error, PerhapsSent):
        raise Broken(f"the system took it, yet it became {type(error).__name__} instead of PerhapsSent")
    if not isinstance(error, NotSent | PerhapsSent):
        raise Broken(f"it became {type(error).__name__} instead of NotSent or PerhapsSent")
    out.stage.server.heal()
    if (out.find() is not None) != bool(taken):
        raise Broken(f"find() says {'nothing is' if taken else 'it is'} there; the system knows better")


def a_search_that_fails_is_no_no(case: Case) -> None:
    for breakage in (says(500), says(429, {"Retry-After": "9"}), hang_up, says(200, None, b"<html>")):
        with _outgoing(case) as out:
            out.send()
            out.stage.server.spoil(breakage)
            try:
                if out.find() is None:
                    raise Broken("find() says the answer is not there although the system did not say so")
            except Broken:
                raise
            except ConnectorError as error:
                out.stage.keep_secret_in(error)


def _unwilling(asked: Asked) -> Answer:
    return Answer({}, 503)


ANSWERING_CHECKS: dict[str, Callable[[Case], None]] = {
    "sends once and finds it again": sends_once_and_finds_it_again,
    "says what 429 did not take": _not_taken(says(429, {"Retry-After": "5"}), for_good=False),
    "says what refused credentials did not take": _not_taken(says(401), for_good=False),
    "says what was refused for good": _not_taken(says(422), for_good=True),
    "knows when nobody can know": knows_when_nobody_can_know,
    "a search that fails is no no": a_search_that_fails_is_no_no,
}

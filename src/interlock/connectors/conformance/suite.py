"""What every live connector promises, one check each. A check raises `Broken` when the promise is not kept.

Nothing here knows a system: a check plays the case's system over real HTTP, spoils its answers in one way, and looks
at the rows, the cursor and the errors. Each check was seen to fail on a connector with that fault planted
(tests/connectors/live/test_conformance.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any

from ..errors import ConnectorError
from ..live import AnsweringConnector, Interrupted, LiveConnector, Page, TryLater, Unauthorised
from .answering import ANSWERING_CHECKS
from .case import Case, Key
from .playing import (
    Answer,
    Api,
    Asked,
    Breakage,
    a_web_page,
    another_json,
    cut_in_the_middle,
    drip,
    huge,
    says,
    truncated,
)
from .rows import agrees, faults_of
from .stage import SECONDS, Broken, Spoilable, Stage, key_of, rows_of, staged, staged_in_process

Check = Callable[[Case], None]


def keeps_the_protocol(case: Case) -> None:
    connector = case.connector
    if not isinstance(connector, LiveConnector):
        raise Broken("it lacks something that LiveConnector asks for")
    names = {question.name for question in connector.questions}
    if not set(case.answers) <= names:
        raise Broken(f"the case answers what is not asked: {sorted(set(case.answers) - names)}")
    for question in connector.questions:
        answer = case.answers.get(question.name, "")
        if question.kind == "secret" and answer and answer not in case.secrets:
            raise Broken(f"the answer to {question.name!r} is secret; the case must name it in `secrets`")
        if question.required and not answer and not question.default:
            raise Broken(f"the case does not answer {question.name!r}, which is required")


def check_says_what_is_there(case: Case) -> None:
    with staged(case) as stage:
        sentence = case.connector.check(case.answers, stage.reach)
        stage.keep_secret(sentence, "the sentence of check()")
        if not sentence.endswith(".") or len(sentence) < 20:
            raise Broken(f"check() says nothing useful: {sentence!r}")
        if len(stage.server.asked) > 3:
            raise Broken(f"check() made {len(stage.server.asked)} requests; three are enough")


def check_names_refused_credentials(case: Case) -> None:
    with staged(case) as stage:
        stage.server.spoil(says(401))
        try:
            case.connector.check(case.answers, stage.reach)
        except Unauthorised as error:
            stage.keep_secret_in(error)
        except Exception as error:
            raise Broken(f"check() raised {type(error).__name__} where credentials were refused") from error
        else:
            raise Broken("check() is content although the credentials were refused")


def reads_everything_once(case: Case) -> None:
    with staged(case) as stage:
        pages = list(stage.pages())
    if len(pages) < 2:
        raise Broken(
            "the case has one page only; give its system enough records for two, so that paging is seen"
        )
    _same_records(case.expected, pages)
    doubled = [key for key, count in Counter(_signals(pages)).items() if count > 1]
    if doubled:
        raise Broken(f"handed over twice: {doubled[:5]}")


def rows_keep_the_contract(case: Case) -> None:
    with staged(case) as stage:
        incoming = rows_of(list(stage.pages()))
    faults = sorted({fault for one in incoming for fault in faults_of(one)})
    if faults:
        raise Broken("; ".join(faults[:10]))


def goes_on_after_a_kill_at_any_page(case: Case) -> None:
    with staged(case) as stage:
        whole = list(stage.pages())
    for number in range(1, len(whole)):
        with staged(case) as stage:
            asking = stage.pages()
            taken = [next(asking) for _ in range(number)]
            asking.close()  # type: ignore[attr-defined]
            rest = list(stage.pages(taken[-1].cursor))
        _same_records(case.expected, taken + rest)
        again = set(_signals(taken)) & set(_signals(rest))
        if len(again) > case.overlap:
            raise Broken(f"after a kill at page {number} came again: {sorted(again)[:5]}")


def brings_nothing_when_nothing_is_new(case: Case) -> None:
    with staged(case) as stage:
        cursor = _last_cursor(list(stage.pages()))
        again = _signals(list(stage.pages(cursor)))
    if len(again) > case.overlap:
        raise Broken(f"nothing was new, yet these came: {again[:5]}")


def brings_what_changed(case: Case) -> None:
    if case.later is None:
        return
    with staged(case) as stage:
        cursor = _last_cursor(list(stage.pages()))
    with staged(case, case.later()) as stage:
        pages = list(stage.pages(cursor))
    known = {key for key, row in case.expected.items() if row is not None or key not in case.expected_later}
    came = {key_of(one): one.row for one in rows_of(pages)}
    for key, row in case.expected_later.items():
        if key not in came:
            raise Broken(f"changed or new, yet it did not come: {key}")
        if not agrees(came[key], row):
            raise Broken(f"{key} came as {came[key]}, expected {row}")
    old = [key for key in came if key[0] == "signals" and key in known and key not in case.expected_later]
    if len(old) > case.overlap:
        raise Broken(f"unchanged, yet these came again: {old[:5]}")


def waits_as_long_as_it_is_told(case: Case) -> None:
    date = format_datetime(case.now + timedelta(seconds=90), usegmt=True)
    for text, seconds in (("17", 17), (date, 90)):
        for at in range(_requests(case)):
            with staged(case) as stage:
                stage.server.spoil(says(429, {"Retry-After": text}), at=at)
                error, taken = _failed(stage)
                if not isinstance(error, TryLater):
                    raise Broken(f"429 became {type(error).__name__} instead of TryLater")
                if abs(error.seconds - seconds) > 1:
                    raise Broken(f"told to wait {seconds} s, it asks for {error.seconds:.0f} s")
                _completes(case, stage, taken)


def survives(breakage: Breakage, *, lasting: bool, seconds: float = SECONDS) -> Check:
    """A check that one kind of broken answer costs nothing but time, at the first and last request of the asking.

    Requests are given up after `seconds`; a breakage that takes its time needs few of them.
    """

    def check(case: Case) -> None:
        for at in sorted({0, _requests(case) - 1}):
            with staged(case, seconds=seconds) as stage:
                stage.server.spoil(breakage, at=at, times=1_000_000 if lasting else 1)
                error, taken = _failed(stage)
                if error is None and lasting:
                    raise Broken(f"a broken answer to request {at + 1} went unnoticed")
                _completes(case, stage, taken, finished=error is None)

    return check


def names_refused_credentials(case: Case) -> None:
    for status in (401, 403):
        for at in {0, _requests(case) - 1}:
            with staged(case) as stage:
                stage.server.spoil(says(status), at=at)
                error, taken = _failed(stage)
                if not isinstance(error, Unauthorised):
                    raise Broken(f"{status} became {type(error).__name__} instead of Unauthorised")
                _completes(case, stage, taken)


def renews_its_token(case: Case) -> None:
    if case.expired is None:
        return
    with staged(case, case.expired()) as stage:
        _same_records(case.expected, list(stage.pages()))


def keeps_what_is_renewed(case: Case) -> None:
    """Killed at any moment after a renewal, the next asking is let in with what was kept."""
    if case.rotating is None:
        return
    with staged(case, case.rotating()) as stage:
        asking = stage.pages()
        taken = [next(asking)]
        asking.close()  # type: ignore[attr-defined]
        if not stage.kept:
            raise Broken("the system renewed a secret, and nothing was handed to reach.keep()")
        _same_records(case.expected, taken + list(stage.pages(taken[-1].cursor)))
        list(stage.pages(taken[-1].cursor))


def passes_over_unknown_fields(case: Case) -> None:
    with staged(case, _changed(case.api(), _with_more_fields)) as stage:
        _same_records(case.expected, list(stage.pages()))


def does_without_optional_fields(case: Case) -> None:
    for name in case.optional:
        with staged(case, _changed(case.api(), partial(_without, name))) as stage:
            came = {key_of(one) for one in rows_of(list(stage.pages()))}
        missing = {key for key in case.expected if key[0] == "signals"} - came
        if missing:
            raise Broken(f"without the optional field {name!r} these are lost: {sorted(missing)[:5]}")


def survives_fields_of_another_kind(case: Case) -> None:
    """Whatever stands in a field, the asking ends with rows, refusals or a sentence; it never falls over."""
    names: set[str] = set()
    list(staged_in_process(case, _changed(case.api(), partial(_collect, names))).pages())
    for name in sorted(names):
        for value in (None, "text", 7, True, [], {}, ["text"], {"text": None}):
            stage = staged_in_process(case, _changed(case.api(), partial(_replaced, name, value)))
            try:
                _failed(stage)
            except Broken as error:
                raise Broken(f"with {name!r} being {value!r}: {error}") from error


def ends_when_it_is_told(case: Case) -> None:
    with staged(case) as stage:
        list(stage.pages())
        waits = len(stage.waits)
    if not waits:
        raise Broken("it never looks whether it is told to end: call reach.wait() between pages")
    for number in range(waits):
        with staged(case) as stage:
            stage.interrupt_at = number
            error, taken = _failed(stage)
            if not isinstance(error, Interrupted):
                raise Broken("told to end while it waited, it went on")
            stage.interrupt_at = None
            _completes(case, stage, taken)


CHECKS: dict[str, Check] = {
    "keeps the protocol": keeps_the_protocol,
    "check() says what is there": check_says_what_is_there,
    "check() names refused credentials": check_names_refused_credentials,
    "reads everything, once": reads_everything_once,
    "rows keep the contract": rows_keep_the_contract,
    "goes on after a kill at any page": goes_on_after_a_kill_at_any_page,
    "brings nothing when nothing is new": brings_nothing_when_nothing_is_new,
    "brings what changed": brings_what_changed,
    "waits as long as it is told": waits_as_long_as_it_is_told,
    "survives one 500": survives(says(500), lasting=False),
    "survives one 502 with a web page": survives(says(502, None, b"<html>Bad Gateway</html>"), lasting=False),
    "survives lasting 500s": survives(says(500), lasting=True),
    "survives a connection cut in the middle": survives(cut_in_the_middle, lasting=True),
    "survives one connection cut in the middle": survives(cut_in_the_middle, lasting=False),
    "survives half an answer": survives(truncated, lasting=True),
    "survives a web page instead of data": survives(a_web_page, lasting=True),
    "survives JSON of another shape": survives(another_json, lasting=True),
    "survives an answer that drips": survives(drip, lasting=True, seconds=0.5),
    "survives an answer without bounds": survives(huge, lasting=True),
    "names refused credentials": names_refused_credentials,
    "renews its token": renews_its_token,
    "keeps what is renewed": keeps_what_is_renewed,
    "passes over unknown fields": passes_over_unknown_fields,
    "does without optional fields": does_without_optional_fields,
    "survives fields of another kind": survives_fields_of_another_kind,
    "ends when it is told": ends_when_it_is_told,
}


def checks_of(case: Case) -> dict[str, Check]:
    """Every check that fits the connector, by name."""
    if isinstance(case.connector, AnsweringConnector):
        return CHECKS | ANSWERING_CHECKS
    return dict(CHECKS)


def broken_promises(case: Case) -> dict[str, str]:
    """Every promise that the connector does not keep, with what was seen; empty when all is well."""
    broken = {}
    for name, check in checks_of(case).items():
        try:
            check(case)
        except Broken as error:
            broken[name] = str(error)
        except ConnectorError as error:
            broken[name] = f"{type(error).__name__}: {error}"
    return broken


def _requests(case: Case) -> int:
    """How many requests a whole asking makes."""
    with staged(case) as stage:
        list(stage.pages())
        return len(stage.server.asked)


def _failed(stage: Stage) -> tuple[ConnectorError | None, list[Page]]:
    """The error that an asking ended with, and the pages it handed over before."""
    taken: list[Page] = []
    try:
        for page in stage.pages():
            taken.append(page)
    except ConnectorError as error:
        return error, taken
    return None, taken


def _completes(case: Case, stage: Spoilable, taken: list[Page], *, finished: bool = False) -> None:
    """With the system healed, the next asking brings the rest: nothing is lost."""
    stage.server.heal()
    rest = [] if finished else list(stage.pages(taken[-1].cursor if taken else ""))
    _same_records(case.expected, taken + rest)


def _same_records(expected: Mapping[Key, Mapping[str, Any] | None], pages: list[Page]) -> None:
    came = {key_of(one): one.row for one in rows_of(pages)}
    lost = sorted(set(expected) - set(came))
    if lost:
        raise Broken(f"lost: {lost[:5]}")
    strange = sorted(set(came) - set(expected))
    if strange:
        raise Broken(f"came without being expected: {strange[:5]}")
    for key, row in expected.items():
        if not agrees(came[key], row):
            raise Broken(f"{key} came as {dict(came[key])}, expected {row}")


def _signals(pages: list[Page]) -> list[Key]:
    return [key_of(one) for one in rows_of(pages) if one.table == "signals"]


def _last_cursor(pages: list[Page]) -> str:
    return pages[-1].cursor if pages else ""


def _changed(api: Api, change: Callable[[Any], Any]) -> Api:
    """The same system with every JSON answer changed."""

    def changed(asked: Asked) -> Answer:
        answer = api(asked)
        return Answer(change(answer.body), answer.status, answer.headers) if answer.is_json() else answer

    return changed


def _with_more_fields(body: Any) -> Any:
    if isinstance(body, dict):
        more = {"x_unknown": {"nested": [1, None]}, "x_new_in_next_version": "?"}
        return {name: _with_more_fields(value) for name, value in body.items()} | more
    return [_with_more_fields(value) for value in body] if isinstance(body, list) else body


def _collect(names: set[str], body: Any) -> Any:
    """Note the name of every field."""
    if isinstance(body, dict):
        names.update(body)
    for value in body.values() if isinstance(body, dict) else body if isinstance(body, list) else ():
        _collect(names, value)
    return body


def _replaced(name: str, instead: Any, body: Any) -> Any:
    if isinstance(body, dict):
        return {
            key: instead if key == name else _replaced(name, instead, value) for key, value in body.items()
        }
    return [_replaced(name, instead, value) for value in body] if isinstance(body, list) else body


def _without(name: str, body: Any) -> Any:
    if isinstance(body, dict):
        return {key: _without(name, value) for key, value in body.items() if key != name}
    return [_without(name, value) for value in body] if isinstance(body, list) else body

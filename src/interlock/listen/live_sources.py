"""Live sources: made, changed, paused, asked now, removed; and what the connector of one that is asked is told.

Secret answers are sealed and leave this module only towards the connector; whatever is shown, noted or logged
holds none of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from urllib.parse import quote

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.connectors.live import ImportingConnector
from interlock.connectors.live_registry import AnyConnector, live_connectors
from interlock.fabric import events, journal
from interlock.fabric.models import Person
from interlock.fabric.secrets import SealBroken, opened, sealed
from interlock.listen import ended_clocks, services
from interlock.listen.errors import SecretsNeeded, WrongState
from interlock.listen.models import (
    AnsweredSignal,
    Arrival,
    EarlierRow,
    InboxRow,
    ReplyRoute,
    RestingClock,
    Signal,
    Source,
)

# More often costs the other system more than it tells us.
LEAST_ASK_EVERY = 60
AT_ONCE = 5_000
_HIDDEN = "…"
# A shorter secret would blacken words that only happen to hold it.
_SHORTEST_HIDDEN = 4


@dataclass(frozen=True)
class Terms:
    """What a person decides about a source, beside the connector's own questions. Times in seconds.

    Without a name it keeps its own; `ask_every` is empty where it sends by itself.
    """

    name: str
    ask_every: int | None = None
    purpose: str = ""
    freshness_limit: int | None = None
    answer_hours: int | None = None


def answers_of(source: Source) -> dict[str, str]:
    """The answers to the connector's questions.

    Raises:
        SealBroken: the secret ones were sealed under another key of the installation.
    """
    return {**source.connection, **_secret_answers(source)}


def kinds_read_as_imports() -> list[str]:
    """Kinds of live sources whose batches are imports; one that changed nothing is counted and not kept."""
    return [kind for kind, one in live_connectors().items() if isinstance(one, ImportingConnector)]


def kept_secrets(source: Source) -> set[str]:
    """Names of the secrets that are kept; none when they cannot be opened any more."""
    try:
        return {name for name, value in _secret_answers(source).items() if value}
    except SealBroken:
        return set()


def without_secrets(text: str, source: Source, told: Mapping[str, str] | None = None) -> str:
    """The text without any secret of this source, as it is or as it stands in an address.

    `told` are the answers its connector was given: secrets that were renewed since are hidden as well.
    """
    try:
        secrets = _secret_answers(source)
    except SealBroken:
        return text
    values = {*secrets.values(), *(value for name, value in (told or {}).items() if name in secrets)}
    # The longest first: one secret may begin with another.
    for value in sorted((one for one in values if len(one) >= _SHORTEST_HIDDEN), key=len, reverse=True):
        for written in {value, quote(value), quote(value, safe="")}:
            text = text.replace(written, _HIDDEN)
    return text


@transaction.atomic
def make_source(
    *, connector: AnyConnector, terms: Terms, answers: Mapping[str, str], by: Person | None, now: datetime
) -> Source:
    """Make a source that is not asked yet: it is tried first, then started with `resume_source`.

    Raises:
        WrongState: there is a source of this name.
    """
    _require_free(terms.name)
    source = services.name_source(name=terms.name, kind=connector.kind, now=now)
    if source.kind != connector.kind:
        raise WrongState(
            _("“%(name)s” was the name of another kind of source. Choose another name.")
            % {"name": source.name}
        )
    source.cursor, source.error, source.failures = "", "", 0
    source.paused_at, source.ask_at = now, None
    source.last_ok_at = source.last_tried_at = None
    _set(source, connector, terms, answers)
    source.save()
    journal.note(
        actor=by, verb="connected", about=source, at=now, detail={"kind": source.kind, **_shown(source)}
    )
    return source


@transaction.atomic
def change_source(
    *,
    source: Source,
    connector: AnyConnector,
    terms: Terms,
    answers: Mapping[str, str],
    by: Person | None,
    now: datetime,
) -> Source:
    """Change what was said about a source. A secret that is not given again stays; a running source is asked soon.

    Raises:
        WrongState: another source has this name.
        SecretsNeeded: its address is another one, and kept secrets were not given again.
        SealBroken: kept secrets cannot be opened, and not all of them were given again.
    """
    _require_free(terms.name, source)
    locked = _locked(source)
    before = _shown(locked)
    _keep_secrets_where_they_belong(locked, connector, answers)
    _set(locked, connector, terms, answers)
    locked.name = terms.name.strip()
    locked.failures = 0
    if locked.paused_at is None:
        locked.ask_at = now
    locked.save()
    renewed = sorted(
        question.name
        for question in connector.questions
        if question.kind == "secret" and answers.get(question.name)
    )
    detail = {"changed": _changed(before, locked), "renewed": renewed}
    journal.note(actor=by, verb="changed", about=locked, at=now, detail=detail)
    return locked


@transaction.atomic
def change_terms(*, source: Source, terms: Terms, by: Person | None, now: datetime) -> Source:
    """Change what was decided about a source that sends by itself.

    Raises:
        WrongState: another source has this name, or it was removed.
    """
    _require_free(terms.name, source)
    locked = _locked(source)
    before = _shown(locked)
    locked.name = terms.name.strip() or locked.name
    _decide(locked, terms)
    locked.save(update_fields=["name", "purpose", "freshness_limit", "answer_hours"])
    detail = {"changed": _changed(before, locked)}
    journal.note(actor=by, verb="changed", about=locked, at=now, detail=detail)
    return locked


def _require_free(name: str, source: Source | None = None) -> None:
    named = Source.objects.filter(name__iexact=name.strip(), removed_at=None)
    if named.exclude(pk=source.pk if source else None).exists():
        raise WrongState(
            _("There is a source “%(name)s” already. Choose another name.") % {"name": name.strip()}
        )


def _changed(before: Mapping[str, object], source: Source) -> list[str]:
    return sorted(name for name, value in _shown(source).items() if before.get(name) != value)


def _keep_secrets_where_they_belong(
    source: Source, connector: AnyConnector, answers: Mapping[str, str]
) -> None:
    """Whoever may change an address must not make us send a secret there that only others know."""
    moved = any(
        question.kind == "address"
        and answers.get(question.name, "") != source.connection.get(question.name, "")
        for question in connector.questions
    )
    if not moved:
        return
    asked = {one.name for one in connector.questions if one.kind == "secret" and not one.renewed}
    if any(not answers.get(name) for name in kept_secrets(source) & asked):
        raise SecretsNeeded(
            _(
                "The address is another one. Enter the credentials again: kept ones go only where they were meant for."
            )
        )
    source.secrets = ""  # what was not asked for, such as tokens, belongs to the old address


@transaction.atomic
def pause_source(*, source: Source, by: Person | None, now: datetime) -> Source:
    """Ask no more until it is resumed; an asking under way ends at its next step and keeps what it has."""
    locked = _locked(source)
    if locked.paused_at is None:
        locked.paused_at = now
        locked.save(update_fields=["paused_at"])
        journal.note(actor=by, verb="paused", about=locked, at=now)
        _tell(locked, "paused", now)
    return locked


@transaction.atomic
def resume_source(*, source: Source, by: Person | None, now: datetime) -> Source:
    """Ask again from now on, from where it stood. The first time, this starts the source."""
    locked = _locked(source)
    if locked.paused_at is not None:
        locked.paused_at, locked.failures = None, 0
        # What sends by itself is asked by nobody.
        locked.ask_at = now if locked.ask_every is not None else None
        locked.save(update_fields=["paused_at", "ask_at", "failures"])
        journal.note(actor=by, verb="resumed", about=locked, at=now)
        _tell(locked, "resumed", now)
    return locked


@transaction.atomic
def ask_now(*, source: Source, by: Person | None, now: datetime) -> Source:
    """Let it be asked at once instead of at its time.

    Raises:
        WrongState: it is paused.
    """
    locked = _locked(source)
    if locked.paused_at is not None:
        raise WrongState(_("“%(name)s” is paused. Resume it first.") % {"name": locked.name})
    locked.ask_at = now
    locked.save(update_fields=["ask_at"])
    journal.note(actor=by, verb="asked for news of", about=locked, at=now)
    return locked


@transaction.atomic
def read_again(*, source: Source, by: Person | None, now: datetime) -> Source:
    """Begin anew from the beginning; what is here already counts as duplicate, what was taken back comes again.

    Raises:
        WrongState: it is paused, or is being asked at this moment.
    """
    locked = _locked(source)
    if locked.asked_until and locked.asked_until > now:
        raise WrongState(_("“%(name)s” is being asked now. Try again in a moment.") % {"name": locked.name})
    ready = ask_now(source=locked, by=by, now=now)
    ready.cursor = ""
    ready.save(update_fields=["cursor"])
    journal.note(actor=by, verb="began anew with", about=ready, at=now)
    return ready


def remove_source(*, source: Source, by: Person | None, now: datetime) -> dict[str, int]:
    """Stop asking, forget the credentials, and take out every row the source was the last to write.

    Answers that were sent stay, as do the counts of what was received. Cut off half way, it can be done again.

    Raises:
        LakeError: another import is being written; the source is paused and can be removed again.
    """
    _forget(source, by, now)
    removed = services.remove_source(source=source, by=by, now=now)
    Signal.objects.filter(source=source, in_records=False).delete()
    return removed


@transaction.atomic
def _forget(source: Source, by: Person | None, now: datetime) -> None:
    locked = _locked(source)
    locked.paused_at = locked.paused_at or now
    locked.asked_by, locked.asked_until, locked.ask_at = "", None, None
    if locked.ask_every is not None:
        locked.secrets, locked.connection, locked.cursor = "", {}, ""
    locked.save()
    rows = InboxRow.objects.filter(source=locked)
    keys = list(rows.filter(table="signals").values_list("key", flat=True))
    ended_clocks.end_clocks(keys=keys, now=now)
    for some in batched(keys, AT_ONCE):
        answered = AnsweredSignal.objects.filter(signal_key__in=some).values("signal_key")
        ReplyRoute.objects.filter(signal_key__in=some, source=locked).exclude(
            signal_key__in=answered
        ).delete()
    rows._raw_delete(rows.db)
    EarlierRow.objects.filter(arrival__source=locked).delete()
    RestingClock.objects.filter(arrival__source=locked).delete()
    Arrival.objects.filter(source=locked, undone_at=None).update(undone_at=now)
    Arrival.objects.filter(source=locked, closed_at=None).update(closed_at=now)


def _set(source: Source, connector: AnyConnector, terms: Terms, answers: Mapping[str, str]) -> None:
    secret_names = {question.name for question in connector.questions if question.kind == "secret"}
    given = {name: value for name, value in answers.items() if name in secret_names and value}
    missing = secret_names - given.keys()
    kept = _secret_answers(source) if source.secrets and missing else {}
    secret = {**{name: value for name, value in kept.items() if name in secret_names}, **given}
    source.connection = {name: value for name, value in answers.items() if name not in secret_names}
    source.secrets = sealed(json.dumps(secret)) if secret else ""
    source.ask_every = max(LEAST_ASK_EVERY, terms.ask_every or 0)
    _decide(source, terms)


def _decide(source: Source, terms: Terms) -> None:
    source.purpose = terms.purpose.strip()
    source.freshness_limit, source.answer_hours = terms.freshness_limit, terms.answer_hours


def _secret_answers(source: Source) -> dict[str, str]:
    return json.loads(opened(source.secrets)) if source.secrets else {}


def _shown(source: Source) -> dict[str, object]:
    """What the journal may say of a source: nothing secret."""
    return {
        "name": source.name,
        "answers": source.connection,
        "ask_every": source.ask_every,
        "freshness_limit": source.freshness_limit,
        "answer_hours": source.answer_hours,
        "purpose": source.purpose,
    }


def _locked(source: Source) -> Source:
    locked = Source.objects.select_for_update(of=("self",), no_key=True).get(pk=source.pk)
    if locked.removed_at is not None:
        raise WrongState(_("“%(name)s” was removed.") % {"name": locked.name})
    return locked


def _tell(source: Source, verb: str, now: datetime) -> None:
    events.tell(topic="sources", verb=verb, keys=[source.key], at=now)

"""Records that a program sent, into the inbox, and the accounting that answers it.

Used by the signals address and by webhooks: both answer only after commit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any

import msgspec
from django.utils.translation import gettext as _

from interlock.api import bodies
from interlock.api.problems import Problem
from interlock.listen import inbox
from interlock.listen.models import Source

Count = Annotated[int, msgspec.Meta(ge=0)]
TABLE = "signals"
SHOWN_OF_PAYLOAD = 64_000


class RefusedSignal(msgspec.Struct):
    """One signal that was not stored: its position in the array from 0, and what to mend."""

    index: int
    id: str
    field: str
    reason: str


class Accounting(msgspec.Struct):
    """What became of a request: received = stored + duplicate + refused; updated are part of stored."""

    source: str
    arrival: int
    received: Count
    stored: Count
    updated: Count
    duplicate: Count
    refused: Count
    refusals: list[RefusedSignal]

    @property
    def status(self) -> int:
        """422 when nothing could be taken, 200 when all was known already, else 202."""
        if self.refused == self.received:
            return 422
        return 200 if self.duplicate == self.received else 202


def take(
    *,
    source: Source,
    records: Sequence[Any],
    now: datetime,
    within: Callable[[Accounting], None] | None = None,
) -> Accounting:
    """Check and store records, and return their accounting once it is committed.

    A record may be a `Refusal` already, where reading it showed what is wrong.
    `within` runs in the same transaction; what it raises takes everything back.
    """
    rows: list[inbox.Offered] = []
    refused: list[inbox.Refusal] = []
    refusals: list[RefusedSignal] = []
    for index, record in enumerate(records):
        verdict = _checked(index, record, source, now)
        if isinstance(verdict, inbox.Offered):
            rows.append(verdict)
        else:
            refused.append(verdict)
            refusals.append(RefusedSignal(index, _id_of(record), verdict.field, verdict.reason))

    return _stored(source, rows, refused, refusals, now, within)


def take_body(
    *, source: Source, body: bytes, now: datetime, within: Callable[[Accounting], None] | None = None
) -> Accounting:
    """Check and store the signals of a JSON body, likewise.

    Raises:
        Problem: the body as a whole cannot be read; nothing was stored.
    """
    rows = clean_rows(source, body, now)
    if rows is None:
        records = bodies.records_of(bodies.json_of(body))
        return take(source=source, records=records, now=now, within=within)
    return _stored(source, rows, [], [], now, within)


def clean_rows(source: Source, body: bytes, now: datetime) -> list[inbox.Offered] | None:
    """The rows of a body whose signals are all clean as they came; None when it must be looked at with care."""
    return inbox.clean_signals(body, most=bodies.LONGEST_ARRAY, key_of=partial(own_key, source), now=now)


def take_clean(*, source: Source, rows: Sequence[inbox.Offered], now: datetime) -> Accounting:
    """Store rows that `clean_rows` made."""
    return _stored(source, rows, [], [], now, None)


def _stored(
    source: Source,
    rows: Sequence[inbox.Offered],
    refused: Sequence[inbox.Refusal],
    refusals: list[RefusedSignal],
    now: datetime,
    within: Callable[[Accounting], None] | None,
) -> Accounting:
    def answered(taken: inbox.Taken) -> Accounting:
        return Accounting(
            source.key, taken.arrival_id, taken.received, taken.stored, taken.updated, taken.duplicate,
            taken.refused, refusals,
        )  # fmt: skip

    offer = inbox.Offer(
        source=source,
        rows=rows,
        refused=refused,
        within=(lambda taken: within(answered(taken))) if within else None,
    )
    return answered(inbox.take_in_batched(offer, now=now))


def count_refused(*, source: Source, problem: Problem, body: bytes, now: datetime) -> None:
    """Count a request that was refused as a whole as one refused record, and keep how it began."""
    payload = body[:SHOWN_OF_PAYLOAD].decode(errors="replace").replace("\0", "�")
    refusal = inbox.Refusal(place=_("the whole request"), reason=str(problem), payload=payload)
    inbox.take_in_batched(inbox.Offer(source=source, rows=[], refused=[refusal]), now=now)


def own_key(source: Source, given: str) -> str:
    """The key of a signal that a program calls `given`.

    Two programs may both count from 1, and neither may overwrite the other's signals, so a plain id gets the
    source's key before it. An id that names its system already (`zd:4711`) stays, so that a webhook can bring
    news of a ticket that came with an export.
    """
    return given if ":" in given else f"{source.key}:{given}"


def _checked(index: int, record: Any, source: Source, now: datetime) -> inbox.Offered | inbox.Refusal:
    if isinstance(record, inbox.Refusal):
        return record
    given = record.get("signal_id") if isinstance(record, dict) else None
    if isinstance(given, str) and given.strip():
        record = {**record, "signal_id": own_key(source, given)}
    return inbox.checked(TABLE, record, place=str(index), now=now)


def _id_of(record: Any) -> str:
    key = record.get("signal_id") if isinstance(record, dict) else None
    return str(key)[:400] if isinstance(key, str | int) else ""

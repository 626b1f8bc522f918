"""What became of one signal: received, owed an answer by when, answered. It tells no word of the customer's."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from interlock.api.callers import Caller
from interlock.api.taking import TABLE, own_key
from interlock.listen.models import Answer, Clock, InboxRow, Sending, Signal, Stage


class SignalState(msgspec.Struct):
    """Where a signal stands. `due_at` is empty when nobody owes its author an answer.

    `signal_id` is what the program calls it, `key` what it is called here.
    """

    signal_id: str
    key: str
    source: str
    received_at: datetime | None
    state: Annotated[str, msgspec.Meta(extra_json_schema={"enum": Stage.values})]
    readable: bool
    due_at: datetime | None
    answered_at: datetime | None


def state_of(signal_id: str, caller: Caller) -> SignalState | None:
    """Return where a signal stands; None when there is none that this caller may see. Four queries."""
    key = own_key(caller.source, signal_id) if caller.source is not None else signal_id
    inbox = InboxRow.objects.filter(table=TABLE, key=key).select_related("source")
    copies = Signal.objects.filter(key=key).select_related("source")
    if caller.source is not None:
        inbox, copies = inbox.filter(source=caller.source), copies.filter(source=caller.source)
    row, copy = inbox.order_by("-received_at").first(), copies.first()
    known = row or copy
    if known is None:
        return None
    clock = Clock.objects.filter(signal_key=key).first()
    return SignalState(
        signal_id=signal_id,
        key=key,
        source=known.source.key,
        received_at=known.received_at,
        state=clock.stage if clock else Stage.RECEIVED.value,
        readable=copy is not None,
        due_at=clock.due_at if clock and clock.stopped_at is None else None,
        answered_at=_answered_at(key, copy),
    )


def _answered_at(key: str, copy: Signal | None) -> datetime | None:
    """When the first answer went out, from here or, as the source tells, from elsewhere."""
    sent = (
        Answer.objects.filter(signals__signal_key=key, state=Sending.SENT)
        .order_by("sent_at")
        .values_list("sent_at", flat=True)
        .first()
    )
    return sent or (copy.first_reply_at if copy else None)

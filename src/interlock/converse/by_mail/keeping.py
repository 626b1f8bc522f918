"""Mails that answer ours are kept as they came, in the transaction in which their mailbox goes on behind them.

received = stored + duplicate + refused + waiting holds at any moment: each mail is one row, which counts how often it
came again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, Sum

from interlock.connectors.live import Answered
from interlock.converse.by_mail import taking
from interlock.converse.models import MailReply
from interlock.fabric import work
from interlock.listen.models import Source


@dataclass(frozen=True)
class Tally:
    """How many mails came, and what became of them."""

    received: int
    stored: int
    duplicate: int
    refused: int
    waiting: int


def keep(answered: Sequence[Answered], *, source: Source, now: datetime) -> None:
    """Keep what a mailbox brought, and let it be read. In the caller's transaction."""
    for one in answered:
        row, made = MailReply.objects.get_or_create(
            key=one.key,
            defaults={
                "token": one.token,
                "place": f"{source.name}, {one.place}"[:200],
                "received_at": now,
                "whole": one.whole,
                "raw": one.raw if one.whole else b"",
            },
        )
        if made:
            work.ask(taking.take_reply, row.pk)
        else:
            MailReply.objects.filter(pk=row.pk).update(again=F("again") + 1)


def tally() -> Tally:
    """All mails since the beginning that are still known. One query."""
    state = MailReply.State
    counted = MailReply.objects.aggregate(
        again=Sum("again", default=0),
        stored=Count("pk", filter=Q(state=state.STORED)),
        refused=Count("pk", filter=Q(state=state.REFUSED)),
        waiting=Count("pk", filter=Q(state=state.WAITING)),
    )
    again = counted.pop("again")
    return Tally(received=sum(counted.values()) + again, duplicate=again, **counted)

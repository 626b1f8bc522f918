"""Which other waiting signals can the same answer serve?"""

from __future__ import annotations

from django.db.models import Q

from interlock.listen.models import Clock, Signal
from interlock.listen.stages import talk_keys

MOST_TOGETHER = 20


def answerable_together(signal: Signal) -> list[Signal]:
    """Other signals that wait: of the same talk, account or contact, the oldest first."""
    own = Q()
    if signal.account_key:
        own |= Q(account_key=signal.account_key)
    if signal.contact_key:
        own |= Q(contact_key=signal.contact_key)
    if keys := talk_keys(signal.key):
        own |= Q(key__in=keys)
    if not own:
        return []
    waiting = Clock.objects.filter(stopped_at=None).values("signal_key")
    others = Signal.objects.filter(own, key__in=waiting).exclude(pk=signal.pk).select_related("source")
    return list(others.order_by("occurred_at", "pk")[:MOST_TOGETHER])


def is_default(signal: Signal, other: Signal) -> bool:
    """Whether the form proposes to answer the other signal too: unless both name a different contact."""
    return not (signal.contact_key and other.contact_key and signal.contact_key != other.contact_key)

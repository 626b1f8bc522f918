"""Which earlier answer, that a customer was content with, might serve as a draft for this one?

Only answers are offered after which the customer confirmed or at least did not come back in 14 days. A draft is
words in a box: nothing is ever sent without a person who read it and pressed the button.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F

from interlock.analytics.likeness import most_alike
from interlock.listen.models import Answer, AnsweredSignal, Clock, Sending, Signal
from interlock.listen.stages import CLOSED_STAGES

# Of the newest so many; more would take a page longer than 100 ms to compare with.
LOOKED_AT = 5_000
# On 300 questions to a bank (banking77) against 5,000 others, the most alike one above this asked for the same
# thing four times in five, and three questions in five found one. At 0.5 it was three in four.
FLOOR = 0.6


@dataclass(frozen=True)
class Offer:
    """An earlier answer, the signal it answered, and how alike that signal is (0 to 1)."""

    answer: Answer
    signal: Signal
    likeness: float


def offered(signal: Signal) -> Offer | None:
    """The answer to the most alike earlier signal of the same kind and product; None when none is alike enough."""
    earlier = _earlier(signal)
    found = most_alike(_words(signal), [_words(one) for one in earlier], floor=FLOOR)
    if found is None:
        return None
    like = earlier[found.place]
    answered = (
        AnsweredSignal.objects.filter(signal_key=like.key, answer__state=Sending.SENT)
        .select_related("answer__author")
        .order_by("-answer__sent_at")
        .first()
    )
    return Offer(answered.answer, like, found.cosine) if answered else None


def _earlier(signal: Signal) -> list[Signal]:
    """Signals that were answered well, the latest closed first. Two queries."""
    closed = (
        Clock.objects.filter(kind=signal.kind, stage__in=CLOSED_STAGES, closed_at__isnull=False)
        .exclude(signal_key=signal.key)
        .order_by(F("closed_at").desc())
        .values_list("signal_key", flat=True)[:LOOKED_AT]
    )
    signals = Signal.objects.filter(key__in=list(closed)).only(
        "key", "title", "body", "occurred_at", "account_label"
    )
    if signal.product_key:
        signals = signals.filter(product_key__in=["", signal.product_key])
    return list(signals)


def _words(signal: Signal) -> str:
    return f"{signal.title} {signal.body}"

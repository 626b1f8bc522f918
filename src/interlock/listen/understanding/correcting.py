"""A person says how a customer feels and what they want. It holds at once and for ever, and the next version learns from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from interlock.fabric import journal
from interlock.fabric.models import Person
from interlock.listen.models import Correction, Intent, Sentiment, Signal, Understood
from interlock.listen.understanding import reading


@transaction.atomic
def correct(
    *, signal: Signal, sentiment: Sentiment, intents: Sequence[Intent], by: Person, now: datetime
) -> Correction:
    """Keep what a person said of a signal, beside what others said before, and show it."""
    said = Correction.objects.create(
        signal_key=signal.key, sentiment=sentiment, intents=[str(intent) for intent in intents], by=by, at=now
    )
    # One that was not read yet gets its labels, and these, when the reader comes to it: it goes on after the last row.
    if Understood.objects.filter(pk=signal.pk).exists():
        reading.read([signal])
    detail = {"sentiment": str(sentiment), "intents": said.intents}
    journal.note(actor=by, verb="corrected the labels of", about=signal, at=now, detail=detail)
    return said

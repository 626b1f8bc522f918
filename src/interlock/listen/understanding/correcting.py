"""A person says what a signal's labels are. It holds at once and for ever, until it is taken back; what they say of feelings teaches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.fabric import journal
from interlock.fabric.models import Person
from interlock.listen.errors import NothingToTakeBack
from interlock.listen.models import Correction, Intent, LanguageCorrection, Sentiment, Signal, Understood
from interlock.listen.understanding import reading

_TAKEN_BACK = {
    Correction: "took back the labels of",
    LanguageCorrection: "took back the language of",
}


@transaction.atomic
def correct(
    *, signal: Signal, sentiment: Sentiment, intents: Sequence[Intent], by: Person, now: datetime
) -> Correction:
    """Keep what a person said of a signal, beside what others said before, and show it."""
    said = Correction.objects.create(
        signal_key=signal.key, sentiment=sentiment, intents=[str(intent) for intent in intents], by=by, at=now
    )
    _show(signal)
    detail = {"sentiment": str(sentiment), "intents": said.intents}
    journal.note(actor=by, verb="corrected the labels of", about=signal, at=now, detail=detail)
    return said


@transaction.atomic
def correct_language(*, signal: Signal, language: str, by: Person, now: datetime) -> LanguageCorrection:
    """Keep in which language a signal is written, an ISO 639 code or empty for none; its feelings are read in it."""
    said = LanguageCorrection.objects.create(signal_key=signal.key, language=language, by=by, at=now)
    _show(signal)
    journal.note(
        actor=by, verb="corrected the language of", about=signal, at=now, detail={"language": language}
    )
    return said


@transaction.atomic
def take_back(
    *, kind: type[Correction] | type[LanguageCorrection], signal: Signal, by: Person, now: datetime
) -> None:
    """Take back the latest that was said of a signal; what was said before, or the judge, holds again.

    Raises:
        NothingToTakeBack: nobody said anything, or it was taken back already.
    """
    standing = kind.objects.select_for_update().filter(signal_key=signal.key, taken_back_at=None)
    said = standing.order_by("-pk").first()
    if said is None:
        raise NothingToTakeBack(_("This correction was taken back already. Nothing was changed."))
    said.taken_back_at = now
    said.save(update_fields=["taken_back_at"])
    _show(signal)
    journal.note(actor=by, verb=_TAKEN_BACK[kind], about=signal, at=now, detail={"correction": said.pk})


def _show(signal: Signal) -> None:
    # One that was not read yet gets its labels, and these, when the reader comes to it: it goes on after the last row.
    if Understood.objects.filter(pk=signal.pk).exists():
        reading.read([signal])

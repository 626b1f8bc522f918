"""Read every signal once, and again when its words, the models or a person's correction changed.

Signals are read in the order of their numbers, so that the greatest number read says where to go on after a kill. `read_again`
finds what that passes over: gaps, changed words, another version, signals that are gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet

from interlock.analytics.feelings import INTENTS, SENTIMENTS
from interlock.analytics.feelings.judging import Judge, Judged
from interlock.analytics.feelings.model import Model, from_bytes
from interlock.listen.models import Correction, LanguageCorrection, LearntFeeling, Signal, Understood

# One transaction: reading 2,000 takes a third of a second beside it, writing a tenth.
BATCH = 2_000
_WRITTEN = [
    "copy_hash",
    "version",
    "language",
    "language_chance",
    "also",
    "language_by",
    "sentiment",
    *INTENTS,
    "chances",
    "corrected_by",
]


def judge_in_force() -> Judge:
    """The judge with the newest model of each subject, where that was adopted."""
    newest = LearntFeeling.objects.values("subject").annotate(newest=Max("pk")).values("newest")
    return _judge(
        tuple(
            LearntFeeling.objects.filter(pk__in=newest, adopted=True)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
    )


@lru_cache(maxsize=2)
def _judge(numbers: tuple[int, ...]) -> Judge:
    models: dict[str, Model] = {
        one.subject: from_bytes(bytes(one.model)) for one in LearntFeeling.objects.filter(pk__in=numbers)
    }
    return Judge(models.pop("sentiment", None), models)


def read_new() -> int:
    """Read the next signals that nobody has read; return how many. Two queries when there are none."""
    last = Understood.objects.aggregate(last=Max("pk"))["last"] or 0
    signals = list(_words().filter(pk__gt=last).order_by("pk")[:BATCH])
    read(signals)
    return len(signals)


def read_again() -> int:
    """Read again what changed, and clear away what is gone; return how many were read."""
    gone = Understood.objects.filter(~Exists(Signal.objects.filter(pk=OuterRef("pk"))))
    gone._raw_delete(gone.db)
    version = judge_in_force().version
    changed = Q(understood=None) | ~Q(understood__version=version) | ~Q(understood__copy_hash=F("copy_hash"))
    done = last = 0
    while signals := list(_words().filter(changed, pk__gt=last).order_by("pk")[:BATCH]):
        read(signals)
        done, last = done + len(signals), signals[-1].pk
    return done


def read(signals: Sequence[Signal]) -> None:
    """Judge these signals and keep what was found, with what people said of them in its place."""
    if not signals:
        return
    judge, keys = judge_in_force(), [signal.key for signal in signals]
    said, languages = corrections_of(keys), languages_said(keys)
    known = [languages[key].language if key in languages else None for key in keys]
    judged = judge.judge([words_of(signal) for signal in signals], known)
    rows = [
        _row(signal, one, judge.version, said.get(signal.key), languages.get(signal.key))
        for signal, one in zip(signals, judged, strict=True)
    ]
    with transaction.atomic():
        Understood.objects.bulk_create(
            rows, batch_size=500, update_conflicts=True, unique_fields=["signal"], update_fields=_WRITTEN
        )


def words_of(signal: Signal) -> str:
    """What a signal says, title first."""
    return f"{signal.title}. {signal.body}" if signal.title and signal.body else signal.title or signal.body


def corrections_of(keys: Sequence[str]) -> dict[str, Correction]:
    """The latest correction of each of these signals that stands. One query."""
    standing = Correction.objects.filter(signal_key__in=keys, taken_back_at=None)
    return {one.signal_key: one for one in standing.order_by("pk")}


def languages_said(keys: Sequence[str] | None = None) -> dict[str, LanguageCorrection]:
    """What people said of the language of these signals, or of all. One query."""
    standing = LanguageCorrection.objects.filter(taken_back_at=None)
    if keys is not None:
        standing = standing.filter(signal_key__in=keys)
    return {one.signal_key: one for one in standing.order_by("pk")}


def _words() -> QuerySet[Signal]:
    return Signal.objects.only("key", "title", "body", "copy_hash")


def _row(
    signal: Signal, judged: Judged, version: str, said: Correction | None, language: LanguageCorrection | None
) -> Understood:
    intents = said.intents if said else judged.intents
    chances = zip((*SENTIMENTS, *INTENTS), (*judged.chances, *judged.intent_chances), strict=True)
    return Understood(
        signal_id=signal.pk,
        copy_hash=signal.copy_hash,
        version=version,
        language=judged.language.code,
        language_chance=judged.language.probability,
        also=",".join(judged.language.also),
        language_by_id=language.by_id if language else None,
        sentiment=said.sentiment if said else judged.sentiment,
        chances={name: round(chance, 3) for name, chance in chances},
        corrected_by_id=said.by_id if said else None,
        **{name: name in intents for name in INTENTS},
    )

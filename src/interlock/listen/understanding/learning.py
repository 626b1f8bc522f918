"""At night: learn feelings from the company's own rated texts and people's corrections, and adopt what is better.

Stars are the label of texts that nobody corrected. Intents are learnt from corrections alone, since no customer rates them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from interlock.analytics.feelings import INTENTS
from interlock.analytics.feelings.adoption import verdict
from interlock.analytics.feelings.learning import MOST_TEXTS, Examples, TooFewTexts, learn
from interlock.analytics.feelings.teaching import (
    HOLDS,
    HOLDS_NOT,
    Labelled,
    intent_examples,
    label_of_rating,
    sentiment_examples,
)
from interlock.fabric import journal
from interlock.listen.models import Correction, LearntFeeling, Signal
from interlock.listen.understanding.reading import languages_said, words_of

SENTIMENT = "sentiment"
# The same texts make the same model, whoever learns.
_SEED = 1


def learn_all(*, now: datetime) -> list[LearntFeeling]:
    """Learn sentiment and each intent of which there are labels enough; return what was learnt, adopted or not."""
    corrected, languages = _corrected(), _languages()
    learnt = [_learn(SENTIMENT, _sentiments(corrected, languages), now)]
    learnt += [_learn(intent, _intents(intent, corrected, languages), now) for intent in INTENTS]
    return [one for one in learnt if one]


def _corrected() -> list[tuple[Correction, str]]:
    """The latest correction of each signal with its words, the newest first."""
    latest = {one.signal_key: one for one in Correction.objects.filter(taken_back_at=None).order_by("pk")}
    newest = sorted(latest.values(), key=lambda one: -one.pk)[:MOST_TEXTS]
    signals = Signal.objects.only("key", "title", "body").filter(key__in=[one.signal_key for one in newest])
    words = {signal.key: words_of(signal) for signal in signals}
    return [(one, words[one.signal_key]) for one in newest if words.get(one.signal_key)]


def _languages() -> dict[str, str]:
    """What people said of the language of signals, by their keys."""
    return {key: one.language for key, one in languages_said().items()}


def _sentiments(corrected: Sequence[tuple[Correction, str]], languages: Mapping[str, str]) -> Examples | None:
    known = [Labelled(text, one.sentiment, True, languages.get(one.signal_key)) for one, text in corrected]
    keys = {one.signal_key for one, _text in corrected}
    rated = Signal.objects.exclude(rating_share=None).exclude(body="").order_by("-occurred_at", "-id")
    for signal in rated.only("key", "title", "body", "rating_share")[: MOST_TEXTS - len(known)]:
        if signal.key not in keys:
            label = label_of_rating(signal.rating_share)
            known.append(Labelled(words_of(signal), label, False, languages.get(signal.key)))
    return sentiment_examples(known) if known else None


def _intents(
    intent: str, corrected: Sequence[tuple[Correction, str]], languages: Mapping[str, str]
) -> Examples | None:
    known = [
        Labelled(text, HOLDS if intent in one.intents else HOLDS_NOT, True, languages.get(one.signal_key))
        for one, text in corrected
    ]
    return intent_examples(intent, known) if known else None


def _learn(subject: str, examples: Examples | None, now: datetime) -> LearntFeeling | None:
    if examples is None:
        return None
    try:
        learnt = learn(examples, seed=_SEED)
    except TooFewTexts:
        return None
    if (
        LearntFeeling.objects.filter(subject=subject)
        .order_by("-pk")
        .values_list("version", flat=True)
        .first()
        == learnt.model.version
    ):
        return None  # nothing was said since
    found = verdict(examples, learnt, seed=_SEED)
    with transaction.atomic():
        kept = LearntFeeling.objects.create(
            subject=subject,
            version=learnt.model.version,
            learnt_at=now,
            learnt_from=len(examples.texts),
            adopted=found.adopted,
            verdict=asdict(found),
            model=learnt.model.to_bytes() if found.adopted else None,
        )
        verb = (
            "adopted a model of feelings"
            if found.adopted
            else "tried a model of feelings and kept the word lists"
        )
        journal.note(actor=None, verb=verb, about=kept, at=now, detail={"subject": subject, **asdict(found)})
    return kept

"""What a company knows of its texts, as examples to learn from: ratings that customers gave, and corrections by people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from interlock.analytics.feelings import INTENTS, SENTIMENTS
from interlock.analytics.feelings.learning import Examples
from interlock.analytics.feelings.start import Floats, Reading, as_arrays, readings
from interlock.analytics.text.duplicates import voice_groups
from interlock.analytics.text.languages import language_of

HOLDS_NOT, HOLDS = "no", "yes"
# A person who corrects has read the text; stars often speak of something else. Set by hand.
CORRECTION_WEIGHT = 5.0
# The ends of a rating as a share of the best: two of five stars or fewer, four or more.
LOW, HIGH = 0.4, 0.8


class Labelled(NamedTuple):
    """A text with what is known of it, and whether a person said so (else the customer's rating did).

    `language` is what a person said of it; None where nobody did.
    """

    text: str
    label: str
    corrected: bool
    language: str | None = None


def label_of_rating(share: float) -> str:
    """Return the sentiment that a rating means; `share` is the rating divided by the best, 0 to 1."""
    return "negative" if share <= LOW else "positive" if share >= HIGH else "neutral"


def sentiment_examples(known: Sequence[Labelled]) -> Examples:
    """Return examples for the three sentiments; labels are of SENTIMENTS."""
    start, _intents = as_arrays(_read(known))
    return _examples(SENTIMENTS, known, start)


def intent_examples(intent: str, known: Sequence[Labelled]) -> Examples:
    """Return examples for one of INTENTS, against all texts without it; labels are HOLDS and HOLDS_NOT."""
    _sentiment, intents = as_arrays(_read(known))
    chance = intents[:, INTENTS.index(intent)]
    return _examples((HOLDS_NOT, HOLDS), known, np.stack([1 - chance, chance], axis=1))


def _read(known: Sequence[Labelled]) -> list[Reading]:
    languages = [language_of(one.text).code if one.language is None else one.language for one in known]
    return readings([one.text for one in known], languages)


def _examples(labels: tuple[str, ...], known: Sequence[Labelled], start: Floats) -> Examples:
    texts = [one.text for one in known]
    return Examples(
        labels=labels,
        texts=texts,
        label=np.array([labels.index(one.label) for one in known], dtype=np.int64),
        weight=np.where([one.corrected for one in known], CORRECTION_WEIGHT, 1.0),
        group=voice_groups(texts),
        start=start,
    )

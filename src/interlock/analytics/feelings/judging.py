"""What is said of a text in this installation: learnt models where they were adopted, the word lists elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from interlock.analytics.feelings import INTENTS, SENTIMENTS, start
from interlock.analytics.feelings.model import Model
from interlock.analytics.feelings.teaching import HOLDS
from interlock.analytics.text.languages import Language, language_of, said_by_a_person

# What a text says of a label by words, the strongest; more than a reader takes in explains nothing.
PUSHES_SHOWN = 6


class Judged(NamedTuple):
    """One text: its language, the sentiment to show, chances of SENTIMENTS and INTENTS, and the intents to show."""

    language: Language
    sentiment: str
    chances: tuple[float, float, float]
    intents: tuple[str, ...]
    intent_chances: tuple[float, ...]


@dataclass(frozen=True)
class Judge:
    """Models in force. `intents` holds a model for each intent that was learnt and adopted."""

    sentiment: Model | None = None
    intents: Mapping[str, Model] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The name that every label of this judge carries: of the word lists, and of the models in force."""
        models = [self.sentiment] * (self.sentiment is not None) + [
            self.intents[name] for name in sorted(self.intents)
        ]
        names = " ".join(model.version for model in models if model)
        return (
            f"{start.VERSION}+{hashlib.sha256(names.encode()).hexdigest()[:12]}" if names else start.VERSION
        )

    def judge(self, texts: Sequence[str], said: Sequence[str | None] = ()) -> list[Judged]:
        """Judge n texts; one that says nothing is unknown in language and most likely neutral.

        `said` holds the language of each text that a person knows, None where nobody does; empty: of none.
        """
        languages = [
            language_of(text) if code is None else said_by_a_person(code)
            for text, code in zip(texts, said or [None] * len(texts), strict=True)
        ]
        feelings, intents = start.as_arrays(start.readings(texts, [found.code for found in languages]))
        shown = feelings.argmax(axis=1)
        if self.sentiment:
            feelings = self.sentiment.probabilities(texts, feelings)
            shown = self.sentiment.shown(feelings)
        holds = intents > 0.5
        for name, model in self.intents.items():
            place = INTENTS.index(name)
            chances = model.probabilities(texts, np.stack([1 - intents[:, place], intents[:, place]], axis=1))
            intents[:, place] = chances[:, model.labels.index(HOLDS)]
            holds[:, place] = model.shown(chances) == model.labels.index(HOLDS)
        return [
            Judged(
                language,
                SENTIMENTS[number],
                tuple(row),
                tuple(name for name, held in zip(INTENTS, held_here, strict=True) if held),
                tuple(chances),
            )
            for language, number, row, held_here, chances in zip(
                languages, shown, feelings.tolist(), holds, intents.tolist(), strict=True
            )
        ]

    def why(self, text: str, label: str) -> list[tuple[str, float]]:
        """Return the words that spoke most for (above 0) or against a sentiment or an intent, the strongest first."""
        model = self.sentiment if label in SENTIMENTS else self.intents.get(label)
        if model:
            pushes = model.pushes(text, label if label in SENTIMENTS else HOLDS)
        else:
            pushes = _by_lists(text, label)
        return sorted(pushes, key=lambda push: -abs(push[1]))[:PUSHES_SHOWN]


def _by_lists(text: str, label: str) -> list[tuple[str, float]]:
    read = start.reading(text, language_of(text).code)
    if label in INTENTS:
        return [(word, strength) for word, name, strength in read.pushes if name == label]
    # What speaks for a feeling speaks against "neutral", in either direction.
    towards = {
        "negative": lambda value: -value,
        "positive": lambda value: value,
        "neutral": lambda value: -abs(value),
    }
    return [(word, towards[label](strength)) for word, name, strength in read.pushes if name == "valence"]

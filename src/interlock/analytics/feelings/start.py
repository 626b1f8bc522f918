"""Sentiment and intents from word lists alone: what is shown before a company has texts to learn from.

Valences add up as in VADER (Hutto and Gilbert, "VADER", ICWSM 2014): a negation before a word turns it and weakens it, "very"
and "little" bend it, what follows "but" counts more. The sum becomes three probabilities by an ordered logit. The
chance of an intent is that at least one of its entries means it, as if they were independent, with the ends below.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.feelings import INTENTS
from interlock.analytics.feelings.lexicon import LANGUAGES, Match, lexicon, tokens_of

Floats = NDArray[np.float64]

VERSION = "words-1"
# From VADER: a negated word keeps .74 of its strength on the other side; 15 sets how soon the sum flattens.
NEGATED, FLAT = -0.74, 15.0
NEAR = 3  # tokens before a word in which a negation or an intensifier still bends it
VERY, LITTLE = 1.3, 0.6
BEFORE_BUT, AFTER_BUT = 0.6, 1.3
# Ordered logit, set by hand on tests/analytics/feelings/development.tsv: without any word neutral in 46 of 100 and
# either side in 27; one "good" alone is positive in 94. Somewhat too sure on Olist (calibration error 0.10).
SLOPE, LOWER, UPPER = 8.0, -1.0, 1.0
# The first tokens of a text; what is felt later is felt before.
LONGEST = 400
_CLAUSE = frozenset(".,;:!?\n")
_QUESTION = 0.8  # of a question mark
_FEW = 12  # tokens of a text whose language may have been taken for a neighbour's
# Who speaks of danger, courts or leaving is not content, whatever the words: a valence, times the chance of the intent.
_GRAVE = {"safety": -2.0, "legal": -2.0, "threat": -2.0}


class Reading(NamedTuple):
    """What the lists say of one text: probabilities of SENTIMENTS and of INTENTS, and words with their push.

    `pushes` are (token, what it speaks for, strength): valence after bending, or the chance of an intent.
    """

    sentiment: tuple[float, float, float]
    intents: tuple[float, ...]
    pushes: tuple[tuple[str, str, float], ...]


def readings(texts: Sequence[str], languages: Sequence[str]) -> list[Reading]:
    """Read each text by the lists of its language; an unknown language is read by the lists that know most of it."""
    return [reading(text, language) for text, language in zip(texts, languages, strict=True)]


def as_arrays(read: Sequence[Reading]) -> tuple[Floats, Floats]:
    """Probabilities of sentiment, shape (n, 3), and of intents, shape (n, 7)."""
    return (
        np.array([one.sentiment for one in read], dtype=np.float64).reshape(-1, 3),
        np.array([one.intents for one in read], dtype=np.float64).reshape(-1, len(INTENTS)),
    )


def reading(text: str, language: str) -> Reading:
    """Read one text, see `readings`."""
    tokens = tokens_of(text[: LONGEST * 12])[:LONGEST]
    found = _matches(tokens, language)
    felt = _felt(tokens, found)
    total = sum(value for _place, value in felt)
    score = total / math.sqrt(total * total + FLAT)
    sentiment = _ordered(score)
    chances = _chances(tokens, found, sentiment)
    pushes = [(" ".join(tokens[one.start : one.end]), "valence", value) for one, value in felt]
    pushes += [
        (" ".join(tokens[one.start : one.end]), one.name, one.value) for one in found if one.name in INTENTS
    ]
    return Reading(sentiment, chances, tuple(pushes))


def _matches(tokens: list[str], language: str) -> list[Match]:
    """What the lists of a language find. Where they find nothing, or the language is unknown, those that find most:
    a few words are often taken for a neighbouring language."""
    found = list(lexicon(language).matches(tokens)) if language else []
    if found or (language and language not in LANGUAGES and len(tokens) > _FEW):
        return found
    read = [list(lexicon(each).matches(tokens)) for each in LANGUAGES]
    return max(read, key=lambda found: sum(one.end - one.start for one in found))


def _felt(tokens: list[str], found: list[Match]) -> list[tuple[Match, float]]:
    """Valences with everything near that bends them. A word inside a longer entry says nothing of its own."""
    taken = [False] * len(tokens)
    felt: list[Match] = []
    for one in sorted(found, key=lambda one: (one.start - one.end, one.name != "valence")):
        grave = _GRAVE.get(one.name)
        if (grave or one.name == "valence") and not any(taken[one.start : one.end]):
            felt.append(one._replace(value=grave * one.value) if grave else one)
            taken[one.start : one.end] = [True] * (one.end - one.start)
    bent = {
        name: {one.start for one in found if one.name == name and not taken[one.start]}
        for name in ("not", "very", "little", "but")
    }
    turn = max(bent["but"], default=None)
    return [(one, _bent(one, tokens, bent, turn)) for one in sorted(felt)]


def _bent(one: Match, tokens: list[str], bent: dict[str, set[int]], turn: int | None) -> float:
    value = one.value
    if value < 0 and one.end - one.start > 1:
        return value  # "not received" says all of it
    for place in range(one.start - 1, max(one.start - 1 - NEAR, -1), -1):
        if tokens[place] in _CLAUSE:
            break
        if place in bent["not"]:
            value *= NEGATED
        elif place in bent["very"]:
            value *= VERY
        elif place in bent["little"]:
            value *= LITTLE
    if turn is not None:
        value *= AFTER_BUT if one.start > turn else BEFORE_BUT
    return value


def _ordered(score: float) -> tuple[float, float, float]:
    """P(negative), P(neutral), P(positive) of a score in (-1, 1)."""
    negative = 1 / (1 + math.exp(SLOPE * score - LOWER))
    below_positive = 1 / (1 + math.exp(SLOPE * score - UPPER))
    return negative, below_positive - negative, 1 - below_positive


def _chances(
    tokens: list[str], found: list[Match], sentiment: tuple[float, float, float]
) -> tuple[float, ...]:
    """The chance of each intent. Complaint and praise also follow from the feeling, a question from its mark."""
    missed = dict.fromkeys(INTENTS, 1.0)
    for one in found:
        if one.name in missed:
            missed[one.name] *= 1 - one.value
    if "?" in tokens:
        missed["question"] *= 1 - _QUESTION
    elif missed["question"] < 1 and not _starts_with_question(found):
        missed["question"] = 1.0  # "when it came it was broken" asks nothing
    chances = {name: 1 - miss for name, miss in missed.items()}
    negative, _neutral, positive = sentiment
    chances["complaint"] = _both(chances["complaint"], negative)
    chances["praise"] = _both(chances["praise"], positive)
    return tuple(min(max(chances[name], 0.01), 0.99) for name in INTENTS)


def _starts_with_question(found: list[Match]) -> bool:
    return any(one.name == "question" and one.start == 0 for one in found)


def _both(words: float, feeling: float) -> float:
    """Words of complaint (praise) in a text that feels so; a feeling without such words is most often one too."""
    return feeling * (0.6 + 0.4 * words)

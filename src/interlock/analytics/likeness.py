"""Which of many earlier texts is most like this one?

Texts are bags of words, weighted by how rare each word is among the earlier ones; likeness is the cosine between
two bags. Nothing is learnt and nothing is kept, so a text that is erased is gone from here as well.

Source: Salton, Buckley, "Term-weighting approaches in automatic text retrieval", Information Processing and
Management 24 (5), 1988: sublinear term frequency (1 + log tf), inverse document frequency log(N / df), cosine.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log, sqrt

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
# Beyond this a long text only repeats itself, and a text of 10 MB must not stop a page.
LONGEST_TEXT = 20_000


@dataclass(frozen=True)
class Like:
    """The place of the most alike text, and the cosine, 0 to 1."""

    place: int
    cosine: float


def most_alike(text: str, earlier: Sequence[str], *, floor: float) -> Like | None:
    """Return the earlier text that is most like this one.

    Args:
        text: any text.
        earlier: texts to compare with, n >= 0; the first wins where two are equally alike.
        floor: least cosine, 0 to 1.

    Returns:
        Place (0 to n - 1) and cosine (floor to 1); None when no text reaches the floor, or the text has no word.
    """
    bags = [Counter(_words(each)) for each in earlier]
    asked = Counter(_words(text))
    seen: Counter[str] = Counter()
    for bag in bags:
        seen.update(bag.keys())
    # One more than the texts there are, so that a word found in all of them still weighs a little.
    rarity = {word: log((len(bags) + 1) / number) for word, number in seen.items()}
    # A word that no earlier text holds makes the text less like all of them.
    unknown = log(len(bags) + 1) if bags else 1.0
    own = {word: (1 + log(times)) * rarity.get(word, unknown) for word, times in asked.items()}
    best = Like(-1, 0.0)
    own_length = _length(own.values())
    for place, bag in enumerate(bags):
        cosine = _cosine(own, own_length, bag, rarity)
        if cosine > best.cosine:
            best = Like(place, min(cosine, 1.0))
    return best if best.place >= 0 and best.cosine >= floor else None


def _cosine(own: dict[str, float], own_length: float, bag: Counter[str], rarity: dict[str, float]) -> float:
    shared = own.keys() & bag.keys()
    if not shared or own_length == 0:
        return 0.0
    product = sum(own[word] * (1 + log(bag[word])) * rarity[word] for word in shared)
    length = _length((1 + log(times)) * rarity[word] for word, times in bag.items())
    return product / (own_length * length)


def _length(weights: Iterable[float]) -> float:
    return sqrt(sum(weight * weight for weight in weights))


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text[:LONGEST_TEXT])]

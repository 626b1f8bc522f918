"""Do streams that begin to ring within some hours of each other ring for the same event?

Themes say what an event is. They share no signal, so they are one event where what is said loudly in each is like what
is said loudly in every other: the mean vector of their loud signals, not of all they ever held, as `UsualSpeech` weighs
it. A source, a channel or a product says where. It joins the theme in which most of its excess is said, else the one that
says what is said in it, and where no theme rings, another place of which most of the excess is its own. Time alone joins everything: `benchmarks/same_event.py`
and `tests/analytics/test_outcry_events.py` have that as their control.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
WITHIN_TICKS = 72  # six hours: the span over which "times the usual" is measured
# Cosine of the two least alike themes of an event. Chosen on half of banking77's intents for MiniLM and for an encoder
# learnt from two languages, reported on the other half; see docs/figures.md#outcry.
ALIKE = 0.12
# Of a place and the least alike theme of an event. Chosen and reported as above: a place holds all that is said, so that the
# likeness of its own event is higher.
PLACE_ALIKE = 0.35
MOST = 0.5  # of an excess


@dataclass(frozen=True)
class Loud:
    """A stream that rings: what was said in it lately, and how much of that would be usual."""

    at: int  # tick in which it rang
    is_theme: bool
    rows: frozenset[int]  # numbers of its signals, the same in every stream
    usual: float  # signals expected in that time, >= 0
    centre: F32 | None = (
        None  # what is said there, as UsualSpeech weighs it, shape (d,); None: nothing was read
    )


class UsualSpeech:
    """What is said usually: its middle, and how much it varies along each of its directions.

    An encoder that a company's own texts taught lays most of its variance into a few directions (the language, thanks, a
    product's name), where every two themes are alike or opposite. Weighing each direction by 1 / sqrt(variance + mean
    variance) makes one cut fit it and MiniLM: Mahalanobis' distance, the covariance shrunk to a sphere because 500 texts
    are few for 512 directions.
    """

    def __init__(self, vectors: F32) -> None:
        """Args: vectors: what was said before, unit rows, shape (n, d), n >= 1."""
        self._middle = vectors.mean(axis=0)
        apart = vectors - self._middle
        variance, directions = np.linalg.eigh(apart.T @ apart / len(vectors))
        variance = np.maximum(variance, 0.0)
        spread = variance + variance.mean()
        # All said the same: nothing to weigh by.
        self._weighed = directions / np.sqrt(spread) if spread.min() > 0 else directions

    def centre(self, vectors: F32) -> F32:
        """The sum of unit rows, shape (n, d), less their usual middle, each direction weighed; shape (d,)."""
        return np.asarray((vectors - self._middle).sum(axis=0) @ self._weighed, np.float32)


def events(
    louds: Sequence[Loud], *, known: Sequence[int] | None = None, apart: Collection[int] = ()
) -> list[int]:
    """Say which streams belong together.

    Args:
        louds: by the time in which they rang.
        known: for each the place of its event's first stream as it stands; those stay together. Alone unless given.
        apart: places that somebody took out of an event: they join none.

    Returns:
        For each the place of the first stream of its event, its own where it is alone or the first.
    """
    of = list(range(len(louds))) if known is None else list(known)
    lone = {place for place in range(len(louds)) if place not in apart and of.count(of[place]) == 1}
    _join_themes(louds, of, {place for place in lone if louds[place].is_theme}, apart)
    for place in sorted({of[one] for one in range(len(louds)) if one not in apart}):
        group = _group(of, place)
        if group and not any(louds[one].is_theme for one in group):
            _join_place(louds, of, group, apart)
    return of


def _group(of: Sequence[int], first: int) -> list[int]:
    return [place for place, head in enumerate(of) if head == first]


def _near(louds: Sequence[Loud], of: Sequence[int], place: int, apart: Collection[int]) -> list[list[int]]:
    """The other events that began within some hours of this stream's."""
    heads = [head for head in sorted(set(of)) if head != of[place] and head not in apart]
    return [_group(of, head) for head in heads if abs(louds[head].at - louds[of[place]].at) <= WITHIN_TICKS]


def _unite(of: list[int], one: int, other: int) -> None:
    first = min(of[one], of[other])
    gone = max(of[one], of[other])
    of[:] = [first if head == gone else head for head in of]


def _join_themes(louds: Sequence[Loud], of: list[int], lone: Collection[int], apart: Collection[int]) -> None:
    """Join the two events most alike, again and again, as long as one of them is of streams that were alone.

    By the sum of what is said in an event a third theme between two matters would join both.
    """
    while True:
        heads = sorted({of[place] for place in lone})
        pairs = [
            (_likeness(louds, group, other), group[0], other[0])
            for group in (_group(of, head) for head in heads)
            if set(group) <= set(lone)
            for other in _near(louds, of, group[0], apart)
        ]
        likeness, one, other = max(pairs, default=(0.0, 0, 0))
        if likeness < ALIKE:
            return
        _unite(of, one, other)


def _likeness(louds: Sequence[Loud], group: Sequence[int], other: Sequence[int]) -> float:
    """The cosine of a stream of the one and a theme of the other that are least alike; 0 where there is no theme."""
    themes = [louds[place].centre for place in other if louds[place].is_theme]
    return min((_cosine(louds[place].centre, theme) for place in group for theme in themes), default=0.0)


def _cosine(one: F32 | None, other: F32 | None) -> float:
    if one is None or other is None or one.shape != other.shape:
        return 0.0
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / lengths if lengths > 0 else 0.0


def _join_place(louds: Sequence[Loud], of: list[int], group: list[int], apart: Collection[int]) -> None:
    """The event in which most of the excess of this place is said, if events together say most of it.

    Where the words of a matter lie scattered over themes that do not ring, what is said in the place tells it instead.
    """
    own = louds[group[0]]
    near = _near(louds, of, group[0], apart)
    by_themes = [
        (_said_in(own, [louds[one] for one in other if louds[one].is_theme]), other) for other in near
    ]
    if by_themes and sum(share for share, _other in by_themes) >= MOST:
        return _unite(of, group[0], max(by_themes, key=lambda one: one[0])[1][0])
    said = [(_likeness(louds, group, other), other) for other in near]
    if said and max(said)[0] >= PLACE_ALIKE:
        return _unite(of, group[0], max(said)[1][0])
    places = [other for other in near if not any(louds[one].is_theme for one in other)]
    alike = [(min(_said_in(own, [louds[one[0]]]), _said_in(louds[one[0]], [own])), one) for one in places]
    if alike and max(alike, key=lambda one: one[0])[0] >= MOST:
        _unite(of, group[0], max(alike, key=lambda one: one[0])[1][0])
    return None


def _said_in(place: Loud, others: Sequence[Loud]) -> float:
    """The share, 0 to 1, of a place's excess that is said in other streams beyond what is usual there."""
    if not others:
        return 0.0
    excess = max(len(place.rows) - place.usual, 1.0)
    shared = len(place.rows & frozenset().union(*(one.rows for one in others)))
    # What is usual in the others may be said here as well, as far as it is usual here.
    usual = min(sum(one.usual for one in others), place.usual)
    return min(max(shared - usual, 0.0) / excess, 1.0)

"""Do streams that begin to ring within some hours of each other ring for the same event?

Themes say what an event is. They share no signal, so two of them are one event where what is said loudly in them is
alike: the mean vector of their loud signals, not of all they ever held, less the mean of everything said before. A
source, a channel or a product says where. It joins the theme in which most of its excess is said, and where no theme
rings, another place of which most of the excess is its own. Time alone joins everything: `benchmarks/same_event.py`
and `tests/analytics/test_outcry_events.py` have that as their control.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
WITHIN_TICKS = 72  # six hours: the span over which "times the usual" is measured
# Cosine of two centres. On withheld intents of banking77 a mean outcry falls into three or four themes; at 0.5 one in
# seven such pairs is not joined and 2.4 in 100 pairs of different intents of one bank are; see docs/figures.md#outcry.
ALIKE = 0.5
MOST = 0.5  # of an excess


@dataclass(frozen=True)
class Loud:
    """A stream that rings: what was said in it lately, and how much of that would be usual."""

    at: int  # tick in which it rang
    is_theme: bool
    rows: frozenset[int]  # numbers of its signals, the same in every stream
    usual: float  # signals expected in that time, >= 0
    centre: F32 | None = None  # of a theme: sum of what is said less what was said before, shape (d,)


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
    lone = [place for place in range(len(louds)) if place not in apart and of.count(of[place]) == 1]
    for place in (one for one in lone if louds[one].is_theme):
        _join_theme(louds, of, place, apart)
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


def _join_theme(louds: Sequence[Loud], of: list[int], place: int, apart: Collection[int]) -> None:
    """The event whose themes together say most nearly the same."""
    best, most = None, ALIKE
    for group in _near(louds, of, place, apart):
        likeness = _cosine(louds[place].centre, _centre([louds[one] for one in group]))
        if likeness >= most:
            best, most = group, likeness
    if best:
        _unite(of, place, best[0])


def _centre(louds: Sequence[Loud]) -> F32 | None:
    centres = [one.centre for one in louds if one.centre is not None]
    return np.sum(centres, axis=0, dtype=np.float32) if centres else None


def _cosine(one: F32 | None, other: F32 | None) -> float:
    if one is None or other is None or one.shape != other.shape:
        return 0.0
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / lengths if lengths > 0 else 0.0


def _join_place(louds: Sequence[Loud], of: list[int], group: list[int], apart: Collection[int]) -> None:
    """The event in which most of the excess of this place is said, if events together say most of it."""
    own = louds[group[0]]
    near = _near(louds, of, group[0], apart)
    by_themes = [
        (_said_in(own, [louds[one] for one in other if louds[one].is_theme]), other) for other in near
    ]
    if by_themes and sum(share for share, _other in by_themes) >= MOST:
        return _unite(of, group[0], max(by_themes, key=lambda one: one[0])[1][0])
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

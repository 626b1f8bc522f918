"""Is a theme said more in a week than its past leads one to expect?

Each source is judged by its own past, so that a busy source that begins elsewhere moves no limit; one that has been
heard for fewer than 12 weeks is not judged. A week counts with as much as is usual, or with more where others said
more in it: so a running week is not taken for a quiet one, and no spike raises its own limit.

Source: Farrington et al., JRSS A 159 (1996), as in `statistics/trends.py`; docs/methods.md, limit of a theme.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.statistics.trends import LEVEL, MIN_PAST, stratified_limit

Counts = NDArray[np.float64]
# Of the newest weeks those above their own limit are no past: what began lately would soon be usual.
NEWEST = 4


@dataclass(frozen=True)
class ThemeLimit:
    """What a theme was found to be, week by week.

    Attributes:
        usual: voices that a usual week should not pass.
        now: voices that the last week should not pass, `usual` or more.
        above: whether each of the newest five weeks passed its limit, the last one last.
        judged: voices of the last week in the sources that are judged.
    """

    usual: float
    now: float
    above: tuple[bool, ...]
    judged: int


def theme_limit(voices: Counts, heard: Counts, level: float = LEVEL) -> ThemeLimit | None:
    """Return the limit of a theme's last week, from the weeks before it.

    Args:
        voices: of the theme, by source and week, shape (s, w), >= 0; the last week is judged, and may be running.
        heard: voices of all that each source said, shape (s, w), >= `voices`.
        level: one-sided probability that a quiet week stays below, 0 to 1.

    Returns:
        The limit; None where no source has been heard for 12 weeks before the last, or most was said through others.
    """
    weeks = heard.shape[1]
    began = np.where(heard.any(axis=1), (heard > 0).argmax(axis=1), weeks)
    known = began <= weeks - 1 - MIN_PAST
    if not known.any() or voices[~known].sum() > voices[known].sum():
        return None
    voices, exposure = voices[known], _exposure(voices[known], heard[known])
    is_past, above, limit = np.ones(weeks, dtype=bool), [], None
    for week in range(max(weeks - 1 - NEWEST, MIN_PAST), weeks):
        past = np.flatnonzero(is_past[:week])
        limit = stratified_limit(voices[:, past], exposure[:, past], exposure[:, week], level)
        is_past[week] = limit is None or voices[:, week].sum() <= limit.limit
        above.append(not is_past[week])
    past = np.flatnonzero(is_past[:-1])
    usual = stratified_limit(voices[:, past], exposure[:, past], _usual(heard[known]), level)
    if limit is None or usual is None:
        return None
    return ThemeLimit(usual.limit, limit.limit, tuple(above), int(voices[:, -1].sum()))


def _usual(heard: Counts) -> Counts:
    """The mean of the weeks before the last in which a source was heard, shape (s,)."""
    before = heard[:, :-1]
    return np.asarray(before.sum(axis=1) / np.maximum((before > 0).sum(axis=1), 1))


def _exposure(voices: Counts, heard: Counts) -> Counts:
    """What each source would have said in all, had the theme its usual share: from what others said, at least the usual."""
    past = heard[:, :-1].sum(axis=1)
    share = voices[:, :-1].sum(axis=1) / np.maximum(past, 1)
    others = (heard - voices) / np.maximum(1 - share, 1e-9)[:, None]
    others[share >= 1] = 0.0
    exposure = np.maximum(others, _usual(heard)[:, None])
    # A source that was silent for a whole week tells nothing of it; the last week may only have begun.
    exposure[:, :-1][heard[:, :-1] == 0] = 0.0
    return np.asarray(exposure)

"""People move micro-clusters between themes: merging, splitting by example and undoing are all that one act.

`place` does it; the mapping it is given, kept by the caller, is at once the pin that later refits obey and, with the
themes before, the way back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.text.encoders import unit_rows
from interlock.analytics.themes.discover import reach_of
from interlock.analytics.themes.errors import ModelError
from interlock.analytics.themes.model import ThemeModel
from interlock.analytics.themes.quantise import nearest_row, quantise

# After these rounds no micro-cluster changes sides any more.
_ROUNDS = 5
# As in a refit: a few texts must be able to be a theme.
_TEXTS_PER_MICRO = 3


def place(model: ThemeModel, where: Mapping[str, str]) -> ThemeModel:
    """Return the model with these micro-clusters in these themes; a theme id that is new makes a theme.

    Themes left without a micro-cluster stay, empty, so that the way back finds them.

    Args:
        where: micro id -> theme id. A new theme joins the group its first micro-cluster came from.

    Raises:
        ModelError: a micro-cluster is not in the model.
    """
    number_of = {name: number for number, name in enumerate(model.micro_ids)}
    unknown = [name for name in where if name not in number_of]
    if unknown:
        raise ModelError(
            f"{len(unknown)} of {len(where)} micro-clusters are not in this model. Load it again."
        )
    theme, group = model.theme.copy(), model.group.tolist()
    themes = {name: number for number, name in enumerate(model.theme_ids)}
    for micro, name in where.items():
        if name not in themes:
            themes[name] = len(themes)
            group.append(group[theme[number_of[micro]]])
        theme[number_of[micro]] = themes[name]
    return replace(model, theme=theme, theme_ids=tuple(themes), group=np.array(group, dtype=np.int32))


def micros_for(vectors: NDArray[np.float32], *, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return centres and reach of the micro-clusters that stand for a new theme's texts, one for three of them.

    Args:
        vectors: shape (n, d), n >= 1, unit rows.

    Returns:
        Shapes (m, d) and (m,).
    """
    weights = np.ones(len(vectors))
    centres = quantise(vectors, weights, -(-len(vectors) // _TEXTS_PER_MICRO), np.random.default_rng(seed))
    micro = nearest_row(vectors, centres)
    reach = reach_of(vectors, weights, micro, centres, np.zeros(len(centres), dtype=np.int32))
    return centres, reach


def micros_of(model: ThemeModel, theme_id: str) -> tuple[str, ...]:
    """Return the micro-clusters of a theme; all of them placed elsewhere is a merge."""
    number = _number_of(model, theme_id)
    return tuple(name for name, theme in zip(model.micro_ids, model.theme, strict=True) if theme == number)


def micros_like(model: ThemeModel, theme_id: str, examples: NDArray[np.float32]) -> tuple[str, ...]:
    """Return the micro-clusters of a theme that are more like the examples than like the rest of it.

    Args:
        examples: shape (n, d), n >= 1, unit rows: texts that a person says are about something else.

    Raises:
        ModelError: the theme is not in the model, or all of it is like the examples: there is nothing to split.
    """
    inside = np.flatnonzero(model.theme == _number_of(model, theme_id))
    centres = model.centres[inside]
    like = centres @ unit_rows(examples.mean(axis=0, keepdims=True))[0]
    chosen = np.zeros(len(inside), dtype=bool)
    # The texts shown mark their own micro-clusters; these pull along what is nearer to them than to the rest.
    chosen[(examples @ centres.T).argmax(axis=1)] = True
    for _ in range(_ROUNDS):
        if chosen.all():
            raise ModelError(
                "All of the theme is like these examples. Choose texts that differ from the rest of it."
            )
        rest = unit_rows(centres[~chosen].mean(axis=0, keepdims=True))[0]
        chosen |= like > centres @ rest
    return tuple(model.micro_ids[place] for place in inside[chosen])


def _number_of(model: ThemeModel, theme_id: str) -> int:
    if theme_id not in model.theme_ids:
        raise ModelError(f"There is no theme {theme_id} in this model. Load it again.")
    return model.theme_ids.index(theme_id)

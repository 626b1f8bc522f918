"""How do themes change when more has been said, and which stay the same?

Micro-clusters never move. Texts beyond their reach make new ones; then the graph is cut again and again on resamples, as
fine as it was cut before, and only what nearly all of those cuts agree on is changed: a theme is split when its parts are hardly ever
together, merged with another when they are hardly ever apart. Everything else keeps its id, and what people have
pinned is not touched.

Sources: Strehl, Ghosh, "Cluster ensembles", JMLR 3, 2002, for the agreement of many cuts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.text.encoders import unit_rows
from interlock.analytics.themes.discover import (
    LEAST_SHARE,
    RESOLUTIONS,
    SAMPLE,
    neighbours_within,
    reach_of,
    resolution_scores,
)
from interlock.analytics.themes.errors import NothingToGroupError
from interlock.analytics.themes.graph import communities, neighbours, shared_neighbours
from interlock.analytics.themes.model import ThemeModel, assign, voices_of
from interlock.analytics.themes.quantise import quantise
from interlock.analytics.themes.spoken import NEIGHBOURS, language_of

_CUTS, _DRAWN = 6, 0.8
# A theme's own micro-clusters are together in three of four cuts and more, those of two themes in one of five and less:
# split or move where the difference is turned round as clearly, merge where two are as one.
_CLEAR, _AS_ONE, _BELONGS = 0.6, 0.8, 0.5
# A part smaller than this share of its theme is a nuance, not a theme.
_LEAST_PART = 0.2
# New micro-clusters are as fine as the old ones, at most three texts each: fifty texts must be able to be a theme.
_TEXTS_PER_MICRO, _MOST_NEW = 3, 500

Floats = NDArray[np.float32]
Voices = NDArray[np.float64]
Numbers = NDArray[np.int32]


@dataclass(frozen=True)
class Change:
    """What happened to themes, for the lineage."""

    kind: str
    """split, merge, new, gone or moved."""
    before: tuple[str, ...]
    """Theme ids that the voices were in."""
    after: tuple[str, ...]
    """Theme ids that they are in now."""
    voices: float


def refit(
    model: ThemeModel,
    vectors: NDArray[np.float32],
    weights: NDArray[np.float64],
    pins: Mapping[str, str],
    *,
    seed: int,
    new_id: Callable[[], str],
    language: NDArray[np.int64] | None = None,
) -> tuple[ThemeModel, tuple[Change, ...]]:
    """Return the model of all texts there are now, and how its themes differ from before.

    A theme without any voice left stays in the model, so that it comes back under its id.

    Args:
        vectors: shape (n, d), unit rows of model.encoder: every text there is now, old and new.
        weights: shape (n,), voices.
        pins: micro id -> theme id, put there by people: never moved, split off or merged.
        seed: the same seed, model and texts give the same changes.
        language: shape (n,), see `spoken.languages_spoken`; None where all speak one.

    Raises:
        NothingToGroupError: no row but zeros.
    """
    if not vectors.any():
        raise NothingToGroupError("There is no text left to keep themes for.")
    rng = np.random.default_rng(seed)
    wide = _with_new_micro(model, vectors, weights, rng, new_id)
    assigned = assign(wide, vectors)
    said = assigned.micro >= 0
    voices = np.bincount(assigned.micro[said], weights[said], minlength=len(wide.centres))
    live = np.flatnonzero(voices > 0)
    held = np.array([name in pins for name in wide.micro_ids])[live]
    heard = None if language is None else language[said]
    spoken = language_of(wide.centres, assigned.micro[said], heard)
    cut = _Cuts(wide.centres[live], spoken[live], _themes_spoken(model, spoken), rng, seed)
    settling = _Settling(wide.theme[live], voices[live], held, len(model.theme_ids), cut)
    settling.place_new()
    settling.move()
    settling.split()
    settling.merge()
    theme = wide.theme.copy()
    theme[live] = settling.theme
    # A new centre that lost all its texts to its neighbours stands where those are.
    lost = np.flatnonzero(theme < 0)
    theme[lost] = assign(model, wide.centres[lost]).theme
    ids = (*model.theme_ids, *(new_id() for _ in range(settling.count - len(model.theme_ids))))
    grown = replace(wide, theme=theme, theme_ids=ids, weight=voices)
    grown = replace(grown, group=_groups(model, grown), reach=_reach(grown, vectors, weights, rng))
    return grown, (*settling.changes(ids), *_gone(model, grown, settling))


def _with_new_micro(
    model: ThemeModel,
    vectors: Floats,
    weights: Voices,
    rng: np.random.Generator,
    new_id: Callable[[], str],
) -> ThemeModel:
    """Return the model with micro-clusters of the texts that lie beyond every reach; they have no theme yet (-1)."""
    near = assign(model, vectors)
    far = np.flatnonzero((near.micro >= 0) & (near.similarity < model.reach[near.micro]))
    if len(far) > SAMPLE:
        far = np.sort(rng.choice(far, SAMPLE, replace=False))
    usual = round(float(model.weight.sum()) / max(len(model.centres), 1))
    count = min(_MOST_NEW, -(-len(far) // min(max(usual, 1), _TEXTS_PER_MICRO)))
    fresh = quantise(vectors[far], weights[far], count, rng) if count else vectors[:0]
    return replace(
        model,
        centres=np.concatenate([model.centres, fresh]),
        micro_ids=(*model.micro_ids, *(new_id() for _ in fresh)),
        theme=np.concatenate([model.theme, np.full(len(fresh), -1, dtype=np.int32)]),
    )


def _themes_spoken(model: ThemeModel, spoken: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many themes with voices are mostly in each language; shape (languages,)."""
    voices = np.zeros((len(model.theme_ids), int(spoken.max()) + 1))
    np.add.at(voices, (model.theme, spoken[: len(model.theme)]), model.weight)
    return np.bincount(voices[voices.any(axis=1)].argmax(axis=1), minlength=voices.shape[1])


class _Cuts:
    """How often any two micro-clusters fall into one community, over cuts of resamples as fine as the themes are.

    Each language is cut by itself; what is in two languages is never together.
    """

    def __init__(
        self,
        centres: Floats,
        spoken: NDArray[np.int64],
        themes: NDArray[np.int64],
        rng: np.random.Generator,
        seed: int,
    ) -> None:
        self.centres = centres
        self.last = np.zeros(len(centres), dtype=np.int32)
        self.together: Floats = np.zeros((len(centres), len(centres)), dtype=np.float32)
        for number in np.unique(spoken):
            inside = np.flatnonzero(spoken == number)
            last, together = _cuts_of(centres[inside], int(themes[number]), rng, seed)
            self.last[inside] = last + self.last.max() + 1
            self.together[np.ix_(inside, inside)] = together


def _cuts_of(centres: Floats, themes: int, rng: np.random.Generator, seed: int) -> tuple[Numbers, Floats]:
    """Return the communities of one language, and the share of cuts that each two are together in; (m,), (m, m)."""
    near = neighbours(centres, 2 * NEIGHBOURS)
    graph = shared_neighbours(near[:, :NEIGHBOURS])
    if themes:
        resolution = min(
            RESOLUTIONS,
            key=lambda each: abs(int(communities(graph, each, seed=seed, rounds=1).max()) + 1 - themes),
        )
    else:  # nobody spoke it when themes were found
        resolution = RESOLUTIONS[int(resolution_scores(centres, near, seed=seed).argmax())]
    same = np.zeros((len(centres), len(centres)), dtype=np.float32)
    both = np.full_like(same, 1e-9)
    for turn in range(_CUTS):
        size = max(2, round(len(centres) * _DRAWN))
        drawn = np.sort(rng.choice(len(centres), min(size, len(centres)), replace=False))
        found = communities(shared_neighbours(neighbours_within(near, drawn)), resolution, seed=seed + turn)
        whole = np.ix_(drawn, drawn)
        same[whole] += found[:, None] == found
        both[whole] += 1
    return communities(graph, resolution, seed=seed), same / both


class _Settling:
    """The themes of the live micro-clusters while they are settled; theme -1 is one that has none yet."""

    def __init__(
        self, theme: Numbers, voices: Voices, held: NDArray[np.bool_], count: int, cut: _Cuts
    ) -> None:
        self.theme = theme.copy()
        self.count = count
        self._voices, self._held, self._cut = voices, held, cut
        self._noted: list[tuple[str, tuple[int, ...], tuple[int, ...], float]] = []

    def changes(self, ids: tuple[str, ...]) -> tuple[Change, ...]:
        return tuple(
            Change(kind, tuple(ids[one] for one in before), tuple(ids[one] for one in after), voices)
            for kind, before, after, voices in self._noted
        )

    def absorbed(self) -> set[int]:
        return {before[0] for kind, before, _, _ in self._noted if kind == "merge"}

    def place_new(self) -> None:
        """Give new micro-clusters a theme: one they are mostly together with, a new one, or the likest."""
        fresh = np.flatnonzero(self.theme < 0)
        if not len(fresh):
            return
        with_each = self._with_each(fresh)
        belongs = with_each.max(axis=1) >= _BELONGS
        likest = _likest(self._cut.centres, self.theme, fresh, self.count)
        old = np.where(belongs, with_each.argmax(axis=1), likest)
        outside = fresh[~belongs]
        placed = np.full(len(self.theme), -1, dtype=np.int32)
        placed[fresh] = old
        for community in np.unique(self._cut.last[outside]):
            inside = np.flatnonzero(self._cut.last == community)
            own = np.intersect1d(inside, outside)
            voices = float(self._voices[own].sum())
            if 2 * len(own) > len(inside) and voices >= max(2.0, LEAST_SHARE * self._voices.sum()):
                placed[own] = self.count
                self._noted.append(("new", (), (self.count,), voices))
                self.count += 1
        self.theme[fresh] = placed[fresh]

    def move(self) -> None:
        """Move single micro-clusters that nearly all cuts put into another theme."""
        free = np.flatnonzero(~self._held)
        with_each = self._with_each(free)
        own = with_each[np.arange(len(free)), self.theme[free]].copy()
        with_each[np.arange(len(free)), self.theme[free]] = -1
        target = with_each.argmax(axis=1).astype(np.int32)
        going = with_each.max(axis=1) - own >= _CLEAR
        pairs = np.stack([self.theme[free][going], target[going]], axis=1)
        for before, after in np.unique(pairs, axis=0).tolist():
            chosen = free[going][(pairs == (before, after)).all(axis=1)]
            self._noted.append(("moved", (before,), (after,), float(self._voices[chosen].sum())))
        self.theme[free[going]] = target[going]

    def split(self) -> None:
        """Split off parts of a theme that are hardly ever together with the rest of it."""
        for theme in range(self.count):
            inside = np.flatnonzero(self.theme == theme)
            parts = [inside[self._cut.last[inside] == each] for each in np.unique(self._cut.last[inside])]
            parts.sort(key=lambda part: -float(self._voices[part].sum()))
            for part in parts[1:]:
                voices = float(self._voices[part].sum())
                rest = np.setdiff1d(np.flatnonzero(self.theme == theme), part)
                small = voices < _LEAST_PART * self._voices[inside].sum()
                if small or self._held[inside].any() or len(part) < 2 or not self._is_apart(part, rest):
                    continue
                self.theme[part] = self.count
                self._noted.append(("split", (theme,), (theme, self.count), voices))
                self.count += 1

    def merge(self) -> None:
        """Merge a theme into a larger one that it is hardly ever apart from."""
        size = np.bincount(self.theme, self._voices, minlength=self.count)
        between = self._between()
        pinned = np.unique(self.theme[self._held])
        for theme in np.argsort(size, kind="stable"):
            larger = np.flatnonzero((size > size[theme]) & (between[theme] >= _AS_ONE))
            if size[theme] == 0 or theme in pinned or not len(larger):
                continue
            target = int(larger[between[theme][larger].argmax()])
            if target in pinned or not (self.theme == target).any():
                continue
            self.theme[self.theme == theme] = target
            self._noted.append(("merge", (int(theme), target), (target,), float(size[theme])))

    def _is_apart(self, part: NDArray[np.int64], rest: NDArray[np.int64]) -> bool:
        together = self._cut.together
        return float(together[np.ix_(part, part)].mean() - together[np.ix_(part, rest)].mean()) >= _CLEAR

    def _members(self) -> Floats:
        members: Floats = (self.theme[:, None] == np.arange(self.count)).astype(np.float32)
        return members

    def _with_each(self, places: NDArray[np.int64]) -> Floats:
        """Return how often each of these is together with the other members of each theme; shape (p, count)."""
        members = self._members()
        own = members[places]
        sums = self._cut.together[places] @ members - own
        others = members.sum(axis=0) - own
        with_each: Floats = np.where(others > 0, sums / np.maximum(others, 1), 0).astype(np.float32)
        return with_each

    def _between(self) -> Floats:
        members = self._members()
        sizes = np.maximum(members.sum(axis=0), 1.0)
        return np.asarray(members.T @ self._cut.together @ members / sizes / sizes[:, None], dtype=np.float32)


def _likest(centres: Floats, theme: Numbers, places: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    known = np.flatnonzero(theme >= 0)
    if not len(known):
        return np.zeros(len(places), dtype=np.int64)
    nearest = (centres[places] @ centres[known].T).argmax(axis=1)
    return theme[known[nearest]].astype(np.int64)


def _groups(model: ThemeModel, grown: ThemeModel) -> Numbers:
    """Return the group of each theme: an old theme keeps its own, a new one joins that of the likest old theme."""
    count, old = len(grown.theme_ids), len(model.theme_ids)
    means = unit_rows(np.stack([grown.centres[grown.theme == number].sum(axis=0) for number in range(count)]))
    likest = (means[old:] @ means[:old].T).argmax(axis=1)
    return np.concatenate([model.group, model.group[likest]]).astype(np.int32)


def _reach(
    grown: ThemeModel, vectors: Floats, weights: Voices, rng: np.random.Generator
) -> NDArray[np.float32]:
    said = np.flatnonzero(vectors.any(axis=1))
    if len(said) > SAMPLE:
        said = np.sort(rng.choice(said, SAMPLE, replace=False))
    micro = assign(grown, vectors[said]).micro.astype(np.int64)
    return reach_of(vectors[said], weights[said], micro, grown.centres, grown.theme)


def _gone(model: ThemeModel, grown: ThemeModel, settling: _Settling) -> tuple[Change, ...]:
    before, now, absorbed = voices_of(model), voices_of(grown), settling.absorbed()
    return tuple(
        Change("gone", (name,), (), 0.0)
        for number, name in enumerate(model.theme_ids)
        if before[number] > 0 and now[number] == 0 and number not in absorbed
    )

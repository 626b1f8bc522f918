"""Does somebody speak of something new, though each text alone is like much that was said before?

Around a text lie others: some of the past, some said lately. If nothing is new, which of them are the late ones is
chance, as drawing from an urn is, wherever in the space of meanings one looks; so the chance of so many late ones among
the nearest is known exactly, whatever the encoder and the themes are. A new theme is found where that chance falls
below what a budget of false themes allows for every look that is taken. This works inside old themes too, where no text
is far from what was known. A theme that is only said more often grows as a whole; a text is compared with the growth of
its own theme.

Work and memory for one text are bounded. A text belongs to a new theme when, among the texts said since that began,
more of its neighbours do than old ones would be expected there: the faster a theme grows, the likelier it is the right
place. Two new themes are one matter when the smaller is more like the other than like any old theme.

Sources: Schilling, "Multivariate two-sample tests based on nearest neighbors", JASA 81, 1986, for the comparison;
Kulldorff, "A spatial scan statistic", Communications in Statistics 26, 1997, for looking everywhere; the sum over
all looks is Bonferroni's, so it holds however the looks depend on one another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy  # its larger parts load when they are asked for, a second later
from numpy.typing import NDArray
from scipy.special import betainc

from interlock.analytics.themes.errors import ModelError
from interlock.analytics.themes.model import likeness as likeness_of
from interlock.analytics.themes.quantise import sums_of

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]

# So many of the past are compared with, and so many of the latest are looked at.
MOST_PAST, MOST_RECENT = 8_000, 5_000
# False new themes in 10,000 texts, at most, on average.
BUDGET = 1.0
_BUDGET_TEXTS = 10_000
# Something new comes in a burst or in a trickle: of the newest 500, 2,000 and 5,000 texts, how many lie close?
SCALES = (500, 2_000, MOST_RECENT)
SIZES = np.array([4, 5, 6, 8, 10, 12, 16, 20, 24, 32])
# Besides a new text the nearest late ones are looked at again: they may lie nearer to the middle of what is new.
_AGAIN = 3
# Looked at where the first test was passed: so unlikely must it be that the text's own theme is only said more often.
_ONLY_MORE = 1e-4
# Of each text so many likenesses to the past are kept; a ball that holds more is no place of something new.
_PAST_KEPT = 100
_CANDIDATES = 200
# Neighbours that say what a text belongs to, and the fewest that can.
_VOTERS, _FEWEST = 10, 3
# The first of twenty members may be a stray from before the theme began.
_STRAY = 20
# So many of the nearest of each member are asked, so often.
_ASKED, _ROUNDS = 30, 4
# From so many texts on the pace of a theme is known: where it counted from the first on, texts of old themes were taken along.
_PACED = 16
# Then it must be twice as likely as the old ones: with even odds 16 % of an outbreak's theme was of others, so 9 %.
_SURE = 2.0
# Texts that tell where the middle of an old theme is.
_HELD = 8
# Two themes whose texts are less than half as like each other as their own are one another are never one matter: among
# few old themes any two new ones may be likest to each other.
_ONE_MATTER = 0.5
# A theme takes late texts in again when it has grown by a quarter.
_GROWN = 1.25
# What lies among so many of an earlier new theme belongs to that one.
_BESIDE = 0.4
_NOWHERE = np.float32(-2.0)


@dataclass(frozen=True)
class Said:
    """Texts in the order in which they came."""

    key: Numbers
    """(n,) what the caller knows each text by."""
    vectors: Floats
    """(n, d), unit rows."""
    theme: Numbers
    """(n,) number of the theme each was placed in, >= 0; -1 = in none."""
    speaker: Numbers
    """(n,) who said it; many texts of one speaker count once wherever it is asked how many lie close."""
    matter: Numbers
    """(n,) which new theme it was found to belong to, >= 0; -1 = none."""


@dataclass(frozen=True)
class Noticed:
    """A new theme, or one found before that takes more texts in."""

    matter: int
    is_new: bool
    members: tuple[int, ...]
    """Keys of the texts that belong to it and did not before."""
    evidence: float
    """Minus the decimal logarithm of the chance; 0 for one that only grows."""
    absorbed: int = -1
    """Another new theme that turned out to be the same matter: all of it belongs to this one from now on; -1 = none."""


class Lookout:
    """Looks at one text after another, and says when several of the late ones are about something new."""

    def __init__(self, past: Floats, past_theme: Numbers, recent: Said, *, budget: float = BUDGET) -> None:
        """Begin with what is known.

        Args:
            past: shape (N, d), unit rows: texts from before the recent ones, drawn evenly; at most MOST_PAST serve.
            past_theme: shape (N,), as Said.theme.
            recent: texts that were looked at before, the newest last.
            budget: false new themes in 10,000 texts, > 0.

        Raises:
            ModelError: there is no past to compare with, or the recent texts have another dimension.
        """
        if not len(past) or (len(recent.key) and recent.vectors.shape[1] != past.shape[1]):
            raise ModelError(
                f"New themes are told from the past: got {past.shape} of it and {recent.vectors.shape} of lately."
            )
        self.limit = float(np.log10(_BUDGET_TEXTS * len(SCALES) * len(SIZES) * (1 + _AGAIN) / budget))
        self._past = np.ascontiguousarray(past[:MOST_PAST])
        known = past_theme[: len(self._past)]
        self._past_size = np.bincount(known[known >= 0], minlength=1)
        large = self._past_size >= _HELD
        held = known >= 0
        sums = sums_of(self._past[held], np.ones(held.sum()), known[held], len(large))
        self._old = sums[large], self._past_size[large]
        self._count = 0
        room = 2 * MOST_RECENT
        self._vectors = np.zeros((room, past.shape[1]), np.float32)
        self._near_past = np.zeros((room, min(_PAST_KEPT, len(self._past))), np.float32)
        self._key, self._theme, self._speaker, self._matter = np.full((4, room), -1, np.int64)
        self._taken_in: dict[int, int] = {}
        for start in range(0, len(recent.key), 500):
            self._append(*(getattr(recent, name)[start : start + 500] for name in _COLUMNS))
        for matter in np.unique(self._matter[self._matter >= 0]).tolist():
            self._taken_in[matter] = int((self._matter == matter).sum())

    def look(self, said: Said) -> Noticed | None:
        """Look at one more text (n = 1); a row of zeros says nothing and is passed over."""
        if not said.vectors.any():
            return None
        self._append(said.key, said.vectors, said.theme, said.speaker, said.matter)
        own = self._count - 1
        if self._matter[own] < 0:
            self._matter[own] = matter = self._voted(own)
            if matter < 0:
                return self._scanned(own)
            return self._grown(matter, [own])
        return self._grown(int(self._matter[own]), [])

    def _append(
        self, key: Numbers, vectors: Floats, theme: Numbers, speaker: Numbers, matter: Numbers
    ) -> None:
        if self._count + len(key) > len(self._key):
            stay = slice(self._count - MOST_RECENT, self._count)
            for held in (self._vectors, self._near_past, self._key, self._theme, self._speaker, self._matter):
                held[:MOST_RECENT] = held[stay].copy()
            self._count = MOST_RECENT
        new = slice(self._count, self._count + len(key))
        kept = self._near_past.shape[1]
        likeness = likeness_of(vectors, self._past)
        self._near_past[new] = -np.sort(-np.partition(likeness, -kept, axis=1)[:, -kept:], axis=1)
        self._vectors[new], self._key[new], self._theme[new] = vectors, key, theme
        self._speaker[new], self._matter[new] = speaker, matter
        self._count += len(key)

    def _first(self) -> int:
        return max(0, self._count - MOST_RECENT)

    def _scanned(self, own: int) -> Noticed | None:
        """Look around the text and around the late ones nearest to it."""
        first = self._first()
        free = self._matter[first : self._count] < 0
        likeness = np.where(
            free, likeness_of(self._vectors[[own]], self._vectors[first : self._count])[0], _NOWHERE
        )
        likeness[own - first] = _NOWHERE
        again = min(_AGAIN, len(likeness) - 1)
        near = first + np.argpartition(-likeness, again)[:again]
        centres = [own, *(int(one) for one in near if self._matter[one] < 0)]
        around = likeness_of(self._vectors[centres], self._vectors[first : self._count]).T
        around[~free] = _NOWHERE
        around[np.array(centres) - first, np.arange(len(centres))] = _NOWHERE
        best, where = 0.0, (0, 0, 0.0)
        for column, centre in enumerate(centres):
            evidence, since, radius = self._evidence(centre, around[:, column], free)
            if evidence > best:
                best, where = evidence, (column, since, radius)
        if best < self.limit:
            return None
        column, since, radius = where
        inside = since + np.flatnonzero(around[since:, column] >= radius)
        return self._found(first + np.append(inside, centres[column] - first), best)

    def _evidence(self, centre: int, likeness: Floats, free: NDArray[np.bool_]) -> tuple[float, int, float]:
        """Return the best evidence around one text over all scales and sizes, since which place, and how near."""
        order = self._strangers(centre, likeness)
        starts = np.maximum(0, len(likeness) - np.array(SCALES))
        radii = np.full((len(SCALES), len(SIZES)), np.inf, np.float32)
        for row, start in enumerate(starts):
            late = likeness[order[order >= start]]
            enough = len(late) >= SIZES
            radii[row, enough] = late[SIZES[enough] - 1]
        past = np.searchsorted(-self._near_past[centre], -radii.ravel(), side="right").reshape(radii.shape)
        chance = self._chance(past, np.array([free[start:].sum() - 1 for start in starts]))
        chance[np.isinf(radii)] = 1.0
        theme = int(self._theme[centre])
        for row, column in np.argwhere(chance <= 10**-self.limit) if theme >= 0 else ():
            recent = slice(self._first() + starts[row], self._count)
            of_theme = int((free[starts[row] :] & (self._theme[recent] == theme)).sum()) - 1
            if self._only_more(int(SIZES[column]), int(past[row, column]), theme, of_theme):
                chance[row, column] = 1.0
        row, column = divmod(int(chance.argmin()), len(SIZES))
        evidence = -float(np.log10(max(chance[row, column], 1e-99)))
        return evidence, int(starts[row]), float(radii[row, column])

    def _strangers(self, centre: int, likeness: Floats) -> Numbers:
        """Return the places of the nearest late texts, one of each speaker and none of the centre's own."""
        near = _nearest(likeness, _CANDIDATES)
        near = near[likeness[near] > _NOWHERE]
        speakers = np.append(self._speaker[centre], self._speaker[self._first() + near])
        once = np.sort(np.unique(speakers, return_index=True)[1])[1:] - 1
        return near[once]

    def _chance(self, past: Numbers, late: Numbers) -> NDArray[np.float64]:
        """Return the chance that of the nearest SIZES + past texts as many as SIZES are late ones; like past.

        Args:
            past: shape (scales, sizes): how many of the past lie within each radius.
            late: shape (scales,): late texts in all.
        """
        share = late / np.maximum(late + len(self._past), 1)
        chance: NDArray[np.float64] = betainc(SIZES, past + 1, np.maximum(share, 0)[:, None])
        # Where more of the past may lie as near as was kept, nothing is claimed.
        full = (past == self._near_past.shape[1]) & (past < len(self._past))
        return np.where(full, 1.0, chance)

    def _only_more(self, size: int, past: int, theme: int, of_theme: int) -> bool:
        """Tell whether so many late ones may lie there because their theme is said more often (Fisher's exact test)."""
        held = int(self._past_size[theme]) if theme < len(self._past_size) else 0
        late, before = max(size, of_theme), max(past, held)
        return bool(scipy.stats.hypergeom.sf(size - 1, late + before, late, size + past) > _ONLY_MORE)

    def _found(self, seed: Numbers, evidence: float) -> Noticed:
        members = self._gathered(seed, -1)
        matter = self._beside(members)
        is_new = matter < 0
        if is_new:
            matter = max(self._taken_in, default=-1) + 1
        self._matter[members] = matter
        self._taken_in[matter] = int((self._matter[self._first() : self._count] == matter).sum())
        return Noticed(matter, is_new, tuple(self._key[members].tolist()), evidence if is_new else 0.0)

    def _grown(self, matter: int, joined: list[int]) -> Noticed | None:
        """Let a new theme take late texts in again when it has grown; `joined` belong to it since just now."""
        inside = self._inside(matter)
        if len(inside) < _GROWN * self._taken_in.get(matter, 0):
            return Noticed(matter, False, tuple(self._key[joined].tolist()), 0.0) if joined else None
        more = joined + np.setdiff1d(self._gathered(inside, matter), inside).tolist()
        self._matter[more] = matter
        inside = self._inside(matter)
        absorbed = self._same_as(inside, besides=matter)
        if absorbed >= 0:
            more += self._inside(absorbed).tolist()
            self._matter[: self._count][self._matter[: self._count] == absorbed] = matter
            del self._taken_in[absorbed]
        self._taken_in[matter] = len(self._inside(matter))
        if not more:
            return None
        return Noticed(matter, False, tuple(self._key[more].tolist()), 0.0, absorbed)

    def _inside(self, matter: int) -> Numbers:
        """Return the places of the late texts of a new theme."""
        inside: Numbers = self._first() + np.flatnonzero(self._matter[self._first() : self._count] == matter)
        return inside

    def _beside(self, members: Numbers) -> int:
        """Return the earlier new theme that these belong to: it lies around them or is the same matter; -1 = none."""
        likeness = self._late() @ self._vectors[members].mean(axis=0)
        likeness[members - self._first()] = _NOWHERE
        around = self._matter[self._first() + _nearest(likeness, len(members))]
        sizes = np.bincount(around[around >= 0], minlength=1)
        if sizes.max() >= _BESIDE * len(members):
            return int(sizes.argmax())
        return self._same_as(members)

    def _same_as(self, members: Numbers, besides: int = -1) -> int:
        """Return the other new theme that is one matter with these texts: the smaller is likest to the other; -1 = none."""
        inside = {each: self._inside(each) for each in self._taken_in if each != besides}
        others = [each for each, places in inside.items() if len(places) > 1]
        if not others or len(members) < 2:
            return -1
        groups = [inside[each] for each in others]
        sums = np.stack([self._vectors[places].sum(axis=0) for places in groups])
        counts = np.array([len(places) for places in groups])
        own = self._vectors[members].sum(axis=0)
        near = _nearness(own, len(members), sums, counts)
        likest = int(near.argmax())
        is_smaller = len(members) <= counts[likest]
        smaller, count = (own, len(members)) if is_smaller else (sums[likest], int(counts[likest]))
        old = _nearness(smaller, count, *self._old)
        return others[likest] if near[likest] > max(_ONE_MATTER, old.max(initial=-1.0)) else -1

    def _gathered(self, members: Numbers, matter: int) -> Numbers:
        """Return the late texts that belong with these, by the votes of their neighbours, asked again until they agree."""
        first, late = self._first(), self._late()
        labels = self._matter[first : self._count]
        open_to = (labels < 0) | (labels == matter)
        for _ in range(_ROUNDS):
            around = late @ self._vectors[members].T
            asked = np.unique(np.argpartition(-around, min(_ASKED, len(late) - 1), axis=0)[:_ASKED])
            asked = asked[open_to[asked]]
            inside = np.zeros(len(late), bool)
            inside[members - first] = True
            likeness = (late @ late[asked].T).T
            votes = [
                self._votes(first + int(one), row, inside) for one, row in zip(asked, likeness, strict=True)
            ]
            found = first + asked[np.array(votes) > 0]
            if len(found) < SIZES[0] or np.array_equal(found, members):
                break
            members = found
        return members

    def _voted(self, own: int) -> int:
        """Return the new theme that a text belongs to by its neighbours; -1 = none."""
        labels = self._matter[self._first() : self._count]
        if not (labels >= 0).any():
            return -1
        likeness = likeness_of(self._vectors[[own]], self._late())[0]
        around = labels[_nearest(likeness, _ASKED)]
        votes = {
            each: self._votes(own, likeness, labels == each)
            for each in np.unique(around[around >= 0]).tolist()
        }
        best = max(votes, key=lambda each: votes[each], default=-1)
        return best if votes.get(best, 0) else -1

    def _votes(self, own: int, likeness: Floats, inside: NDArray[np.bool_]) -> int:
        """Return how many neighbours of a text are of a new theme; 0 if those are fewer than would be there anyway.

        Args:
            likeness: shape (late,), to all late texts; inside: shape (late,), which are of the new theme.
        """
        likeness = likeness.copy()
        likeness[own - self._first()] = _NOWHERE
        members = np.flatnonzero(inside)
        begun = int(members[len(members) // _STRAY])
        if len(members) < _PACED or own - self._first() < begun:
            held, usual = self._pooled(own, likeness, inside)
        else:
            held, usual = self._since(own, likeness[begun:], inside[begun:])
        return held if held >= max(_FEWEST, usual) else 0

    def _pooled(self, own: int, likeness: Floats, inside: NDArray[np.bool_]) -> tuple[int, float]:
        """Return how many of the nearest, late or past, are of a new theme, and how many late ones belong to the past there."""
        late = _nearest(likeness, _VOTERS)
        pooled = np.concatenate([likeness[late], self._near_past[own, :_VOTERS]])
        voters = np.argsort(-pooled, kind="stable")[:_VOTERS]
        usual = (voters >= len(late)).sum() * len(likeness) / len(self._past)
        return int(inside[late][voters[voters < len(late)]].sum()), float(usual)

    def _since(self, own: int, likeness: Floats, inside: NDArray[np.bool_]) -> tuple[int, float]:
        """The same of the nearest texts said since the theme began, with twice the old ones that as many texts bring."""
        near, near_past = _nearest(likeness, _VOTERS), self._near_past[own]
        radius = likeness[near[-1]]
        if len(near_past) < len(self._past):  # how many of the past lie farther away was not kept
            radius = max(radius, near_past[-1])
        past = np.searchsorted(-near_past, -radius, side="right")
        near = near[likeness[near] >= radius]
        usual = _SURE * past * len(likeness) / len(self._past)
        return int(inside[near].sum()), float(usual)

    def _late(self) -> Floats:
        return self._vectors[self._first() : self._count]


_COLUMNS = ("key", "vectors", "theme", "speaker", "matter")


def _nearest(likeness: Floats, count: int) -> Numbers:
    """Return the places of the greatest, the greatest first."""
    count = min(count, len(likeness))
    near = np.argpartition(-likeness, count - 1)[:count]
    return near[np.argsort(-likeness[near], kind="stable")]


def _nearness(own: Floats, count: int, sums: Floats, counts: Numbers) -> NDArray[np.float64]:
    """Return how like the middle of some texts is to those of groups, without what few texts make middles differ by chance.

    Args:
        own: shape (d,), the sum of `count` unit rows, > 1.
        sums: shape (k, d), of unit rows; counts: shape (k,), > 1.

    Returns:
        Shape (k,): the mean cosine of pairs between two groups, over the geometric mean of that of pairs within.
    """
    within = (np.einsum("kd,kd->k", sums, sums) - counts) / (counts * (counts - 1.0))
    own_within = (float(own @ own) - count) / (count * (count - 1.0))
    nearness: NDArray[np.float64] = (
        (sums @ own) / (count * counts) / np.sqrt(np.maximum(within * own_within, 1e-6))
    )
    return nearness

"""What does a language lose when another is spoken beside it? Each alone, both as they are cut, and both in one graph.

banking77 has labels, so its agreement with them is compared. The Portuguese comments of Olist have none: there it is how much of the
variance of the customers' ratings the themes explain (adjusted for their number). The last mixture is with a language that no model
knows: other questions of banking77 in other letters, so that both halves ask for the same and both have labels. "In one graph" is what
was done before: one resolution and one mixture of MiniLM and the corpus for all texts. Nothing was tuned on labels or ratings.
"""

from __future__ import annotations

import csv
import itertools
import os
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from interlock.analytics.text.encoders import MiniLM, minilm, static
from interlock.analytics.text.student import learn
from interlock.analytics.themes import corpus
from interlock.analytics.themes.discover import discover
from interlock.analytics.themes.model import assign
from interlock.analytics.themes.refit import refit
from interlock.analytics.themes.spoken import languages_spoken
from theme_names import BANKING, OLIST
from themes import agreement, counted, questions

SEEDS = (1, 2, 3)
MIXTURES = ((1_500, 4_200), (600, 4_200), (4_200, 1_500))
OTHER_LETTERS = str.maketrans("aeioubcdfghjklmnpqrstvwxyz", "oiuaegkbplmhrnstvcfxdwjzqy")


class Part(NamedTuple):
    """The texts of one language, and the label or the rating of each."""

    texts: list[str]
    truth: Any

    def some(self, first: int, last: int) -> Part:
        return Part(self.texts[first:last], self.truth[first:last])


class Remembering:
    """MiniLM, which reads each text once: the mixtures share theirs."""

    def __init__(self, reader: MiniLM) -> None:
        self._reader = reader
        self._known: dict[str, Any] = {}

    def remember(self, texts: Sequence[str], vectors: Any) -> None:
        self._known.update(zip(texts, vectors, strict=True))

    def encode(self, texts: Sequence[str]) -> Any:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(new, self._reader.encode(new), strict=True))
        return np.array([self._known[text] for text in texts])


READER = Remembering(minilm())


def main() -> int:
    if not BANKING.exists() or not OLIST.exists():
        print(f"{BANKING} or {OLIST} is not there: nothing was measured.")
        return 0
    corpus.minilm = lambda: READER
    asked, said = shuffled(Part(*questions())), shuffled(comments())
    print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; seeds {SEEDS}")
    for english, portuguese in MIXTURES:
        compare(asked.some(0, english), said.some(0, portuguese))
    other = asked.some(1_500, 3_000)
    unknown(
        asked.some(0, 1_500),
        Part([text.lower().translate(OTHER_LETTERS) for text in other.texts], other.truth),
    )
    identity(asked.some(0, 1_500).texts + said.some(0, 4_200).texts)
    return 0


def compare(english: Part, portuguese: Part) -> None:
    """Print the themes of two languages alone and mixed."""
    print(f"\n{len(english.texts):,} questions of banking77, {len(portuguese.texts):,} comments of Olist")
    print(f"{'':32}themes      ARI of banking77          themes  ratings explained          themes of both")
    both = english.texts + portuguese.texts
    alone = [found_in(chosen(part.texts).encode(part.texts), None) for part in (english, portuguese)]
    line(
        "each alone",
        [np.append(one, other + one.max() + 1) for one, other in zip(*alone, strict=True)],
        english,
        portuguese,
    )
    line(
        "language by language",
        found_in(chosen(both).encode(both), languages_spoken(both)),
        english,
        portuguese,
    )
    foreign = len(portuguese.texts) / len(both)
    line("in one graph, as before", found_in(taught(both, 0.5 * foreign), None), english, portuguese)


def unknown(english: Part, other: Part) -> None:
    """Print the same for a language that no detector knows; the detector's place is taken by what is known."""
    print(f"\n{len(english.texts):,} questions of banking77, {len(other.texts):,} others in other letters")
    print(f"{'':32}themes      ARI of banking77          themes  ARI in other letters       themes of both")
    both = english.texts + other.texts
    foreign = np.repeat([0, 1], [len(english.texts), len(other.texts)])
    alone = [found_in(READER.encode(english.texts), None), found_in(taught(other.texts, 0.5), None)]
    line(
        "each alone",
        [np.append(one, two + one.max() + 1) for one, two in zip(*alone, strict=True)],
        english,
        other,
    )
    line("language by language", found_in(taught(both, 0.5 * foreign), foreign), english, other)
    line("in one graph, as before", found_in(taught(both, 0.25), None), english, other)


def identity(texts: list[str]) -> None:
    """Print how many texts of a mixture keep their theme when a fifth as many again come."""
    kept = []
    for seed in SEEDS:
        order = np.random.default_rng(seed).permutation(len(texts))
        mixed = [texts[place] for place in order]
        first = len(texts) * 5 // 6
        reader = chosen(mixed[:first])
        vectors = reader.encode(mixed)
        model, before = discover(
            vectors[:first], np.ones(first), encoder="benchmark", seed=seed, new_id=counted(""),
            language=languages_spoken(mixed[:first]),
        )  # fmt: skip
        grown, _ = refit(
            model,
            vectors,
            np.ones(len(mixed)),
            {},
            seed=seed,
            new_id=counted("later"),
            language=languages_spoken(mixed),
        )
        after = assign(grown, vectors[:first])
        kept.append(
            np.mean(np.array(model.theme_ids)[before.theme] == np.array(grown.theme_ids)[after.theme])
        )
    print(
        f"\n20 % more of the first mixture: {', '.join(f'{one:.1%}' for one in kept)} of the old texts keep their theme"
    )


def chosen(texts: list[str]) -> Any:
    return corpus.choose_encoder(list(dict.fromkeys(texts)), seed=1)


def taught(texts: list[str], own_share: Any) -> Any:
    """Return the vectors of a student with this share of the corpus's own structure, one for all or one for each text."""
    first = {text: place for place, text in reversed(list(enumerate(texts)))}
    share = own_share[list(first.values())] if isinstance(own_share, np.ndarray) else own_share
    return learn(list(first), READER, static(), own_share=share, seed=1).encode(texts)  # type: ignore[arg-type]


def found_in(vectors: Any, language: Any) -> list[Any]:
    """Return the theme of each text, for each seed."""
    return [
        discover(
            vectors,
            np.ones(len(vectors)),
            encoder="benchmark",
            seed=seed,
            new_id=counted(""),
            language=language,
        )[1].theme.astype(np.int64)
        for seed in SEEDS
    ]


def line(name: str, found: list[Any], english: Part, other: Part) -> None:
    ours = np.arange(len(found[0])) < len(english.texts)
    shares = [np.bincount(theme, ours) / np.bincount(theme) for theme in found]
    judged = explained if other.truth.dtype.kind == "f" else agreement
    parts = [
        (
            f"{np.mean([inside(share).sum() for share in shares]):6.0f}  ",
            " ".join(f"{judge(part.truth, theme[rows]):.3f}" for theme in found),
            np.mean([judge(part.truth, theme[rows]) for theme in found]),
        )
        for part, rows, judge, inside in (
            (english, ours, agreement, lambda share: share > 0.9),
            (other, ~ours, judged, lambda share: share < 0.1),
        )
    ]
    both = np.mean([((share >= 0.1) & (share <= 0.9)).sum() for share in shares])
    print(
        f"{name:32}"
        + "  ".join(f"{themes}{mean:.3f} ({each})" for themes, each, mean in parts)
        + f"{both:8.1f}",
        flush=True,
    )


def explained(ratings: Any, theme: Any) -> float:
    """Return the share of the ratings' variance between themes, as adjusted R squared; unrated texts are left out."""
    rated = ~np.isnan(ratings)
    ratings, theme = ratings[rated], np.unique(theme[rated], return_inverse=True)[1]
    means = np.bincount(theme, ratings) / np.bincount(theme)
    within = ((ratings - means[theme]) ** 2).sum() / (len(ratings) - len(means))
    return float(1 - within / ratings.var(ddof=1))


def shuffled(part: Part) -> Part:
    order = np.random.default_rng(SEEDS[-1]).permutation(len(part.texts))
    return Part([part.texts[place] for place in order], part.truth[order])


def comments() -> Part:
    with OLIST.open(newline="", encoding="utf-8") as file:
        rows = [
            (f"{row['review_comment_title']} {row['review_comment_message']}".strip(), row["review_score"])
            for row in csv.DictReader(file)
        ]
    texts, stars = zip(*itertools.filterfalse(lambda row: not row[0], rows), strict=True)
    return Part(list(texts), np.array([float(one or "nan") for one in stars]))


if __name__ == "__main__":
    sys.exit(main())

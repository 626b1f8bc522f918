"""What does a whole corpus talk about? Texts in, themes with names and the theme of every text out.

This is where encoder, themes and names meet. A sample of at most 50,000 different texts finds and names the themes;
the rest is only encoded and assigned, block by block, so that memory does not grow with the corpus.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.text.encoders import Encoder, minilm, static
from interlock.analytics.text.languages import UNKNOWN, language_of
from interlock.analytics.text.student import learn
from interlock.analytics.themes.discover import SAMPLE, discover, weighed
from interlock.analytics.themes.model import Assigned, ThemeModel, assign
from interlock.analytics.themes.names import Named, name_themes
from interlock.analytics.themes.spoken import languages_apart

# Up to here MiniLM reads every text (two minutes of one core), beyond it a student does.
MOST_READ_BY_MINILM = 20_000
_LANGUAGES_READ = 2_000
# Fewer texts than these in other languages do not pay for a space of their own.
_FOREIGN_SHARE = 0.05
# In texts MiniLM cannot read, half of the likeness is its own and half the corpus's. On Portuguese comments this
# explained more of the customers' ratings (.60 of the variance, .44 with MiniLM alone), and halves agreed more.
_OWN_SHARE = 0.5
_BLOCK = 20_000


@dataclass(frozen=True)
class Found:
    """The themes of a corpus."""

    encoder: Encoder
    model: ThemeModel
    assigned: Assigned
    names: tuple[Named, ...]
    """One for each theme; quotes are indices into the texts."""


def find_themes(
    texts: Sequence[str],
    weights: NDArray[np.float64],
    *,
    seed: int,
    new_id: Callable[[], str],
    encoder: Encoder | None = None,
) -> Found:
    """Return the themes of the texts, their names, and the theme of each text.

    Args:
        texts: n texts; those without a sign have no theme.
        weights: shape (n,), voices behind each text, >= 0: a repeated text may count once and be 0 elsewhere.
        seed: the same seed and texts give the same themes.
        new_id: called for the id of each micro-cluster, theme and group.
        encoder: who reads; chosen by size and language where none is given.

    Raises:
        NothingToGroupError: no text holds a sign.
    """
    drawn = _sample(texts, weights, seed)
    sample = [texts[place] for place in drawn]
    reader = encoder or choose_encoder(sample, seed=seed)
    vectors = reader.encode(sample)
    model, assigned = discover(
        vectors,
        np.ones(len(sample)),
        encoder=reader.version,
        seed=seed,
        new_id=new_id,
        language=languages_apart(reader, sample),
    )
    names = name_themes(sample, vectors, assigned.theme)
    placed = _assign_all(model, reader, texts) if len(sample) < len(texts) else assigned
    return Found(
        reader,
        weighed(model, placed, weights),
        placed,
        tuple(
            Named(named.words, named.title, tuple(int(drawn[place]) for place in named.quotes))
            for named in names
        ),
    )


def choose_encoder(texts: Sequence[str], *, seed: int, said: Mapping[str, str] | None = None) -> Encoder:
    """Return the encoder for a corpus: MiniLM for up to 20,000 English texts, else a student of the corpus.

    In mixed languages English texts are read as the student learnt from MiniLM, the others half by the corpus's own structure.

    Args:
        texts: different texts of the corpus, or a sample of them.
        seed: draws the texts whose language is looked at, and the student's lessons.
        said: languages that people know, by text; the others' are detected.
    """
    foreign = _foreign_share(texts, seed, said or {})
    if foreign == 0 and len(texts) <= MOST_READ_BY_MINILM:
        return minilm()
    lessons = [text for text in texts if text.strip()]
    mixed = _FOREIGN_SHARE <= foreign <= 1 - _FOREIGN_SHARE
    own_share = _own_shares(lessons, said or {}) if mixed else _OWN_SHARE * foreign
    return learn(lessons, minilm(), static(), own_share=own_share, seed=seed)


def _sample(texts: Sequence[str], weights: NDArray[np.float64], seed: int) -> NDArray[np.int64]:
    """Return the places of at most 50,000 different texts with a voice behind them, in their order."""
    first: dict[str, int] = {}
    for place in np.flatnonzero(weights > 0).tolist():
        first.setdefault(texts[place], place)
    places = np.fromiter(first.values(), dtype=np.int64, count=len(first))
    if len(places) <= SAMPLE:
        return places
    return np.sort(np.random.default_rng(seed).choice(places, SAMPLE, replace=False))


def _foreign_share(texts: Sequence[str], seed: int, said: Mapping[str, str]) -> float:
    """Return the share of texts in languages other than English, 0 below one in twenty."""
    rng = np.random.default_rng(seed)
    drawn = rng.choice(len(texts), min(len(texts), _LANGUAGES_READ), replace=False)
    codes = _codes_of([texts[place] for place in drawn], said)
    known = [code for code in codes if code != UNKNOWN]
    share = sum(code != "en" for code in known) / max(len(known), 1)
    return share if share >= _FOREIGN_SHARE else 0.0


def _codes_of(texts: Sequence[str], said: Mapping[str, str]) -> list[str]:
    return [said[text] if text in said else language_of(text).code for text in texts]


def _own_shares(texts: Sequence[str], said: Mapping[str, str]) -> NDArray[np.float32]:
    """Return how much of each text's likeness comes from the corpus: 0 in English, as on average where it is unknown."""
    codes = np.array(_codes_of(texts, said))
    shares = np.where(codes == "en", 0, _OWN_SHARE)
    return np.where(codes == UNKNOWN, shares[codes != UNKNOWN].mean(), shares).astype(np.float32)


def _assign_all(model: ThemeModel, reader: Encoder, texts: Sequence[str]) -> Assigned:
    blocks = [
        assign(model, reader.encode(texts[start : start + _BLOCK])) for start in range(0, len(texts), _BLOCK)
    ]
    return Assigned(
        np.concatenate([block.micro for block in blocks]),
        np.concatenate([block.theme for block in blocks]),
        np.concatenate([block.similarity for block in blocks]),
    )

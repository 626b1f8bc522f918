"""Themes are found in all that was said, and found again when much was added, without any losing its identity.

Vectors are made first and kept, so that a learning that was cut off goes on where it stopped. The new groups are
then written in one transaction with the lineage; people's own changes are given to the model and win. At last each
signal is placed anew, and all is counted.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import batched
from time import perf_counter

import numpy as np
from django.db import connection
from django.db.models import F, Q
from numpy.typing import NDArray

from interlock.analytics.text.duplicates import voice_groups
from interlock.analytics.text.encoders import Encoder, static
from interlock.analytics.text.student import Student, student_from_bytes, student_to_bytes
from interlock.analytics.themes.corpus import choose_encoder
from interlock.analytics.themes.model import ThemeModel, assign
from interlock.analytics.themes.spoken import languages_apart
from interlock.listen.models import Signal, SignalVector, ThemedSignal, ThemesLearnt
from interlock.listen.themes import counting, keeping, naming, noticing, placing
from interlock.listen.themes.encoding import (
    COLUMNS,
    encoder_called,
    encoder_changed,
    encoder_mark,
    encoder_of_own,
    said,
    text_of,
)
from interlock.listen.themes.vectors import Vectors, unpacked
from interlock.listen.understanding.reading import languages_said

# Fewer texts than this make no themes: there is nothing that they could differ in.
FEWEST_TEXTS = 30
# An encoder is chosen anew when the signals outgrow the choice by so much; all vectors are then made again.
OUTGROWN = 4
# Themes are found anew when a fifth was added, or when so many new texts are like nothing that is known.
DUE_AFTER, DUE_STRANGE = 0.2, 50
# More say nothing new about the groups; the rest is placed in what was found.
LEARNT_FROM = 50_000
READ_AT_ONCE = 2_000
OnTexts = Callable[[int, int], None]


def new_key() -> str:
    return str(uuid.uuid4())


def learn(
    *,
    now: datetime,
    seed: int = 1,
    new_id: Callable[[], str] = new_key,
    on_texts: OnTexts | None = None,
) -> ThemesLearnt | None:
    """Find themes in all signals, or find them again; None with fewer than FEWEST_TEXTS signals in words."""
    began = perf_counter()
    placing.forget_gone()
    if Signal.objects.count() < FEWEST_TEXTS:
        return None
    encoder = encoder_for_all(seed)
    encode_missing(encoder, on_texts)
    numbers, vectors = _learnt_from(encoder, seed)
    if len(numbers) < FEWEST_TEXTS:
        return None
    before = keeping.model_in_force(encoder.version, partial(_all_vectors, encoder.version))
    voices, texts = _voices(numbers)
    weights = 1.0 / np.bincount(voices)[voices]
    theme_of = keeping.themes_by_cluster()
    spoken = languages_apart(encoder, texts)
    model, changes = keeping.fitted(before, vectors, weights, encoder.version, seed, new_id, spoken)
    student = student_to_bytes(encoder) if isinstance(encoder, Student) else None
    learnt = keeping.keep(
        model, changes, before, student=student, signals=SignalVector.objects.count(), now=now
    )
    learnt.kept = place_all(model, theme_of)
    _let_the_planner_know()
    keeping.end_empty(now=now)
    naming.name_all(now=now)
    counting.count(now=now)
    learnt.seconds = perf_counter() - began
    learnt.save(update_fields=["kept", "seconds"])
    noticing.notice_all(now=now)
    return learnt


def _let_the_planner_know() -> None:
    """PostgreSQL looks at tables by itself a minute later; until then it took these for empty, and minutes to count."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE listen_signal, listen_themedsignal, listen_cluster")


def is_due() -> bool:
    """Whether so much was said since the last learning that themes should be found anew."""
    learnt = ThemesLearnt.objects.order_by("-pk").first()
    if learnt is None or not learnt.seconds:  # never, or cut off before the end
        return True
    if encoder_changed(learnt.encoder):
        return True
    spoken = SignalVector.objects.count()
    return spoken >= (1 + DUE_AFTER) * learnt.signals or _without_theme() >= DUE_STRANGE


def is_other_encoder() -> bool:
    """Whether themes were learnt with another encoder than the settings want. One query."""
    version = ThemesLearnt.objects.order_by("-pk").values_list("encoder", flat=True).first()
    return version is not None and encoder_changed(version)


def _without_theme() -> int:
    """Signals in words that are like no theme and came after the last learning."""
    last = ThemesLearnt.objects.order_by("-pk").values_list("at", flat=True)[:1]
    strange = ThemedSignal.objects.filter(
        cluster=None, signal__received_at__gt=last, signal__vector__isnull=False
    )
    return strange.count()


def encoder_for_all(seed: int) -> Encoder:
    """The encoder in force while it fits; another when there are four times as many signals as it was chosen for."""
    if own := encoder_of_own():
        return own
    total, learnt = Signal.objects.count(), ThemesLearnt.objects.order_by("-pk").first()
    if learnt is not None and total < OUTGROWN * max(learnt.signals, FEWEST_TEXTS):
        try:
            return encoder_called(learnt.encoder)
        except LookupError:  # of an earlier version of the product: vectors are made again with another
            pass
    numbers = list(Signal.objects.order_by("pk").values_list("pk", flat=True))
    step = max(1, len(numbers) // LEARNT_FROM)
    texts: dict[str, None] = {}
    known, said = {}, languages_said()
    for some in batched(numbers[::step], READ_AT_ONCE, strict=False):
        for one in Signal.objects.filter(pk__in=some).only(*COLUMNS).order_by("pk"):
            texts[text_of(one)] = None
            if one.key in said:
                known[text_of(one)] = said[one.key].language
    texts.pop("", None)
    chosen = choose_encoder(list(texts), seed=seed, said=known)
    # As it will be read back: what is kept has half the digits.
    return student_from_bytes(student_to_bytes(chosen), static()) if isinstance(chosen, Student) else chosen


def encode_missing(encoder: Encoder, on_texts: OnTexts | None = None) -> int:
    """Make the vectors of signals that have none of this encoder, or whose words changed; return how many."""
    stale = Q(vector=None) | ~Q(vector__encoder=encoder_mark(encoder.version))
    stale |= Q(themed=None) | ~Q(themed__copy_hash=F("copy_hash"))
    missing = Signal.objects.filter(stale)
    total = missing.count() if on_texts else 0
    done, last = 0, 0
    # By number, because what was written leaves the question; those without words never get a vector.
    while some := list(missing.filter(pk__gt=last).order_by("pk").only(*COLUMNS)[:READ_AT_ONCE]):
        last = some[-1].pk
        spoken = [said(one) for one in some]
        vectors = encoder.encode([one.text for one in spoken])
        known = dict(
            ThemedSignal.objects.filter(pk__in=[one.pk for one in some]).values_list("pk", "cluster")
        )
        placing.store(
            [
                placing.themed_row(one, words, known.get(one.pk), 0.0, words.voice)
                for one, words in zip(some, spoken, strict=True)
            ]
        )
        placing.store_vectors([one.pk for one in some], vectors, encoder.version)
        done += len(some)
        if on_texts:
            on_texts(done, total)
    return done


def _learnt_from(encoder: Encoder, seed: int) -> tuple[NDArray[np.int64], Vectors]:
    """Numbers and vectors of the signals to learn from: all, or a sample drawn evenly."""
    known = SignalVector.objects.filter(encoder=encoder_mark(encoder.version)).order_by("pk")
    numbers = np.fromiter(known.values_list("pk", flat=True).iterator(chunk_size=20_000), dtype=np.int64)
    if len(numbers) > LEARNT_FROM:
        numbers = np.sort(np.random.default_rng(seed).choice(numbers, LEARNT_FROM, replace=False))
    rows: list[bytes] = []
    gone: set[int] = set()
    for some in batched(numbers.tolist(), READ_AT_ONCE, strict=False):
        found = dict(SignalVector.objects.filter(pk__in=some).values_list("pk", "bytes"))
        rows += [found[number] for number in some if number in found]
        gone |= set(some) - set(found)
    return numbers[~np.isin(numbers, list(gone))], unpacked(rows)


def _voices(numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[str]]:
    """The voice of each of these signals, 0 ..., shape (n,), and its words; nearly the same become one, in the counts too."""
    texts: list[str] = []
    whos: list[str] = []
    voices: list[int] = []
    for some in batched(numbers.tolist(), READ_AT_ONCE, strict=False):
        found = {
            one.pk: one
            for one in Signal.objects.filter(pk__in=some)
            .only(*COLUMNS, "themed__voice")
            .select_related("themed")
        }
        for number in some:
            if (
                number not in found
            ):  # taken out meanwhile: it counts as a voice of its own and is placed nowhere
                texts.append("")
                whos.append("")
                voices.append(-number)
                continue
            words = said(found[number])
            texts.append(words.text)
            whos.append(str(words.customer or ""))
            voices.append(found[number].themed.voice)
    first: dict[tuple[int, str], int] = {}
    changed = []
    for place, (group, who) in enumerate(zip(voice_groups(texts).tolist(), whos, strict=True)):
        voice = first.setdefault((group, who), voices[place])
        if voice != voices[place]:
            changed.append((int(numbers[place]), voice))
            voices[place] = voice
    keeping.set_voices(changed)
    return np.unique(voices, return_inverse=True)[1], texts


def place_all(model: ThemeModel, theme_of: Mapping[int, int]) -> float | None:
    """Place every signal anew; return the share of those that had a theme before (`theme_of` group) and kept it."""
    clusters, now_of = keeping.cluster_numbers(model), keeping.themes_by_cluster()
    kept = known = 0
    for numbers, vectors in _all_vectors(model.encoder):
        found = assign(model, vectors)
        inside = (found.micro >= 0) & (found.similarity >= model.reach[np.maximum(found.micro, 0)])
        places = {
            number: (int(clusters[micro]) if belongs else None, float(like))
            for number, micro, belongs, like in zip(
                numbers, found.micro, inside, found.similarity, strict=True
            )
        }
        stayed, had = keeping.move_signals(places, now_of, theme_of)
        kept, known = kept + stayed, known + had
    return kept / known if known else None


def _all_vectors(encoder: str) -> Iterator[tuple[list[int], Vectors]]:
    last = 0
    known = SignalVector.objects.filter(encoder=encoder_mark(encoder)).order_by("pk")
    while rows := list(known.filter(pk__gt=last).values_list("pk", "bytes")[: 5 * READ_AT_ONCE]):
        last = rows[-1][0]
        yield [row[0] for row in rows], unpacked([row[1] for row in rows])

"""Texts in, themes out: the right reader is chosen, and a sample speaks for the rest."""

import numpy as np

from analytics.themes.worlds import numbered
from interlock.analytics.text.encoders import minilm, static
from interlock.analytics.text.student import Student
from interlock.analytics.themes import corpus
from interlock.analytics.themes.corpus import choose_encoder, find_themes

ENGLISH = [f"{form} {who}" for who in ("today", "again", "please", "in May", "twice", "for Anna")
           for form in ("where is my new card", "my card has not arrived", "why was I charged a fee", "this fee is wrong")]  # fmt: skip
PORTUGUESE = [f"{form} {who}" for who in ("hoje", "de novo", "por favor", "em maio", "ontem")
              for form in ("o produto não chegou no prazo", "o produto veio com defeito", "quero meu dinheiro de volta")]  # fmt: skip


def found(texts, **more):
    return find_themes(texts, np.ones(len(texts)), seed=1, new_id=numbered(), **more)


def test_english_is_read_by_minilm_and_another_language_by_a_student():
    assert choose_encoder(ENGLISH, seed=1) is minilm()
    assert isinstance(choose_encoder(PORTUGUESE, seed=1), Student)


def test_a_large_corpus_is_read_by_a_student_without_a_space_of_its_own(monkeypatch):
    monkeypatch.setattr(corpus, "MOST_READ_BY_MINILM", 10)

    student = choose_encoder(ENGLISH, seed=1)

    assert isinstance(student, Student)
    assert student.dimension == minilm().dimension


def test_mixed_languages_have_themes_in_both():
    themes = found(ENGLISH + PORTUGUESE)

    assert themes.assigned.theme.min() >= 0
    assert themes.model.weight.sum() == len(ENGLISH) + len(PORTUGUESE)


def test_texts_outside_the_sample_are_assigned_too(monkeypatch):
    monkeypatch.setattr(corpus, "SAMPLE", 20)
    texts = ENGLISH * 5 + ["another fee that is wrong"]

    themes = found(texts, encoder=static())

    assert len(themes.assigned.theme) == len(texts)
    assert themes.assigned.theme.min() >= 0
    assert themes.model.weight.sum() == len(texts)
    quotes = [place for named in themes.names for place in named.quotes]
    assert all(themes.assigned.theme[place] >= 0 for place in quotes)


def test_only_the_given_voices_are_counted():
    voices = np.array([1.0, 0.0] * (len(ENGLISH) // 2))

    themes = find_themes(ENGLISH, voices, seed=1, new_id=numbered(), encoder=static())

    assert themes.model.weight.sum() == voices.sum()


def test_what_one_voice_repeats_makes_no_theme_of_its_own():
    texts = [*ENGLISH, *(f"{ENGLISH[0]} {number}" for number in range(500))]
    voices = np.array([1.0] * len(ENGLISH) + [0.0] * 500)

    repeated = find_themes(texts, voices, seed=1, new_id=numbered(), encoder=static())

    once = found(ENGLISH, encoder=static())
    assert repeated.model.theme_ids == once.model.theme_ids
    assert (repeated.assigned.theme[: len(ENGLISH)] == once.assigned.theme).all()
    assert repeated.assigned.theme.min() >= 0

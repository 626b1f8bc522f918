"""Texts become vectors: the packed weights are the ones they were, and like texts are alike."""

import numpy as np
import pytest

from interlock.analytics.text import encoders
from interlock.analytics.text.encoders import minilm, static, unit_rows
from interlock.analytics.text.errors import WeightsError
from interlock.analytics.text.student import learn, student_from_bytes, student_to_bytes
from interlock.analytics.text.wordpieces import LONGEST_TEXT, UNKNOWN, WordPieces, wordpieces

FEES = ["Why was I charged a fee?", "There is a strange fee on my account", "What is this extra charge?"]
CARDS = ["My card has not arrived", "Where is my new card?", "I am still waiting for the card"]
FOREIGN = ["O produto não chegou no prazo", "Produto veio com defeito", "Quero meu dinheiro de volta"]


def words_of(text):
    known = wordpieces()._places
    names = {number: word for word, number in known.items()}
    return [names[piece] for piece in wordpieces().cut([text]).ids]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Unbelievable fees!", ["unbelievable", "fees", "!"]),
        ("don't top-up", ["don", "'", "t", "top", "-", "up"]),
        ("Não chegou", ["na", "##o", "che", "##go", "##u"]),
        ("€5", ["€", "##5"]),
        ("日本 語", ["日", "本", "語"]),
        ("a\u200bb\x00c", ["abc"]),
        (" \t\n", []),
    ],
)
def test_texts_are_cut_as_the_reference_cuts_them(text, pieces):
    """The pieces were taken from the reference tokenizer; 14,217 texts of two languages were compared with it."""
    assert words_of(text) == pieces


def test_a_text_of_ten_megabytes_costs_no_more_than_a_letter():
    assert len(wordpieces().cut(["word " * 2_000_000]).ids) == LONGEST_TEXT // 5


def test_a_word_beyond_all_measure_is_unknown():
    assert wordpieces().cut(["a" * 500]).ids.tolist() == [UNKNOWN]


def test_remembered_words_do_not_grow_without_end(monkeypatch):
    monkeypatch.setattr("interlock.analytics.text.wordpieces.MOST_REMEMBERED", 2)
    cutter = WordPieces(["a", "b", "c", "d"])

    first = cutter.cut(["a b c"]).ids.tolist()
    cutter.cut(["d"])

    assert first == [0, 1, 2]
    assert cutter._remembered == {"d": (3,)}


@pytest.mark.parametrize("encoder", [minilm, static])
def test_like_texts_are_alike(encoder):
    vectors = encoder().encode(FEES + CARDS)

    likeness = vectors @ vectors.T

    inside = (likeness[:3, :3].sum() + likeness[3:, 3:].sum() - 6) / 12
    assert inside > likeness[:3, 3:].mean() + 0.1


@pytest.mark.parametrize("encoder", [minilm, static])
def test_vectors_have_length_one_and_nothing_has_none(encoder):
    vectors = encoder().encode(["", "hello", "word " * 50_000, "שלום עולם"])

    assert vectors.shape == (4, encoder().dimension)
    assert np.linalg.norm(vectors, axis=1).tolist() == pytest.approx([0, 1, 1, 1], abs=1e-5)


def test_what_no_piece_stands_for_is_one_thing_to_minilm_and_nothing_to_the_static_encoder():
    unknown = ["😀😀", "🚲"]

    assert np.linalg.norm(minilm().encode(unknown), axis=1).tolist() == pytest.approx([1, 1], abs=1e-5)
    assert not static().encode(unknown).any()


def test_a_text_has_the_same_vector_alone_and_among_others():
    alone, among = minilm().encode(CARDS[:1]), minilm().encode(FEES + CARDS)

    assert np.abs(alone[0] - among[3]).max() < 0.02


def test_changed_weights_are_refused(tmp_path, monkeypatch):
    other = tmp_path / "static.npz"
    other.write_bytes(b"something else")
    monkeypatch.setattr(encoders, "STATIC", other)
    static.cache_clear()

    with pytest.raises(WeightsError, match="not the file that was packed"):
        static()
    static.cache_clear()


def test_unit_rows_leave_zeros_alone():
    assert unit_rows(np.array([[3, 4], [0, 0]], dtype=np.float32)).tolist() == [
        [pytest.approx(0.6), pytest.approx(0.8)],
        [0, 0],
    ]


@pytest.fixture(scope="module")
def student():
    return learn(FEES + CARDS + FOREIGN, minilm(), static(), own_share=0.0, seed=1)


def test_a_student_says_nearly_what_its_teacher_says(student):
    asked = ["Where is my card?", "Why is there a fee?"]

    likeness = (student.encode(asked) * minilm().encode(asked)).sum(axis=1)

    untaught = (student.encode(asked) * minilm().encode(asked[::-1])).sum(axis=1)
    assert likeness.min() > untaught.max() + 0.1


def test_a_student_is_kept_in_a_file(student):
    read = student_from_bytes(student_to_bytes(student), static())

    assert read.version == student.version
    assert np.array_equal(read.encode(FEES), student.encode(FEES))


def test_a_changed_student_is_refused(student):
    with pytest.raises(WeightsError, match="was damaged"):
        student_from_bytes(student_to_bytes(student)[:-1], static())


def test_the_corpus_of_another_language_gets_a_space_of_its_own():
    alone = learn(FOREIGN, minilm(), static(), own_share=0.5, seed=1)

    vectors = alone.encode([*FOREIGN, "", "palavra"])

    assert alone.dimension > minilm().dimension
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1, 0, 1], abs=1e-5)


def test_another_corpus_makes_another_version(student):
    assert learn(CARDS, minilm(), static(), own_share=0.0, seed=1).version != student.version


def test_a_text_that_is_repeated_is_read_once():
    class Counting:
        rows = 0

        def run(self, names, given):
            self.rows += len(given["input_ids"])
            return minilm()._session.run(names, given)

    session = Counting()

    vectors = encoders.MiniLM(session, wordpieces()).encode([*FEES, *(FEES[0] for _ in range(100))])

    assert session.rows == len(FEES)
    assert vectors.shape == (len(FEES) + 100, 384)
    assert (vectors[len(FEES) :] == vectors[0]).all()


def test_a_student_of_mixed_languages_reads_english_as_its_teacher_does_and_the_others_by_the_corpus():
    texts = FEES + CARDS + FOREIGN
    share = np.repeat(np.float32([0, 0.5]), [len(FEES + CARDS), len(FOREIGN)])
    mixed = learn(texts, minilm(), static(), own_share=share, seed=1)

    own = (mixed.encode([*texts, ""])[:, minilm().dimension :] ** 2).sum(axis=1)

    english, foreign = np.split(own[:-1], [len(FEES + CARDS)])
    assert english.max() < 0.1 < 0.3 < foreign.min()
    assert mixed.dimension > minilm().dimension
    read = student_from_bytes(student_to_bytes(mixed), static())
    assert np.array_equal(read.encode(texts), mixed.encode(texts))

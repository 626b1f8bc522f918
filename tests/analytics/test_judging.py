"""A judge: word lists at first, learnt models where they were adopted, one version for all that it said."""

import numpy as np
import pytest

from interlock.analytics.feelings import start
from interlock.analytics.feelings.adoption import verdict
from interlock.analytics.feelings.judging import Judge
from interlock.analytics.feelings.learning import learn
from interlock.analytics.feelings.teaching import (
    CORRECTION_WEIGHT,
    HOLDS,
    HOLDS_NOT,
    Labelled,
    intent_examples,
    label_of_rating,
    sentiment_examples,
)
from interlock.analytics.text.languages import NOTHING

PARTS = [
    "saddle",
    "wheel",
    "pedal",
    "frame",
    "chain",
    "lamp",
    "bell",
    "brake",
    "spoke",
    "fork",
    "tyre",
    "hub",
]


def test_without_models_the_lists_judge_and_say_why():
    judge = Judge()

    broken, empty = judge.judge(["The parcel arrived broken, I want my money back", ""])

    assert (broken.language.code, broken.sentiment, broken.intents) == (
        "en",
        "negative",
        ("complaint", "request"),
    )
    assert (empty.language, empty.sentiment, empty.intents) == (NOTHING, "neutral", ())
    assert sum(broken.chances) == pytest.approx(1)
    assert judge.version == start.VERSION
    assert judge.why("The parcel arrived broken", "negative") == [("broken", 2.0)]
    assert judge.why("The lamp exploded", "safety") == [("exploded", 0.9)]


def test_no_texts_are_no_judgements():
    assert Judge().judge([]) == []


@pytest.mark.parametrize(
    ("share", "label"), [(0.2, "negative"), (0.4, "negative"), (0.6, "neutral"), (0.8, "positive")]
)
def test_a_rating_is_a_label(share, label):
    assert label_of_rating(share) == label


def test_corrections_weigh_more_than_ratings():
    examples = sentiment_examples([Labelled("Nice", "positive", False), Labelled("Fine", "neutral", True)])

    assert examples.weight.tolist() == [1.0, CORRECTION_WEIGHT]
    assert examples.label.tolist() == [2, 1]


def test_an_intent_is_learnt_from_corrections_and_changes_the_version():
    # In this trade "wobbles" is a matter of safety, which no word list says.
    rng = np.random.default_rng(1)
    known = []
    for number in range(300):
        about = " ".join(rng.choice(PARTS, 4))
        known.append(
            Labelled(f"the {about} wobbles", HOLDS, True)
            if number % 2
            else Labelled(f"the {about} is blue", HOLDS_NOT, True)
        )
    examples = intent_examples("safety", known)

    learnt = learn(examples, seed=1)

    assert verdict(examples, learnt, seed=1).adopted
    judge = Judge(intents={"safety": learnt.model})
    wobbling, blue = judge.judge(["my new tyre wobbles", "my new tyre is blue"])
    assert "safety" in wobbling.intents
    assert "safety" not in blue.intents
    assert judge.version not in (
        start.VERSION,
        Judge(sentiment=learnt.model, intents={"safety": learnt.model}).version,
    )
    assert judge.why("my new tyre wobbles", "safety")[0][0] == "wobbles"

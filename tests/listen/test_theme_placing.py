"""Where new signals belong: by their words, by their reason, by a person's hand, or nowhere yet."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from interlock.analytics.text import encoders
from interlock.listen.models import PlacedSignal, Signal, SignalVector, ThemedSignal, ThemesLearnt
from interlock.listen.themes import placing
from listen.themed import theme
from listen.waiting import NOON, said, source

pytestmark = pytest.mark.django_db
FEES = ["Why was I charged a fee?", "A fee was charged on my account.", "What is this monthly fee for?"]
LATE = ["My parcel has not arrived.", "The delivery is late.", "Where is my parcel?"]


@pytest.fixture
def learnt(db):
    """Two themes of one group each, as learning leaves them."""
    encoder = encoders.static()
    themes = []
    for name, texts in (("fee", FEES), ("late", LATE)):
        vectors = encoder.encode(texts)
        centre = vectors.mean(axis=0)
        made = theme(name, centre / (centre @ centre) ** 0.5)
        made.clusters.update(reach=0.3)
        themes.append(made)
    ThemesLearnt.objects.create(encoder=encoder.version, signals=6, at=NOON)
    return themes


def name_of(signal) -> str | None:
    row = ThemedSignal.objects.select_related("cluster__theme").get(pk=signal.pk)
    return row.cluster.theme.name if row.cluster else None


def test_before_anything_was_learnt_nothing_is_placed():
    said("Why a fee?")
    assert placing.place(placing.new_signals(), now=NOON) == 0


def test_new_signals_go_to_the_theme_they_are_like_and_strange_ones_wait(learnt):
    shop = source()
    fee = said("I was charged a fee, why?", source=shop)
    late = said("The parcel is late", source=shop)
    strange = said("Orchestra violin rehearsal tonight", source=shop)
    assert placing.place(placing.new_signals(), now=NOON) == 3
    assert [name_of(one) for one in (fee, late, strange)] == ["fee", "late", None]
    assert SignalVector.objects.count() == 3
    assert not placing.new_signals().exists()


def test_a_return_without_words_speaks_through_its_reason_and_product(learnt):
    back = said("", kind="return", reason="parcel arrived late", product_label="parcel", source=source())
    silent = said("", kind="review", source=source())
    placing.place(placing.new_signals(), now=NOON)
    assert name_of(back) == "late"
    assert name_of(silent) is None
    assert not SignalVector.objects.filter(signal=silent).exists()


def test_what_a_person_placed_stays_there_when_its_words_change(learnt, person):
    fee, _late = learnt
    one = said("Where is my parcel?", source=source())
    placing.place(placing.new_signals(), now=NOON)
    PlacedSignal.objects.create(signal_key=one.key, cluster=fee.clusters.get(), by=person("lead"), at=NOON)
    Signal.objects.filter(pk=one.pk).update(body="The parcel is so late", copy_hash=7)
    assert [each.pk for each in placing.changed_signals()] == [one.pk]
    placing.place(placing.changed_signals(), now=NOON)
    assert name_of(one) == "fee"
    assert not placing.changed_signals().exists()


def test_the_same_words_of_one_customer_are_one_voice(learnt):
    shop = source()
    for by in ("a1", "a1", "a2", ""):
        said("Why a FEE?!", by=by, source=shop)
    placing.place(placing.new_signals(), now=NOON)
    assert ThemedSignal.objects.values("voice").distinct().count() == 3
    assert ThemedSignal.objects.exclude(customer=None).values("customer").distinct().count() == 2


def test_a_reason_that_many_chose_is_as_many_voices(learnt):
    shop = source()
    for _number in range(3):
        said("", kind="return", reason="parcel arrived late", by="", source=shop)
    placing.place(placing.new_signals(), now=NOON)
    assert ThemedSignal.objects.values("voice").distinct().count() == 3


def test_places_of_signals_that_were_taken_out_are_forgotten(learnt):
    one, other = said("A fee", source=source()), said("A fee", source=source())
    placing.place(placing.new_signals(), now=NOON)
    Signal.objects.filter(pk=one.pk)._raw_delete(Signal.objects.db)
    assert placing.forget_gone() == 1
    assert [row.pk for row in ThemedSignal.objects.all()] == [other.pk]
    assert SignalVector.objects.count() == 1


def test_placing_asks_as_much_for_one_signal_as_for_fifty(learnt):
    shop, asked = source(), []
    said("A fee before, so that all tables are there", source=shop)
    placing.place(placing.new_signals(), now=NOON)
    for many in (1, 50):
        for number in range(many):
            said(f"A fee {number}", source=shop)
        with CaptureQueriesContext(connection) as queries:
            placing.place(placing.new_signals(), now=NOON)
        asked.append(len(queries))
    assert asked[0] == asked[1]


@pytest.mark.parametrize(
    "words", ["x" * 1_000_000, "👎👎👎", "مرحبا أين طلبي", "ß", "\x00\ud800 half", "‮gnol" * 50, "0 0 0"]
)
def test_strange_texts_are_placed_or_left_without_harm(learnt, words):
    said(words.replace("\x00", "").encode("utf-8", "replace").decode(), source=source())
    assert placing.place(placing.new_signals(), now=NOON) == 1
    assert ThemedSignal.objects.count() == 1

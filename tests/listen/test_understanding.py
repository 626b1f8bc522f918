"""Every signal gets its labels once, people's corrections win for ever, and the company's own texts teach."""

from __future__ import annotations

import pytest
from django.urls import reverse

from interlock.fabric.models import JournalEntry
from interlock.listen import intake
from interlock.listen.models import Correction, Intent, LearntFeeling, Sentiment, Signal, Understood
from interlock.listen.understanding import learning, reading
from interlock.listen.understanding.correcting import correct, take_back
from listen.small import NOON, signal, small_company

pytestmark = [pytest.mark.django_db, pytest.mark.long]

ANGRY = {"title": "Never arrived", "body": "I want my money back, my lawyer will write to you."}
GLAD = {"title": "Great", "body": "Thank you, works like a charm!"}


@pytest.fixture
def heard(waiting, reads):
    """Import these signals and read them."""

    def from_signals(*signals: dict) -> None:
        reads(small_company(*signals))
        assert intake.run(waiting(), clock=lambda: NOON).error == ""
        while reading.read_new():
            continue

    return from_signals


def titles(response) -> list[str]:
    return [each.title for each in response.context["page"].signals]


def test_a_signal_is_read_once_with_language_feeling_and_intents(heard, django_assert_num_queries):
    heard(signal(1, **ANGRY))

    found = Understood.objects.get()
    assert (found.language, found.sentiment) == ("en", "negative")
    assert found.intents == [Intent.COMPLAINT, Intent.REQUEST, Intent.LEGAL]
    assert found.corrected_by is None
    with django_assert_num_queries(2):
        assert reading.read_new() == 0


def test_reading_goes_on_where_it_was_killed(heard, monkeypatch):
    monkeypatch.setattr(reading, "BATCH", 2)
    heard(*(signal(number) for number in range(5)))

    assert Understood.objects.count() == 5


def test_what_changed_is_read_again_and_what_is_gone_is_cleared_away(heard):
    heard(signal(1, **ANGRY), signal(2, **ANGRY), signal(3, **ANGRY))
    changed, gone, _same = Signal.objects.order_by("pk")
    Signal.objects.filter(pk=changed.pk).update(title="Great", body=GLAD["body"], copy_hash=1)
    Signal.objects.filter(pk=gone.pk)._raw_delete(Signal.objects.db)

    assert reading.read_again() == 1

    assert dict(Understood.objects.values_list("pk", "sentiment")) == {
        changed.pk: "positive",
        _same.pk: "negative",
    }


def test_a_correction_wins_for_ever_and_is_noted(heard, person):
    lead = person("lead")
    heard(signal(1, **ANGRY))
    one = Signal.objects.get()

    correct(signal=one, sentiment=Sentiment.NEUTRAL, intents=[Intent.QUESTION], by=lead, now=NOON)
    Understood.objects.update(version="of long ago")
    reading.read_again()

    found = Understood.objects.get()
    assert (found.sentiment, found.intents) == ("neutral", [Intent.QUESTION])
    assert found.corrected_by == lead
    assert found.version != "of long ago"
    assert JournalEntry.objects.filter(verb="corrected the labels of").count() == 1


def test_the_page_marks_what_is_automatic_and_takes_a_correction(heard, signed_in):
    heard(signal(1, **ANGRY))
    one = Signal.objects.get()
    client = signed_in("contributor")

    before = client.get(reverse("listen:signal", args=[one.pk])).text
    client.post(reverse("listen:correct", args=[one.pk]), {"sentiment": "positive", "intents": ["praise"]})
    after = client.get(reverse("listen:signal", args=[one.pk])).text

    assert "Negative: complaint, request, legal threat" in before
    assert "sure of the feeling" in before
    assert "Positive: praise" in after
    assert "sure of the feeling" not in after
    assert reverse("listen:undo_correction", args=[one.pk]) in after


def test_a_correction_taken_back_lets_the_judge_hold_again_and_teaches_no_more(heard, person):
    lead = person("lead")
    heard(signal(1, **ANGRY))
    one = Signal.objects.get()
    correct(signal=one, sentiment=Sentiment.NEUTRAL, intents=[Intent.QUESTION], by=lead, now=NOON)

    take_back(kind=Correction, signal=one, by=lead, now=NOON)

    found = Understood.objects.get()
    assert (found.sentiment, found.corrected_by) == ("negative", None)
    assert found.intents == [Intent.COMPLAINT, Intent.REQUEST, Intent.LEGAL]
    assert learning._corrected() == []


def test_the_page_takes_a_correction_back(heard, signed_in):
    heard(signal(1, **ANGRY))
    one = Signal.objects.get()
    client = signed_in("contributor")
    client.post(reverse("listen:correct", args=[one.pk]), {"sentiment": "positive", "intents": ["praise"]})

    page = client.post(reverse("listen:undo_correction", args=[one.pk]), follow=True).text
    again = client.post(reverse("listen:undo_correction", args=[one.pk]), follow=True).text

    assert "Negative: complaint, request, legal threat" in page
    assert "taken back already. Nothing was changed." in again


def test_a_correction_that_says_nothing_changes_nothing(heard, signed_in):
    heard(signal(1, **ANGRY))

    signed_in("contributor").post(
        reverse("listen:correct", args=[Signal.objects.get().pk]), {"sentiment": "furious"}
    )

    assert not Correction.objects.exists()


def test_an_observer_sees_labels_and_no_form(heard, signed_in):
    heard(signal(1, **ANGRY))

    page = signed_in("observer").get(reverse("listen:signal", args=[Signal.objects.get().pk])).text

    assert "Negative: complaint" in page
    assert "Correct it" not in page


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("sentiment=negative", ["Never arrived"]),
        ("intent=praise", ["Great"]),
        ("sentiment=positive&intent=legal", []),
    ],
)
def test_the_list_is_narrowed_by_feeling_and_intent(heard, signed_in, query, wanted):
    heard(signal(1, **ANGRY), signal(2, **GLAD))

    assert titles(signed_in("observer").get(f"{reverse('listen:signals')}?{query}")) == wanted


def test_the_file_has_the_labels(heard, signed_in):
    heard(signal(1, **ANGRY))

    response = signed_in("lead").get(reverse("listen:signals_csv"))

    heading, row = b"".join(response.streaming_content).decode("utf-8-sig").strip().split("\r\n")
    labels = ["language", "sentiment", *Intent.values]
    assert heading.split(",")[-9:] == labels
    assert row.split(",")[-9:] == [
        "en",
        "negative",
        "true",
        "true",
        "false",
        "false",
        "false",
        "true",
        "false",
    ]


def test_rated_texts_teach_and_what_is_better_is_adopted(heard):
    # "grunkle" and "zorbly" stand in no word list; the stars say what they mean.
    parts = ["saddle", "wheel", "pedal", "frame", "chain", "lamp", "bell", "spoke", "fork", "tyre"]
    heard(
        *(
            signal(
                number,
                rating=1.0 if number % 2 else 5.0,
                title="",
                body=f"{parts[number % 10]} {parts[number // 10 % 10]} {'grunkle' if number % 2 else 'zorbly'} {parts[number // 30 % 10]} b{'xyz'[number % 3]}",
            )
            for number in range(300)
        )
    )

    learnt = learning.learn_all(now=NOON)
    again = learning.learn_all(now=NOON)

    assert [(one.subject, one.adopted) for one in learnt] == [("sentiment", True)]
    assert again == []
    assert JournalEntry.objects.filter(verb="adopted a model of feelings").count() == 1
    assert reading.read_again() == 300
    assert reading.read_again() == 0
    right = Understood.objects.filter(signal__body__contains="grunkle", sentiment="negative").count()
    assert right >= 140
    assert LearntFeeling.objects.get().version in str(reading.judge_in_force().sentiment.version)


def test_few_rated_texts_teach_nothing(heard):
    heard(*(signal(number) for number in range(20)))

    assert learning.learn_all(now=NOON) == []

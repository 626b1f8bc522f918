"""The language of a signal is a label like the others: found, corrected by people for ever, taken back, and used."""

from __future__ import annotations

import pytest
from django.urls import reverse

from interlock.analytics.text.encoders import minilm
from interlock.fabric.models import JournalEntry
from interlock.listen import intake
from interlock.listen.errors import NothingToTakeBack
from interlock.listen.languages import NAMES, choices, language_name
from interlock.listen.models import LanguageCorrection, Signal, Understood
from interlock.listen.themes import learning
from interlock.listen.understanding import reading
from interlock.listen.understanding.correcting import correct_language, take_back
from listen.small import NOON, signal, small_company

pytestmark = [pytest.mark.django_db, pytest.mark.long]

ENGLISH = {"title": "Never arrived", "body": "I want my money back, my lawyer will write to you."}


@pytest.fixture
def heard(waiting, reads):
    """Import these signals and read them."""

    def from_signals(*signals: dict) -> list[Signal]:
        reads(small_company(*signals))
        assert intake.run(waiting(), clock=lambda: NOON).error == ""
        while reading.read_new():
            continue
        return list(Signal.objects.order_by("pk"))

    return from_signals


def test_a_corrected_language_holds_for_ever_and_is_noted(heard, person):
    lead = person("lead")
    (one,) = heard(signal(1, **ENGLISH))

    correct_language(signal=one, language="pt", by=lead, now=NOON)
    Understood.objects.update(version="of long ago")
    reading.read_again()

    found = Understood.objects.get()
    assert (found.language, found.language_chance, found.also) == ("pt", 1.0, "")
    assert (found.language_by, found.corrected_by) == (lead, None)
    entry = JournalEntry.objects.get(verb="corrected the language of")
    assert (entry.actor, entry.about_key, entry.detail) == (lead, str(one.pk), {"language": "pt"})


def test_feelings_are_read_in_the_corrected_language(heard, person):
    # There is no word list for Japanese, and so many words are not taken for a neighbour's.
    words = "Great, thank you so much for this wonderful help, it works like a charm since you came."
    (one,) = heard(signal(1, title="", body=words))
    before = Understood.objects.get()

    correct_language(signal=one, language="ja", by=person("lead"), now=NOON)

    after = Understood.objects.get()
    assert (before.sentiment, after.sentiment) == ("positive", "neutral")
    assert after.chances != before.chances


def test_what_is_taken_back_gives_way_to_what_was_said_before(heard, person):
    anna, ben = person("lead"), person("contributor")
    (one,) = heard(signal(1, **ENGLISH))
    correct_language(signal=one, language="pt", by=anna, now=NOON)
    correct_language(signal=one, language="es", by=ben, now=NOON)

    take_back(kind=LanguageCorrection, signal=one, by=ben, now=NOON)
    first = Understood.objects.get()
    take_back(kind=LanguageCorrection, signal=one, by=ben, now=NOON)
    second = Understood.objects.get()

    assert (first.language, first.language_by) == ("pt", anna)
    assert (second.language, second.language_by) == ("en", None)
    with pytest.raises(NothingToTakeBack, match="taken back already"):
        take_back(kind=LanguageCorrection, signal=one, by=ben, now=NOON)


def test_a_text_can_be_said_to_be_in_no_language(heard, person):
    (one,) = heard(signal(1, **ENGLISH))

    correct_language(signal=one, language="", by=person("lead"), now=NOON)

    found = Understood.objects.get()
    assert (found.language, found.language_chance) == ("", 0.0)


def test_a_correction_before_the_reader_came_is_kept_for_it(waiting, reads, person):
    reads(small_company(signal(1, **ENGLISH)))
    intake.run(waiting(), clock=lambda: NOON)
    Understood.objects.all().delete()

    correct_language(signal=Signal.objects.get(), language="pt", by=person("lead"), now=NOON)
    reading.read_new()

    assert Understood.objects.get().language == "pt"


def test_the_page_marks_what_is_automatic_and_takes_a_correction_with_its_undo(heard, signed_in):
    (one,) = heard(signal(1, **ENGLISH))
    client = signed_in("contributor")
    page = reverse("listen:signal", args=[one.pk])

    before = client.get(page).text
    corrected = client.post(
        reverse("listen:correct_language", args=[one.pk]), {"language": "pt"}, follow=True
    ).text
    taken_back = client.post(reverse("listen:undo_language", args=[one.pk]), follow=True).text

    assert "Automatic, 99 % sure." in before.replace("\xa0", " ")
    assert 'lang="en">I want' in before
    assert '<option value="pt">Portuguese</option>' in before
    assert "it is read as Portuguese" in corrected
    assert 'lang="pt">I want' in corrected
    assert reverse("listen:undo_language", args=[one.pk]) in corrected
    assert 'lang="en">I want' in taken_back


@pytest.mark.parametrize("sent", [{"language": "klingon"}, {}])
def test_a_language_that_is_none_changes_nothing(heard, signed_in, sent):
    (one,) = heard(signal(1, **ENGLISH))

    page = signed_in("contributor").post(reverse("listen:correct_language", args=[one.pk]), sent, follow=True)

    assert "Choose a language of the list; nothing was changed." in page.text
    assert not LanguageCorrection.objects.exists()


def test_an_observer_sees_the_language_and_no_form(heard, signed_in):
    (one,) = heard(signal(1, **ENGLISH))

    page = signed_in("observer").get(reverse("listen:signal", args=[one.pk])).text

    assert "English" in page
    assert "Correct the language" not in page


def test_a_correction_is_in_the_list_and_in_the_file(heard, signed_in, person):
    one, _other = heard(signal(1, **ENGLISH), signal(2, **ENGLISH))
    correct_language(signal=one, language="pt", by=person("lead"), now=NOON)
    client = signed_in("lead")

    listed = client.get(f"{reverse('listen:signals')}?language=pt").context["page"].signals
    file = b"".join(client.get(reverse("listen:signals_csv")).streaming_content).decode("utf-8-sig")

    assert [each.key for each in listed] == [one.key]
    heading, *rows = [line.split(",") for line in file.strip().split("\r\n")]
    column = heading.index("language") - len(heading)
    assert sorted(row[column] for row in rows) == ["en", "pt"]


def test_languages_that_people_said_choose_the_encoder(heard, person):
    signals = heard(*(signal(n, title="", body=f"The lamp number {n} is broken again") for n in range(30)))

    english = learning.encoder_for_all(1)
    for one in signals[:10]:
        correct_language(signal=one, language="pt", by=person("lead"), now=NOON)
    mixed = learning.encoder_for_all(1)

    assert english.version == minilm().version
    assert mixed.version.startswith("student")


def test_reading_asks_once_for_all_corrections(heard, person, django_assert_max_num_queries):
    signals = heard(*(signal(n, **ENGLISH) for n in range(20)))
    for one in signals:
        correct_language(signal=one, language="pt", by=person("lead"), now=NOON)

    with django_assert_max_num_queries(8):
        reading.read(signals)

    assert set(Understood.objects.values_list("language", flat=True)) == {"pt"}


def test_every_language_has_one_name_and_stands_in_the_list_once():
    listed = choices()

    assert listed[0] == ("", "None that can be told")
    assert [name for _code, name in listed[1:]] == sorted((str(n) for n in NAMES.values()), key=str.casefold)
    assert len(set(dict(listed).values())) == len(NAMES) + 1
    assert (language_name("pt"), language_name("xx"), language_name("")) == ("Portuguese", "xx", "")

"""A signal's theme: shown on its page, in the list and in the file, and changed by a person."""

from __future__ import annotations

import csv
import io

import pytest
from django.urls import reverse

from interlock.analytics.text import encoders
from interlock.listen.models import Theme, ThemesLearnt
from interlock.listen.themes import placing
from listen.themed import names_of, theme
from listen.waiting import NOON, said, source

pytestmark = pytest.mark.django_db
MATTERS = {
    "The new fee": ["Why was I charged a fee?", "What is the monthly fee for?"],
    "Late parcels": ["My parcel has not arrived.", "Where is my parcel?"],
    "The bell": ["The bell does not ring.", "My bell is broken."],
}


@pytest.fixture
def fee(db):
    """One signal about a fee, in its theme, beside two other themes and one that only holds others."""
    encoder = encoders.static()
    for name, texts in MATTERS.items():
        centre = encoder.encode(texts).mean(axis=0)
        theme(name, centre / (centre @ centre) ** 0.5).clusters.update(reach=0.3)
    theme("Money matters", is_broad=True)
    ThemesLearnt.objects.create(encoder=encoder.version, signals=6, at=NOON)
    one = said("Why was a fee charged on my parcel?", source=source())
    placing.place(placing.new_signals(), now=NOON)
    return one


def chooser(signal) -> str:
    return reverse("web:place_signal", args=[signal.pk])


def test_the_theme_of_a_signal_stands_on_its_page_in_the_list_and_in_the_file(signed_in, fee):
    client = signed_in("contributor")
    link = (
        f'href="{reverse("web:one_theme", args=[Theme.objects.get(name="The new fee").key])}">The new fee</a>'
    )

    assert link in client.get(reverse("listen:signal", args=[fee.pk])).text
    assert link in client.get(reverse("listen:signals")).text
    file = b"".join(client.get(reverse("listen:signals_csv"))).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(file))
    assert (row["theme"], row["theme_id"]) == ("The new fee", Theme.objects.get(name="The new fee").key)


def test_a_signal_like_no_theme_says_so(signed_in, fee):
    strange = said("Orchestra violin rehearsal tonight", source=fee.source)
    placing.place(placing.new_signals(), now=NOON)

    page = signed_in("contributor").get(reverse("listen:signal", args=[strange.pk])).text

    assert "Like no theme so far." in page
    assert f'href="{chooser(strange)}">Put it into a theme' in page


def test_the_likest_themes_are_offered_first_and_broad_ones_never(signed_in, fee):
    page = signed_in("contributor").get(chooser(fee))

    assert [one.name for one in page.context["found"]] == ["The new fee", "Late parcels", "The bell"]
    assert "It is in “The new fee”. Where does it belong?" in page.text


def test_a_theme_is_found_by_any_words_of_its_name(signed_in, fee):
    client = signed_in("contributor")

    found = {q: [one.name for one in client.get(chooser(fee), {"q": q}).context["found"]] for q in (
        "bell", "PARCELS late", "the", "money", "nothing such",
    )}  # fmt: skip

    assert found == {
        "bell": ["The bell"],
        "PARCELS late": ["Late parcels"],
        "the": ["The bell", "The new fee"],
        "money": [],
        "nothing such": [],
    }


def test_a_person_puts_it_elsewhere_and_takes_it_back(signed_in, fee):
    client = signed_in("contributor")
    late = Theme.objects.get(name="Late parcels")

    answer = client.post(chooser(fee), {"theme": late.key}, follow=True)

    assert names_of(fee) == ["Late parcels"]
    assert "It belongs to “Late parcels” now." in answer.text
    assert "put it there." in answer.text
    client.post(reverse("web:undo_theme_change", args=[late.changes.get().pk]))
    assert names_of(fee) == ["The new fee"]


def test_a_theme_that_ended_or_only_holds_others_takes_nothing(signed_in, fee):
    client = signed_in("contributor")
    Theme.objects.filter(name="The bell").update(ended_at=NOON)

    answers = [
        client.post(chooser(fee), {"theme": Theme.objects.get(name=name).key}).status_code
        for name in ("The bell", "Money matters")
    ]

    assert (answers, names_of(fee)) == ([404, 404], ["The new fee"])


def test_it_asks_as_much_for_three_themes_as_for_thirty(signed_in, fee, django_assert_max_num_queries):
    for number in range(27):
        theme(f"theme {number}", encoders.static().encode([f"matter {number}"])[0])
    client = signed_in("contributor")
    client.get(chooser(fee))

    with django_assert_max_num_queries(17):
        client.get(chooser(fee))
    with django_assert_max_num_queries(17):
        client.get(chooser(fee), {"q": "theme"})


def test_who_only_reads_is_offered_no_change(signed_in, fee):
    page = signed_in("observer").get(reverse("listen:signal", args=[fee.pk])).text

    assert "The new fee" in page
    assert chooser(fee) not in page

"""The list of signals and one signal's page say what the records hold, to those who may read them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.urls import reverse

from interlock.listen import intake, search
from interlock.listen.models import Signal, SignalsCopied
from listen.small import NOON, signal, small_company

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(waiting, reads):
    """Import these signals."""

    def from_signals(*signals: dict) -> None:
        reads(small_company(*signals))
        done = intake.run(waiting(), clock=lambda: NOON)
        assert done.error == ""

    return from_signals


def titles(response) -> list[str]:
    return [each.title for each in response.context["page"].signals]


def test_the_list_shows_the_newest_first_and_states_a_finding(signed_in, heard):
    heard(*(signal(number) for number in range(3)))

    response = signed_in("observer").get(reverse("listen:signals"))

    assert titles(response) == ["Signal 2", "Signal 1", "Signal 0"]
    assert "Customers were heard 3 times." in response.text


def test_signals_that_the_last_sync_has_not_counted_are_counted(signed_in, heard):
    heard(*(signal(number) for number in range(3)))
    SignalsCopied.objects.update(signals=0, latest_at=None, recent={})

    response = signed_in("contributor").get(reverse("listen:signals"))

    assert "Customers were heard 3 times." in response.text
    assert "Download these 3 rows" in response.text


def test_the_headline_counts_what_came_in_since_the_last_copying(signed_in, heard):
    heard(*(signal(number, rating=5.0) for number in range(40)))
    Signal.objects.filter(key="s1").update(in_records=False, received_at=NOON)  # counted, and changed since
    later = SignalsCopied.objects.get().at + timedelta(seconds=1)
    newest = Signal.objects.get(key="s2")
    newest.pk, newest.key, newest.rating_share = None, "live", 0.2
    newest.received_at, newest.in_records = later, False
    newest.save()

    response = signed_in("observer").get(reverse("listen:signals"))

    assert "In the newest 90 days 1 of 41 who gave a rating gave two fifths or less." in response.text


def test_the_headline_says_how_many_rated_badly_with_interval_and_n(signed_in, heard):
    heard(*(signal(number, rating=1.0 if number < 9 else 5.0) for number in range(40)))

    response = signed_in("observer").get(reverse("listen:signals"))

    assert "In the newest 90 days 9 of 40 who gave a rating gave two fifths or less." in response.text
    assert "12 to 38 in 100, 95 times in 100; n 40." in response.text


FILTERS = {
    "q=rattles": ["Signal 2"],
    "q=RATTL*": ["Signal 2"],
    'q="came late"': ["Signal 3", "Signal 1"],
    "q=late came": ["Signal 3", "Signal 1"],
    "q=WO-12": ["Signal 3"],
    "q='; DROP TABLE listen_signal;--": [],
    'q="': [],
    "kind=ticket": ["Signal 2"],
    "rating=low": ["Signal 3", "Signal 1"],
    "rating=none": ["Signal 2"],
    "since=2026-01-03": ["Signal 2"],
    "until=2026-01-02": ["Signal 3", "Signal 1"],
    "region=North": ["Signal 2", "Signal 3", "Signal 1"],
    "product=Heron Cargo": ["Signal 2", "Signal 3", "Signal 1"],
    "account=a1&answered=yes": ["Signal 1"],
    "answered=unknown": ["Signal 2"],
    "answered=no": ["Signal 3"],
    "product_key=nothing": [],
    "since=yesterday": ["Signal 2", "Signal 3", "Signal 1"],
    "until=9999-12-31": ["Signal 2", "Signal 3", "Signal 1"],
}


def test_words_and_filters_narrow_the_list(signed_in, heard):
    heard(
        signal(1, occurred_at=datetime(2026, 1, 1), first_reply_at=datetime(2026, 1, 2)),  # noqa: DTZ001
        signal(2, occurred_at=datetime(2026, 1, 3), kind="ticket", body="Bike rattles", rating=None),  # noqa: DTZ001
        signal(3, occurred_at=datetime(2026, 1, 2), body="came late, WO-12"),  # noqa: DTZ001
    )
    client = signed_in("observer")

    found = {query: titles(client.get(f"{reverse('listen:signals')}?{query}")) for query in FILTERS}

    assert found == FILTERS


def test_pages_go_forth_and_back_without_losing_or_doubling(signed_in, heard):
    heard(*(signal(number) for number in range(70)))
    client = signed_in("observer")
    url = reverse("listen:signals")
    seen, query = [], ""

    for _page in range(3):
        response = client.get(url + query)
        seen += titles(response)
        query = response.context["later"]

    assert (len(seen), len(set(seen)), query) == (70, 70, "")
    back = client.get(url + response.context["earlier"])
    assert titles(back) == seen[30:60]


def test_a_forged_place_shows_the_first_page(signed_in, heard):
    heard(signal(1))

    response = signed_in("observer").get(reverse("listen:signals") + "?after=1:2:3")

    assert titles(response) == ["Signal 1"]


def test_counts_beyond_the_limit_say_at_least_and_tell_of_the_newest(signed_in, heard, monkeypatch):
    from interlock.listen import selection

    monkeypatch.setattr(selection, "COUNTED_TO", 5)
    heard(*(signal(number) for number in range(9)))
    client = signed_in("contributor")

    several = client.get(reverse("listen:signals"), {"kind": "review", "region": "North"})
    one = client.get(reverse("listen:signals"), {"kind": "review"})

    assert several.context["heard"].headline == (
        "At least 5 signals are like that; of the newest 5, 5 gave two fifths or less."
    )
    assert "Download all of them" in several.text
    assert one.context["heard"].headline == (
        "9 signals are like that; of the newest 5, 5 gave two fifths or less."
    )


def test_no_result_says_what_to_do(signed_in, heard):
    heard(signal(1))

    response = signed_in("observer").get(reverse("listen:signals") + "?q=zebra")

    assert "No signal is like that." in response.text
    assert "Take a filter away" in response.text


def test_an_empty_installation_says_what_will_stand_here(signed_in):
    response = signed_in("observer").get(reverse("listen:signals"))

    assert "No customer has been heard yet." in response.text


def test_one_signal_shows_words_account_order_product_and_history(signed_in, heard):
    heard(signal(1), signal(2, title="Once more", url="https://desk.example/2"))

    response = signed_in("observer").get(reverse("listen:signal", args=[Signal.objects.get(key="s1").pk]))

    for words in ("The bike came late", "North Shop", "Heron Cargo", "The order o1", "Once more"):
        assert words in response.text


def test_a_rating_out_of_nobody_knows_what_has_its_page(signed_in, heard):
    heard(signal(1, rating=3, rating_max=None))

    response = signed_in("observer").get(reverse("listen:signal", args=[Signal.objects.get(key="s1").pk]))

    assert "Rating 3; the source does not say out of how many." in response.text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("😡", ["s2"]),
        ("!!!", ["s4", "s2"]),
        ("!!! 😡", ["s2"]),
        ('"? !"', ["s4"]),
        ("❤\ufe0f", ["s3"]),
        ("%", ["s5"]),
        ('""', []),
        ("👍", []),
    ],
)
def test_signs_alone_are_found_as_they_stand_and_the_page_says_among_how_many(signed_in, heard, asked, found):
    heard(
        signal(1, body="Nothing but words."),
        signal(2, body="Never again 😡!!!", title=""),
        signal(3, body="Lovely ❤"),
        signal(4, title="Where is it? !!!", body=""),
        signal(5, body="Half, 50 %, is gone"),
    )

    response = signed_in("observer").get("/signals/", {"q": asked})

    assert sorted(one.key for one in response.context["page"].signals) == sorted(found)
    assert "Signs alone are looked for as they stand, in the newest 20,000 signals." in response.text


def test_signs_are_looked_for_in_the_newest_signals_alone(heard, monkeypatch, django_assert_num_queries):
    heard(*(signal(number, body="Hm ...") for number in range(1, 5)))
    monkeypatch.setattr(search, "SIGNS_AMONG", 3)
    newest = Signal.objects.order_by("-occurred_at")

    with django_assert_num_queries(2):
        found = list(search.containing(Signal.objects.order_by("-occurred_at"), "..."))

    assert found == list(newest[:3])


def test_a_link_that_is_no_web_address_is_not_offered(signed_in, heard):
    heard(signal(1, url="javascript:alert(1)"))

    response = signed_in("observer").get(reverse("listen:signal", args=[Signal.objects.get().pk]))

    assert "javascript:" not in response.text


def test_words_of_customers_are_never_markup(signed_in, heard):
    heard(signal(1, title="<script>alert(1)</script>", body="<img src=x onerror=alert(1)>"))
    client = signed_in("observer")

    pages = [
        client.get(reverse("listen:signals")).text,
        client.get(reverse("listen:signal", args=[Signal.objects.get().pk])).text,
    ]

    assert not any("<script>alert" in page or "<img src=x" in page for page in pages)


def test_the_download_holds_the_same_rows_and_no_formula(signed_in, heard):
    heard(signal(1, body="=HYPERLINK(1)"), signal(2, kind="ticket"))

    response = signed_in("contributor").get(reverse("listen:signals_csv") + "?kind=review")

    lines = response.getvalue().decode().splitlines()
    assert len(lines) == 2
    assert "'=HYPERLINK(1)" in lines[1]


def test_the_list_takes_a_fixed_number_of_queries(signed_in, heard, django_assert_max_num_queries):
    heard(*(signal(number) for number in range(60)))
    client = signed_in("observer")

    with django_assert_max_num_queries(25):
        client.get(reverse("listen:signals") + "?kind=review&q=late")

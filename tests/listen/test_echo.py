"""How widely is this echoed: by meaning, beside the words, counted and listed, and never more than is read."""

from __future__ import annotations

import pytest
from django.urls import reverse

from interlock.analytics.text import encoders
from interlock.listen.models import Signal, SignalVector, ThemedSignal, ThemesLearnt
from interlock.listen.themes import echoing, placing
from interlock.listen.themes.vectors import unpacked
from listen.themed import theme, weeks
from listen.waiting import NOON, said, source

pytestmark = pytest.mark.django_db
FEES = ["Why was I charged a fee?", "Why was I charged this fee?", "What is the monthly fee for?"]
LATE = ["My parcel has not arrived.", "My parcel has not arrived yet.", "Where is my parcel?"]
STRANGE = ["Orchestra violin rehearsal tonight", "Orchestra violin rehearsal tomorrow"]


@pytest.fixture
def heard(db):
    """Six signals in two themes, two weeks apart, and two that are like neither."""
    encoder, shop = encoders.static(), source()
    for name, texts in (("fee", FEES), ("late", LATE)):
        centre = encoder.encode(texts).mean(axis=0)
        theme(name, centre / (centre @ centre) ** 0.5).clusters.update(reach=0.3)
    ThemesLearnt.objects.create(encoder=encoder.version, signals=6, at=NOON)
    for number, words in enumerate([*FEES, *LATE, *STRANGE]):
        said(words, by=f"a{number % 2}", at=NOON - weeks(2 * number), source=shop, kind=f"kind {number % 2}")
    placing.place(placing.new_signals(), now=NOON)
    assert ThemedSignal.objects.filter(cluster=None).count() == len(STRANGE)


def words_of(numbers: list[int]) -> set[str]:
    return set(Signal.objects.filter(pk__in=numbers).values_list("body", flat=True))


def alike_by_hand(words: str) -> set[str]:
    """Every vector compared, whatever theme it is in."""
    (asked,) = encoders.static().encode([words])
    level = echoing.levels_of(encoders.static().version).usual
    kept = SignalVector.objects.select_related("signal")
    return {one.signal.body for one in kept if float(unpacked([one.bytes])[0] @ asked) >= level}


@pytest.mark.parametrize("words", [*FEES, *LATE, *STRANGE, "a fee was charged, why", "tax"])
def test_it_finds_what_comparing_every_signal_finds(heard, words):
    found = echoing.echo_of(words)

    assert words_of(found.reaching("usual")) == alike_by_hand(words)
    assert (found.usual.rows, found.whole) == (len(found.reaching("usual")), True)


def test_it_counts_customers_and_is_wider_the_looser_one_is(heard):
    found = echoing.echo_of(FEES[0])

    assert (found.usual.rows, found.usual.customers, found.usual.voices) == (2, 2, 2)
    assert found.strict.rows <= found.usual.rows <= found.loose.rows


def test_of_more_than_is_read_the_newest_count_and_it_says_so(heard, monkeypatch):
    monkeypatch.setattr(echoing, "MOST_READ", 1)
    monkeypatch.setattr(echoing, "FEWEST_OF_GROUP", 1)

    found = echoing.echo_of(FEES[1])

    assert (words_of(found.reaching("usual")), found.whole) == ({FEES[0]}, False)


def test_groups_too_far_to_be_read_are_left_out_and_it_says_so(heard, monkeypatch):
    monkeypatch.setattr(echoing, "NEAREST", 1)
    monkeypatch.setattr(echoing, "MOST_READ", 4)
    monkeypatch.setattr(echoing, "CENTRE_BELOW", 2.0)
    monkeypatch.setattr(echoing, "FEWEST_OF_GROUP", 2)
    found = echoing.echo_of(FEES[0])

    assert (words_of(found.reaching("usual")), found.whole) == ({FEES[0], FEES[1]}, False)


def test_another_signal_may_be_what_is_echoed(heard):
    one = Signal.objects.get(body=LATE[0])

    assert words_of(echoing.echo_of_signal(one.pk).reaching("usual")) == {LATE[0], LATE[1]}


@pytest.mark.parametrize("words", ["", "  ", '"*"'])
def test_without_words_there_is_no_echo(heard, words):
    assert echoing.echo_of(words) is None


def test_vectors_of_another_encoder_are_never_compared(heard):
    SignalVector.objects.update(encoder=1)

    assert echoing.echo_of(FEES[0]).reaching("loose") == []
    assert echoing.echo_of_signal(Signal.objects.first().pk) is None


def test_an_encoder_that_is_gone_leaves_the_words(heard, signed_in):
    ThemesLearnt.objects.update(encoder="student-gone")

    assert echoing.echo_of(FEES[0]) is None
    assert signed_in("observer").get(reverse("listen:signals"), {"q": "fee"}).status_code == 200


def test_the_list_says_how_widely_the_words_are_echoed_and_opens_those_rows(signed_in, heard):
    client, url = signed_in("contributor"), reverse("listen:signals")

    page = client.get(url, {"q": "why was i charged a fee"})

    assert "By meaning, 2 signals of 2 customers say nearly the same." in page.text
    assert [one.body for one in page.context["page"].signals] == [FEES[0]]
    opened = client.get(url + page.context["echo"].usual_url)
    assert [one.body for one in opened.context["page"].signals] == FEES[:2]
    assert "Nearly the same as “why was i charged a fee”." in opened.text
    rows = client.get(reverse("listen:signals_csv") + page.context["echo"].usual_url)
    assert b"".join(rows).decode().count("was I charged") == 2


def test_stricter_and_looser_rows_open_from_their_numbers(signed_in, heard):
    client, url = signed_in("observer"), reverse("listen:signals")
    told = client.get(url, {"q": FEES[0]}).context["echo"]

    listed = {end: {one.body for one in client.get(url + end).context["page"].signals} for end in (
        told.strict_url, told.usual_url, told.loose_url,
    )}  # fmt: skip

    found = told.echoed
    assert [len(rows) for rows in listed.values()] == [found.strict.rows, found.usual.rows, found.loose.rows]
    assert listed[told.strict_url] <= listed[told.usual_url] <= listed[told.loose_url]
    assert client.get(url, {"meaning": FEES[0], "nearness": "levels"}).status_code == 200


def test_filters_narrow_what_means_the_same(signed_in, heard):
    page = signed_in("observer").get(reverse("listen:signals"), {"meaning": FEES[0], "kind": "kind 1"})

    assert [one.body for one in page.context["page"].signals] == [FEES[1]]


def test_the_rows_like_one_signal_are_listed(signed_in, heard):
    number = Signal.objects.get(body=LATE[1]).pk

    page = signed_in("observer").get(reverse("listen:signals"), {"like": number})

    assert [one.body for one in page.context["page"].signals] == LATE[:2]
    assert f'href="/signals/{number}/"' in page.text


@pytest.mark.parametrize("asked", [{"like": "x"}, {"like": "0"}, {"like": str(2**70)}, {"like": "999999"}])
def test_a_signal_that_is_not_there_is_no_error(signed_in, heard, asked):
    assert signed_in("observer").get(reverse("listen:signals"), asked).status_code == 200


def test_before_themes_were_learnt_the_list_says_that_only_words_are_searched(signed_in):
    said("Why a fee?")

    page = signed_in("observer").get(reverse("listen:signals"), {"q": "fee"})

    assert "Only the words are searched so far." in page.text


def test_it_asks_the_database_as_often_for_many_as_for_few(signed_in, heard, django_assert_max_num_queries):
    client = signed_in("observer")
    client.get(reverse("listen:signals"))

    with django_assert_max_num_queries(26):
        client.get(reverse("listen:signals"), {"q": "fee"})
    with django_assert_max_num_queries(26):
        client.get(reverse("listen:signals"), {"meaning": "a fee"})


def test_the_one_box_over_everything_says_it_too(signed_in, heard):
    page = signed_in("observer").get(reverse("web:search"), {"q": "why was I charged that fee"})

    assert "By meaning, 2 signals of 2 customers say nearly the same." in page.text
    assert "Nothing holds" not in page.text

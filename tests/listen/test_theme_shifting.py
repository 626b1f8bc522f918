"""A theme in which something else is said now says so on its page and row, with quotes of both."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from interlock.listen.models import ThemedSignal, ThemeShift
from interlock.listen.themes import counting, shifting
from listen.themed import direction, joined, theme, weeks
from listen.waiting import NOON, source

pytestmark = [pytest.mark.django_db, pytest.mark.long]
SAID = {"lost": direction(1), "broken": direction(1, 1), "slow": direction(1, 0, 1)}


LAST = NOON + weeks(16)


def spoken(*, turns: bool = True, people: int = 12, once: bool = True):
    """Seventeen weeks of a theme of three groups; if it turns, most speak in the newest four of what is broken.

    `once`: each week others speak; otherwise one and the same customer says it all.
    """
    cards, shop = theme("My card", *SAID.values()), source()
    for week in range(17):
        for number in range(people):
            broken = number < people - 3 if turns and week >= 13 else number < 3
            word = "broken" if broken else ("lost", "slow")[(number + week) % 2]
            joined(
                cards, SAID[word], f"My card is {word}, {week} {number}", source=shop, at=NOON + weeks(week),
                by=f"a{week}-{number}" if once else "a1",
            )  # fmt: skip
    counting.count(now=LAST)
    return cards


def test_a_theme_whose_newest_weeks_say_something_else_says_more_of_what_and_less_of_what():
    cards = spoken()

    assert shifting.find_shifts(now=LAST) == 1

    found = ThemeShift.objects.get(theme=cards)
    assert (found.since, found.newest, found.before) == (date(2026, 6, 1), 48, 156)
    assert (found.rose["x"], found.rose["before"]) == (36, 39)
    assert found.fell["x"] / found.newest < found.fell["before"] / found.before
    assert found.q < 0.001
    assert len(found.rose["examples"]) == shifting.EXAMPLES


def test_where_the_mix_stays_nothing_is_said_and_what_was_said_is_taken_back():
    ThemeShift.objects.create(
        theme=theme("Old", direction(1)), since=date(2026, 1, 5), q=0, newest=1, before=1, rose={}, fell={}, found_at=NOON
    )  # fmt: skip
    spoken(turns=False)

    assert shifting.find_shifts(now=LAST) == 0
    assert not ThemeShift.objects.exists()


def test_signals_that_are_like_no_theme_shift_none():
    spoken()
    strays = ThemedSignal.objects.filter(pk__in=list(ThemedSignal.objects.values_list("pk", flat=True)[::10]))
    strays.update(cluster=None)

    assert shifting.find_shifts(now=LAST) == 1


def test_one_customer_who_turns_to_something_else_shifts_no_theme():
    spoken(once=False)

    assert shifting.find_shifts(now=LAST) == 0


def test_the_page_and_the_row_say_it_with_both_quotes_and_offer_the_split(signed_in):
    cards = spoken()
    cards.quotes = [cards.clusters.first().signals.first().signal.key]
    cards.save()
    shifting.find_shifts(now=LAST)
    client = signed_in("lead")
    address = reverse("web:one_theme", args=[cards.key])

    page = client.get(address).text.replace("\N{NO-BREAK SPACE}", " ")
    row = client.get(f"{reverse('web:themes')}?show=all").text.replace("\N{NO-BREAK SPACE}", " ")

    assert "What is said here has shifted since 1 June" in page
    assert "75 in 100 now (36 of 48 voices), 25 in 100 in the quarter before (39 of 156)" in page
    assert (
        page.index("“My card is broken")
        < page.index("Less of this")
        < page.index("(36 of 48 voices)") + 2_000
    )
    assert "shifted since 1 Jun" in row
    assert 'href="?split=shift#split"' in page
    assert page.count(" checked>") == 0
    assert client.get(f"{address}?split=shift").text.count(" checked>") == shifting.EXAMPLES


def test_what_is_looked_at_hourly_asks_as_much_for_one_theme_as_for_ten(django_assert_max_num_queries):
    for number in range(10):
        joined(theme(f"theme {number}", direction(1, number)), direction(1, number), source=source())

    with django_assert_max_num_queries(6):
        shifting.find_shifts(now=LAST)

"""Numbers of themes: each leads to as many rows as it says, and the present is the clock's week."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from interlock.fabric import work
from interlock.listen import tasks
from interlock.listen.models import Theme, ThemeFigures, ThemeState
from interlock.listen.themes import counting, segments
from interlock.listen.themes.weeks import monday_of, week_of
from interlock.web.figures import day, percent_below_all
from interlock.web.themes.listing import is_rising
from listen.themed import direction, joined, theme, weeks
from listen.waiting import NOON, said, source

pytestmark = [pytest.mark.django_db, pytest.mark.long]
FEE, BELL = direction(1), direction(0, 1)
NUMBER = re.compile(r'<a class="num[^"]*" href="(/signals/\?[^"]+)">([\d,]+)</a>')


def page(one) -> str:
    return reverse("web:one_theme", args=[one.key])


@pytest.fixture
def fee(db):
    """A theme of 20 weeks: repeated words, customers who say several things, two sources, and what is dated tomorrow."""
    fee, bell, shop, mail = (
        theme("The new fee", FEE), theme("The bell", BELL), source(name="Shop"), source(name="Mail"),
    )  # fmt: skip
    for number in range(60):
        about = {
            "product_label": f"City {number % 2}",
            "region": "North",
            "channel": "phone",
            "kind": "complaint",
        }
        joined(fee, FEE, f"Fee {number % 40}", by=f"a{number % 25}", at=NOON - weeks(number % 20),
               source=shop if number % 3 else mail, **about)  # fmt: skip
        joined(bell, BELL, f"Bell {number}", by=f"b{number}", at=NOON - weeks(number % 20), source=shop)
    joined(fee, FEE, "Fee of tomorrow", by="f", at=NOON + timedelta(days=7), source=shop)
    counting.count(now=NOON)
    segments.count_segments(now=NOON)
    return fee


def test_every_number_of_a_theme_leads_to_as_many_rows_as_it_says(fee, signed_in):
    browser = signed_in("observer")
    answer = browser.get(page(fee))

    links = NUMBER.findall(answer.text) + NUMBER.findall(
        browser.get(reverse("web:themes") + "?show=all").text
    )
    points = [(one["rows"], one["value"]) for one in answer.context["chart"]["points"] if one["value"]]

    wrong = []
    for url, number in [*links, *points]:
        heard = browser.get(html.unescape(url)).context["heard"]
        if int(str(number).replace(",", "").partition(".")[0]) not in {
            heard.signals,
            heard.voices,
            heard.customers,
        }:
            wrong.append((url, number, heard))
    assert wrong == []
    assert len(links) >= 12
    assert len(points) >= 13
    url, number = re.findall(r'href="([^"]+)">(\d+)</a> customers', answer.text)[0]
    assert f"voices of {number} customers: who says the same again" in browser.get(html.unescape(url)).text


def test_what_is_dated_tomorrow_counts_in_no_present_week_and_is_not_lost(fee, signed_in):
    before = ThemeFigures.objects.get(theme=fee)
    assert before.weeks[-1][0] == monday_of(week_of(NOON)).isoformat()
    assert before.weeks[-1][2] == 3

    counting.count(now=NOON + weeks(1))

    after = ThemeFigures.objects.get(theme=fee)
    assert after.weeks[-2:] == [before.weeks[-1], [monday_of(week_of(NOON) + 1).isoformat(), 1, 1, 1]]
    assert "Fee of tomorrow" in signed_in("lead").get(f"/signals/?theme={fee.key}").text


def test_on_a_monday_morning_the_week_before_is_told_and_nothing_has_fallen(fee, signed_in):
    morning = NOON + weeks(1) - timedelta(hours=11)  # Monday, 9 March, 01:00
    counting.count(now=morning)

    title = signed_in("observer").get(page(fee)).context["chart"]["title"]

    assert title.startswith("1 so far this week, 3 last week, below the limit of")
    assert Theme.objects.get(pk=fee.pk).state == ThemeState.QUIET


def test_a_busy_source_that_begins_moves_no_limit_of_another(fee):
    before = ThemeFigures.objects.get(theme=fee).limit
    bell, bank = Theme.objects.get(name="The bell"), source(name="Bank")
    for number in range(300):
        joined(bell, BELL, f"Bank {number}", by=f"c{number}", source=bank, at=NOON - weeks(number % 2))
    joined(fee, FEE, "A fee at the bank", by="c1", source=bank)

    counting.count(now=NOON)

    after = ThemeFigures.objects.get(theme=fee)
    assert after.limit == pytest.approx(before)
    assert after.unjudged == 1


def test_an_export_of_years_ago_is_shown_as_of_its_newest_week(fee):
    counting.count(now=NOON + weeks(150))

    assert ThemeFigures.objects.get(theme=fee).weeks[-1][0] == monday_of(week_of(NOON) + 1).isoformat()


def test_what_is_above_its_limit_stands_first_whatever_its_rank(fee, signed_in):
    bell = Theme.objects.get(name="The bell")
    assert ThemeFigures.objects.get(theme=fee).rank > ThemeFigures.objects.get(theme=bell).rank
    Theme.objects.filter(pk=bell.pk).update(state=ThemeState.OUTCRY, state_since=NOON)

    rows = signed_in("observer").get(reverse("web:themes") + "?show=all").context["rows"]

    assert [row.theme.name for row in rows] == ["The bell", "The new fee"]


def test_pages_of_the_list_go_on_where_they_ended_also_among_outcries(db, signed_in):
    shop = source()
    for number in range(70):
        one = theme(f"theme {number}", direction(1, number))
        for voice in range(5):
            joined(one, direction(1, number), f"words {voice}", by=f"a{voice}", source=shop, kind="complaint")
        if number % 2:
            Theme.objects.filter(pk=one.pk).update(state=ThemeState.EMERGING, state_since=NOON)
    counting.count(now=NOON)
    browser, seen, url = signed_in("observer"), [], "?show=all"

    while url:
        answer = browser.get(reverse("web:themes") + url)
        seen += [(row.theme.state, row.theme.name) for row in answer.context["rows"]]
        url = answer.context["later"]

    assert len(set(seen)) == len(seen) == 70
    assert [state for state, _name in seen] == ["emerging"] * 35 + ["quiet"] * 35


def test_a_theme_rises_by_more_than_chance_or_not_at_all():
    assert is_rising([2, 3, 2, 3, 2, 3, 2, 3, 6, 7, 8, 9])
    assert not is_rising([2, 3, 2, 3, 2, 3, 2, 3, 3, 3, 4, 3])
    assert not is_rising([0] * 8 + [9, 9, 9, 9])  # new, which is another word


def test_nearly_all_is_never_rounded_to_all():
    shown = [percent_below_all(part, 8390).replace("\N{NO-BREAK SPACE}", " ") for part in (8390, 8361, 1, 0)]
    assert shown == ["100 %", "99 %", "1 %", "0 %"]


def test_while_themes_are_being_found_the_page_says_how_far(home, signed_in):
    for number in range(40):
        said(f"words {number}", by=f"a{number}")
    work.ask(tasks.learn_themes)

    text = signed_in("owner").get(reverse("web:themes")).text

    assert "Themes are being found." in text
    assert "0 of 40 signals are read" in text
    assert "It takes 30 texts" not in text


def test_a_question_kept_by_mistake_is_taken_back_with_the_state_it_had(fee, signed_in):
    Theme.objects.filter(pk=fee.pk).update(state=ThemeState.OUTCRY, state_since=NOON, function="finance")
    browser = signed_in("contributor")
    values = {
        "question": "Keep it?",
        "decider": browser.person.pk,
        "decide_by": "2099-01-01",
        "function": "sales",
    }
    answer = browser.post(reverse("web:theme_decision", args=[fee.key]), values, follow=True)
    assert Theme.objects.get(pk=fee.pk).state == ThemeState.DECIDING
    (undo,) = [
        tag.removeprefix("undo:")
        for one in answer.context["messages"]
        for tag in one.tags.split()
        if "undo:" in tag
    ]

    browser.post(undo)

    now = Theme.objects.get(pk=fee.pk)
    assert (now.question, now.decider, now.decide_by, now.function, now.state, now.state_since) == (
        "", None, None, "finance", ThemeState.OUTCRY, NOON,
    )  # fmt: skip
    assert "It was changed since. Nothing was taken back." in browser.post(undo, follow=True).text
    assert browser.post(undo[:-3] + "xyz").status_code == 404


def test_who_may_not_download_is_shown_no_link_to_it(fee, signed_in):
    pages = [reverse("web:themes") + "?show=all", "/signals/"]
    links = re.compile(r'href="[^"]*\.csv')

    assert [bool(links.search(signed_in("contributor").get(one).text)) for one in pages] == [True, True]
    assert [bool(links.search(signed_in("observer").get(one).text)) for one in pages] == [False, False]


def test_a_signal_dated_later_than_now_is_not_called_the_newest(home, signed_in):
    said("Late", at=timezone.now())
    said("From the future", at=timezone.now() + timedelta(days=2))

    text = signed_in("lead").get("/signals/").text

    later = day(timezone.now() + timedelta(days=2))
    assert f"some are dated later than now, up to {later}" in text
    assert "the newest of" not in text


def test_the_chart_speaks_of_lines_and_uprights_only_where_there_are_some(fee, signed_in):
    browser = signed_in("contributor")
    assert "lines" not in browser.get(page(fee)).context["chart"]["note"]

    for name in ("The price", "The fee of March"):
        browser.post(reverse("web:change_theme", args=[fee.key, "rename"]), {"name": name})
    counting.count(now=timezone.now())
    chart = browser.get(page(fee)).context["chart"]

    assert json.dumps(chart["events"])

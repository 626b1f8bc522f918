"""A new fee: heard as something new, rising to an outcry, sorted by people, and talked about by two functions."""

from __future__ import annotations

import json
import os
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from browser import fee
from browser.chromium import serious_findings
from interlock.converse.models import Conversation
from interlock.listen.models import Alarm, Signal, StreamState, Theme, ThemedSignal
from interlock.listen.outcry import watching
from interlock.listen.themes import counting, learning, noticing, placing
from listen.waiting import source

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
EVERY = timedelta(seconds=50)
NOTICED_WITHIN = 50


class Company:
    """What the workers beside the web server do, at the moments that the story tells of."""

    def __init__(self, ordinary: int) -> None:
        self.fees_begin = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=4)
        began = self.fees_begin - fee.HEARD_FOR
        watching.watch(now=began)
        self.shop = source(name="Shop", made_at=began)
        Signal.objects.bulk_create(fee.ordinary(ordinary, self.shop, self.fees_begin), batch_size=2_000)
        learning.learn(now=self.fees_begin)
        noticing.notice_all(now=self.fees_begin)
        while began < self.fees_begin:
            began += timedelta(hours=6)
            watching.watch(now=began)
        self.complaints = fee.complaints(self.shop, self.fees_begin, EVERY)

    def hear(self, number: int) -> None:
        """So many more complaints come in and find their theme, and the watch looks up to the last one."""
        heard, self.complaints = self.complaints[:number], self.complaints[number:]
        Signal.objects.bulk_create(heard)
        now = heard[-1].received_at
        while placing.place(placing.new_signals(), now=now):
            pass
        noticing.notice_all(now=now)
        watching.watch(now=now + timedelta(minutes=10))
        counting.count(now=now)


def about_the_fee() -> Theme | None:
    """The theme that more than half of the complaints heard so far are in."""
    keys = list(
        ThemedSignal.objects.filter(signal__key__startswith="fee-").values_list("cluster__theme", flat=True)
    )
    most = max(set(keys), key=keys.count)
    return Theme.objects.get(pk=most) if most and keys.count(most) > len(keys) / 2 else None


@pytest.mark.parametrize("ordinary", [1_500, pytest.param(50_000, marks=pytest.mark.long)])
def test_a_fee_that_nobody_was_told_about(open_page, home, person, tmp_path, ordinary):
    ines = person("lead", "service", name="Ines Calder")
    person("contributor", "finance", name="Tomas Brandt")
    company = Company(ordinary)

    theme = noticed(company)
    page = open_page("/signals/themes/?show=now", person=ines)
    expect(page.locator("main")).to_contain_text(theme.name)
    keep(page, tmp_path, "noticed")
    page.get_by_role("link", name=theme.name).first.click()
    rename(page, "The new service fee")
    page.select_option("select[name=function]", "finance")
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator("main")).to_contain_text("Begins in Finance")

    company.hear(len(company.complaints))
    alarm = Alarm.objects.get(stream__kind="theme", stream__key=theme.key)
    assert alarm.state == StreamState.OUTCRY
    page.reload()
    keep(page, tmp_path, "theme")

    merged_by_mistake_and_back(page, theme)
    keep(page, tmp_path, "edited")
    for words in ("Noticed as something new", "Renamed “The new service fee”", "taken back by Ines Calder"):
        expect(page.locator("#lineage")).to_contain_text(words)
    drawn = page.locator("#theme-spec").text_content()
    # The complaints begin four hours ago: on a Monday morning that is another week than the new name.
    days = [
        timezone.localtime(at)
        for at in theme.changes.filter(undone_at=None).order_by("-at").values_list("at", flat=True)
    ]
    in_one_week = len({day.isocalendar()[:2] for day in days}) == 1
    uprights = [one["text"].partition(" ")[0] for one in json.loads(drawn)["events"]]
    assert uprights == (["2"] if in_one_week else ["renamed", "noticed"])

    page.goto(page.url.split("/signals/")[0] + f"/signals/outcries/{alarm.pk}/")
    expect(page.locator("h1")).to_contain_text("The new service fee")
    keep(page, tmp_path, "outcry")
    bring_together(page)
    talk = Conversation.objects.get()
    assert set(talk.participants.values_list("function", flat=True)) >= {"finance", "service"}


def noticed(company: Company) -> Theme:
    """Hear complaints until they are a theme of their own, which takes fewer than fifty."""
    for _heard in range(0, NOTICED_WITHIN, 5):
        company.hear(5)
        theme = about_the_fee()
        if theme is not None and theme.found_at >= company.fees_begin:
            return theme
    raise AssertionError(f"Nothing new was noticed within {NOTICED_WITHIN} complaints.")


def rename(page: Page, name: str) -> None:
    page.get_by_text("Rename", exact=True).first.click()
    page.fill("input[name=name]:not(#split-name)", name)
    page.get_by_role("button", name="Rename").click()
    expect(page.locator("main")).to_contain_text(name)


def merged_by_mistake_and_back(page: Page, theme: Theme) -> None:
    page.get_by_text("Merge with…").click()
    page.locator("select[name=into]").select_option(index=1)
    page.get_by_role("button", name="Merge").click()
    assert Theme.objects.get(pk=theme.pk).ended_at is not None
    page.get_by_role("button", name="Take it back").first.click()
    assert Theme.objects.get(pk=theme.pk).ended_at is None
    page.goto(page.url.split("/signals/")[0] + f"/signals/themes/{theme.key}/")


def bring_together(page: Page) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name="Bring Tomas Brandt in").click()


def keep(page: Page, folder, name: str) -> None:
    """No barrier for anybody; and a picture, where somebody wants to look at them."""
    assert serious_findings(page) == []
    pictures = os.environ.get("STORY_PICTURES")
    if pictures:
        page.screenshot(path=f"{pictures}/{name}.png", full_page=True)

"""Heard, grouped, decided, done, told, confirmed: forty mails about one fault, and what became of them in the end.

A service agent, a product manager and customers do everything on the pages; the mail servers, the engine of themes
and the clock's passing stand beside them. What colleagues write among themselves reaches no customer.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from itertools import product
from types import SimpleNamespace

import httpx
import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect

from browser import fee, sockets
from browser.chromium import SIZES, THEMES, become
from browser.sockets import BOX, RIDERS, address_of
from connectors.mailbox.servers import PASSWORD, Post, find_dovecot, running_dovecot, running_smtp
from interlock.connectors.live_registry import live_connectors
from interlock.converse.loop.counting import count_loops
from interlock.fabric import company, journal, work
from interlock.fabric.models import Person, User
from interlock.fabric.work.trying import run_ready
from interlock.listen import asking_tasks, live_sources
from interlock.listen.models import Signal, Source, Theme, ThemedSignal, ThemeState
from interlock.listen.tasks import count_themes
from interlock.listen.themes import learning
from listen.waiting import source

pytestmark = [pytest.mark.browser, pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
ORDINARY = 300
NAME = "The cap of the charging socket"
DECIDED = "Every Plover gets a cap with a steel pin, free of charge."
INTERNAL = ("the supplier saved 31 cents", "we knew it for months", "a recall costs 40,000")
YES, NO = 30, 2


class Passing:
    """The clock of the story: real, and ahead by the days that passed in it."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def passing(monkeypatch) -> Passing:
    clock = Passing()
    monkeypatch.setattr(timezone, "now", clock.now)
    return clock


@pytest.fixture
def aldermoor(live_server, person, passing, settings) -> Iterator[SimpleNamespace]:
    """A company that hears much about many things, reads one mailbox, and has colleagues of three functions."""
    if not find_dovecot():
        pytest.skip("Dovecot is not installed here; ./do test installs it where it may")
    cache.clear()
    settings.PRIVATE_HOSTS, settings.PAGES_URL = frozenset({"127.0.0.1"}), live_server.url
    lena = person("contributor", "service", name="Lena Fuchs")
    priya = person("lead", "product", name="Priya Nair")
    olu = person("contributor", "production", name="Oluchi Eze")
    user = User.objects.create_user(address_of(RIDERS[0]), "correct horse battery staple")
    kim = Person.objects.create(user=user, name=RIDERS[0], role="customer")
    now = passing.now()
    company.change_company(words={"name": "Aldermoor", "second_word": "Riders"}, by=priya, now=now)
    shop = source(name="Shop", made_at=now)
    Signal.objects.bulk_create(fee.ordinary(ORDINARY, shop, now - sockets.WROTE_FOR))
    learning.learn(now=now)
    post = Post()
    with running_dovecot() as dovecot, running_smtp(post) as smtp:
        post.deliver = lambda to, raw: dovecot.deliver(BOX, raw) if to == BOX else None
        answers = {
            "address": BOX, "host": "127.0.0.1", "port": str(dovecot.port), "security": "none", "password": PASSWORD,
            "smtp_host": "127.0.0.1", "smtp_port": str(smtp), "smtp_security": "none",
        }  # fmt: skip
        box = live_sources.make_source(
            connector=live_connectors()["imap"], terms=live_sources.Terms("Mailbox", 60), answers=answers, by=priya, now=now
        )  # fmt: skip
        live_sources.resume_source(source=box, by=priya, now=now)
        yield SimpleNamespace(
            url=live_server.url, dovecot=dovecot, post=post, box=box, lena=lena, priya=priya, olu=olu, kim=kim
        )


def work_off() -> None:
    """What the workers beside the web server do: ask the mailbox, count, and whatever is due."""
    for task in (asking_tasks.ask_due, count_themes, count_loops):
        work.ask(task)
    run_ready(clock=timezone.now)


def test_forty_complaints_are_told_what_was_done_and_two_of_them_open_it_again(open_page, aldermoor, passing):
    for at, mail in sockets.mails(passing.now()):
        aldermoor.dovecot.deliver(BOX, mail, at)
    work_off()
    theme = theme_of(aldermoor.box)

    lena = open_page("/signals/themes/?show=now", person=aldermoor.lena)
    name_the_theme(lena, theme, passing.now())
    talk = bring_functions_together(lena)
    priya, olu = (open_page(talk, person=one) for one in (aldermoor.priya, aldermoor.olu))
    kim = open_page("/conversations/", person=aldermoor.kim, size="390", theme="ink")
    talk_among_staff(lena, priya, olu)
    ask_a_customer(lena, kim)
    decide(priya, passing.now())
    passing.ahead += timedelta(days=2)
    change(olu)

    tell_the_customers(lena, f"{aldermoor.url}/signals/themes/{theme.key}/")
    show_in_public(lena, f"{aldermoor.url}/signals/themes/{theme.key}/")
    work_off()
    assert aldermoor.post.kept == []  # it can be taken back for two minutes
    passing.ahead += timedelta(minutes=3)
    work_off()
    letters = letters_of(aldermoor.post)
    assert sorted(letters) == sorted(address_of(rider) for rider in RIDERS)
    customers_answer(kim, open_page("/community/", size="390"), letters)
    passing.ahead += timedelta(minutes=2)
    work_off()

    theme.refresh_from_db()
    assert theme.state == ThemeState.REOPENED
    read_what_came_of_it(lena, aldermoor.url, theme)
    read_in_public(kim, aldermoor.url)
    nothing_internal_left_the_house(lena, kim, aldermoor.url, talk, aldermoor.post)
    assert journal.verify().sound


def theme_of(box: Source) -> Theme:
    """The one theme that all forty mails were found to be about."""
    themes = Theme.objects.filter(clusters__signals__signal__source=box).distinct()
    assert ThemedSignal.objects.filter(signal__source=box, cluster__isnull=False).count() == len(RIDERS)
    return themes.get()


def name_the_theme(page: Page, theme: Theme, now: datetime) -> None:
    keep(page, "1-themes")
    page.get_by_role("link", name=theme.name).first.click()
    page.get_by_text("Rename", exact=True).first.click()
    page.fill("input[name=name]:not(#split-name)", NAME)
    page.get_by_role("button", name="Rename").click()
    expect(page.locator("h1")).to_contain_text(NAME)
    question = page.locator("#decision")
    question.locator("[name=question]").fill("Which cap holds?")
    question.locator("[name=decider]").select_option(label="Priya Nair")
    question.locator("[name=decide_by]").fill(f"{now + timedelta(days=1):%Y-%m-%d}")
    question.locator("[name=function]").select_option("product")
    question.get_by_role("button", name="Keep it").click()
    expect(page.locator("main")).to_contain_text("Priya Nair decides")
    keep(page, "2-theme")


def bring_functions_together(page: Page) -> str:
    page.locator("main a.btn-primary[href$='/talk/']").click()
    expect(page.get_by_label("Priya Nair, Product")).to_be_checked()
    page.get_by_label("Oluchi Eze, Production").check()
    keep(page, "3-together")
    page.get_by_role("button", name="Open the conversation").click()
    expect(page.locator("h1")).to_have_text("Which cap holds?")
    return re.sub(r"https?://[^/]+", "", page.url)


def talk_among_staff(lena: Page, priya: Page, olu: Page) -> None:
    say(lena, f"Forty riders wrote in four days. Between us: {INTERNAL[0]}.")
    say(priya, f"Then the cap changes. {INTERNAL[1].capitalize()}, and {INTERNAL[2]} euros.")
    say(olu, "A steel pin holds it. We can press 3,000 by Thursday.")


def ask_a_customer(lena: Page, kim: Page) -> None:
    lena.reload()
    lena.locator("#people summary").click()
    lena.fill("#ask-guest", address_of(RIDERS[0]))
    lena.get_by_role("button", name="Ask them in").click()
    expect(lena.locator("#beside")).to_contain_text("Kim Lowe")
    lena.locator("label.reader-customer").click()
    say(lena, "Kim, would a cap on a steel pin have held on your bike?")
    keep(lena, "4-talk")

    kim.reload()
    kim.get_by_role("link", name="Which cap holds?").click()
    expect(kim.locator("#lines .words")).to_have_text(
        ["Kim, would a cap on a steel pin have held on your bike?"]
    )
    say(kim, "Yes. It is the rubber hinge that tears.")
    keep(kim, "5-talk-of-the-customer")


def decide(page: Page, now: datetime) -> None:
    """The decision is for staff, since its reasons are; the promise is one that the customer may read."""
    page.reload()
    page.get_by_text("Put down a decision").click()
    for name, words in (
        ("chosen", DECIDED),
        ("because", f"It holds, and {INTERNAL[2]}."),
        ("instead_of", "the old cap again"),
    ):
        page.fill(f"#decide [name={name}]", words)
    page.fill("#decide [name=revisit_on]", f"{now + timedelta(days=60):%Y-%m-%d}")
    page.get_by_role("button", name="Put it down").click()
    expect(page.locator("#decided .finding")).to_have_text(DECIDED)
    page.get_by_text("Who does what by when").click()
    form = page.locator("form[action$='/commit/']")
    form.locator("[name=what]").fill("Send the cap with the steel pin to every Plover")
    form.locator("[name=owner]").select_option(label="Oluchi Eze")
    form.locator("[name=due]").fill(f"{now + timedelta(days=3):%Y-%m-%d}")
    form.locator("[name=link]").fill("https://changes.aldermoor.example/212")
    form.locator("[name=audience]").select_option("customer")
    form.get_by_role("button", name="Note the commitment").click()
    expect(page.locator("#decided table")).to_contain_text("Oluchi Eze: Send the cap")
    keep(page, "6-decided")


def change(page: Page) -> None:
    """The new cap is made and sent: who promised it says so."""
    page.reload()
    page.get_by_text("How did it end?").click()
    page.get_by_role("button", name="Kept", exact=True).click()
    expect(page.locator("#decided table .text-good")).to_have_text("kept")
    keep(page, "7-done")


def tell_the_customers(page: Page, theme: str) -> None:
    page.goto(theme)
    page.get_by_role("link", name="Tell the customers").first.click()
    expect(page.locator("h1")).to_have_text(f"40 customers who spoke about “{NAME}” can be told.")
    expect(page.locator("[name=text_en]")).to_have_value(re.compile("Done: Send the cap"))
    page.fill(
        "[name=text_en]",
        f"Hello,\n\nYou told us about the cap of the charging socket. {DECIDED} Yours is on its way.\n\nLena Fuchs",
    )
    page.get_by_role("button", name="Look at it before it is sent").click()
    keep(page, "8-tell")
    page.get_by_role("button", name="Send to 40 customers").click()
    page.wait_for_url(re.compile("/signals/rounds/"))
    keep(page, "9-round")


def show_in_public(page: Page, theme: str) -> None:
    page.goto(theme)
    page.get_by_role("link", name="Show it in public").click()
    page.fill("[name=said]", "The cap of the charging socket tears off, and water gets in.")
    page.fill("[name=did]", DECIDED)
    page.fill("[name=who]", "Oluchi Eze, Production")
    page.fill("[name=product]", "Plover Fold")
    page.get_by_role("button", name="Look at it before it is shown").click()
    page.get_by_role("button", name="Show this in public").click()
    expect(page.locator("h1")).to_have_text("Everybody can read what we did about it.")
    keep(page, "10-shown")


def letters_of(post: Post) -> dict[str, str]:
    """What each customer was sent, by address."""
    read = [(to, message_from_bytes(raw, policy=policy.default)) for to, raw in post.kept]
    assert len(read) == len(RIDERS)
    return {
        address: mail.get_body(("plain",)).get_content()
        for to, mail in read
        for address in to
        if address != BOX
    }


def customers_answer(kim: Page, ada: Page, letters: dict[str, str]) -> None:
    """Kim says yes and Ada no, with a word, in the browser; thirty others by the links of their letters."""
    say_whether(kim, link_in(letters[address_of(RIDERS[0])], "yes"), "Yes, this solved it")
    keep(kim, "11-yes")
    say_whether(ada, link_in(letters[address_of(RIDERS[1])], "no"), "No, not yet", "The pin is too short.")
    keep(ada, "12-no")
    for number, rider in enumerate(RIDERS[2 : YES + NO]):
        wanted = "yes" if number else "no"
        with httpx.Client(timeout=60) as machine:
            page = machine.get(link_in(letters[address_of(rider)], wanted))
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
            assert token
            said = machine.post(page.url, data={"csrfmiddlewaretoken": token[1], "say": wanted})
            assert said.status_code == 302


def link_in(letter: str, answer: str) -> str:
    found = re.search(rf"http\S+/told/\S+\?say={answer}", letter)
    assert found, letter
    return found[0]


def say_whether(page: Page, link: str, button: str, words: str = "") -> None:
    page.goto(link)
    page.fill("#words", words)
    page.get_by_role("button", name=button).click()
    expect(page.locator("h1")).to_contain_text("You have said")


def read_what_came_of_it(page: Page, address: str, theme: Theme) -> None:
    page.goto(f"{address}/signals/themes/{theme.key}/")
    expect(page.locator("#lineage")).to_contain_text(
        f"Opened again: a customer says that “{DECIDED}” does not solve it"
    )
    expect(page.locator("main")).to_contain_text("2 say: not solved")
    keep(page, "13-opened-again")
    page.goto(f"{address}/signals/loop/")
    row = page.get_by_role("row").filter(has_text=NAME)
    expect(row.locator(".num")).to_have_text(["40", "40", "40", "40", "30"])
    keep(page, "14-loop")
    page.goto(f"{address}/")
    keep(page, "15-today")
    assert Signal.objects.filter(body="The pin is too short.").exists()


def read_in_public(page: Page, address: str) -> None:
    """The page says how many are not helped, and how many said nothing; Kim finds the own yes again."""
    page.goto(f"{address}/community/mine/")
    expect(page.locator("main")).to_contain_text("You said: solved.")
    keep(page, "16-mine")
    page.goto(f"{address}/community/you-said/")
    story = page.locator("article")
    for words in (
        "40 customers",
        DECIDED,
        "30 of 40 say: solved",
        "2 say: not yet, 8 have said nothing",
        "Opened again",
    ):
        expect(story).to_contain_text(words)
    keep(page, "17-you-said")


def nothing_internal_left_the_house(lena: Page, kim: Page, address: str, talk: str, post: Post) -> None:
    colleagues_read = lena.context.request.get(address + talk).text()
    assert all(words in colleagues_read.lower() for words in INTERNAL)
    seen = (talk, "/conversations/", "/community/mine/", "/community/you-said/", "/community/you-said/feed/",
            "/community/you-said/rows.json", "/community/you-said/part/", "/search/?q=supplier")  # fmt: skip
    answers = [kim.context.request.get(address + path) for path in seen]
    assert [one.status for one in answers] == [200] * len(seen)
    served = [one.text() for one in answers] + [raw.decode() for _to, raw in post.kept]
    assert [words for words in INTERNAL for text in served if words in text.lower()] == []


def say(page: Page, words: str) -> None:
    page.fill("#say-body", words)
    page.locator("#say .btn-primary").click()
    expect(page.locator("#lines .words").last).to_have_text(words)


def keep(page: Page, name: str) -> None:
    """Pictures at both sizes and in both themes, where somebody wants to look at them."""
    folder = os.environ.get("STORY_PICTURES")
    for size, theme in product(SIZES, THEMES) if folder else ():
        become(page, size, theme)
        page.screenshot(path=f"{folder}/{name}-{theme}-{size}.png", full_page=True)

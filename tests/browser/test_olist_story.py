"""The whole main job in a real browser: a zip of exports, the first finding, and a reply from the other function."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Page, expect

from browser.chromium import serious_findings, sized
from interlock.analytics.text.encoders import static
from interlock.converse.models import Conversation, Message
from interlock.fabric import invitations, journal
from interlock.listen.themes import learning
from interlock.reconnect.models import Disconnect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "four quiet herons cargo"


@pytest.fixture
def olist_zip(real_data, tmp_path) -> Path:
    """The eight files as somebody would send them."""
    target = tmp_path / "olist.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted((real_data / "olist" / "sample").glob("*.csv")):
            archive.write(file, file.name)
    return target


def work_off_the_queue() -> None:
    """What the worker beside the web server does."""
    call_command("db_worker", batch=True, interval=0, verbosity=0, startup_delay=False)


def welcome(page: Page, link: str, name: str, email: str) -> None:
    """Make an account from a one-time link."""
    page.goto(link)
    page.fill("input[name=name]", name)
    page.fill("input[name=email]", email)
    if page.locator("select[name=function]").count():
        page.select_option("select[name=function]", "operations")
    page.check("input[name=proof][value=password]")
    page.fill("input[name=password]", PASSWORD)
    with page.expect_navigation():
        page.click("main form button.btn-primary")


def test_from_a_zip_to_a_reply_of_the_second_function(browser, live_server, home, olist_zip, monkeypatch):
    # Themes are found beside the story and not told of in it; a minute less than with a student of MiniLM.
    monkeypatch.setattr(learning, "choose_encoder", lambda texts, seed, said: static())
    token = invitations.first_owner_link(now=timezone.now())
    ines = sized(browser, "1280", "paper").new_page()
    welcome(ines, f"{live_server.url}/welcome/{token}/", "Ines Calder", "ines@example.com")
    expect(ines.locator("h1")).to_contain_text("your first three disconnects")

    import_the_zip(ines, live_server.url, olist_zip)
    read_the_first_screen(ines, live_server.url)
    link = ask_the_other_function_in(ines)

    other = sized(browser, "1280", "paper").new_page()
    welcome(other, link, "Tomas Brandt", "tomas@example.com")
    convene(ines, live_server.url)
    reply(other, live_server.url, "The carrier needs two days more to RJ than we promise.")
    reply(ines, live_server.url, "Then we change the date that the shop shows. By Friday.")

    work_off_the_queue()
    talk = Conversation.objects.get()
    disconnect = Disconnect.objects.get(conversation=talk)
    assert Message.objects.filter(conversation=talk).count() >= 2
    assert (talk.state, disconnect.state) == ("two_way", "convened")
    assert talk.evidence.row_count == disconnect.n or talk.evidence.row_count == disconnect.x
    assert journal.verify().sound


def import_the_zip(page: Page, address: str, archive: Path) -> None:
    page.goto(f"{address}/sources/new/")
    page.set_input_files("input[type=file]", str(archive))
    page.click("main form button.btn-primary")
    page.wait_for_url(re.compile(r"/sources/imports/\d+/$"))
    work_off_the_queue()
    # The page of an import loads itself anew when the work is done: whoever reloads it too takes one load from the other.
    with page.expect_navigation():
        page.click("button[name=act][value=store]")
    work_off_the_queue()
    expect(page.locator("#moving")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("8,135")
    assert serious_findings(page) == []


def read_the_first_screen(page: Page, address: str) -> None:
    """At least three disconnects, each a sentence with its number, and the lead opens its rows."""
    page.goto(f"{address}/")
    cards = page.locator("article")
    assert cards.count() >= 3
    assert all(re.search(r"\d", text) for text in cards.all_inner_texts())
    assert serious_findings(page) == []
    with page.expect_navigation():
        cards.first.locator("a.btn-primary").click()


def ask_the_other_function_in(page: Page) -> str:
    """From the convening page: nobody of that function is here, so a link is made."""
    if "/together/" not in page.url:
        page.goto(re.sub(r"(/disconnects/\d+/).*", r"\1together/", page.url))
    together = page.url
    with page.expect_navigation():
        page.locator("button.go[form^=invite-]").first.click()
    link = page.locator("input[readonly]").input_value()
    page.goto(together)
    return link


def convene(page: Page, address: str) -> None:
    page.reload()
    for box in page.locator("input[name=people]:not([disabled])").all():
        box.check()
    page.locator("input[name=safety]").first.check()
    page.click("main form button.btn-primary")
    page.wait_for_url(re.compile(r"/conversations/\d+/"))
    assert serious_findings(page) == []


def reply(page: Page, address: str, words: str) -> None:
    page.goto(f"{address}/conversations/")
    page.locator("main a[href*='/conversations/']").first.click()
    page.fill("#say-body", words)
    page.locator("#say button.btn-primary").click()
    expect(page.locator("#talk")).to_contain_text(words)

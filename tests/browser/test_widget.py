"""The widget on a page of another origin with a strict content policy of its own, in a browser."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import expect

from browser.chromium import all_findings, sized
from converse.community.test_posting import heard
from interlock.converse.models import Board, Post
from interlock.converse.widget import allowing
from interlock.fabric import company
from interlock.listen.models import Signal

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = """<!doctype html><html lang="en"><head><title>Shop</title></head><body><main><h1>Bikes</h1>
<button>Buy</button></main>{tag}</body></html>"""
POLICY = "default-src 'none'; script-src {host}; connect-src {host}; require-trusted-types-for 'script'; trusted-types 'none'"


@pytest.fixture
def shop(live_server, person, home):
    """Another site, on a port of its own: its address, and what its page says."""
    cache.clear()
    now, ines = timezone.now(), person("owner", name="Ines Calder")
    company.change_company(words={"name": "Aldermoor", "second_word": "Riders"}, by=ines, now=now)
    Board.objects.create(key="heron", name="Heron Cargo", made_at=now, opened_at=now)
    page = {"tag": ""}

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", POLICY.format(host=live_server.url))
            self.end_headers()
            self.wfile.write(PAGE.format(tag=page["tag"]).encode())

        def log_message(self, *_said: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    page["url"] = f"http://127.0.0.1:{server.server_port}"
    allowing.set_sites(sites=[page["url"]], by=ines, now=now)
    page["key"] = allowing.make_key(by=ines, now=now)
    yield page
    server.shutdown()
    thread.join()
    server.server_close()


def tag_for(live_server, key: str, address: str) -> str:
    until = int(timezone.now().timestamp()) + 600
    said = json.dumps({"address": address, "name": "Marta Hagen", "until": until})
    payload = base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")
    signature = hmac.new(key.encode(), payload.encode(), hashlib.sha256).hexdigest()
    return f'<script async src="{live_server.url}/community/widget.js" data-token="{payload}.{signature}"></script>'


@pytest.fixture
def visit(browser, shop):
    """Open the shop's page; errors and refusals of its policy are collected."""
    contexts, faults = [], []

    def opened(size: str = "1280", theme: str = "paper"):
        context = sized(browser, size, theme, bypass_csp=False)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.goto(shop["url"], wait_until="networkidle")
        return page, faults

    yield opened
    for context in contexts:
        context.close()


def test_a_reader_of_another_site_tells_us_and_sees_it_in_my_feedback(visit, shop, live_server):
    shop["tag"] = tag_for(live_server, shop["key"], "marta@example.com")
    page, faults = visit("390", "ink")

    page.get_by_role("button", name="Feedback").press("Enter")
    page.get_by_role("heading", name="Aldermoor Riders").wait_for()
    page.get_by_role("radio", name="Problem").check()
    page.get_by_label("Your words").fill("The display goes dark.")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("It is online, and a person reads it.").wait_for()
    heard()
    page.get_by_role("button", name="My feedback").click()
    page.get_by_role("heading", name="The display goes dark.").wait_for()

    assert [one.body for one in Signal.objects.all()] == ["The display goes dark."]
    assert page.context.cookies() == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Feedback")).to_be_focused()
    assert faults == []


def test_words_stay_while_we_cannot_be_reached_and_axe_finds_nothing(visit, shop, live_server):
    shop["tag"] = f'<script async src="{live_server.url}/community/widget.js"></script>'
    page, faults = visit()
    page.get_by_role("button", name="Feedback").click()
    words = page.get_by_label("Your words")
    words.fill("A hook for the helmet.")

    found = all_findings(page)
    page.context.set_offline(True)
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Your words are still here").wait_for()
    kept = words.input_value()
    page.context.set_offline(False)
    page.get_by_role("button", name="Send").click()
    page.get_by_text("A person reads it before others do.").wait_for()

    assert (found, kept) == ([], "A hook for the helmet.")
    assert [one.author_name for one in Post.objects.all()] == ["A customer"]
    assert [one for one in faults if "ERR_INTERNET_DISCONNECTED" not in one] == []


def test_the_page_around_goes_on_where_the_widget_may_not_be_shown(visit, shop, live_server):
    shop["tag"] = f'<script async src="{live_server.url}/community/widget.js"></script>'
    allowing.set_sites(sites=[], by=allowing.Person.objects.get(), now=timezone.now())
    page, faults = visit()

    page.get_by_role("button", name="Feedback").click()
    page.get_by_text("We cannot be reached just now.").wait_for()
    page.get_by_role("button", name="Close").click()

    assert page.get_by_role("button", name="Buy").is_visible()
    assert not [one for one in faults if "CORS" not in one and "ERR_FAILED" not in one and "403" not in one]


def test_of_two_tags_the_first_on_the_page_counts_whichever_arrives_first(visit, shop, live_server):
    one, other = (
        f'src="{live_server.url}/community/widget.js" data-label="{label}"' for label in ("First", "Second")
    )
    shop["tag"] = f"<script defer {one}></script><script {other}></script>"

    page, faults = visit()

    labels = [button.inner_text() for button in page.get_by_role("button").all()]
    assert (labels, faults) == (["Buy", "First"], [])


def test_at_320_pixels_every_button_is_one_line_and_a_wrong_field_is_in_ink(visit, shop, live_server):
    shop["tag"] = f'<script async src="{live_server.url}/community/widget.js"></script>'
    page, _faults = visit("390", "ink")
    page.set_viewport_size({"width": 320, "height": 568})

    page.get_by_role("button", name="Feedback").click()
    page.get_by_role("button", name="Send").click()
    wrong = page.get_by_text("Write a few words first.")
    wrong.wait_for()

    heights = {one.inner_text(): one.bounding_box()["height"] for one in page.get_by_role("button").all()}
    assert {name: height for name, height in heights.items() if height > 42} == {}
    colours = [
        one.evaluate("one => getComputedStyle(one).color") for one in (wrong, page.get_by_text("Your words"))
    ]
    assert colours[0] == colours[1]

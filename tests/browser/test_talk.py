"""A conversation in a real browser: who will read a line, naming, quoting, pictures, and lines that arrive."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Page, expect

from browser.chromium import all_findings, sideways_pixels
from interlock.converse import corrections, services
from interlock.converse.models import Message
from interlock.fabric.contexts import context_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def talk(person):
    """A talk of two colleagues, a partner and a customer, with a line of staff."""
    lena = person("lead", "service", name="Lena Fuchs")
    olu = person("contributor", "production", name="Oluchi Eze")
    marta = person("customer", name="Marta Hagen", account="hagen")
    seats = [(lena, "service"), (olu, "production"), (marta, "customer")]
    seats.append((person("partner", name="Sabine Weber", account="radhaus"), "partner"))
    now = timezone.now() - timedelta(hours=1)
    made = services.open_conversation(
        context=context_for(kind="region", key="North", label="North"),
        title="Dates", question="Which date holds?", purpose="late per 100", people=seats, by=lena, now=now,
    )  # fmt: skip
    services.say(conversation=made, by=olu, body="Frames take 26 days.", now=now)
    made.lena, made.olu, made.marta = lena, olu, marta
    return made


@pytest.fixture
def page(open_page, talk) -> Page:
    return open_page(f"/conversations/{talk.pk}/", person=talk.lena)


def heard(page: Page, talk, audience: str, verb: str, key: int) -> None:
    """What the stream tells an open page."""
    topic = f"talk-{talk.pk}-{audience}"
    page.evaluate(
        "detail => document.dispatchEvent(new CustomEvent('heard', { detail }))",
        {"topic": topic, "verb": verb, "keys": [str(key)]},
    )


def test_a_line_starts_for_staff_and_the_button_names_who_will_read_it(page, talk):
    button = page.locator("#say .btn-primary")
    expect(button).to_have_text("Send to 2 people", use_inner_text=True)
    page.locator("label.reader-customer").click()
    expect(button).to_have_text("Send to Marta Hagen and Sabine Weber", use_inner_text=True)

    page.locator("#say-body").fill("The 11th.")
    page.keyboard.press("Control+Enter")

    expect(page.locator("#lines .aud-customer .words")).to_have_text("The 11th.")
    expect(button).to_have_text("Send to 2 people", use_inner_text=True)
    assert Message.objects.get(body="The 11th.").audience == "customer"


def test_only_readers_are_offered_after_an_at_and_the_keys_take_one(page):
    body = page.locator("#say-body")
    body.press_sequentially("Ask @")
    expect(page.locator("#say-named li")).to_have_text(["Oluchi Eze Contributor"])

    page.locator("label.reader-customer").click()
    body.press_sequentially("Ma")
    expect(page.locator("#say-named li")).to_have_text(["Marta Hagen Customer"])
    body.press("Enter")

    expect(body).to_have_value("Ask @Marta Hagen ")
    expect(page.locator("#say-named")).to_be_hidden()


def test_keys_answer_and_quote_the_line_one_stands_on(page, talk):
    line = Message.objects.get()
    page.keyboard.press("r")
    expect(page.locator("[data-answering]")).to_contain_text("Your line answers Oluchi Eze.")
    page.locator("h1").click()
    page.keyboard.press("q")
    expect(page.locator("#say-body")).to_have_value(
        f"> Frames take 26 days.\n>\n> [Oluchi Eze](#message-{line.pk})\n\n"
    )

    page.keyboard.press("Control+Enter")

    expect(page.locator(".aud-answer blockquote")).to_contain_text("Frames take 26 days.")
    assert Message.objects.get(reply_to=line).kind == "answer"


def test_a_picture_that_is_chosen_stands_in_the_line(page):
    written = BytesIO()
    Image.new("RGB", (60, 40), "teal").save(written, "JPEG")
    picture = {"name": "bike.jpg", "mimeType": "image/jpeg", "buffer": written.getvalue()}

    page.locator("input[name=picture]").set_input_files([picture])
    expect(page.locator("#say-body")).not_to_have_value("")
    page.keyboard.press("Control+Enter")

    shown = page.locator("#lines .words img")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.naturalWidth") == 60


def test_what_is_begun_is_there_again_on_the_next_visit(page, talk):
    with page.expect_response(lambda answer: answer.url.endswith("/draft/")):
        page.locator("#say-body").press_sequentially("H")
    page.reload()

    expect(page.locator("#say-body")).to_have_value("H")


def test_lines_of_others_arrive_change_and_go_without_a_reload(page, talk):
    heard(page, talk, "staff", "writing", talk.olu.pk)
    expect(page.locator("[data-writing]")).to_have_text("Oluchi Eze is writing")

    line = services.say(conversation=talk, by=talk.olu, body="Now 33 days.", now=timezone.now())
    heard(page, talk, "staff", "line", line.pk)
    arrived = page.locator(f"#message-{line.pk} .words")
    expect(arrived).to_have_text("Now 33 days.")
    expect(page.locator("[data-writing]")).to_be_empty()

    Message.objects.filter(pk=line.pk).update(body="Now 34 days.")
    heard(page, talk, "staff", "changed", line.pk)
    expect(arrived).to_have_text("Now 34 days.")
    heard(page, talk, "staff", "gone", line.pk)
    expect(arrived).to_have_count(0)


def test_more_lines_than_one_part_brings_all_arrive_and_those_of_an_earlier_page_do_not(open_page, talk):
    now = timezone.now()
    first = Message.objects.get()
    Message.objects.bulk_create(
        Message(conversation=talk, author=talk.olu, function="production", kind="say", audience="staff",
                body=f"Line {number}.", sent_at=now)
        for number in range(55)
    )  # fmt: skip
    page = open_page(f"/conversations/{talk.pk}/", person=talk.lena)
    expect(page.locator("[data-line]")).to_have_count(50)
    lines = [
        Message(conversation=talk, author=talk.olu, function="production", kind="say", audience="staff",
                body=f"Later {number}.", sent_at=now)
        for number in range(60)
    ]  # fmt: skip
    Message.objects.bulk_create(lines)

    heard(page, talk, "staff", "changed", first.pk)
    heard(page, talk, "staff", "line", Message.objects.latest("pk").pk)

    expect(page.locator("[data-line]")).to_have_count(110)
    expect(page.locator(f"#message-{first.pk}")).to_have_count(0)


def test_a_page_of_a_guest_that_is_told_of_a_hidden_line_gets_nothing_of_it(open_page, talk):
    page = open_page(f"/conversations/{talk.pk}/", person=talk.marta)
    hidden = Message.objects.get()

    for verb in ("line", "changed"):
        with page.expect_response(
            lambda answer: "/arrived/" in answer.url or "/messages/" in answer.url
        ) as told:
            heard(page, talk, "customer", verb, hidden.pk)
        assert (told.value.status, "Frames" in page.content()) == ({"line": 200, "changed": 404}[verb], False)


def test_axe_finds_nothing_on_the_pages_of_a_line_and_of_guests(open_page, talk, live_server):

    now = timezone.now()
    line = services.say(
        conversation=talk, by=talk.lena, body="[The 4th](https://a.org).", audience="partner", now=now
    )
    corrections.edit_message(message=line, by=talk.lena, body="![a](https://a.org) The 5th.", now=now)
    answer = services.say(conversation=talk, by=talk.marta, body="> quoted\n\n- thanks", now=now)
    here = f"/conversations/{talk.pk}/"
    seen = {
        talk.lena: [
            f"/messages/{line.pk}/wordings/",
            f"/messages/{line.pk}/widen/",
            f"{here}?answer={answer.pk}",
        ],
        talk.marta: [here, "/conversations/"],
    }
    faults = {}

    for size, theme in (("1280", "ink"), ("390", "paper")):
        for who, paths in seen.items():
            page = open_page(paths[0], person=who, size=size, theme=theme)
            for path in paths:
                page.goto(live_server.url + path)
                if all_findings(page) or sideways_pixels(page):
                    faults[size, path] = all_findings(page), sideways_pixels(page)

    assert faults == {}

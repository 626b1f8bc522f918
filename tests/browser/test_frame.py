"""The frame and the components in a browser: axe, both sizes and themes, keys, charts, no script, print."""

import pytest

from browser.chromium import all_findings, serious_findings, sideways_pixels
from interlock.fabric.models import Person

BOTH_SIZES = pytest.mark.parametrize("size", ["1280", "390"])
BOTH_THEMES = pytest.mark.parametrize("theme", ["paper", "ink"])
PATHS = [
    "/",
    "/more/",
    "/people/",
    "/gallery/",
    "/account/password/change/",
    "/account/2fa/",
    "/account/logout/",
]

pytestmark = pytest.mark.django_db(transaction=True)


@BOTH_THEMES
@BOTH_SIZES
def test_axe_finds_nothing_on_the_pages_of_the_shell(open_page, person, settings, live_server, size, theme):
    settings.DEBUG = True  # shows the gallery, which holds every component
    page = open_page("/", person=person("owner", name="Ines Calder"), size=size, theme=theme)

    found = {}
    for path in PATHS:
        page.goto(live_server.url + path, wait_until="load")
        found[path] = all_findings(page), sideways_pixels(page)

    assert found == {path: ([], 0) for path in PATHS}


@BOTH_THEMES
@BOTH_SIZES
def test_axe_finds_nothing_on_the_way_in(open_page, live_server, size, theme):
    page = open_page("/account/login/", size=size, theme=theme)

    assert serious_findings(page) == []
    assert sideways_pixels(page) == 0


def test_axe_finds_what_is_planted_on_the_first_page_of_a_tab_and_on_the_next(open_page, live_server):
    page = open_page("/account/login/")
    found = []
    for _page in range(2):
        page.evaluate("document.querySelector('main').append(document.createElement('img'))")
        found.append([one.split()[0] for one in all_findings(page)])
        page.goto(live_server.url + "/account/login/", wait_until="load")

    assert found == [["image-alt"], ["image-alt"]]


def test_nothing_is_refused_by_the_content_security_policy(open_page, person, settings):
    settings.DEBUG = True

    page = open_page("/gallery/", person=person("owner"), bypass_csp=False)

    assert page.locator("[data-chart] svg").count() == 1


def test_the_skip_link_is_first_and_leads_to_the_page(open_page, person):
    page = open_page("/more/", person=person("owner"))

    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.textContent") == "Go to the page"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_ink_is_chosen_without_a_reload_and_kept(open_page, person):
    ines = person("owner")
    page = open_page("/more/", person=ines)

    with page.expect_response("**/theme/"):
        page.locator("main [data-theme-choice=ink]").click()

    assert (
        page.evaluate("getComputedStyle(document.body).getPropertyValue('--page')").strip().upper()
        == "#10151B"
    )
    assert Person.objects.get(pk=ines.pk).theme == "ink"


def test_keys_go_to_a_door_and_can_be_switched_off(open_page, person):
    ines = person("owner")
    page = open_page("/more/", person=ines)

    page.keyboard.press("g")
    with page.expect_navigation(wait_until="networkidle"):
        page.keyboard.press("t")
    page.keyboard.press("?")
    with page.expect_navigation(wait_until="networkidle"):
        page.get_by_role("button", name="Switch the keys off").click()

    assert Person.objects.get(pk=ines.pk).shortcuts is False
    page.keyboard.press("?")
    assert not page.locator("#keys").is_visible()


def test_a_chart_is_read_with_the_arrow_keys(open_page, person, settings):
    settings.DEBUG = True
    page = open_page("/gallery/", person=person("owner"))

    page.locator("[data-chart]").focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")

    assert page.locator("#rate-reading").text_content() == "month 7: 24 late per 100 (17 to 33), n 86"


def test_a_page_is_whole_without_script(open_page, person, settings):
    settings.DEBUG = True
    page = open_page("/gallery/", person=person("owner"), java_script_enabled=False)

    assert page.locator("details.twin table").is_visible()
    assert not page.locator("[data-chart]").is_visible()


def test_print_leaves_the_frame_out_and_opens_the_tables(open_page, person, settings):
    settings.DEBUG = True
    page = open_page("/gallery/", person=person("owner"))

    page.emulate_media(media="print")

    assert not page.locator(".rail").is_visible()
    assert page.locator("details.twin table").is_visible()
    assert page.locator(".print-foot").is_visible()

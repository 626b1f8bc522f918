"""A passkey instead of a password, through the real page and under the real content policy."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from browser.chromium import all_findings
from interlock.fabric import invitations, people
from interlock.fabric.models import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def with_authenticator(page) -> None:
    """Give the browser a security key of its own, as a phone or laptop has."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def choose_a_passkey(page) -> None:
    """Fill in the page of the first account, up to the page that makes the key."""
    page.fill("input[name=name]", "Ines Calder")
    page.fill("input[name=email]", "ines@example.com")
    page.select_option("select[name=function]", "service")
    page.check("input[name=proof][value=passkey]")
    page.click("main button.btn-primary")
    page.wait_for_url("**/2fa/webauthn/add/")


def test_an_account_is_made_with_a_passkey_and_signs_in_with_it(browser, live_server, home):
    address = live_server.url.replace("127.0.0.1", "localhost")  # a passkey is bound to a name
    token = invitations.first_owner_link(now=timezone.now())
    context = browser.new_context()
    page = context.new_page()
    with_authenticator(page)

    page.goto(f"{address}/welcome/{token}/")
    choose_a_passkey(page)
    page.fill("input[name=name]", "My laptop")
    page.click("main button.btn-primary, main button[type=submit], #mfa_webauthn_add")
    page.wait_for_url(lambda url: "add" not in url)

    page.context.clear_cookies()
    page.goto(f"{address}/account/login/")
    page.click("#passkey_login")
    page.wait_for_url(f"{address}/")
    context.close()

    ines = Person.objects.get()
    assert (ines.role, ines.user.has_usable_password()) == ("owner", False)


def test_a_customer_who_came_by_a_code_adds_a_passkey_and_comes_in_with_it(browser, live_server, home):
    address = live_server.url.replace("127.0.0.1", "localhost")
    now = timezone.now()
    marta = people.join_as_customer(email="marta@example.com", name="Marta Hagen", now=now)
    client = Client()
    client.force_login(marta.user)
    context = browser.new_context()
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": address}])
    page = context.new_page()
    with_authenticator(page)

    page.goto(f"{address}/account/2fa/")
    page.click("a[href$='/2fa/webauthn/add/']")
    page.fill("input[name=name]", "My phone")
    page.click("main button.btn-primary, main button[type=submit], #mfa_webauthn_add")
    page.wait_for_url(lambda url: "add" not in url)
    context.clear_cookies()
    page.goto(f"{address}/account/login/")
    page.click("#passkey_login")
    page.wait_for_url(f"{address}/community/mine/")
    shown = page.locator("main").inner_text()
    context.close()

    assert "You have not told us anything yet." in shown
    assert people.has_passkey(marta)


def test_a_press_before_the_scripts_came_cannot_be_lost(browser, live_server, home):
    invitations.first_owner_link(now=timezone.now())
    context = browser.new_context()
    page = context.new_page()
    held = []
    page.route("**/onload*.js*", lambda route: held.append(route))
    with page.expect_request("**/onload*.js*"):
        page.goto(f"{live_server.url}/account/login/", wait_until="commit")
    button = page.locator("#passkey_login")
    button.wait_for()
    before = button.is_disabled()
    held[0].continue_()
    page.wait_for_load_state()
    after = button.is_disabled()
    context.close()

    assert (before, after) == (True, False)


def test_a_device_that_gives_no_passkey_is_told_of_beside_the_button(browser, live_server, home):
    token = invitations.first_owner_link(now=timezone.now())
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    address = live_server.url.replace("localhost", "127.0.0.1")
    page.goto(f"{address}/welcome/{token}/")  # a number, for which no browser makes a passkey
    choose_a_passkey(page)

    page.get_by_role("button", name="Add this device").click()
    page.get_by_role("alert").wait_for()
    said = page.get_by_role("alert").inner_text()
    found = all_findings(page)
    context.close()

    port = live_server.url.rpartition(":")[2]
    assert f"On this machine open http://localhost:{port}/ instead" in said
    assert found == []

"""What answers without sign-in: each address says what keeps it from being asked for ever, and tells nobody who is here."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from converse.community.conftest import MAIL, board, no_kept_pages  # noqa: F401 - fixtures
from interlock.connectors import openid
from interlock.converse.community import entering
from interlock.converse.loop import monthly
from interlock.converse.models import Entry, MonthlyReader
from interlock.fabric.tasks import clear_old_sessions
from interlock.web.directory import sign_on
from web.policy import POLICY, PUBLIC

pytestmark = pytest.mark.django_db
# What keeps each from harm. `counted`: so often an hour from one machine. `flood`: as much as people write. `secret`: 128
# bits or more in the address. `allauth`: its rates. `kept`: made once for all visitors. `throttle`: tests/api/test_throttle.py.
# `read`: some rows of what is public. `door`: nothing but the way to the sign-in. `own`: nothing but what the browser has.
# `closed`: nothing at all.
KEEPS = {
    "counted": ["loop:answer", "loop:follow", "loop:start_letters", "loop:stop_letters", "web:sign_on", "widget:panel",
                "widget:mine", "community:enter"],
    "flood": ["community:tell", "community:reply", "community:same"],
    "secret": ["web:welcome", "web:theme_feed", "notices:stop", "notices:calendar"],
    "allauth": ["account_login", "account_signup", "account_confirm_login_code", "mfa_authenticate", "mfa_login_webauthn"],
    "kept": ["community:list", "community:board", "community:post", "community:feed", "community:board_feed"],
    "throttle": ["api:signals", "api:signal", "api:hook", "api:unknown", "api:status_json", "api:description"],
    "read": ["community:robots", "community:sitemap", "community:sitemap_part", "community:short", "community:search",
             "community:near", "community:kept", "loop:you_said", "loop:you_said_feed", "loop:you_said_rows",
             "loop:you_said_part", "widget:script"],
    "door": ["community:mine", "community:vote", "community:follow", "community:mail", "community:erase",
             "community:kept_copy", "notices:choices", "notices:change_calendar", "loop:say",
             *(f"community:{act}_{said}" for act in ("reword", "take_away", "report", "appeal") for said in ("post", "reply"))],
    "own": ["web:theme", "web:sign_on_back", "community:code", "community:leave", "account_logout", "account_inactive"],
    # Behind the first of them, which leads to the sign-in.
    "closed": ["web:by_no_mail", "account_reset_password", "account_reset_password_done", "account_reset_password_from_key",
               "account_reset_password_from_key_done", "account_confirm_email", "account_email_verification_sent"],
}  # fmt: skip


def test_every_address_without_sign_in_says_what_keeps_it_from_harm():
    named = [name for names in KEEPS.values() for name in names]

    assert sorted(named) == sorted(name for name, row in POLICY.items() if row.roles is PUBLIC)


def test_doors_lead_a_visitor_to_the_sign_in_and_do_nothing_else(client, django_assert_max_num_queries):
    for name in KEEPS["door"]:
        numbers = {"post_id": 1, "reply_id": 1, "signal_id": 1}
        wanted = {key: one for key, one in numbers.items() if key in parameters_of(name)}
        with django_assert_max_num_queries(0):
            answer = client.post(reverse(name, kwargs=wanted))

        assert (answer.status_code, answer.headers.get("Location", "").partition("?")[0]) == (
            302, reverse("community:enter"),
        ), name  # fmt: skip


def parameters_of(name: str) -> dict[str, str]:
    from web.test_permissions import ADDRESSES  # it reads all addresses

    return ADDRESSES[name]


@pytest.fixture
def mail_goes_out(settings, home):
    settings.MAIL_SERVER = MAIL
    cache.clear()


@pytest.fixture
def some_people(person):
    """One of each kind, at `<role>@example.com`."""
    for role in ("owner", "contributor", "partner", "customer"):
        found = person(role, name="Somebody")
        type(found.user).objects.filter(pk=found.user.pk).update(email=f"{role}@example.com")
    type(found.user).objects.filter(email="partner@example.com").update(is_active=False)


ASKED = ["owner", "contributor", "partner", "customer", "nobody"]


def plain(answer) -> tuple[int, str, list[tuple[str, str]], str]:
    """An answer without what differs from one moment to the next."""
    body = re.sub(
        r'name="csrfmiddlewaretoken" value="[^"]+"|[A-Za-z0-9]{64}|nonce-[\w-]+|[\w]+@example\.com',
        "",
        answer.content.decode(),
    )
    headers = [
        (name, value)
        for name, value in sorted(answer.headers.items())
        if name not in {"Content-Length", "Expires"}
    ]
    return (
        answer.status_code,
        body,
        [(name, re.sub(r"nonce-[\w-]+", "", value)) for name, value in headers],
        str(sorted(answer.cookies)),
    )


def test_the_door_of_customers_tells_nobody_who_is_here(
    client, mail_goes_out, some_people, django_assert_num_queries
):
    answers, codes = [], []
    for who in ASKED:
        client.cookies.clear()
        asked = client.post(reverse("community:enter"), {"name": "Mara", "address": f"{who}@example.com"})
        answers.append((plain(asked), Entry.objects.filter(address=f"{who}@example.com").count()))
        codes.append(plain(client.post(reverse("community:code"), {"code": "000000"})))

    assert answers == [answers[-1]] * 5
    assert codes == [codes[-1]] * 5
    assert answers[0][0][0] == 302


@pytest.mark.parametrize("page", ["account_login", "account_reset_password"])
def test_the_door_of_staff_tells_nobody_who_is_here(client, mail_goes_out, some_people, page):
    answers = []
    for who in ASKED:
        client.cookies.clear()
        cache.clear()
        mail = f"{who}@example.com"
        answers.append(
            plain(
                client.post(reverse(page), {"login": mail, "email": mail, "password": "wrong horse battery"})
            )
        )

    assert answers == [answers[-1]] * 5


def test_asking_for_letters_tells_nobody_who_has_them(client, mail_goes_out):
    now = timezone.now()
    MonthlyReader.objects.create(address="owner@example.com", asked_at=now, started_at=now, told_up_to=now)
    MonthlyReader.objects.create(address="contributor@example.com", asked_at=now)

    answers = []
    for who in ASKED:
        client.cookies.clear()
        answers.append(plain(client.post(reverse("loop:follow"), {"address": f"{who}@example.com"})))

    assert answers == [answers[-1]] * 5


@pytest.mark.parametrize("place", ["http://[", "https://[::1", "//[", "https://evil.example/"])
def test_a_place_that_is_none_of_ours_is_forgotten_at_the_door(client, person, place):
    """allauth broke on those that cannot be read as an address at all."""
    somebody = person("lead").user
    address = reverse("account_login", query={"next": place})

    page = client.get(address)
    answer = client.post(address, {"login": somebody.email, "password": "correct horse battery staple"})

    assert (page.status_code, answer.status_code, answer["Location"]) == (200, 302, "/")


def sign_in(client, mail: str, password: str, *, machine: str) -> str:
    asked = {"login": mail, "password": password}
    answer = client.post(reverse("account_login"), asked, headers={"X-Forwarded-For": f"1.1.1.1, {machine}"})
    if answer.status_code == 302:
        return "in"
    return "stopped" if "Too many failed" in answer.content.decode() else "wrong"


def test_a_strangers_failed_sign_ins_shut_the_door_on_nobody_else_behind_the_proxy(client, person, settings):
    cache.clear()
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    lead = person("lead")

    tried = [sign_in(client, f"{number}@example.com", "x", machine="203.0.113.9") for number in range(12)]
    ours = sign_in(client, lead.user.email, "correct horse battery staple", machine="198.51.100.7")

    assert tried == ["wrong"] * 10 + ["stopped"] * 2, "the control: the stranger is stopped"
    assert ours == "in"


def test_a_forwarded_address_counts_for_nothing_without_a_proxy(client, settings, db, home):
    cache.clear()
    settings.SECURE_PROXY_SSL_HEADER = None

    tried = [
        sign_in(client, f"{number}@example.com", "x", machine=f"203.0.113.{number}") for number in range(12)
    ]

    assert tried == ["wrong"] * 10 + ["stopped"] * 2


def test_a_visitor_who_gets_no_code_leaves_nothing_here(client, mail_goes_out, board, monkeypatch):  # noqa: F811
    told = {
        "kind": "ask",
        "board": board.pk,
        "product": "Range+",
        "title": "A",
        "words": "W" * 9_000,
        "name": "Mara",
    }
    for number in range(entering.CODES_OF_MACHINE + 10):
        client.cookies.clear()
        client.post(reverse("community:tell"), told | {"address": f"{number}@example.com"})

    assert Session.objects.count() == entering.CODES_OF_MACHINE


def test_ended_sign_ins_and_what_visitors_wrote_into_them_go(client, mail_goes_out, board):  # noqa: F811
    told = {"kind": "ask", "board": board.pk, "product": "Range+", "title": "A", "words": "W", "name": "Mara"}
    client.post(reverse("community:tell"), told | {"address": "mara@example.com"})
    assert (clear_old_sessions.func(), Session.objects.count()) == (0, 1)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))

    assert (clear_old_sessions.func(), Session.objects.count()) == (1, 0)


@pytest.fixture
def hanging(settings, monkeypatch, home):
    """A sign-on that cannot be reached; how often it was asked."""
    settings.SSO = {
        "issuer": "https://login.example.com", "client": "c", "secret": "s", "name": "L", "domains": frozenset(),
        "customers": False,
    }  # fmt: skip
    cache.clear()
    asked = []

    def discover(_http, _provider):
        asked.append(1)
        raise openid.SignOnFailed("It cannot be asked.")

    monkeypatch.setattr(openid, "discover", discover)
    return asked


def test_a_sign_on_that_hangs_is_asked_once_and_everybody_else_told_at_once(client, hanging):
    answers = [client.get(reverse("web:sign_on")) for _each in range(5)]

    assert [(one.status_code, "cannot be asked" in one.content.decode()) for one in answers] == [
        (502, True)
    ] * 5
    assert (len(hanging), Session.objects.count()) == (1, 0)


def test_one_machine_begins_so_many_sign_ons_an_hour(client, hanging, monkeypatch):
    monkeypatch.setattr(sign_on, "BEGUN_AN_HOUR", 3)

    assert [client.get(reverse("web:sign_on")).status_code for _each in range(5)] == [502, 502, 502, 429, 429]


def test_who_wants_no_mail_gets_none_whoever_asks_for_letters(client, mail_goes_out, monkeypatch):
    from interlock.fabric import no_mail, work  # Django must be set up before rooms are imported

    sent = []
    monkeypatch.setattr(monthly, "post", lambda _office, note, *, now, wait: sent.append(note.to))
    no_mail.stop(address="mara@example.com", now=timezone.now())

    for who in ("mara", "nobody"):
        client.post(reverse("loop:follow"), {"address": f"{who}@example.com"})
    work.run_ready()

    assert sent == ["nobody@example.com"]


@pytest.mark.parametrize("path", ["/", "/community/", "/account/login/", "/static/none.css"])
def test_who_asks_for_another_host_is_refused_in_a_sentence(client, home, settings, caplog, path):
    settings.ALLOWED_HOSTS = ["testserver"]

    answers = [
        client.get(path, headers={"Host": host}) for host in ("evil.example", "a b", "testserver:x", "[::1")
    ]

    assert [one.status_code for one in answers] == [400] * 4
    assert all("so nothing was done" in one.content.decode() for one in answers)
    assert not any("evil.example" in one.content.decode() for one in answers)
    assert "the error page failed too" not in caplog.text
    assert client.get(path).status_code < 500, "the control"

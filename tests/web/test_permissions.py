"""Every address, as every role, on things of one's own, of others and of nobody.

`policy.POLICY` says who may; it is data, written without looking at the code. An address without a row fails.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from web.policy import ALL, POLICY, PUBLIC, Row

pytestmark = pytest.mark.long

ROLES = ["owner", "lead", "contributor", "observer", "partner", "customer"]
ABSENT = {
    "int": 999_999,
    "str": "no-such-thing",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "slug": "none",
    "path": "none",
}


def addresses(
    patterns=None, prefix: str = "", outer: dict[str, str] | None = None
) -> dict[str, dict[str, str]]:
    """Every named address with its parameters and their converter names."""
    found: dict[str, dict[str, str]] = {}
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            found |= addresses(pattern.url_patterns, inner, (outer or {}) | parameters(pattern))
        elif isinstance(pattern, URLPattern):
            found[f"{prefix}{pattern.name}"] = (outer or {}) | parameters(pattern)
    return found


def parameters(pattern: URLPattern | URLResolver) -> dict[str, str]:
    """Names of an address's parameters, with the kind of each."""
    kinds = {
        name: type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
        for name, converter in pattern.pattern.converters.items()
    }
    named = re.findall(r"\?P<(\w+)>", str(pattern.pattern))
    return kinds | dict.fromkeys(set(named) - set(kinds), "str")


ADDRESSES = addresses()


def test_every_address_has_a_row():
    assert sorted(set(ADDRESSES) - set(POLICY)) == []
    assert sorted(set(POLICY) - set(ADDRESSES)) == []


def absent_url(name: str) -> str:
    return reverse(name, kwargs={key: ABSENT[kind] for key, kind in ADDRESSES[name].items()})


def test_a_visitor_sees_only_what_is_public(client, db, home):
    wrong = []
    for name, row in POLICY.items():
        for method in row.methods:
            client.cookies.clear()
            answer = client.generic(method.upper(), absent_url(name))
            if row.roles is PUBLIC:
                well = answer.status_code < 500
            else:
                well = (answer.status_code, answer.headers.get("Location", "")[:15]) == (
                    302,
                    "/account/login/",
                )
            if not well:
                wrong.append((method, name, answer.status_code))

    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_a_role_reaches_only_what_it_may(signed_in, role):
    """One test for each role: to sign in takes longer than an address."""
    browser = signed_in(role)
    wrong = []
    for name, row in POLICY.items():
        for method, roles in row.by_method() if row.roles not in (PUBLIC, ALL) else ():
            status = browser.generic(method.upper(), absent_url(name)).status_code
            if role in roles:
                well = status != 403 and (status < 500 or status == 507)
            else:
                # 404 hides whether the thing is there; 403 says that the role does not include the act.
                well = status in {403, 404}
            if not well:
                wrong.append((method, name, status))

    assert wrong == []
    assert browser.get("/account/login/").status_code == 302, "signed out on the way"


def test_the_matrix_finds_a_view_without_its_guard(signed_in, monkeypatch):
    """The negative control: with access switched off, forbidden cells must light up."""
    from interlock.fabric import access

    monkeypatch.setitem(access.ACTS, "observer", frozenset(access.Act))
    browser = signed_in("observer")
    forbidden = [
        name for name, row in POLICY.items() if isinstance(row, Row) and row.roles not in (PUBLIC, ALL)
    ]

    # One is enough, so the walk ends there.
    let_in = (
        name
        for name in forbidden
        for method, roles in POLICY[name].by_method()
        if "observer" not in roles
        and browser.generic(method.upper(), absent_url(name)).status_code not in {403, 404}
    )

    assert next(let_in, None)


OBJECTS = {"converse:conversation", "converse:evidence_file", "converse:check_evidence", "converse:say"}


@pytest.fixture
def staff_talk(person, db):
    """A conversation between two functions of the company that no customer or partner is part of."""
    from interlock.converse import services
    from interlock.fabric.models import Context

    lead, other = person("lead", "sales"), person("contributor", "production")
    about = Context.objects.create(kind="order", key="A-1", label="Order A-1")
    return services.open_conversation(
        context=about,
        title="CANARY between sales and production",
        purpose="On time",
        question="Which date can we keep?",
        due=timezone.now().date() + timedelta(days=7),
        by=lead,
        people=[(other, "production")],
        now=timezone.now(),
    )


@pytest.mark.parametrize("role", ["partner", "customer"])
@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_a_talk_of_others_looks_like_one_that_is_not_there(signed_in, staff_talk, name, role):
    """Status, body and headers alike, so that nobody learns which talks exist."""
    browser = signed_in(role)
    ask = browser.post if name == "converse:say" else browser.get

    foreign = ask(reverse(name, args=[staff_talk.pk]))
    absent = ask(reverse(name, args=[999_999]))

    assert foreign.status_code == absent.status_code
    assert foreign.status_code in {403, 404}
    assert without_ids(foreign) == without_ids(absent)


def without_ids(answer) -> tuple[str, dict[str, str]]:
    """Body and headers without what differs by the number asked for or by the clock."""
    body = re.sub(r"\d+|name=\"csrfmiddlewaretoken\" value=\"\w+\"|note <?\w+", "", answer.content.decode())
    return body, {
        key: value for key, value in answer.headers.items() if key not in {"Content-Length", "Date"}
    }


@pytest.mark.parametrize("role", ["partner", "customer"])
def test_no_page_shows_a_customer_the_company_s_talk(signed_in, staff_talk, role):
    browser = signed_in(role)

    for name, row in POLICY.items():
        if "get" in row.methods and "download" not in name:
            assert "CANARY" not in browser.get(absent_url(name), follow=False).content.decode(), name

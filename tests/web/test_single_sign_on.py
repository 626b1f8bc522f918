"""Through the company's own sign-on comes in who is known, asked in or of an allowed domain, and nobody by a mere address."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from interlock.config.environment import read_environment
from interlock.config.setting import SettingError
from interlock.config.sign_on import single_sign_on
from interlock.fabric import invitations, people
from interlock.fabric.models import Invitation, Person, SignOn, User
from web.openid_provider import CLIENT, SECRET, running

pytestmark = pytest.mark.real_clock
BEGIN, BACK = "/sign-on/", "/sign-on/back/"
MARTA = {"sub": "m-1", "email": "marta@example.com", "email_verified": True, "name": "Marta Hagen"}


@pytest.fixture(scope="module")
def server():
    with running() as provider:
        yield provider


@pytest.fixture
def provider(server, settings, db, home):
    """The provider as it should be, set up here; nobody's domain is allowed, and customers are not let in."""
    cache.clear()
    settings.SSO = {
        "issuer": server.issuer, "client": CLIENT, "secret": SECRET, "name": "Aldermoor login",
        "domains": frozenset(), "customers": False,
    }  # fmt: skip
    server.faults, server.userinfo, server.signs_with, server.algorithm = {}, {}, server.key, "RS256"
    server.calls_itself, server.asked = server.issuer, []
    return server


def come_back(client, provider, *, after="", **claims):
    """Begin, sign on there with these claims, and come back."""
    begun = client.get(BEGIN, {"next": after})
    assert begun.status_code == 302, begun.content.decode()
    return client.get(BACK, provider.sign_on(begun.url, **claims))


def connected(client):
    """Ask to connect; who has a password gives it once more."""
    asked = client.post(reverse("web:sign_on_connect"))
    assert asked.url.startswith(reverse("account_reauthenticate"))
    return client.post(asked.url, {"password": "correct horse battery staple"}, follow=True)


def who(client) -> str:
    return (
        User.objects.get(pk=client.session["_auth_user_id"]).email
        if "_auth_user_id" in client.session
        else ""
    )


def test_without_a_provider_there_is_no_button_and_no_way(client, db, home):
    assert [client.get(one).status_code for one in (BEGIN, BACK)] == [404, 404]
    assert "sign-on" not in client.get(reverse("account_login")).content.decode()


def test_an_unknown_person_is_told_to_ask_for_an_invitation(client, provider):
    assert "Sign in with Aldermoor login" in client.get(reverse("account_login")).content.decode()

    answer = come_back(client, provider, **MARTA)

    assert answer.status_code == 403
    assert "Nobody asked marta@example.com in." in answer.content.decode()
    assert (who(client), User.objects.count(), SignOn.objects.count()) == ("", 0, 0)


def test_who_is_asked_in_comes_in_as_what_the_invitation_says_and_its_link_ends(client, provider, person):
    token = invitations.invite(
        email="Marta@Example.com", role="partner", functions=["partner"], by=person("owner"), now=timezone.now(),
        organisation="Motrane",
    )  # fmt: skip

    answer = come_back(client, provider, after="/conversations/", **MARTA)

    assert (answer.status_code, answer.url, who(client)) == (302, "/conversations/", "marta@example.com")
    marta = Person.objects.get(name="Marta Hagen")
    assert (marta.role, marta.account_key, marta.functions) == ("partner", "partner:motrane", ["partner"])
    assert not marta.user.has_usable_password()
    assert Invitation.objects.get().used_by == marta
    assert client.get(reverse("web:welcome", args=[token])).status_code == 410
    client.logout()
    come_back(client, provider, sub="m-1", email="other@example.com", email_verified=False)
    assert who(client) == "marta@example.com", "known by the subject, whatever the address says now"


def test_an_old_or_withdrawn_invitation_lets_nobody_in(client, provider, person):
    owner, old = person("owner"), timezone.now() - timedelta(days=8)
    invitations.invite(email="marta@example.com", role="lead", functions=[], by=owner, now=old)
    assert come_back(client, provider, **MARTA).status_code == 403
    invitations.invite(email="marta@example.com", role="lead", functions=[], by=owner, now=timezone.now())
    for one in Invitation.objects.all():
        invitations.withdraw(invitation=one, by=owner, now=timezone.now())

    assert come_back(client, provider, **MARTA).status_code == 403


def test_a_letter_that_only_looks_alike_is_nobodys_address(client, provider, settings):
    settings.SSO = settings.SSO | {"customers": True}
    people.join_as_customer(email="kai@example.com", name="Kai", now=timezone.now())

    answer = come_back(client, provider, sub="x", email="\u212aai@example.com", email_verified=True)

    assert (answer.status_code, who(client), SignOn.objects.count()) == (403, "", 0)


def test_an_allowed_domain_makes_contributors_and_looks_like_no_other(client, provider, settings):
    settings.SSO = settings.SSO | {"domains": frozenset({"example.com"})}
    for number, wrong in enumerate(["a@notexample.com", "a@example.com.evil.org", "example.com@evil.org"]):
        assert (
            come_back(client, provider, sub=f"x{number}", email=wrong, email_verified=True).status_code == 403
        )

    come_back(client, provider, **MARTA)

    assert [one.role for one in Person.objects.all()] == ["contributor"]


def test_customers_come_in_where_that_is_allowed(client, provider, settings):
    settings.SSO = settings.SSO | {"customers": True}

    come_back(client, provider, **MARTA)

    assert [(one.name, one.role) for one in Person.objects.all()] == [("Marta Hagen", "customer")]


@pytest.mark.parametrize(
    "verified", [{}, {"email_verified": False}, {"email_verified": "false"}, {"xms_edov": 0}]
)
def test_an_address_that_is_not_verified_counts_for_nothing(client, provider, settings, person, verified):
    settings.SSO = settings.SSO | {"domains": frozenset({"example.com"}), "customers": True}
    victim = person("owner")
    claims = {"sub": "evil", "email": victim.user.email, "name": "Eve", **verified}

    answer = come_back(client, provider, **claims)

    assert answer.status_code == 403
    assert "does not say that your address is verified" in answer.content.decode()
    assert (who(client), SignOn.objects.count(), Person.objects.count()) == ("", 0, 1)


def test_the_address_is_asked_for_where_the_token_holds_none_and_only_of_the_same_person(
    client, provider, settings
):
    settings.SSO = settings.SSO | {"customers": True}
    provider.userinfo = {"sub": "somebody else", "email": "marta@example.com", "email_verified": True}
    assert come_back(client, provider, sub="m-1").status_code == 403

    provider.userinfo["sub"] = "m-1"
    come_back(client, provider, sub="m-1")

    assert who(client) == "marta@example.com"


@pytest.mark.parametrize("role", ["owner", "contributor", "partner"])
def test_nobody_takes_over_an_account_by_its_address(client, provider, person, role):
    victim = person(role, account="motrane" if role == "partner" else "")

    answer = come_back(client, provider, sub="evil", email=victim.user.email, email_verified=True)

    assert answer.status_code == 403
    assert "Sign in with your password or passkey once" in answer.content.decode()
    assert (who(client), SignOn.objects.count()) == ("", 0)


def test_a_customer_who_comes_by_codes_is_joined_and_one_with_a_password_is_not(client, provider):
    marta = people.join_as_customer(email="marta@example.com", name="Marta", now=timezone.now())
    come_back(client, provider, **MARTA)
    assert who(client) == marta.user.email
    client.logout()
    people.join_as_customer(email="tom@example.com", name="Tom", now=timezone.now())
    tom = User.objects.get(email="tom@example.com")
    tom.set_password("four quiet herons cargo")
    tom.save()

    assert (
        come_back(client, provider, sub="t-1", email="tom@example.com", email_verified=True).status_code
        == 403
    )


def test_who_was_brought_by_an_import_shows_by_it_that_the_address_is_theirs(client, provider, db):
    people.bring_in_customers([people.Newcomer("Marta", "marta@example.com", "")])

    come_back(client, provider, **MARTA)

    assert EmailAddress.objects.get().verified


def test_a_colleague_connects_while_signed_in_and_disconnects_only_with_another_way_in(
    client, provider, person
):
    ana = person("lead", "sales")
    client.force_login(ana.user)
    page = connected(client).content.decode()
    assert "whoever signs in with it comes in here as you" in page

    come_back(client, provider, after="/account/2fa/", sub="ana", email="private@example.org")

    assert SignOn.objects.get().user == ana.user
    client.logout()
    come_back(client, provider, sub="ana", email="private@example.org")
    assert who(client) == ana.user.email
    ana.user.set_unusable_password()
    ana.user.save()
    client.force_login(ana.user)
    client.post(reverse("web:sign_on_disconnect"))
    assert SignOn.objects.exists(), "their only way in"
    ana.user.set_password("four quiet herons cargo")
    ana.user.save()
    client.force_login(ana.user)
    client.post(reverse("web:sign_on_disconnect"))
    assert not SignOn.objects.exists()


def test_an_account_that_leads_to_somebody_else_is_not_connected(client, provider, person):
    ana, rui = person("lead", "sales"), person("lead", "service")
    SignOn.objects.create(user=rui.user, issuer=provider.issuer, subject="r-1", made_at=timezone.now())
    client.force_login(ana.user)
    connected(client)

    answer = come_back(client, provider, sub="r-1")

    assert (answer.status_code, who(client)) == (403, ana.user.email)
    assert SignOn.objects.get().user == rui.user


def test_whose_access_ended_does_not_come_in(client, provider, person):
    ana = person("lead", "sales")
    SignOn.objects.create(user=ana.user, issuer=provider.issuer, subject="a-1", made_at=timezone.now())
    people.end_access(person=ana, by=person("owner"), now=timezone.now())

    answer = come_back(client, provider, sub="a-1")

    assert "Your access has been ended" in answer.content.decode()
    assert who(client) == ""


def test_who_has_an_authenticator_app_is_asked_for_its_code(client, provider, person):
    from allauth.mfa.totp.internal import auth  # Django must be set up before

    ana = person("lead", "sales")
    auth.TOTP.activate(ana.user, auth.generate_totp_secret())
    SignOn.objects.create(user=ana.user, issuer=provider.issuer, subject="a-1", made_at=timezone.now())

    answer = come_back(client, provider, sub="a-1")

    assert (answer.url, who(client)) == (reverse("mfa_authenticate"), "")


WRONG_TOKENS = {
    "another issuer": {"iss": "https://evil.example.com"},
    "another client": {"aud": "somebody"},
    "made for another": {"aud": [CLIENT, "somebody"], "azp": "somebody"},
    "another sign-on": {"nonce": "of yesterday"},
    "no nonce": {"nonce": None},
    "over": {"exp": int(time.time()) - 120},
    "not yet": {"iat": 32_503_680_000},  # in the year 3000
    "nobody": {"sub": None},
}


@pytest.mark.parametrize("fault", WRONG_TOKENS)
def test_a_token_with_a_fault_lets_nobody_in(client, provider, settings, fault):
    settings.SSO = settings.SSO | {"customers": True}
    provider.faults = WRONG_TOKENS[fault]

    answer = come_back(client, provider, **MARTA)

    assert (answer.status_code, who(client), User.objects.count()) == (502, "", 0)


def test_a_token_that_somebody_else_signed_lets_nobody_in(client, provider, settings):
    settings.SSO = settings.SSO | {"customers": True}
    public = provider.key.public_key()
    others = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for provider.signs_with, provider.algorithm in (
        (others, "RS256"),
        (str(public) * 4, "HS256"),
        ("", "none"),
    ):
        assert come_back(client, provider, **MARTA).status_code == 502

    provider.signs_with, provider.algorithm = provider.key, "RS256"
    assert come_back(client, provider, **MARTA).status_code == 302  # the control


def test_an_answer_counts_once_and_in_the_window_that_asked(client, provider, settings):
    settings.SSO = settings.SSO | {"customers": True}
    brought = provider.sign_on(client.get(BEGIN).url, **MARTA)
    other = type(client)()
    assert other.get(BACK, brought).status_code == 400
    assert client.get(BACK, brought | {"state": "forged"}).status_code == 400
    assert client.get(BACK, brought).status_code == 400, "the state is used up by the forged one"

    answer = come_back(client, provider, **MARTA)
    again = client.get(BACK, brought)

    assert (answer.status_code, again.status_code) == (302, 400)


def test_what_goes_wrong_is_said_in_a_sentence(client, provider, settings):
    begun = client.get(BEGIN).url
    cancelled = provider.sign_on(begun, **MARTA) | {"error": "access_denied"}
    assert "You did not sign on." in client.get(BACK, cancelled).content.decode()
    cache.clear()
    provider.calls_itself = "https://other.example.com"
    assert "Give exactly that address as INTERLOCK_SSO_URL" in client.get(BEGIN).content.decode()
    cache.clear()
    settings.SSO = settings.SSO | {"issuer": "http://127.0.0.1:9"}

    answer = client.get(BEGIN)

    assert answer.status_code == 502
    assert "cannot be asked" in answer.content.decode()


def test_nobody_is_led_out_of_the_installation(client, provider, settings):
    settings.SSO = settings.SSO | {"customers": True}

    answer = come_back(client, provider, after="https://evil.example.com/", **MARTA)

    assert answer.url == "/"


def test_the_settings_belong_together(tmp_path):
    home = {"INTERLOCK_HOME": str(tmp_path)}
    assert single_sign_on(read_environment(home)) == {}
    with pytest.raises(SettingError, match="INTERLOCK_SSO_CLIENT and INTERLOCK_SSO_KEY are needed"):
        read_environment(home | {"INTERLOCK_SSO_URL": "https://login.example.com"})
    with pytest.raises(SettingError, match="needs mail domains"):
        read_environment(home | {"INTERLOCK_SSO_DOMAINS": "@example.com"})

    whole = read_environment(
        home | {"INTERLOCK_SSO_URL": "https://login.example.com", "INTERLOCK_SSO_CLIENT": "i",
                "INTERLOCK_SSO_KEY": "s", "INTERLOCK_SSO_DOMAINS": "Example.com, b.example.com"}
    )  # fmt: skip

    assert single_sign_on(whole)["domains"] == {"example.com", "b.example.com"}

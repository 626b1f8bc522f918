"""Nobody comes in uninvited, and a link makes one account."""

from __future__ import annotations

import email
from datetime import timedelta
from email import policy

import pytest
from django.urls import reverse
from django.utils import timezone

from conftest import NOON
from connectors.mailbox.servers import Post, running_smtp
from interlock.fabric import invitations, people, work
from interlock.fabric.invitations import AddressTaken, InvitationUnusable, NotYourRole
from interlock.fabric.models import Invitation, Person, SignOn, User

LONG = "four quiet herons cargo"


@pytest.fixture
def owner_token(db, home):
    return invitations.first_owner_link(now=NOON)


def test_the_first_link_makes_an_owner(owner_token):
    made = invitations.accept(
        token=owner_token, name="Ines Calder", email="Ines@Example.com", password=LONG, now=NOON
    )

    assert (made.role, made.name, made.user.email) == ("owner", "Ines Calder", "ines@example.com")
    assert made.user.check_password(LONG)
    assert invitations.first_owner_link(now=NOON) is None


def test_only_the_latest_owner_link_works(owner_token):
    invitations.first_owner_link(now=NOON)

    with pytest.raises(InvitationUnusable, match="not known"):
        invitations.open_invitation(owner_token, now=NOON)


def test_a_link_is_used_once(owner_token):
    invitations.accept(token=owner_token, name="Ines", email="ines@example.com", password=LONG, now=NOON)

    with pytest.raises(InvitationUnusable, match="has been used"):
        invitations.accept(token=owner_token, name="Eve", email="eve@example.com", password=LONG, now=NOON)

    assert User.objects.count() == 1


def test_who_chose_a_passkey_and_did_not_finish_may_open_the_link_again(owner_token):
    first = invitations.accept(
        token=owner_token, name="Ines", email="ines@example.com", password=None, now=NOON
    )

    again = invitations.accept(
        token=owner_token, name="Ines", email="ines@example.com", password=LONG, now=NOON
    )

    assert again == first
    assert again.user.check_password(LONG)


def test_a_link_ends_after_seven_days(owner_token):
    with pytest.raises(InvitationUnusable, match="seven days"):
        invitations.open_invitation(owner_token, now=NOON + timedelta(days=7, seconds=1))


def test_the_database_does_not_know_the_token(owner_token):
    assert owner_token not in str(Invitation.objects.values())


def test_an_address_is_invited_once(person):
    owner = person("owner")

    with pytest.raises(AddressTaken, match="already has an account"):
        invitations.invite(
            email=owner.user.email.upper(), role="lead", functions=["sales"], by=owner, now=NOON
        )


def test_opening_the_page_uses_nothing_up_and_sending_it_signs_in(client, db, home):
    url = reverse("web:welcome", args=[invitations.first_owner_link(now=timezone.now())])
    form = {
        "name": "Ines",
        "email": "ines@example.com",
        "function": "service",
        "proof": "password",
        "password": LONG,
    }

    pages = [client.get(url).status_code, client.get(url).status_code]
    answer = client.post(url, form)

    assert pages == [200, 200]
    assert (answer.status_code, answer.url) == (302, reverse("web:today"))
    assert Person.objects.get().functions == ["service"]
    assert client.get(url).status_code == 410


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaa", "passwordpassword"[:14]])
def test_a_short_password_is_refused(client, db, home, password):
    url = reverse("web:welcome", args=[invitations.first_owner_link(now=timezone.now())])
    form = {
        "name": "Ines",
        "email": "ines@example.com",
        "function": "service",
        "proof": "password",
        "password": password,
    }

    answer = client.post(url, form)

    assert answer.status_code == 422
    assert not Person.objects.exists()


def test_the_only_owner_stays(person):
    owner = person("owner")

    with pytest.raises(people.LastOwner, match="only owner"):
        people.change_person(person=owner, role="observer", functions=[], by=owner, now=NOON)
    with pytest.raises(people.LastOwner, match="only owner"):
        people.end_access(person=owner, by=owner, now=NOON)

    assert Person.objects.get().role == "owner"


def test_ending_access_ends_the_session(signed_in, person):
    browser = signed_in("contributor", "sales")
    assert browser.get(reverse("web:more")).status_code == 200

    people.end_access(person=browser.person, by=person("owner"), now=timezone.now())

    assert browser.get(reverse("web:more")).status_code == 302


def test_only_an_owner_invites_an_owner(signed_in):
    browser = signed_in("lead", "sales")

    answer = browser.post(reverse("web:invitations"), {"email": "x@example.com", "role": "owner"})

    assert answer.status_code == 422
    assert not Invitation.objects.exists()


def test_open_sign_up_is_closed(client, db, home):
    answer = client.post(reverse("account_signup"), {"email": "eve@example.com", "password1": LONG})

    assert answer.status_code in {200, 302, 403}
    assert not User.objects.exists()


def test_a_lost_password_is_replaced_by_a_link_from_the_owner(signed_in, person, client):
    lost = person("contributor", "service")
    SignOn.objects.create(user=lost.user, issuer="https://login.example.com", subject="thief", made_at=NOON)
    owner = signed_in("owner")

    page = owner.post(reverse("web:renew", args=[lost.pk])).content.decode()
    token = page.split("/welcome/")[1].split("/")[0]

    lost.user.refresh_from_db()
    assert (lost.user.has_usable_password(), SignOn.objects.count()) == (False, 0)
    again = invitations.accept(token=token, name="", email="", password=LONG, now=timezone.now())
    assert (again, again.user.check_password(LONG)) == (lost, True)
    with pytest.raises(InvitationUnusable, match="has been used"):
        invitations.open_invitation(token, now=timezone.now())


@pytest.fixture
def receiver(settings):
    """An SMTP server of this machine, as the installation's own."""
    kept = Post()
    with running_smtp(kept, auth_require_tls=False) as port:
        settings.MAIL_SERVER = {
            "host": "127.0.0.1", "port": port, "security": "none", "user": "", "password": "",
            "sender": "interlock@example.com",
        }  # fmt: skip
        settings.PAGES_URL = "https://talk.example.com"
        yield kept


def token_in(mail) -> str:
    text = email.message_from_bytes(mail[1], policy=policy.default).get_body(("plain",)).get_content()
    return text.split("https://talk.example.com/welcome/")[1].split("/")[0]


def test_an_invitation_is_mailed_with_a_link_that_only_the_mail_knows(signed_in, receiver):
    browser = signed_in("lead", "sales")
    form = {"email": "New@Example.com", "role": "contributor", "functions": ["product"], "by_mail": "on"}

    page = browser.post(reverse("web:invitations"), form).content.decode()
    work.run_ready()

    assert "/welcome/" not in page
    [mail] = receiver.kept
    assert b"asks you to take part" in mail[1]
    invitation = invitations.open_invitation(token_in(mail), now=timezone.now())
    assert (invitation.email, invitation.role, invitation.mailed_at is not None) == (
        "new@example.com",
        "contributor",
        True,
    )


def test_a_pending_invitation_is_renewed_and_withdrawn(signed_in, receiver):
    browser = signed_in("owner")
    first = invitations.invite(
        email="new@example.com", role="lead", functions=[], by=browser.person, now=NOON
    )
    pending = Invitation.objects.get()

    page = browser.post(reverse("web:renew_invitation", args=[pending.pk])).content.decode()
    second = page.split("/welcome/")[1].split("/")[0]
    browser.post(reverse("web:renew_invitation", args=[pending.pk]), {"by_mail": "yes"})
    work.run_ready()
    third = token_in(receiver.kept[0])

    for old in (first, second):
        with pytest.raises(InvitationUnusable, match="not known"):
            invitations.open_invitation(old, now=timezone.now())
    assert invitations.open_invitation(third, now=timezone.now() + timedelta(days=6)) == pending
    browser.post(reverse("web:withdraw_invitation", args=[pending.pk]))
    with pytest.raises(InvitationUnusable, match="was withdrawn"):
        invitations.accept(token=third, name="Eve", email="", password=LONG, now=timezone.now())
    assert list(invitations.pending_visible_to(browser.person)) == []


def test_an_invitation_that_was_taken_up_meanwhile_is_not_opened_again(person):
    owner = person("owner")
    token = invitations.invite(email="new@example.com", role="lead", functions=[], by=owner, now=NOON)
    seen = Invitation.objects.get()
    made = invitations.accept(token=token, name="New", email="", password=LONG, now=NOON)

    with pytest.raises(InvitationUnusable, match="meanwhile"):
        invitations.renew_invitation(invitation=seen, by=owner, now=NOON, by_mail=False)

    assert Invitation.objects.get().used_by == made


def test_an_address_of_letters_that_only_look_alike_is_another(db):
    User.objects.create_user("mike@example.com")

    assert people.user_at("Mike@Example.com").email == "mike@example.com"
    assert people.user_at("mike@example.com".replace("i", "ı")) is None


def test_a_withdrawn_invitation_is_not_mailed_any_more(signed_in, receiver):
    browser = signed_in("owner")
    browser.post(reverse("web:invitations"), {"email": "new@example.com", "role": "lead", "by_mail": "on"})
    browser.post(reverse("web:withdraw_invitation", args=[Invitation.objects.get().pk]))

    work.run_ready()

    assert receiver.kept == []


def test_whoever_answers_customers_asks_customers_in_and_sees_their_own_invitations(signed_in, person):
    owner = person("owner")
    invitations.invite(email="lead@example.com", role="lead", functions=[], by=owner, now=NOON)
    browser = signed_in("contributor", "service")

    refused = browser.post(reverse("web:invitations"), {"email": "p@example.com", "role": "partner"})
    browser.post(reverse("web:invitations"), {"email": "marta@example.com", "role": "customer"})

    assert refused.status_code == 422
    with pytest.raises(NotYourRole, match="only a lead"):
        invitations.invite(
            email="p@example.com", role="partner", functions=[], by=browser.person, now=NOON, organisation="M"
        )
    assert [one.email for one in invitations.pending_visible_to(browser.person)] == ["marta@example.com"]
    assert invitations.pending_visible_to(owner).count() == 2


def test_an_address_that_is_asked_in_is_not_asked_twice(person):
    owner = person("owner")
    invitations.invite(email="new@example.com", role="lead", functions=[], by=owner, now=NOON)

    with pytest.raises(AddressTaken, match="asked in already"):
        invitations.invite(email="NEW@example.com", role="lead", functions=[], by=owner, now=NOON)

    invitations.invite(
        email="new@example.com", role="lead", functions=[], by=owner, now=NOON + timedelta(days=8)
    )


def test_a_partner_joins_for_the_organisation_of_the_invitation(signed_in, client):
    browser = signed_in("owner")
    form = {"email": "tom@example.com", "role": "partner", "organisation": "Motrane"}
    page = browser.post(reverse("web:invitations"), form).content.decode()
    token = page.split("/welcome/")[1].split("/")[0]

    tom = invitations.accept(token=token, name="Tom", email="", password=LONG, now=timezone.now())

    assert (tom.role, tom.account_key) == ("partner", "partner:motrane")


def test_a_customer_who_is_asked_in_may_choose_codes_and_the_link_ends_there(client, person, receiver):
    token = invitations.invite(
        email="marta@example.com", role="customer", functions=[], by=person("owner"), now=timezone.now()
    )
    url = reverse("web:welcome", args=[token])

    answer = client.post(url, {"name": "Marta", "email": "", "proof": "code"})

    marta = Person.objects.get(name="Marta")
    assert (answer.status_code, marta.role, marta.user.has_usable_password()) == (302, "customer", False)
    assert client.get(url).status_code == 410


def test_staff_never_come_in_by_codes(client, person, receiver):
    token = invitations.invite(
        email="lea@example.com", role="lead", functions=["sales"], by=person("owner"), now=timezone.now()
    )

    answer = client.post(reverse("web:welcome", args=[token]), {"name": "Lea", "email": "", "proof": "code"})

    assert answer.status_code == 422
    assert not Person.objects.filter(name="Lea").exists()


def test_a_guest_is_not_told_of_their_records_and_of_commands(client, person):
    now = timezone.now()
    person("owner", name="Ines Calder")
    links = {}
    for role, organisation in (("contributor", ""), ("customer", ""), ("partner", "Motrane")):
        token = invitations.invite(
            email=f"{role}@example.com", role=role, functions=[], organisation=organisation,
            by=Person.objects.get(role="owner"), now=now,
        )  # fmt: skip
        links[role] = reverse("web:welcome", args=[token])

    pages = {role: client.get(link).text for role, link in links.items()}
    closed = client.get(reverse("web:welcome", args=["used-long-ago"])).text

    ours, theirs = "Everything stays on this machine", "What you write here stays on our own machine."
    shown = {role: (ours in page, theirs in page) for role, page in pages.items()}
    assert shown == {"contributor": (True, False), "customer": (False, True), "partner": (False, True)}
    assert "interlock owner-link" not in closed

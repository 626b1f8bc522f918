"""Nobody comes in uninvited, and a link makes one account."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from conftest import NOON
from interlock.fabric import invitations, people
from interlock.fabric.invitations import AddressTaken, InvitationUnusable
from interlock.fabric.models import Invitation, Person, User

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

    answer = browser.post(reverse("web:people"), {"email": "x@example.com", "role": "owner"})

    assert answer.status_code == 422
    assert not Invitation.objects.exists()


def test_open_sign_up_is_closed(client, db, home):
    answer = client.post(reverse("account_signup"), {"email": "eve@example.com", "password1": LONG})

    assert answer.status_code in {200, 302, 403}
    assert not User.objects.exists()


def test_a_lost_password_is_replaced_by_a_link_from_the_owner(signed_in, person, client):
    lost = person("contributor", "service")
    owner = signed_in("owner")

    page = owner.post(reverse("web:renew", args=[lost.pk])).content.decode()
    token = page.split("/welcome/")[1].split("/")[0]

    lost.user.refresh_from_db()
    assert not lost.user.has_usable_password()
    again = invitations.accept(token=token, name="", email="", password=LONG, now=timezone.now())
    assert (again, again.user.check_password(LONG)) == (lost, True)
    with pytest.raises(InvitationUnusable, match="has been used"):
        invitations.open_invitation(token, now=timezone.now())

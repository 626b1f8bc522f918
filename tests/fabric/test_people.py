"""Accounts that are made at once for many."""

import pytest
from allauth.account.models import EmailAddress

from interlock.fabric import people
from interlock.fabric.models import User

pytestmark = pytest.mark.django_db


def test_customers_of_another_system_come_in_by_their_address_once():
    User.objects.create_user("ada@example.com")

    made = people.bring_in_customers([
        people.Newcomer("Marta", "Marta@Example.com", "A-1"), people.Newcomer("Marta again", "marta@example.com", ""),
        people.Newcomer("Ada", "ada@example.com", ""), people.Newcomer("Jonas", "", "A-2"),
    ])  # fmt: skip

    assert [(one.name, one.user and one.user.email, one.role, one.account_key) for one in made] == [
        ("Marta", "marta@example.com", "customer", "A-1"), ("Marta again", None, "customer", ""),
        ("Ada", None, "customer", ""), ("Jonas", None, "customer", "A-2"),
    ]  # fmt: skip
    assert all(one.pk for one in made)
    marta = made[0].user
    assert not marta.has_usable_password()
    assert list(EmailAddress.objects.values_list("user", "email", "verified", "primary")) == [
        (marta.pk, "marta@example.com", False, True)
    ]

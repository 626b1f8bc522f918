"""The list of somebody's passkeys, in the words and the dress of the house."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db


def test_each_key_is_named_with_its_kind_and_a_way_to_rename_and_remove_it(person, client):
    from allauth.mfa.models import Authenticator

    ana = person("contributor", "sales", name="Ana")
    client.force_login(ana.user)
    none = client.get("/account/2fa/webauthn/").text
    for name, resident in (("Phone of <Ana>", True), ("Key ring", False)):
        Authenticator.objects.create(
            user=ana.user, type="webauthn",
            data={"name": name, "credential": {"clientExtensionResults": {"credProps": {"rk": resident}}}},
        )  # fmt: skip
    page = client.get("/account/2fa/webauthn/").text

    assert ["No passkey is kept yet." in none, "Two keys open the door to you." in page] == [True, True]
    assert page.index("Phone of &lt;Ana&gt;</span> passkey") < page.index("Key ring</span> security key")
    assert [page.count(word) for word in ("Not used yet.", "/edit/", "/remove/")] == [2, 2, 2]

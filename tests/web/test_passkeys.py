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


def test_a_key_is_renamed_and_removed_in_the_words_of_the_house(person, client):
    from allauth.mfa.models import Authenticator

    ana = person("contributor", "sales", name="Ana")
    ana.user.set_password("correct horse battery staple")
    ana.user.save()
    client.force_login(ana.user)
    client.post("/account/reauthenticate/", {"password": "correct horse battery staple"})
    key = Authenticator.objects.create(
        user=ana.user, type="webauthn",
        data={"name": "Phone of <Ana>", "credential": {"clientExtensionResults": {"credProps": {"rk": True}}}},
    )  # fmt: skip
    places = [f"/account/2fa/webauthn/keys/{key.pk}/{act}/" for act in ("edit", "remove")]
    rename, remove = (client.get(place).text for place in places)

    assert "What shall “Phone of &lt;Ana&gt;” be called?" in rename
    assert "Shall “Phone of &lt;Ana&gt;” open the door no more?" in remove
    assert ["Security Key" in page for page in (rename, remove)] == [False, False]
    assert "This field is required." in client.post(places[0], {"name": ""}).text
    assert client.post(places[0], {"name": "Phone"}).status_code == 302
    key.refresh_from_db()
    assert str(key) == "Phone"
    assert client.post(places[1]).status_code == 302
    assert list(Authenticator.objects.all()) == []


@pytest.mark.parametrize(
    "path",
    ["password/reset/", "password/reset/key/1-a-b/", "password/reset/done/", "email/", "confirm-email/a/"],
)
def test_no_password_or_address_is_changed_by_a_mail(client, person, mailoutbox, path):
    lena = person("contributor", name="Lena Fuchs")
    new = {"email": lena.user.email, "action_add": "", "password1": "another-Passphrase-4711"}

    visitor = client.post(f"/account/{path}", new)
    client.force_login(lena.user)
    own = client.post(f"/account/{path}", new | {"email": "victim@example.com"})

    assert [(one.status_code, one.headers["Location"]) for one in (visitor, own)] == [
        (302, "/account/login/"),
        (302, "/"),
    ]
    assert (mailoutbox, lena.user.emailaddress_set.filter(email="victim@example.com").count()) == ([], 0)

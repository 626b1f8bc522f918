"""The frame of every page: doors, theme, keys, errors."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse


def test_the_gallery_draws_every_component(signed_in, settings):
    settings.DEBUG = True

    page = signed_in("owner").get(reverse("web:gallery"))

    assert page.status_code == 200
    assert "Shops North promised Heron Cargo dates that we missed" in page.content.decode()
    assert '<a class="num" href="#hits">71</a> of <a class="num" href="#all">208</a>' in page.content.decode()


def test_what_the_database_cannot_hold_is_a_bad_request_and_no_fault_of_ours(client, db):
    asked = client.get("/community/tell/", {"board": "\0"})

    assert asked.status_code == (400 if connection.vendor == "postgresql" else 200)
    assert ("Nothing was changed." in asked.text) == (asked.status_code == 400)


def test_a_number_that_the_database_cannot_hold_is_a_bad_request(signed_in):
    answer = signed_in("owner").post(reverse("web:outcry_telling"), {"told": str(2**63)})

    # PostgreSQL compares it, and the form says that there is nobody of that number.
    assert answer.status_code == (400 if connection.vendor == "sqlite" else 422)


def test_the_gallery_is_not_part_of_the_product(signed_in):
    assert signed_in("owner").get(reverse("web:gallery")).status_code == 404


def test_an_empty_installation_begins_with_what_to_give(signed_in):
    page = signed_in("owner").get("/")

    assert page.status_code == 200
    assert "Give us what customers say and what you deliver." in page.content.decode()


@pytest.mark.parametrize("theme", ["paper", "ink"])
def test_a_chosen_theme_is_kept_with_the_person(signed_in, theme):
    client = signed_in("observer")

    client.post(reverse("web:theme"), {"theme": theme, "back": "/more/"})

    client.person.refresh_from_db()
    assert client.person.theme == theme
    assert f'data-theme="{theme}"' in client.get("/more/").content.decode()


def test_a_visitor_keeps_the_theme_in_a_cookie(client, db):
    answer = client.post(reverse("web:theme"), {"theme": "ink", "back": "https://elsewhere.example/"})

    assert answer.url == "/"
    assert 'data-theme="ink"' in client.get(reverse("account_login")).content.decode()


def test_single_letter_keys_can_be_switched_off(signed_in):
    client = signed_in("contributor")

    client.post(reverse("web:shortcuts"), {"shortcuts": "off"})

    assert 'data-keys="off"' in client.get("/more/").content.decode()


def test_an_unknown_address_is_answered_in_the_look(signed_in):
    page = signed_in("observer").get("/nothing/here/")

    assert page.status_code == 404
    assert "There is nothing at this address." in page.content.decode()


def test_the_sign_in_page_names_the_owners_link_while_nobody_has_an_account(client, db, person):
    page = reverse("account_login")
    assert "interlock owner-link" in client.get(page).text
    person("owner")
    assert "interlock owner-link" not in client.get(page).text


@pytest.mark.parametrize(("password", "taken"), [("passwordpassword", False), ("four quiet herons", True)])
def test_one_word_twice_is_no_password(password, taken):
    if taken:
        validate_password(password)
    else:
        with pytest.raises(ValidationError, match="one part repeated"):
            validate_password(password)

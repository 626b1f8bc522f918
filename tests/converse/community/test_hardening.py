"""What strangers send to the pages of the community harms neither the pages nor the door."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from django.core.cache import cache, caches
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_addresses_made_up_by_visitors_push_nothing_out_of_other_caches(client, write, marta):
    write(marta)
    cache.set("failed-sign-ins", 5)
    listed = reverse("community:list")

    for number in range(3):
        for asked in (
            {"after": f"x{number}"},
            {"q": f"x{number}"},
            {"status": f"x{number}"},
            {"product": f"x{number}"},
        ):
            assert client.get(listed, asked).status_code == 200

    assert not [key for key in caches["pages"]._cache if "page:" in key]
    client.get(listed)
    assert [key for key in caches["pages"]._cache if "page:" in key]
    assert not [key for key in cache._cache if "page:" in key]
    assert cache.get("failed-sign-ins") == 5


def test_control_signs_in_a_post_do_not_break_the_feed(client, write, marta):
    marta.name = "Mar\x01ta Hagen"
    post = write(marta, title="Dark \x08display", words="It \x01goes\x0c dark\x1f\n\tin the rain.")

    feed = client.get(reverse("community:feed"))

    assert feed.status_code == 200
    ET.fromstring(feed.content)
    assert (post.title, post.words, post.author_name) == (
        "Dark display",
        "It goes dark\n\tin the rain.",
        "Marta H.",
    )


@pytest.mark.parametrize(
    "asked",
    [
        {"after": "0001-01-01T00:00:00+23:59~1"},
        {"after": "9999-12-31T23:59:59-23:59~1"},
        {"product": "a\0b"},
        {"status": "a\0b"},
        {"q": "a\0b"},
    ],
)
def test_a_forged_address_of_a_list_is_read_without_harm(client, write, marta, asked):
    write(marta)

    assert client.get(reverse("community:list"), asked).status_code == 200

"""The pages of disconnects before anything was imported."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db


def test_before_the_first_import_the_pages_say_what_will_stand_there(signed_in):
    client = signed_in("owner")

    assert "appear with your first records" in client.get("/disconnects/").content.decode()
    assert "appears with your first records" in client.get("/drivers/").content.decode()

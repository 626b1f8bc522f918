"""Every page that the owner of a small company can read: axe, sideways scroll, errors of scripts."""

from __future__ import annotations

import pytest

from browser.company import addresses
from browser.looking import walk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("company", "anew"),
    [("written", False), pytest.param("learnt", True, marks=pytest.mark.long)],
    ids=["made narrow", "loaded at each size"],
    indirect=["company"],
)
def test_axe_finds_nothing_on_any_page(open_page, live_server, company, anew):
    page = open_page("/", person=company["ines"])

    assert walk(page, live_server.url, addresses(company), anew=anew) == {}

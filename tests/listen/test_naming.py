"""Themes are named from what is said in them, whatever was erased."""

from __future__ import annotations

import pytest

from interlock.listen.models import Theme
from interlock.listen.themes import naming
from listen.themed import direction, joined, theme
from listen.waiting import NOON

pytestmark = pytest.mark.django_db


def test_a_theme_whose_signals_were_all_erased_keeps_its_name_and_the_others_get_theirs():
    centre = direction(0.0, 1.0)
    theme("Nobody says this any more", direction(1.0))
    said = theme("Own words", centre)
    for text in ("My parcel is late again", "My parcel is late today", "The parcel is very late"):
        joined(said, centre, text)

    assert naming.name_all(now=NOON) == 1
    first, second = Theme.objects.order_by("pk").values_list("name", flat=True)
    assert first == "Nobody says this any more"
    assert "arcel" in second


def test_nothing_is_named_where_every_signal_was_erased():
    theme("Nobody says this any more", direction(1.0))

    assert naming.name_all(now=NOON) == 0
    assert Theme.objects.get().name == "Nobody says this any more"

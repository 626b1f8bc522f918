"""Numbers that people read are grouped; numbers that addresses and fields carry are not."""

from __future__ import annotations

from django.template import Context, Template


def test_a_number_in_an_address_or_a_field_is_written_whole():
    page = Template('<a href="?like={{ pk }}">{{ pk }}</a><input value="{{ pk }}">')

    shown = page.render(Context({"pk": 15858}))

    assert shown == '<a href="?like=15858">15858</a><input value="15858">'


def test_a_number_that_people_read_is_grouped():
    page = Template("{% load figures %}{{ n|count }}")

    assert page.render(Context({"n": 15858})) == "15,858"

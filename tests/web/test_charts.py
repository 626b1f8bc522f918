"""A chart's data reaches the script as it is, and can never end the element it stands in."""

from __future__ import annotations

import json
import re

from django.template import Context, Template


def drawn(spec: dict) -> str:
    return Template('{% load charts %}{% line_chart "rate" spec %}').render(Context({"spec": spec}))


def test_words_in_a_chart_are_data_and_never_markup():
    name = '</script><img src=x onerror="alert(1)"> & co'
    spec = {
        "title": name,
        "note": name,
        "course": name,
        "unit": name,
        "points": [{"name": name, "value": 12.0}],
    }

    page = drawn(spec)

    text = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)[1]
    assert json.loads(text)["points"][0]["short"] == name
    assert "<img" not in page
    assert page.count("</script>") == 1


def test_the_table_twin_holds_the_same_numbers():
    point = {"name": "June 2026", "value": 12.0, "low": 8.0, "high": 17.0, "n": 88, "rows": "/rows/"}

    page = drawn({"title": "Late", "unit": "in 100", "points": [point]})

    cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", page.partition("<tbody>")[2])
    assert cells == ["June 2026", '<a class="num" href="/rows/">12</a>', "8 to 17", "88"]

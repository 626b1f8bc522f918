"""Icons are drawn once, and each as it is asked for."""

from __future__ import annotations

from django.template import Context, Template
from lucide.templatetags.lucide import lucide

ASKED = Template('{% load lucide %}{% for one in icons %}{% lucide one size=size class="ink" %}{% endfor %}')


def test_an_icon_is_the_one_of_its_name_size_and_attributes_however_often_it_is_drawn():
    icons = ["sun", "cog", "sun"]

    small, large = (ASKED.render(Context({"icons": icons, "size": size})) for size in (16, 20))

    assert small == "".join(lucide(one, size=16, **{"class": "ink"}) for one in icons)
    assert large == "".join(lucide(one, size=20, **{"class": "ink"}) for one in icons)


def test_what_stands_in_an_attribute_cannot_leave_it():
    said = Template("{% load lucide %}{% lucide 'sun' class=said %}")

    drawn = [said.render(Context({"said": '"><script>'})) for _ in range(2)]

    assert drawn == [lucide("sun", **{"class": '"><script>'})] * 2
    assert "<script>" not in drawn[0]

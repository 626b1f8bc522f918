"""The icons of Lucide: `{% lucide "sun" size=20 %}`.

The package's own tag copies and writes a tree of elements each time, 0.2 ms for an icon; a page has some twenty, most
of them those of the frame. So each is drawn once and kept.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django import template
from lucide.templatetags.lucide import lucide as drawn

register = template.Library()


# Templates name some two hundred; a limit, should one ever take what somebody wrote into its attributes.
@register.simple_tag(name="lucide")
@lru_cache(maxsize=1_000)
def icon(name: str, **attributes: Any) -> str:
    return drawn(name, **attributes)

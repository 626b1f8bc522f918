"""Links between posts of another community lead to what became of these posts here."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from django.urls import reverse

from interlock.converse.models import Brought

_LINK = re.compile(r"https?://[^\s<>()\[\]\"']+")
_NUMBERED = re.compile(r"^(/t)/(?:[^/]+/)?(\d+)|^(/posts)/(\d+)")
LONGEST_PLACE, LONGEST_WORDS = 400, 10_000


def place_of(address: str) -> str:
    """What stays the same in the addresses of one post: its path, or of numbered ones the number."""
    try:
        path = urlsplit(address).path.rstrip("/.,;:!?")
    except ValueError:  # such as http://[x
        return ""
    numbered = _NUMBERED.match(path)
    return "/".join(filter(None, numbered.groups())) if numbered else path[:LONGEST_PLACE]


def places_in(words: str) -> set[str]:
    """Where the links of a text lead."""
    return {place_of(link) for link in _LINK.findall(words)} - {""}


def here(source: str, places: Collection[str]) -> dict[str, str]:
    """The addresses here of those posts that stood at these places there. One query."""
    rows = Brought.objects.filter(source=source, kind="post", address__in=places).exclude(post=None)
    return {
        one.address: reverse("community:post", args=[one.post.pk, one.post.slug])
        for one in rows.select_related("post")
        if one.post
    }


def rewritten(words: str, leads: dict[str, str]) -> str:
    """The text with its links leading here, where they lead anywhere."""
    return _LINK.sub(lambda link: leads.get(place_of(link.group()), link.group()), words)

"""Atom feeds whose texts are whatever people wrote: XML has no place for some signs, and one of them would break a whole feed."""

from __future__ import annotations

from typing import Any

from django.utils.feedgenerator import Atom1Feed


def plain(text: str) -> str:
    """Without signs that XML cannot hold, which are pasted at times; line breaks and tabs stay."""
    return "".join(sign for sign in text if (sign >= " " or sign in "\n\t") and sign not in "\ufffe\uffff")


class Feed(Atom1Feed):
    """A feed whose every text is plain."""

    def __init__(self, title: str, link: str, description: str | None) -> None:
        super().__init__(plain(title), link, plain(description or "") or None)

    def add_item(
        self, title: str, link: str, description: str, *, author_name: str = "", **more: Any
    ) -> None:
        super().add_item(
            plain(title), link, plain(description), author_name=plain(author_name) or None, **more
        )

"""Numbers that come in addresses and fields."""

from __future__ import annotations

DIGITS = 18  # every number of so many is one that both databases hold


def number_of(text: object) -> int | None:
    """Return the whole number that somebody's text is; None for any other text and for one that no row could have."""
    words = str(text)
    return int(words) if words.isdecimal() and len(words) <= DIGITS else None


def length_of(text: str | None) -> int:
    """Return how long a body is by its header: 0 without one, more than anybody takes for what is no such number."""
    length = number_of(text or "0")
    return 10**DIGITS if length is None else length

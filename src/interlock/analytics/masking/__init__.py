"""Where does a text name a person or hold a number that belongs to one? Found by rules, offline, in seven languages.

Mail addresses, telephone numbers, payment cards, IBANs, national identity numbers and names beside greetings,
farewells and "my name is". What has a check digit is checked, so that order numbers, EANs and parcel numbers
stay readable; what has none must look like what it is or stand beside a word that says so.

Limits: names anywhere else in a text are not found (that needs a model of each language), nor are postal
addresses. `benchmarks/masking.py` prints precision and recall on samples labelled by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from interlock.analytics.masking.identities import identities
from interlock.analytics.masking.names import names
from interlock.analytics.masking.numbers import cards, ibans, mails
from interlock.analytics.masking.phones import phones
from interlock.analytics.masking.spans import Span

KINDS = ("mail", "iban", "card", "identity", "phone", "name")
# In this order: a part that an earlier finder claimed is no longer looked at, so that the digits of an IBAN
# are not also a telephone number.
_FINDERS: tuple[Callable[[str], Iterable[Span]], ...] = (mails, ibans, cards, identities, phones, names)
# Nothing can be found in a text without an at sign, a run of digits, or one of the words beside which names stand.
_WORTH_LOOKING = re.compile(r"@|\bat\b|\d[\d ().\-/]{5,}\d|\b[A-Z]{2}\d{2}|\b[A-Z]{6}\d{2}")


@dataclass(frozen=True)
class Personal:
    """One personal part of a text: characters `start` to `end` (exclusive), of one of `KINDS`."""

    kind: str
    start: int
    end: int


def personal_parts(text: str) -> tuple[Personal, ...]:
    """Return the personal parts of a text in their order; they never overlap. Empty for an empty text."""
    claimed: list[Personal] = []
    finders = _FINDERS if _WORTH_LOOKING.search(text) else (names,)
    for finder in finders:
        for kind, start, end in finder(text):
            if all(end <= part.start or start >= part.end for part in claimed):
                claimed.append(Personal(kind, start, end))
    return tuple(sorted(claimed, key=lambda part: part.start))


def masked(text: str, words: Mapping[str, str]) -> str:
    """Return the text with each personal part replaced by its kind's word from `words` (kind to text)."""
    parts = personal_parts(text)
    if not parts:
        return text
    pieces, at = [], 0
    for part in parts:
        pieces += [text[at : part.start], words[part.kind]]
        at = part.end
    return "".join([*pieces, text[at:]])

"""Mail addresses, IBANs and payment cards in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from interlock.analytics.masking.spans import Span, digits_of, luhn

_MAIL = re.compile(
    r"[\w.+'&-]{1,64}\s?(?:@|\(at\)|\[at\]|\(arroba\)|\s[aA][tT]\s(?=[\w-]+\s?(?:\(dot\)|\[dot\]|\sdot\s)))\s?"
    r"[\w-]{1,63}(?:\s?(?:\.|\(dot\)|\[dot\]|\sdot\s)\s?[\w-]{2,63}){1,4}",
    re.UNICODE,
)
# With blanks around the sign only the written-out forms count, and "@handle" of a network is no address.
_LOOSE = re.compile(r"\s@|@\s")

# IBAN registry (SWIFT, ISO 13616): the length by country.
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "CH": 21, "CR": 22,
    "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22,
    "GE": 22, "GI": 23, "GL": 18, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26, "IT": 27, "JO": 30,
    "KW": 30, "KZ": 20, "LB": 28, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MT": 31, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SE": 24,
    "SI": 19, "SK": 24, "SM": 27, "TN": 24, "TR": 26, "UA": 29, "XK": 20,
}  # fmt: skip
_IBAN = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{2})\d{2}(?:[ -]?[A-Za-z0-9]){11,31}")

# Industry prefixes (ISO/IEC 7812) of the cards that people hold, with their lengths.
_CARD_SHAPES = (
    (re.compile(r"4"), {16}),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), {16}),
    (re.compile(r"3[47]"), {15}),
    (re.compile(r"3(?:0[0-5]|[689])"), {14}),
    (re.compile(r"6(?:011|4[4-9]|5|2)"), {16}),
    (re.compile(r"35(?:2[89]|[3-8])"), {16}),
    (re.compile(r"5018|5020|5038|6304|6759|676[1-3]"), {16, 17, 18, 19}),
)
_CARD = re.compile(r"(?<![\d.,/-])\d(?:[ -]?\d){13,18}(?!\d|[,-]\d)")


def mails(text: str) -> Iterator[Span]:
    """Mail addresses, also those written as "name (at) host dot org"."""
    for match in _MAIL.finditer(text):
        if not _LOOSE.search(match[0]):
            yield "mail", match.start(), match.end()


def ibans(text: str) -> Iterator[Span]:
    """IBANs of the right length for their country whose remainder by 97 is 1."""
    for match in _IBAN.finditer(text):
        length = _IBAN_LENGTHS.get(match[1].upper())
        end = _end_of(text, match.start(), length) if length else None
        if end and _remainder(text[match.start() : end]) == 1:
            yield "iban", match.start(), end


def cards(text: str) -> Iterator[Span]:
    """Payment cards: a known prefix, its length, and a sound Luhn digit."""
    for match in _CARD.finditer(text):
        digits = digits_of(match[0])
        fits = any(len(digits) in lengths and shape.match(digits) for shape, lengths in _CARD_SHAPES)
        if fits and luhn(digits):
            yield "card", match.start(), match.end()


def _end_of(text: str, start: int, length: int) -> int | None:
    """Where `length` letters and digits from `start` end, blanks and hyphens not counted; None inside a word."""
    seen = 0
    for place in range(start, len(text)):
        seen += text[place].isalnum()
        if seen == length:
            return None if text[place + 1 : place + 2].isalnum() else place + 1
    return None


def _remainder(iban: str) -> int:
    """ISO 7064 mod 97-10 over the rearranged IBAN, letters as 10 to 35."""
    signs = [sign for sign in iban.upper() if sign.isalnum()]
    return int("".join(str(int(sign, 36)) for sign in signs[4:] + signs[:4])) % 97

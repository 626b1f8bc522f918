"""National identity numbers: those with a shape or check digits of their own, and weaker ones beside their name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from interlock.analytics.masking.spans import Span, digits_of, luhn, weighted

# How far before a number the word may stand that says what it is.
_NEAR = 30


def identities(text: str) -> Iterator[Span]:
    """Identity numbers of persons: US, GB, BR, ES, IT, FR, DE, NL, CH, SE, PL, PT, BE."""
    for shape, sound, named in _FORMS:
        for match in shape.finditer(text):
            if sound(match[0]) and (
                named is None or named.search(text, max(0, match.start() - _NEAR), match.start())
            ):
                yield "identity", match.start(), match.end()


def _cpf(text: str) -> bool:
    """Brazil, CPF: two check digits modulo 11."""
    digits = digits_of(text)
    if len(digits) != 11 or len(set(digits)) == 1:
        return False
    first = weighted(digits[:9], (10, 9, 8, 7, 6, 5, 4, 3, 2)) * 10 % 11 % 10
    second = weighted(digits[:10], (11, 10, 9, 8, 7, 6, 5, 4, 3, 2)) * 10 % 11 % 10
    return digits[9:] == f"{first}{second}"


def _ssn(text: str) -> bool:
    """United States, SSN: areas 000, 666 and 900 to 999 were never given out."""
    area, group, serial = re.split(r"[ -]", text)
    return area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"


def _spanish(text: str) -> bool:
    """Spain, DNI and NIE: the letter is the number modulo 23."""
    signs = re.sub(r"[^0-9A-Z]", "", text.upper())
    number = {"X": "0", "Y": "1", "Z": "2"}.get(signs[0], signs[0]) + signs[1:-1]
    return number.isdigit() and "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == signs[-1]


_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23],
        strict=True,
    )
)  # fmt: skip


def _italian(text: str) -> bool:
    """Italy, codice fiscale: the last letter is the sum of odd and even places modulo 26."""
    signs = text.upper()
    odd = sum(_ODD[sign] for sign in signs[0:15:2])
    even = sum(int(sign) if sign.isdigit() else ord(sign) - 65 for sign in signs[1:15:2])
    return chr(65 + (odd + even) % 26) == signs[15]


def _french(text: str) -> bool:
    """France, NIR: the key is 97 minus the number modulo 97; Corsica's 2A and 2B count as 19 and 18."""
    signs = re.sub(r"\s", "", text.upper()).replace("2A", "19").replace("2B", "18")
    return signs.isdigit() and len(signs) == 15 and int(signs[13:]) == 97 - int(signs[:13]) % 97


def _german(text: str) -> bool:
    """Germany, Steuer-ID: ISO 7064 mod 11,10."""
    digits = digits_of(text)
    product = 10
    for sign in digits[:10]:
        total = (int(sign) + product) % 10 or 10
        product = total * 2 % 11
    return len(digits) == 11 and digits[0] != "0" and (11 - product) % 10 == int(digits[10])


def _dutch(text: str) -> bool:
    """Netherlands, BSN: the eleven test with -1 for the last digit."""
    digits = digits_of(text)
    return len(digits) == 9 and weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def _swiss(text: str) -> bool:
    """Switzerland, AHV number: country code 756 and an EAN-13 check digit."""
    digits = digits_of(text)
    return len(digits) == 13 and -weighted(digits[:12], (1, 3) * 6) % 10 == int(digits[12])


def _polish(text: str) -> bool:
    """Poland, PESEL."""
    digits = digits_of(text)
    return len(digits) == 11 and weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def _portuguese(text: str) -> bool:
    """Portugal, NIF: modulo 11."""
    digits = digits_of(text)
    rest = 11 - weighted(digits[:8], (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return len(digits) == 9 and int(digits[8]) == (0 if rest >= 10 else rest)


def _belgian(text: str) -> bool:
    """Belgium, national number: 97 minus the number modulo 97, with a 2 before it for births from 2000 on."""
    digits = digits_of(text)
    born = digits[:9]
    return len(digits) == 11 and int(digits[9:]) in {97 - int(born) % 97, 97 - int(f"2{born}") % 97}


def _swedish(text: str) -> bool:
    """Sweden, personnummer: Luhn over the ten digits."""
    return luhn(digits_of(text)[-10:])


def _always(text: str) -> bool:
    return True


_Form = tuple[re.Pattern[str], Callable[[str], bool], re.Pattern[str] | None]
# Pattern, check, and the word that must stand near where the pattern alone would also fit an order number.
_FORMS: tuple[_Form, ...] = (
    (re.compile(r"(?<![\d.])\d{3}\.\d{3}\.\d{3}-\d{2}(?!\d)"), _cpf, None),
    (re.compile(r"(?<![\d.])\d{11}(?!\d)"), _cpf, re.compile(r"\bcpf\b", re.I)),
    (re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])"), _ssn, None),
    (re.compile(r"(?<!\d)\d{3} \d{2} \d{4}(?!\d)"), _ssn, re.compile(r"\bssn\b|social security", re.I)),
    (
        re.compile(r"(?<![A-Za-z0-9])[A-CEGHJ-PR-TW-Za-ceghj-pr-tw-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Da-d](?![A-Za-z0-9])"),
        _always,
        None,
    ),
    (re.compile(r"(?<![A-Za-z0-9])(?:\d{8}|\d{2}\.\d{3}\.\d{3}|[XYZxyz][ -]?\d{7})[ -]?[A-Za-z](?![A-Za-z0-9])"), _spanish, None),
    (
        re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{6}\d{2}[A-EHLMPR-Ta-ehlmpr-t]\d{2}[A-Za-z]\d{3}[A-Za-z](?![A-Za-z0-9])"),
        _italian,
        None,
    ),
    (re.compile(r"(?<!\d)[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}(?!\d)"), _french, None),
    (re.compile(r"(?<!\d)756\.\d{4}\.\d{4}\.\d{2}(?!\d)"), _swiss, None),
    (re.compile(r"(?<!\d)756\d{10}(?!\d)"), _swiss, re.compile(r"\b(?:ahv|avs)\b", re.I)),
    (re.compile(r"(?<![\d.])\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}(?!\d)"), _belgian, None),
    (re.compile(r"(?<!\d)(?:19|20)?\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[-+]\d{4}(?!\d)"), _swedish, None),
    (re.compile(r"(?<!\d)\d{2} ?\d{3} ?\d{3} ?\d{3}(?!\d)"), _german, re.compile(r"steuer|idnr|\btin\b|tax id", re.I)),
    (re.compile(r"(?<!\d)\d{3}[ .]?\d{3}[ .]?\d{3}(?!\d)|(?<!\d)\d{4}[ .]\d{2}[ .]\d{3}(?!\d)"), _dutch, re.compile(r"\bbsn\b|burgerservice|sofi", re.I)),
    (re.compile(r"(?<!\d)\d{11}(?!\d)"), _polish, re.compile(r"pesel", re.I)),
    (re.compile(r"(?<!\d)\d{3} ?\d{3} ?\d{3}(?!\d)"), _portuguese, re.compile(r"\bnif\b|contribuinte", re.I)),
)  # fmt: skip

"""Telephone numbers in a text: judged by Google's rules of every country's numbers, not by shape alone.

A number with a plus sign must have a length its country knows. Without one it must be written as telephone numbers
are (a leading zero and gaps, or an area code in brackets) and be valid in one of the countries below, or stand
beside a word such as "call me on". Order and parcel numbers are neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers

from interlock.analytics.masking.spans import Span, digits_of

_COUNTRIES = ("US", "GB", "DE", "FR", "ES", "IT", "PT", "BR", "NL", "BE", "CH", "AT", "IE", "SE", "DK", "NO", "PL", "MX", "AU", "IN")  # fmt: skip
_NEAR = 36
_CANDIDATE = re.compile(
    r"(?<![\w#/.,-])(?:\+|00)?\(?\d{1,5}\)?(?:[ .\-/]{0,2}\(?\d{1,5}\)?){2,6}(?![\w]|[.,-]\d)"
)
_NAMED = re.compile(
    r"\b(?:tel|telefon\w*|telefoon\w*|téléphone|teléfono|telefone|phone|mobile|mobil\w*|cell\w*|handy\w*|celular|móvil|"
    r"portable|gsm|whatsapp|zap|call|ring|reach|text|sms|ligue|ligar|ll[aá]m\w*|appele\w*|joindre|chiama\w*|cellulare|"
    r"rufen|ruf|anruf\w*|erreich\w*|erreichbar|rückruf\w*|bel|bellen|fax|numero|número|contacto|contato)\b\.?",
    re.IGNORECASE,
)
_SPOKEN_OF_ELSE = re.compile(
    r"(?:\b(?:order|orden|pedido|bestell\w*|commande|ordine|auftrag\w*|invoice|rechnung\w*|fatura|factura|facture|"
    r"tracking|parcel|sendung\w*|paket\w*|colis|serial|serie\w*|sku|ean|gtin|isbn|artikel\w*|article|item|ref|reference|"
    r"referenz|ticket|case|model|modell|version|part|nota fiscal|protocolo|rastreio|kunden\w*|customer|konto\w*|account)\b"
    r"[\w .:#-]{0,14}|[€$£])$",
    re.IGNORECASE,
)  # fmt: skip
_WRITTEN_AS_PHONE = re.compile(
    r"0\d{1,5}\)?[ /-]+\d|\(\d{2,5}\) ?\d|[2-9]\d{2}[-.][2-9]\d{2}[-.]\d{4}$|0\d([ .-]\d{2}){4}$"
)


def phones(text: str) -> Iterator[Span]:
    """Telephone numbers with their country code, in national form, or named as such."""
    for match in _CANDIDATE.finditer(text):
        start, end = match.span()
        before = text[max(0, start - _NEAR) : start]
        if 7 <= len(digits_of(match[0])) <= 15 and _is_phone(match[0], before):
            yield "phone", start, end


def _is_phone(candidate: str, before: str) -> bool:
    if candidate.startswith(("+", "00")):
        international = candidate if candidate.startswith("+") else f"+{candidate[2:]}"
        # "+49 (0)30 ..." is how half of Germany writes it.
        if _plausible(re.sub(r"\(0\)", "", international)):
            return True
    if _SPOKEN_OF_ELSE.search(before):
        return False
    named = _NAMED.search(before) is not None
    if not named and not _WRITTEN_AS_PHONE.match(candidate):
        return False
    return named or any(_valid(candidate, country) for country in _COUNTRIES)


def _plausible(candidate: str) -> bool:
    """A plus sign is proof enough that a number is meant to be called: its length must fit, it need not be given out."""
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(candidate, None))
    except phonenumbers.NumberParseException:
        return False


def _valid(candidate: str, country: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(candidate, country))
    except phonenumbers.NumberParseException:
        return False

"""What a finder hands over, and the check sums that more than one of them needs."""

from __future__ import annotations

Span = tuple[str, int, int]


def digits_of(text: str) -> str:
    """The ASCII digits of a text, everything else left out."""
    return "".join(sign for sign in text if "0" <= sign <= "9")


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B: every second digit from the right doubled, the sum a multiple of ten."""
    total = 0
    for place, sign in enumerate(reversed(digits)):
        value = int(sign) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def weighted(digits: str, weights: tuple[int, ...]) -> int:
    """The sum of the digits, each times its weight."""
    return sum(int(sign) * weight for sign, weight in zip(digits, weights, strict=False))

"""Quiet, emerging or an outcry? From an alarm to the state of domain.md, section 5.2.

Emerging: the stream rang within its budget and has not come down since. An outcry besides: at least four times the
usual, seven in ten of those who speak are new to it, and it doubled within a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

TIMES, NEW_SHARE, DOUBLED = 4.0, 0.7, 2.0
LEAST_VOICES = 5.0
DOWN_AGAIN = 1.5  # times the usual below which an emerging stream is quiet again


class Standing(StrEnum):
    QUIET = "quiet"
    EMERGING = "emerging"
    OUTCRY = "outcry"


@dataclass(frozen=True)
class Spread:
    """What is known about a stream now."""

    times: float  # the usual: recent voices over expected ones
    voices: float  # of the last day
    new_share: float | None  # of those who spoke in the last day, 0 to 1; None where nobody knows who spoke
    growth: float  # the pace of the last six hours over that of the rest of the day
    within: tuple[float, float] | None = None  # 95 % interval of `times`

    @property
    def is_loud(self) -> bool:
        """Loud enough for an outcry, if it spreads to new people."""
        return self.times >= TIMES and self.growth >= DOUBLED


def standing(before: Standing, *, rings: bool, spread: Spread) -> Standing:
    """Return where the stream stands now.

    An outcry does not fall back to emerging: it ends when the stream is quiet again.
    """
    if before == Standing.QUIET and not (rings and spread.voices >= LEAST_VOICES):
        return Standing.QUIET
    if not rings and spread.times < DOWN_AGAIN:
        return Standing.QUIET
    spreading = spread.new_share is not None and spread.new_share >= NEW_SHARE
    if before == Standing.OUTCRY or (spread.is_loud and spreading):
        return Standing.OUTCRY
    return Standing.EMERGING

"""Quiet, emerging, an outcry, or fallen silent? From an alarm to the state of domain.md, section 5.2.

Emerging: the stream rang within its budget, by how many spoke or by how many of them are not content, and has not come
down since. An outcry besides: at least four times the usual, seven in ten of those who speak are new to it, and it
doubled within a day. Fallen silent: its people stopped speaking; it says nothing about a stream that is loud.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

TIMES, NEW_SHARE, DOUBLED = 4.0, 0.7, 2.0
LEAST_VOICES = 5.0
DOWN_AGAIN = 1.5  # times the usual below which an emerging stream is quiet again
BACK_AGAIN = 0.5  # of the usual pace from which a fallen stream speaks again


class Standing(StrEnum):
    QUIET = "quiet"
    EMERGING = "emerging"
    OUTCRY = "outcry"
    FALLEN = "fallen"


@dataclass(frozen=True)
class Spread:
    """What is known about a stream now."""

    times: float  # the usual: recent voices over expected ones
    voices: float  # of the last day
    new_share: float | None  # of those who spoke in the last day, 0 to 1; None where nobody knows who spoke
    growth: float  # the pace of the last six hours over that of the rest of the day
    within: tuple[float, float] | None = None  # 95 % interval of `times`
    pace: float = 1.0  # of the last hour over the usual
    usual: float | None = None  # voices in six hours that `times` is measured by, where that is known
    is_low: bool = False  # more of those who speak are not content than is usual, beyond chance

    @property
    def is_loud(self) -> bool:
        """Loud enough for an outcry, if it spreads to new people."""
        return self.times >= TIMES and self.growth >= DOUBLED


def standing(before: Standing, *, rings: bool, falls: bool = False, spread: Spread) -> Standing:
    """Return where the stream stands now.

    An outcry does not fall back to emerging: it ends when the stream is quiet again.
    """
    rises = rings and spread.voices >= LEAST_VOICES
    if before == Standing.FALLEN and not rises:
        return Standing.QUIET if spread.pace >= BACK_AGAIN else Standing.FALLEN
    if before == Standing.QUIET and not rises:
        return Standing.FALLEN if falls else Standing.QUIET
    if not rings and spread.times < DOWN_AGAIN and not spread.is_low:
        return Standing.QUIET
    spreading = spread.new_share is not None and spread.new_share >= NEW_SHARE
    if before == Standing.OUTCRY or (spread.is_loud and spreading):
        return Standing.OUTCRY
    return Standing.EMERGING

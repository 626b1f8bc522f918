"""A strip of time with its alarms: filled where something happened, a ring where nothing did, a cross where it was missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from interlock.web.drawings import INK, RULE, place

WIDTH, HEIGHT = 360, 24


@dataclass(frozen=True)
class Mark:
    """One mark: where along the strip, 0 to 1, and what it is: heard, false or missed."""

    at: float
    verdict: str


def strip(marks: Sequence[Mark], *, label: str) -> SafeString:
    """Draw the strip; `label` says it for those who do not see it."""
    drawn = format_html_join("", "{}", ((_drawn(mark),) for mark in marks))
    return format_html(
        '<svg class="block max-w-full" role="img" aria-label="{}" width="{}" height="{}" viewBox="0 0 {} {}">'
        '<line x1="0" x2="{}" y1="12" y2="12" stroke="{}"/>{}</svg>',
        label, WIDTH, HEIGHT, WIDTH, HEIGHT, WIDTH, RULE, drawn,
    )  # fmt: skip


def _drawn(mark: Mark) -> SafeString:
    x = place(mark.at, 0, 1, WIDTH, margin=6)
    if mark.verdict == "missed":
        path = f"M{x - 4} 8l8 8m0 -8l-8 8"
        return format_html('<path d="{}" stroke="{}" stroke-width="2"/>', path, INK)
    fill = INK if mark.verdict == "heard" else "var(--page)"
    return format_html(
        '<circle cx="{}" cy="12" r="5" fill="{}" stroke="{}" stroke-width="1.5"/>', x, fill, INK
    )

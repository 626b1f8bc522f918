"""Small drawings made by the server as SVG: whisker, sparkline, forest row, money bar, pair mark.

Pure functions from numbers to markup that needs no script. Colours are the custom properties of the
theme, so a drawing follows paper and ink by itself. Words come in already translated.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

INK, INK_2, INK_3 = "var(--ink)", "var(--ink-2)", "var(--ink-3)"
RULE, EDGE, HARM, GOOD, TALK = "var(--rule)", "var(--edge)", "var(--harm-mark)", "var(--good)", "var(--talk)"


def place(value: float, low: float, high: float, width: float, margin: float = 0.0) -> float:
    """Where a value lies on a line of this width; values outside the scale stop at its ends."""
    if high <= low:
        return margin
    share = min(1.0, max(0.0, (value - low) / (high - low)))
    return round(margin + share * (width - 2 * margin), 1)


def nice_end(value: float) -> float:
    """The next round number at or above value, at most twice as far; 1.0 for nothing."""
    if value < 1e-9:
        return 1.0
    power = 1.0
    while power * 10 < value:
        power *= 10
    while power > value:
        power /= 10
    for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10):
        if step * power >= value * 0.999999:
            return step * power
    return 10 * power


def whisker(
    value: float,
    low: float,
    high: float,
    end: float,
    *,
    label: str,
    tick: float | None = None,
    harm: bool = False,
    width: int = 208,
    height: int = 16,
) -> SafeString:
    """A value with its interval on a line from 0 to end; the dashed tick is a promise or last quarter."""
    middle = height / 2
    colour = HARM if harm else INK
    at = [place(one, 0, end, width, 4) for one in (low, high, value)]
    mark = _upright(place(tick, 0, end, width, 4), height) if tick is not None else ""
    return format_html(
        '<svg class="block max-w-full" role="img" aria-label="{}" width="{}" height="{}" viewBox="0 0 {} {}">'
        '<line x1="4" x2="{}" y1="{}" y2="{}" stroke="{}"/>{}'
        '<line x1="{}" x2="{}" y1="{}" y2="{}" stroke="{}" stroke-width="3" stroke-linecap="round"/>'
        '<circle cx="{}" cy="{}" r="4.5" fill="{}" stroke="var(--page)" stroke-width="2"/></svg>',
        label, width, height, width, height, width - 4, middle, middle, RULE, mark,
        at[0], at[1], middle, middle, colour, at[2], middle, colour,
    )  # fmt: skip


def _upright(x: float, height: int) -> SafeString:
    return format_html(
        '<line x1="{}" x2="{}" y1="0" y2="{}" stroke="{}" stroke-width="1.5" stroke-dasharray="2 2"/>',
        x,
        x,
        height,
        INK_3,
    )


def forest_row(
    value: float, low: float, high: float, end: float, *, baseline: float | None, subject: bool
) -> SafeString:
    """One row of a forest of groups; rows under each other make the dotted baseline run through."""
    colour, bar, dot = (HARM, 3, 12) if subject else (INK_2, 2, 9)
    at = [place(one, 0, end, 300, 6) for one in (low, high, value)]
    usual = "" if baseline is None else _dotted(place(baseline, 0, end, 300, 6))
    return format_html(
        '<svg aria-hidden="true" viewBox="0 0 300 28" preserveAspectRatio="none">{}'
        '<line x1="{}" x2="{}" y1="14" y2="14" stroke="{}" stroke-width="{}" vector-effect="non-scaling-stroke"/>'
        '<line x1="{}" x2="{}" y1="14" y2="14" stroke="{}" stroke-width="{}" stroke-linecap="round" vector-effect="non-scaling-stroke"/></svg>',
        usual, at[0], at[1], colour, bar, at[2], at[2], colour, dot,
    )  # fmt: skip


def ratio_row(value: float, low: float, high: float, widest: float, *, harm: bool) -> SafeString:
    """One row of a forest of ratios on a scale where half as often lies as far from 1 as twice as often."""
    reach = log(max(widest, 1.01))
    at = [0.5 + log(max(one, 1e-6)) / (2 * reach) for one in (value, low, high)]
    return forest_row(*at, 1.0, baseline=0.5, subject=harm)


def _dotted(x: float) -> SafeString:
    return format_html(
        '<line x1="{}" x2="{}" y1="0" y2="28" stroke="{}" stroke-dasharray="2 3" vector-effect="non-scaling-stroke"/>',
        x, x, INK_3,
    )  # fmt: skip


def sparkline(
    values: Sequence[float], *, limit: float | None, label: str, width: int = 96, height: int = 28
) -> SafeString:
    """A course with its limit: zero is the floor, values above the limit are dotted in ochre; None: no limit known."""
    if not values:
        return SafeString("")
    end = max([*values, limit or 0]) * 1.1 or 1.0
    step = (width - 8) / max(1, len(values) - 1)
    points = [(round(4 + at * step, 1), _height(value, end, height)) for at, value in enumerate(values)]
    line = " ".join(f"{x},{y}" for x, y in points)
    over = [point for point, value in zip(points, values, strict=True) if limit is not None and value > limit]
    dots = format_html_join("", '<circle cx="{}" cy="{}" r="3" fill="{}"/>', ((x, y, HARM) for x, y in over))
    last = format_html(
        '<circle cx="{}" cy="{}" r="3" fill="{}"/>',
        *points[-1],
        HARM if limit is not None and values[-1] > limit else INK_2,
    )
    if limit is None:
        return format_html(
            '<svg class="block" role="img" aria-label="{}" width="{}" height="{}" viewBox="0 0 {} {}">'
            '<polyline points="{}" fill="none" stroke="{}" stroke-width="1.5"/>{}</svg>',
            label, width, height, width, height, line, INK_2, last,
        )  # fmt: skip
    top = _height(limit, end, height)
    return format_html(
        '<svg class="block" role="img" aria-label="{}" width="{}" height="{}" viewBox="0 0 {} {}">'
        '<rect x="0" y="{}" width="{}" height="{}" fill="var(--band)"/>'
        '<line x1="0" x2="{}" y1="{}" y2="{}" stroke="{}" stroke-dasharray="3 2"/>'
        '<polyline points="{}" fill="none" stroke="{}" stroke-width="1.5"/>{}{}</svg>',
        label, width, height, width, height, top, width, round(height - top, 1), width, top, top, EDGE, line, INK_2, dots, last,
    )  # fmt: skip


def _height(value: float, end: float, height: int) -> float:
    return round(height - 1 - max(0.0, value) / end * (height - 6), 1)


def loop_line(shares: Sequence[float], *, label: str, width: int = 116, height: int = 28) -> SafeString:
    """Six cells from heard to confirmed, each filled by its share of those heard; the last is green."""
    cell = (width - 2 * (len(shares) - 1)) / len(shares)
    cells = []
    for at, share in enumerate(shares):
        filled = round(min(1.0, max(0.0, share)) * (height - 2), 1)
        colour = GOOD if at == len(shares) - 1 else TALK
        cells.append((round(at * (cell + 2), 1), round(cell, 1), height - 2, "var(--band)", 1))
        cells.append(
            (round(at * (cell + 2), 1), round(cell, 1), filled, colour, round(height - 1 - filled, 1))
        )
    drawn = format_html_join(
        "",
        '<rect x="{}" y="{}" width="{}" height="{}" rx="2" fill="{}"/>',
        ((x, y, wide, high, colour) for x, wide, high, colour, y in cells),
    )
    return format_html(
        '<svg class="block" role="img" aria-label="{}" width="{}" height="{}" viewBox="0 0 {} {}">{}</svg>',
        label, width, height, width, height, drawn,
    )  # fmt: skip


def money_bar(low: float, mid: float, high: float, end: float, *, label: str, width: int = 304) -> SafeString:
    """Solid to low (at least this), pale to high, a tick at the middle, on a scale from 0 to end."""
    at = [place(one, 0, end, width - 4) for one in (low, mid, high)]
    return format_html(
        '<svg class="max-w-full" role="img" aria-label="{}" width="{}" height="20" viewBox="0 0 {} 20">'
        '<line x1="0" x2="{}" y1="19.5" y2="19.5" stroke="{}"/><line x1=".5" x2=".5" y1="2" y2="20" stroke="{}"/>'
        '<rect x="{}" y="6" width="{}" height="8" rx="2" fill="{}" opacity=".32"/>'
        '<rect x="0" y="6" width="{}" height="8" fill="{}" opacity=".85"/>'
        '<rect x="{}" y="2" width="3" height="16" fill="{}"/></svg>',
        label, width, width, width, RULE, EDGE, at[0], max(0, round(at[2] - at[0], 1)), HARM, at[0], HARM, at[1], HARM,
    )  # fmt: skip


_RING = '<circle cx="{}" cy="10" r="{}" fill="{}" stroke="{}" stroke-width="2"/>'
_APART = '<path d="M18.5 10h7" stroke="{}" stroke-width="2.5" stroke-dasharray="2.2 2.2"/>'
_LENS = '<path d="M14.4 4.6a7.6 7.6 0 0 1 0 10.8a7.6 7.6 0 0 1 0-10.8z" fill="{}"/>'


def pair(state: str, *, label: str, width: int = 44) -> SafeString:
    """Two rings: apart (silent), one filled (one side wrote), interlocked (talking), green (mended)."""
    if state in {"talking", "mended"}:
        colour, view = (TALK if state == "talking" else GOOD), 29
        parts = (
            _LENS.format(colour)
            + _RING.format(9.4, 7.4, "none", colour)
            + _RING.format(19.4, 7.4, "none", colour)
        )
    else:
        view, filled = 44, INK if state == "one" else "none"
        parts = _RING.format(9, 7, filled, INK) + _RING.format(35, 7, "none", INK) + _APART.format(HARM)
    scaled = round(width * view / 44)
    return format_html(
        '<svg role="img" aria-label="{}" width="{}" height="{}" viewBox="0 0 {} 20">{}</svg>',
        label, scaled, round(width * 20 / 44), view, mark_safe(parts),  # noqa: S308 - constants of this module
    )  # fmt: skip

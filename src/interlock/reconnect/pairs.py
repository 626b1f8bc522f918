"""The pairs of functions: how much work they share, how much of what it asks for is talked about, where harm is.

One set of figures feeds the matrix, the map and the table. Shared work was counted when the rules ran; talk
is read now. A pair talks about a disconnect when both wrote on its context within 30 days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import cos, pi, sin
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from interlock.analytics.circle import circular_order
from interlock.analytics.coordination import FEWEST_SHARED
from interlock.converse.queries import Talk
from interlock.fabric.models import Function
from interlock.reconnect.findings import Card
from interlock.reconnect.models import Detection

Names = tuple[str, str]
WIDTH, HEIGHT, RADIUS_X, RADIUS_Y = 460, 408, 168, 150
MOST_NUMBERS = 3
THINNEST, THICKEST = 4.0, 22.0


@dataclass
class Pair:
    """Two functions with their shared cases, their harm and how much of it they talk about."""

    functions: Names
    cases: int = 0
    cards: list[Card] = field(default_factory=list)

    @property
    def harm(self) -> bool:
        return bool(self.cards)

    @property
    def worth(self) -> int:
        return sum(card.disconnect.worth for card in self.cards)

    @property
    def talked(self) -> float:
        """The share of its disconnects that both talk about, by money where there is any, 0 to 1."""
        weights = [(card.disconnect.worth or 0) if self.worth else 1 for card in self.cards]
        talked = sum(
            weight for weight, card in zip(weights, self.cards, strict=True) if card.talk == Talk.TWO_WAY
        )
        return talked / sum(weights) if sum(weights) else 0.0

    @property
    def numbers(self) -> str:
        first = [str(card.number) for card in self.cards[:MOST_NUMBERS]]
        more = len(self.cards) - len(first)
        return ", ".join(first) + (f" +{more}" if more else "")

    @property
    def names(self) -> tuple[str, str]:
        return Function(self.functions[0]).label, Function(self.functions[1]).label

    @property
    def required(self) -> int:
        """Cases that ask for talk: shared work, or at least the cases in which harm was seen."""
        return max([self.cases, *(card.disconnect.n for card in self.cards)])

    @property
    def url(self) -> str:
        if len(self.cards) == 1:
            return self.cards[0].url
        query = urlencode({"function": self.functions[0], "other": self.functions[1]})
        return f"{reverse('reconnect:disconnects')}?{query}"


def pairs_of(detection: Detection | None, listed: Sequence[Card]) -> list[Pair]:
    """Every pair with shared work or harm, in the order of the functions."""
    found: dict[Names, Pair] = {}
    for work in detection.shared_work if detection else ():
        if work["cases"] >= FEWEST_SHARED:
            names = _ordered(work["function_a"], work["function_b"])
            found[names] = Pair(names, cases=work["cases"])
    for card in listed:
        names = _ordered(*card.pair)
        found.setdefault(names, Pair(names)).cards.append(card)
    return [found[names] for names in sorted(found, key=lambda names: tuple(map(_place, names)))]


def met(pairs: Sequence[Pair]) -> tuple[float, float] | None:
    """The share of harm that is talked about, by count and by money; None without harm."""
    talked = [(card.talk == Talk.TWO_WAY, card.disconnect.worth) for pair in pairs for card in pair.cards]
    if not talked:
        return None
    money = sum(worth for _talks, worth in talked)
    by_money = sum(worth for talks, worth in talked if talks) / money if money else 0.0
    return sum(talks for talks, _worth in talked) / len(talked), by_money


def matrix_cells(pairs: Sequence[Pair]) -> tuple[list[str], dict[str, dict[str, Any]]]:
    """The functions in their order, and the cells as the matrix component takes them."""
    most = max((pair.required for pair in pairs), default=1)
    functions = sorted({name for pair in pairs for name in pair.functions}, key=_place)
    cells = {
        " ".join(pair.functions): {
            "required": pair.required / most,
            "actual": pair.talked,
            "number": pair.numbers,
            "harm": pair.harm,
            "url": pair.url if pair.harm else "",
            "note": f"{pair.talked:.0%}".replace("%", "") if pair.harm else "",
        }
        for pair in pairs
    }
    return functions, cells


def drawn_map(pairs: Sequence[Pair], *, latent: bool) -> dict[str, Any]:
    """Nodes and lines of the map: harm and talk always, other shared work only when asked for."""
    shown = [pair for pair in pairs if pair.harm or latent]
    names = tuple(sorted({name for pair in shown for name in pair.functions}, key=_place))
    order = circular_order(names, tuple(pair.functions for pair in shown))
    at = {name: _on_circle(number, len(order)) for number, name in enumerate(order)}
    most = max((pair.required for pair in shown), default=1)
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "lines": [_line(pair, at, most) for pair in sorted(shown, key=lambda pair: pair.harm)],
        "nodes": [_node(name, *at[name]) for name in order],
        "latent": sum(not pair.harm for pair in pairs),
    }


def _line(pair: Pair, at: dict[str, tuple[float, float]], most: int) -> dict[str, Any]:
    (x1, y1), (x2, y2) = (at[name] for name in pair.functions)
    badge = 20 + 7 * max(0, len(pair.numbers) - 1)
    width = THINNEST + (THICKEST - THINNEST) * (pair.required / most) ** 0.5
    said = _("%(a)s and %(b)s: %(cases)s shared cases, %(talked)d in 100 of the harm talked about") % {
        "a": pair.names[0],
        "b": pair.names[1],
        "cases": pair.required,
        "talked": round(100 * pair.talked),
    }
    return {
        "x1": x1,
        "y1": y1,
        "x2": x2,
        "y2": y2,
        "mx": round((x1 + x2) / 2, 1),
        "width": round(width, 1),
        "edge": round(width + 4, 1),
        "fill": round(width * pair.talked, 1),
        "harm": pair.harm,
        "numbers": pair.numbers,
        "badge": badge,
        "bx": round((x1 + x2) / 2 - badge / 2, 1),
        "by": round((y1 + y2) / 2 - 10, 1),
        "ty": round((y1 + y2) / 2 + 4, 1),
        "url": pair.url if pair.harm else "",
        "label": said,
    }


def _node(name: str, x: float, y: float) -> dict[str, Any]:
    label = str(Function(name).label)
    width = round(24 + 7.2 * len(label))
    return {
        "name": name,
        "label": label,
        "x": x,
        "ty": round(y + 4.5, 1),
        "left": round(x - width / 2, 1),
        "top": round(y - 14, 1),
        "width": width,
    }


def _on_circle(number: int, count: int) -> tuple[float, float]:
    angle = -pi / 2 + 2 * pi * number / max(1, count)
    return round(WIDTH / 2 + RADIUS_X * cos(angle), 1), round(HEIGHT / 2 + RADIUS_Y * sin(angle), 1)


def _ordered(one: str, other: str) -> Names:
    first, second = sorted((one, other), key=_place)
    return first, second


def _place(name: str) -> int:
    return list(Function.values).index(name)

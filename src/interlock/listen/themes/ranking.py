"""Which theme comes first? Reach x severity x money, each as a share of the greatest; never raw votes alone.

Reach is customers, severity the share of voices let down, money what these customers bought in a year. So two hundred
small customers stand before one who bought as much as all of them together; that one stands beside them only after
buying two hundred times as much as they do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from interlock.listen.models import ThemeFigures


@dataclass(frozen=True)
class Weights:
    """What every theme is compared with.

    Attributes:
        reach: customers of the greatest theme; voices where no source names a customer.
        money: what the customers of the dearest theme bought in a year, 0.0 where nothing is known.
        usual: what a customer usually bought, which stands for themes whose orders nobody knows.
    """

    reach: int
    money: float
    usual: float
    by_voices: bool

    def reach_of(self, one: ThemeFigures) -> int:
        return one.voices if self.by_voices else one.customers

    def money_of(self, one: ThemeFigures) -> float:
        """What its customers bought; those whose orders nobody knows count as much as the others."""
        each = self.usual if one.revenue is None else float(one.revenue) / max(1, one.payers)
        return each * one.customers

    def rank(self, one: ThemeFigures) -> float:
        """0 to 1; money counts 1 for all where no orders are known."""
        severity = one.let_down / one.judged if one.judged else 0.0
        worth = self.money_of(one) / self.money if self.money else 1.0
        return self.reach_of(one) / self.reach * severity * worth


@dataclass(frozen=True)
class Standing:
    """The place of a theme among all, 1 the first, with what its rank is made of."""

    place: int
    themes: int
    reach: int
    weights: Weights
    money: float
    guessed: bool
    """Whether its money is only the usual of its customers."""


def weights_of(figures: Sequence[ThemeFigures]) -> Weights:
    """What these themes are ranked by, all themes that have not ended."""
    by_voices = not any(one.customers for one in figures)
    known = [one for one in figures if one.revenue is not None]
    bought = sum(float(one.revenue or 0) for one in known)
    usual = bought / (sum(one.payers for one in known) or 1)
    plain = Weights(1, 0.0, usual, by_voices)
    return Weights(
        max((plain.reach_of(one) for one in figures), default=0) or 1,
        max((plain.money_of(one) for one in figures), default=0.0),
        usual,
        by_voices,
    )


@transaction.atomic
def rank_all() -> None:
    """Set the rank of every theme: it moves with the greatest, not only with its own figures."""
    figures = list(ThemeFigures.objects.filter(theme__ended_at=None).select_for_update().order_by("pk"))
    weights, changed = weights_of(figures), []
    for one in figures:
        rank = weights.rank(one)
        if abs(rank - one.rank) > 1e-9:
            one.rank = rank
            changed.append(one)
    ThemeFigures.objects.bulk_update(changed, ["rank"], batch_size=500)


def standing(one: ThemeFigures) -> Standing:
    """Where a theme stands and why. One query over kept figures."""
    columns = ("rank", "voices", "customers", "revenue", "payers")
    figures = list(ThemeFigures.objects.filter(theme__ended_at=None, theme__is_broad=False).only(*columns))
    weights = weights_of(figures)
    return Standing(
        1 + sum(other.rank > one.rank for other in figures),
        len(figures),
        weights.reach_of(one),
        weights,
        weights.money_of(one),
        one.revenue is None,
    )

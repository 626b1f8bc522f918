"""Who was let down, by theme: what is known of voices, and what only their words tell.

A complaint, a return, a cancellation and a rating tell it for sure. Everybody writes tickets, so of a ticket without rating the
chance that its words feel bad counts, or what a person said when correcting it; what nobody has read yet does not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connections
from django.db.models import Case, Count, F, FloatField, Max, Q, QuerySet, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from interlock.analytics.feelings.letdown import LetDown, let_down
from interlock.listen.models import Sentiment, ThemedSignal
from interlock.listen.repeats import LOW

SURE = frozenset({"complaint", "return", "cancel"})
# The ORM cannot sum over groups of groups.
_SUMMED = "SELECT theme, COUNT(*), SUM(chance) FROM (%s) AS voices GROUP BY theme"


def was_let_down(signal: Any) -> bool | None:
    """Whether this customer was let down; None where only the words tell."""
    if signal.kind in SURE:
        return True
    return None if signal.rating_share is None else bool(signal.rating_share <= LOW)


def by_theme(counted: QuerySet[ThemedSignal]) -> dict[int, LetDown]:
    """What these signals tell of each theme. Two queries; each voice counts once."""
    known = (
        counted.filter(let_down__isnull=False)
        .values_list("cluster__theme")
        .annotate(
            sure=Count("voice", distinct=True, filter=Q(let_down=True)), known=Count("voice", distinct=True)
        )
        .order_by()
    )
    sure_of = {theme: (sure, voices) for theme, sure, voices in known}
    told_of = _told(counted)
    return {
        theme: let_down(
            sure=sure_of.get(theme, (0, 0))[0],
            known=sure_of.get(theme, (0, 0))[1],
            by_words=told_of.get(theme, (0, 0.0))[0],
            chances=told_of.get(theme, (0, 0.0))[1],
        )
        for theme in sure_of.keys() | told_of.keys()
    }


def _told(counted: QuerySet[ThemedSignal]) -> Mapping[int, tuple[int, float]]:
    """By theme: voices of which only the words tell, and the sum of their chances."""
    said = Q(signal__understood__corrected_by__isnull=False)
    chance = Case(
        When(said & Q(signal__understood__sentiment=Sentiment.NEGATIVE), then=Value(1.0)),
        When(said, then=Value(0.0)),
        default=Cast(KeyTextTransform("negative", "signal__understood__chances"), FloatField()),
        output_field=FloatField(),
    )
    voices = (
        counted.filter(let_down__isnull=True, signal__understood__isnull=False)
        .exclude(signal__title="", signal__body="")
        .values(theme=F("cluster__theme"), said=F("voice"))
        .annotate(chance=Max(chance))
        .order_by()
    )
    inner, values = voices.query.sql_with_params()
    with connections[voices.db].cursor() as cursor:
        cursor.execute(_SUMMED % inner, values)
        return {theme: (number, float(chances or 0.0)) for theme, number, chances in cursor.fetchall()}

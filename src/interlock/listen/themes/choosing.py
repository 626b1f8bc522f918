"""Which theme is a signal in, and in which might it be? Shown on its page and in lists, and offered where people place it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from django.db.models import QuerySet

from interlock.fabric.models import Person
from interlock.listen.models import PlacedSignal, Signal, SignalVector, Theme, ThemedSignal
from interlock.listen.themes.encoding import encoder_mark
from interlock.listen.themes.looking import themes_visible_to
from interlock.listen.themes.placing import groups_in_force
from interlock.listen.themes.vectors import unpacked

MOST_LIKE, MOST_NAMED = 8, 20


@dataclass(frozen=True)
class Belongs:
    """The theme of one signal, how like its group the signal is (0 to 1), and who placed it, if somebody did."""

    key: str
    name: str
    likeness: float
    placed_by: Person | None = None


def themes_of(signals: Iterable[Signal]) -> dict[int, Belongs]:
    """The theme of each of these signals that has one, by the signal's number. One query."""
    rows = ThemedSignal.objects.filter(pk__in=[one.pk for one in signals], cluster__isnull=False)
    named = rows.values_list("pk", "cluster__theme__key", "cluster__theme__name", "likeness")
    return {number: Belongs(*rest) for number, *rest in named}


def theme_of(signal: Signal) -> Belongs | None:
    """The theme of one signal, with who placed it there. Two queries."""
    found = themes_of([signal]).get(signal.pk)
    placed = PlacedSignal.objects.filter(signal_key=signal.key).select_related("by").first()
    return Belongs(found.key, found.name, found.likeness, placed.by) if found and placed else found


def choices(person: Person | None) -> QuerySet[Theme]:
    """Themes that a signal may be put into: neither ended nor only holding others."""
    return themes_visible_to(person).filter(ended_at=None, is_broad=False)


def themes_like(signal: Signal, among: QuerySet[Theme]) -> list[Theme]:
    """The themes whose nearest group is most like the signal, the likest first; none where it has no words."""
    groups = groups_in_force()
    if groups is None or not len(groups.numbers):
        return []
    own = SignalVector.objects.filter(pk=signal.pk, encoder=encoder_mark(groups.encoder))
    found = list(own.values_list("bytes", flat=True))
    if not found:
        return []
    order = np.argsort(-(groups.centres @ unpacked(found)[0]))
    # A theme has several groups, so more are looked at than themes are shown.
    nearest = groups.numbers[order[: 10 * MOST_LIKE]].tolist()
    rows = among.filter(clusters__in=nearest).values_list("clusters", "pk")
    theme_of_group = dict(rows)
    numbers = dict.fromkeys(theme_of_group[group] for group in nearest if group in theme_of_group)
    themes = among.select_related("parent").in_bulk(list(numbers)[:MOST_LIKE])
    return [themes[number] for number in list(numbers)[:MOST_LIKE]]


def themes_named(words: str, among: QuerySet[Theme]) -> list[Theme]:
    """Themes whose name holds all of these words, the highest ranked first. One query."""
    for word in words.split():
        among = among.filter(name__icontains=word)
    return list(among.select_related("parent").order_by("-figures__rank", "name")[:MOST_NAMED])

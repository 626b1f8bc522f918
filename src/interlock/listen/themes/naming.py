"""Themes get names in their own words, and the signals that say it best; a name that a person gave stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from interlock.analytics.themes.names import Named, name_themes
from interlock.listen.models import Signal, Theme, ThemedSignal
from interlock.listen.themes.editing import LONGEST_NAME
from interlock.listen.themes.encoding import COLUMNS, text_of
from interlock.listen.themes.vectors import unpacked

# The likest of a theme say what it is about; more of them say the same.
READ_OF_EACH = 200
WORDS_KEPT = 8
# What else was said lately tells a new theme's words from everybody's.
READ_BESIDE = 800

# Themes whose name is not found anew.
GIVEN = Q(named_by__isnull=False) | ~Q(named_with="")


@dataclass(frozen=True)
class Found:
    """A found name, the words that tell a theme from the others, and the keys of the signals that say it best."""

    name: str
    words: list[str]
    quotes: list[str]


def name_of(signals: Sequence[int]) -> Found:
    """The name of a theme that these signals would be, beside what else was said lately. Three queries."""
    rows = ThemedSignal.objects.filter(cluster__isnull=False, signal__vector__isnull=False)
    beside = rows.exclude(pk__in=signals).order_by("-pk").values_list("pk", "cluster__theme")[:READ_BESIDE]
    owners = dict.fromkeys(signals, 0)
    numbers: dict[int, int] = {}
    for signal, theme in beside:
        owners[signal] = numbers.setdefault(theme, len(numbers) + 1)
    read = Signal.objects.only(*COLUMNS, "vector__bytes").select_related("vector").in_bulk(list(owners))
    said = [signal for signal in read.values() if hasattr(signal, "vector")]
    places = np.array([owners[one.pk] for one in said], dtype=np.int32)
    known = list(Theme.objects.filter(ended_at=None).values_list("name", flat=True))
    texts, vectors = [text_of(one) for one in said], unpacked([one.vector.bytes for one in said])
    named = name_themes(texts, vectors, places, taken=known)[0]
    name = (named.title or _("Without words"))[: LONGEST_NAME - 12]
    return Found(name, list(named.words[:WORDS_KEPT]), [said[place].key for place in named.quotes])


def name_all(*, now: datetime) -> int:
    """Name every theme that has not ended, and the broad ones by what is under them; return how many."""
    themes = list(Theme.objects.filter(ended_at=None, is_broad=False).order_by("pk"))
    if not themes:
        return 0
    found = _name(themes, {one.pk: [one.pk] for one in themes})
    broad = list(Theme.objects.filter(ended_at=None, is_broad=True).order_by("pk"))
    under: dict[int, list[int]] = defaultdict(list)
    for one in themes:
        if one.parent_id:
            under[one.parent_id].append(one.pk)
    broad = [one for one in broad if under[one.pk]]
    if broad:
        found += _name(broad, under)
    return found


def _name(themes: Sequence[Theme], parts: dict[int, list[int]]) -> int:
    texts: list[str] = []
    keys: list[str] = []
    owners: list[int] = []
    packed: list[bytes] = []
    of_theme = {theme.pk: _likest(parts[theme.pk]) for theme in themes}
    # A theme in people's hands may have lost all its signals, by erasure: it keeps its name.
    themes = [theme for theme in themes if of_theme[theme.pk]]
    for place, theme in enumerate(themes):
        for signal in of_theme[theme.pk]:
            texts.append(text_of(signal))
            keys.append(signal.key)
            owners.append(place)
            packed.append(signal.vector.bytes)
    unnamed: list[Theme] = []
    named = name_themes(texts, unpacked(packed), np.array(owners, dtype=np.int32), taken=_taken(themes))
    with transaction.atomic():
        given = set(
            Theme.objects.select_for_update(of=("self",))
            .filter(GIVEN, pk__in=[one.pk for one in themes])
            .values_list("pk", flat=True)
        )
        taken = set(Theme.objects.filter(GIVEN, ended_at=None).values_list("name", flat=True))
        for theme, one in zip(themes, named, strict=True):
            theme.words = list(one.words[:WORDS_KEPT])
            theme.quotes = [keys[place] for place in one.quotes]
            if theme.pk not in given:  # people may have named it while texts were read
                theme.name = _fresh(one, taken, theme)
                unnamed.append(theme)
            taken.add(theme.name)
        Theme.objects.bulk_update(themes, ["words", "quotes"], batch_size=500)
        Theme.objects.bulk_update(unnamed, ["name"], batch_size=500)
    return len(themes)


def _taken(themes: Sequence[Theme]) -> list[str]:
    """The names that people or a model gave; broad themes are not called like one of those under them either."""
    given = GIVEN
    if any(one.is_broad for one in themes):
        given |= Q(is_broad=False)
    return list(Theme.objects.filter(given, ended_at=None).values_list("name", flat=True))


def _fresh(named: Named, taken: set[str], theme: Theme) -> str:
    """The found title; where another theme has that name already, its number stands behind it."""
    title = (named.title or _("Without words"))[: LONGEST_NAME - 12]
    return title if title not in taken else f"{title} ({theme.pk})"


def _likest(themes: Sequence[int]) -> list[Signal]:
    rows = ThemedSignal.objects.filter(cluster__theme__in=themes, signal__vector__isnull=False)
    numbers = list(rows.order_by("-likeness", "pk").values_list("pk", flat=True)[:READ_OF_EACH])
    found = Signal.objects.only(*COLUMNS, "vector__bytes").select_related("vector").in_bulk(numbers)
    return [found[number] for number in numbers if number in found]

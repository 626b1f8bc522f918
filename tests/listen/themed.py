"""Themes as they stand after learning, made for tests: a theme is a direction, and its signals lie around it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import numpy as np

from listen.waiting import NOON, said, source

DIMENSIONS = 8
_numbers = count(1)


def direction(*weights: float) -> np.ndarray:
    """A unit vector along the first axes, weighted."""
    vector = np.zeros(DIMENSIONS, np.float32)
    vector[: len(weights)] = weights
    return vector / np.linalg.norm(vector)


def theme(name: str, *centres: np.ndarray, **more: Any):
    """A theme with one group of signals for each centre."""
    from interlock.listen.models import Cluster, Theme  # after the settings
    from interlock.listen.themes.vectors import centre_bytes

    number = next(_numbers)
    made = Theme.objects.create(
        **{"key": f"theme-{number}", "name": name, "began_at": NOON, "found_at": NOON, **more}
    )
    for place, centre in enumerate(centres):
        Cluster.objects.create(
            key=f"group-{number}-{place}",
            theme=made,
            centre=centre_bytes(centre),
            weight=10 - place,
            reach=0.5,
        )
    return made


def joined(
    theme: Any,
    vector: np.ndarray,
    words: str = "It is late.",
    *,
    by: str = "a1",
    at: datetime = NOON,
    **more: Any,
):
    """A signal of this theme, in the group it is nearest to."""
    from interlock.listen.models import SignalVector, ThemedSignal  # after the settings
    from interlock.listen.themes import encoding
    from interlock.listen.themes.letdown import was_let_down
    from interlock.listen.themes.vectors import centres_of, packed
    from interlock.listen.themes.weeks import week_of

    if "source" not in more:
        more["source"] = source()
    one = said(words, by=by, at=at, **more)
    clusters = list(theme.clusters.order_by("pk"))
    likeness = centres_of(each.centre for each in clusters) @ vector
    ThemedSignal.objects.create(
        signal=one,
        cluster=clusters[int(likeness.argmax())],
        occurred_at=at,
        likeness=float(likeness.max()),
        week=week_of(at),
        customer=encoding.said(one).customer,
        voice=hash((by, words)),
        let_down=was_let_down(one),
    )
    SignalVector.objects.create(signal=one, bytes=packed(vector[None, :])[0], encoder=0)
    return one


def names_of(*signals: Any) -> list[str]:
    """The names of the themes these signals belong to."""
    from interlock.listen.models import ThemedSignal  # after the settings

    rows = ThemedSignal.objects.filter(signal__in=[one.pk for one in signals])
    found = dict(rows.values_list("signal_id", "cluster__theme__name"))
    return [found[one.pk] for one in signals]


def weeks(number: float) -> timedelta:
    return timedelta(weeks=number)

"""Is something new being said? Each signal is looked at once after it was placed, whichever way it came.

What was looked at is one number beside the learning in force, so nothing is lost when a process ends: what it held
in memory is read again from the vectors of the signals. The past is drawn from all before the 5,000 newest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Max, QuerySet
from numpy.typing import NDArray

from interlock.analytics.themes.novelty import MOST_PAST, MOST_RECENT, Lookout, Noticed, Said
from interlock.listen.models import ChangeKind, SignalVector, Theme, ThemeChange, ThemesLearnt
from interlock.listen.themes import counting, founding, joining
from interlock.listen.themes.encoding import encoder_mark
from interlock.listen.themes.vectors import unpacked
from interlock.listen.turns import turn

# Of an import so many at a time.
LOOKED_AT_ONCE = 1_000
# With fewer texts of the past nothing can be told from them.
FEWEST_PAST = 30
_READ_AT_ONCE = 2_000
_COLUMNS = (
    "pk", "bytes", "signal__themed__cluster", "signal__themed__cluster__theme", "signal__themed__customer",
    "signal__themed__voice",
)  # fmt: skip
Version = tuple[object, ...]


@dataclass
class _Held:
    """What this process keeps between two batches, for as long as it is of the version in force."""

    version: Version
    lookout: Lookout | None
    numbers: dict[int, int]
    """Of each theme the number the lookout knows it by."""
    matter_of: dict[int, int]
    """Of each group that was noticed as new the theme it was made for, wherever people put it since."""
    young: set[int]
    """New themes that stand."""


_held: list[_Held] = []


def forget() -> None:
    """Drop what this process holds in memory; it is read again when it is needed."""
    _held.clear()


def notice_all(*, now: datetime) -> None:
    """Look at all signals that were not looked at before; of more than 5,000 only at the newest."""
    learnt = ThemesLearnt.objects.order_by("-pk").defer("student").first()
    if learnt is not None and learnt.looked_to:
        newest = _vectors(learnt).filter(pk__gt=learnt.looked_to).order_by("-pk")
        if passed := newest.values_list("pk", flat=True)[MOST_RECENT : MOST_RECENT + 1]:
            ThemesLearnt.objects.filter(pk=learnt.pk).update(looked_to=passed[0])
    while notice(now=now, most=LOOKED_AT_ONCE):
        continue


def notice(*, now: datetime, most: int) -> int:
    """Look at signals that were not looked at before, at most `most`; return how many were."""
    looked_at = 0
    while looked_at < most and (some := _look(most - looked_at, now)):
        looked_at += some
    return looked_at


def _look(most: int, now: datetime) -> int:
    """Look at signals up to the first that makes a new theme, which changes what the others are compared with."""
    learnt = ThemesLearnt.objects.order_by("-pk").defer("student").first()
    if learnt is None:
        return 0
    if not learnt.looked_to:
        return _begin(learnt)
    rows = list(_vectors(learnt).filter(pk__gt=learnt.looked_to).values_list(*_COLUMNS)[:most])
    if not rows:
        return 0
    held = _in_force(learnt)
    noticed: list[Noticed] = []
    done = 0
    said = _said(rows, held)
    while held.lookout and done < len(rows) and not (noticed and noticed[-1].is_new):
        one = held.lookout.look(Said(*(column[done : done + 1] for column in vars(said).values())))
        noticed += [one] if one else []
        done += 1
    done = done or len(rows)
    _keep(learnt, noticed, rows[done - 1][0], now)
    return done


def _begin(learnt: ThemesLearnt) -> int:
    """After the first learning nothing is new; what comes from now on is looked at."""
    newest = _vectors(learnt).order_by("-pk").values_list("pk", flat=True).first() or 0
    ThemesLearnt.objects.filter(pk=learnt.pk).update(known_to=newest, looked_to=newest)
    return 0


def _keep(learnt: ThemesLearnt, noticed: Sequence[Noticed], looked_to: int, now: datetime) -> None:
    """Write what was noticed, unless another process looked at the same meanwhile."""
    new = next((founding.prepared(one.members) for one in noticed if one.is_new), None)
    counted: set[int] = set()
    joined = False
    with turn(), transaction.atomic():
        mine = ThemesLearnt.objects.filter(pk=learnt.pk, looked_to=learnt.looked_to).update(
            looked_to=looked_to
        )
        for one in noticed if mine else ():
            if one.is_new:
                continue
            matter = one.matter
            if one.absorbed >= 0 and (
                left := joining.join(one.absorbed, matter, looked_to=looked_to, now=now)
            ):
                matter, joined = left.pk, True
                counted.add(matter)
            counted |= founding.take_in(matter, one.members)
        if mine and new:
            born = founding.found(new, looked_to=looked_to, now=now)
            counted |= {born.pk, *new.homes}
    if not mine or new or joined or not _held:
        forget()
    else:
        _held[0].version = _version(learnt, looked_to)
    if counted:
        counting.count(now=now, only=counted)


def _version(learnt: ThemesLearnt, looked_to: int) -> Version:
    """What the memory depends on: the learning, what was looked at, and every change of a theme. One query."""
    changed = ThemeChange.objects.aggregate(last=Max("pk"), undone=Max("undone_at"))
    return (
        learnt.pk,
        learnt.at,
        learnt.encoder,
        learnt.known_to,
        looked_to,
        changed["last"],
        changed["undone"],
    )


def _in_force(learnt: ThemesLearnt) -> _Held:
    version = _version(learnt, learnt.looked_to)
    if not _held or _held[0].version != version:
        _held[:] = [_read(learnt, version)]
    return _held[0]


def _read(learnt: ThemesLearnt, version: Version) -> _Held:
    known = _vectors(learnt).filter(pk__gt=learnt.known_to, pk__lte=learnt.looked_to)
    recent = list(known.order_by("-pk").values_list(*_COLUMNS)[:MOST_RECENT])[::-1]
    begins = recent[0][0] if recent else learnt.looked_to + 1
    past = _past(_vectors(learnt).filter(pk__lt=begins), seed=learnt.pk)
    held = _Held(version, None, {}, *_young(begins))
    if len(past) >= FEWEST_PAST:
        before, lately = _said(past, held), _said(recent, held)
        held.lookout = Lookout(before.vectors, before.theme, lately)
    return held


def _vectors(learnt: ThemesLearnt) -> QuerySet[SignalVector]:
    mark = encoder_mark(learnt.encoder)
    return SignalVector.objects.filter(encoder=mark, signal__themed__isnull=False).order_by("pk")


def _past(before: QuerySet[SignalVector], *, seed: int) -> list[tuple[Any, ...]]:
    """At most 8,000 of these signals, drawn evenly by their numbers; a dozen queries at most."""
    ends = [before.order_by(way).values_list("pk", flat=True).first() for way in ("pk", "-pk")]
    if ends[0] is None or ends[1] is None:
        return []
    first, span = ends[0], ends[1] - ends[0] + 1
    drawn = min(span, 2 * MOST_PAST)
    numbers = first + np.sort(np.random.default_rng(seed).choice(span, drawn, replace=False))
    rows: list[tuple[Any, ...]] = []
    for start in range(0, drawn, _READ_AT_ONCE):
        some = numbers[start : start + _READ_AT_ONCE].tolist()
        rows += before.filter(pk__in=some).values_list(*_COLUMNS)
    kept = np.random.default_rng(seed).permutation(len(rows))[:MOST_PAST]
    return [rows[place] for place in kept]


def _young(begins: int) -> tuple[dict[int, int], set[int]]:
    """Themes made since the oldest recent signal: of each group that was noticed its theme, and those that stand."""
    changes = [
        change
        for change in ThemeChange.objects.filter(kind__in=[ChangeKind.NOTICED, ChangeKind.FOUND], by=None)
        if change.said.get("looked_to", 0) >= begins
    ]
    standing = {change.theme_id for change in changes if change.undone_at is None}
    merged = Theme.objects.filter(pk__in=standing, became__isnull=False)
    became = dict(merged.values_list("pk", "became_id"))
    steps = (
        (became.get(change.theme_id, change.theme_id), step) for change in changes for step in change.steps
    )
    matter_of = {number: theme for theme, (kind, number, _values) in steps if kind == "cluster"}
    return matter_of, standing - set(became)


def _said(rows: Sequence[tuple[Any, ...]], held: _Held) -> Said:
    """Rows of _COLUMNS as the lookout reads them; who is not known speaks with each voice for itself."""
    themes = [-1 if row[3] is None else held.numbers.setdefault(row[3], len(held.numbers)) for row in rows]
    return Said(
        key=_whole(row[0] for row in rows),
        vectors=unpacked([row[1] for row in rows]),
        theme=_whole(themes),
        speaker=_whole(row[5] if row[4] is None else row[4] for row in rows),
        matter=_whole(held.matter_of.get(row[2], row[3] if row[3] in held.young else -1) for row in rows),
    )


def _whole(values: Any) -> NDArray[np.int64]:
    return np.array(list(values), dtype=np.int64)

"""How widely is this echoed? Signals that say nearly the same as some words or as another signal, by meaning.

The groups of the themes are the coarse index: only signals of the groups nearest to the words are compared, by their
own vectors, and the newest of those that are like no theme. So much is read and no more, whatever there is: where it
does not reach, the newest weeks count, and the result says that it is not whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from interlock.analytics.text.cleaning import readable
from interlock.analytics.text.duplicates import Echo
from interlock.analytics.text.echo import CENTRE_BELOW, NEAREST_GROUPS, Levels, echo_from, levels_of
from interlock.listen.models import SignalVector
from interlock.listen.themes.encoding import encoder_called, encoder_mark
from interlock.listen.themes.placing import groups_in_force
from interlock.listen.themes.vectors import Vectors, likeness_to, unpacked

MOST_READ, MOST_STRANGE = 25_000, 10_000
NEARNESS = ("strict", "loose")
_STAR_OR_QUOTE = str.maketrans("", "", '"*')


@dataclass(frozen=True)
class Echoed:
    """What says nearly the same, at three levels. `whole`: nothing that comes near was left unread.

    `numbers` and `likeness` are those of the signals that reach the loose level.
    """

    numbers: NDArray[np.int64]
    likeness: NDArray[np.float32]
    usual: Echo
    strict: Echo
    loose: Echo
    levels: Levels
    whole: bool

    def reaching(self, level: str) -> list[int]:
        """The signals of one level, which is "strict", "loose" or else the usual one."""
        least = getattr(self.levels, level if level in NEARNESS else "usual")
        return self.numbers[self.likeness >= least].tolist()


def echo_of(words: str) -> Echoed | None:
    """What says nearly the same as these words; None where they hold none, or no themes were learnt yet."""
    groups = groups_in_force()
    if groups is None:
        return None
    try:
        encoder = encoder_called(groups.encoder)
    except LookupError:  # of an earlier version: themes are about to be learnt anew
        return None
    vector = encoder.encode([readable(words.translate(_STAR_OR_QUOTE))])[0]
    return _echo(vector, groups.encoder, groups.numbers, groups.centres) if vector.any() else None


def echo_of_signal(number: int) -> Echoed | None:
    """What says nearly the same as this signal, itself included; None where it has no words that were read."""
    groups = groups_in_force()
    if groups is None:
        return None
    own = SignalVector.objects.filter(pk=number, encoder=encoder_mark(groups.encoder))
    found = list(own.values_list("bytes", flat=True))
    return _echo(unpacked(found)[0], groups.encoder, groups.numbers, groups.centres) if found else None


def _echo(vector: Vectors, encoder: str, groups: NDArray[np.int64], centres: Vectors) -> Echoed:
    levels, mark = levels_of(encoder), encoder_mark(encoder)
    # A matrix product would wake threads, which took 40 ms on a busy machine, and this 1.
    near = np.einsum("md,d->m", centres, vector) if len(groups) else np.empty(0, np.float32)
    order = np.argsort(-near)[:NEAREST_GROUPS]
    nearest = groups[order[near[order] >= levels.loose - CENTRE_BELOW]].tolist()
    since, all_weeks = _since(nearest)
    rows = _of_groups(nearest, since, mark)
    strange = _of_no_theme(mark)
    whole = all_weeks and len(rows) < MOST_READ and len(strange) < MOST_STRANGE
    rows += strange
    likeness = likeness_to(vector, [row[3] for row in rows])
    numbers = np.array([row[0] for row in rows], dtype=np.int64)
    customers = np.array([row[1] or 0 for row in rows], dtype=np.int64)
    voices = np.array([row[2] for row in rows], dtype=np.int64)
    strict, usual, loose = (
        echo_from(level, likeness, voices, customers) for level in (levels.strict, levels.usual, levels.loose)
    )
    kept = likeness >= levels.loose
    return Echoed(numbers[kept], likeness[kept], usual, strict, loose, levels, whole)


def _since(groups: Sequence[int]) -> tuple[int, bool]:
    """The first of the newest weeks that together hold no more than is read, and whether these are all weeks."""
    counted = _rows(
        f"SELECT week, count(*) FROM listen_themedsignal WHERE cluster_id IN ({_places(groups)})"  # noqa: S608
        " GROUP BY week ORDER BY week DESC",
        groups,
    )
    total, since = 0, 0
    for week, signals in counted:
        total += signals
        if total > MOST_READ and since:
            return since, False
        since = week
    return since, True


# The tables are joined here past the ORM, which would read each signal between the two.
_READ = "SELECT t.signal_id, t.customer, t.voice, v.bytes FROM {} t JOIN listen_signalvector v ON v.signal_id = t.signal_id WHERE v.encoder = %s"


def _of_groups(groups: Sequence[int], since: int, mark: int) -> list[tuple[int, int | None, int, bytes]]:
    read = _READ.format("listen_themedsignal")
    return _rows(
        f"{read} AND t.cluster_id IN ({_places(groups)}) AND t.week >= %s LIMIT %s",
        [mark, *groups, since, MOST_READ],
    )


def _of_no_theme(mark: int) -> list[tuple[int, int | None, int, bytes]]:
    newest = _READ.format(
        "(SELECT signal_id, customer, voice FROM listen_themedsignal WHERE cluster_id IS NULL"
        " ORDER BY occurred_at DESC LIMIT %s)"
    )
    return _rows(newest, [MOST_STRANGE, mark])


def _rows(sql: str, values: Sequence[int]) -> list[tuple[int, int | None, int, bytes]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def _places(groups: Sequence[int]) -> str:
    return ", ".join(["%s"] * len(groups)) or "NULL"

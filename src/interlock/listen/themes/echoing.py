"""How widely is this echoed? Signals that say nearly the same as some words or as another signal, by meaning.

The groups of the themes are the coarse index: only signals of the groups nearest to the words are compared, by their
own vectors, and the newest of those that are like no theme. So much is read and no more, whatever there is: where it
does not reach, the newest of each group count, and the result says that it is not whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from interlock.analytics.text.cleaning import readable
from interlock.analytics.text.duplicates import Echo
from interlock.analytics.text.echo import (
    CENTRE_BELOW,
    NEAREST_GROUPS,
    Levels,
    echo_from,
    is_measured,
    levels_of,
)
from interlock.listen.models import SignalVector
from interlock.listen.themes.encoding import encoder_called, encoder_mark
from interlock.listen.themes.placing import Groups, groups_in_force
from interlock.listen.themes.vectors import Vectors, likeness_to, unpacked

# A vector costs 8 to 14 microseconds where the database is larger than memory holds of it, so a search reads for less
# than a tenth of a second. The four nearest groups are read to a depth of 1,000 signals; what is left goes evenly to the next 28 (with them 98 of 100 texts alike by the usual level
# are found) and to the rest.
MOST_READ, MOST_STRANGE = 5_000, 1_000
NEAREST, DEEPEST, NEXT = 4, 1_000, 28
FEWEST_OF_GROUP = 20
NEARNESS = ("strict", "loose")
_STAR_OR_QUOTE = str.maketrans("", "", '"*')


# Number, customer, voice, vector and group of a signal.
Row = tuple[int, int | None, int, bytes, int | None]


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
    """What says nearly the same as these words; None where they hold none, or nothing can be compared."""
    groups = _groups()
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
    groups = _groups()
    if groups is None:
        return None
    own = SignalVector.objects.filter(pk=number, encoder=encoder_mark(groups.encoder))
    found = list(own.values_list("bytes", flat=True))
    return _echo(unpacked(found)[0], groups.encoder, groups.numbers, groups.centres) if found else None


def _groups() -> Groups | None:
    """The groups in force, where likeness to them was measured; None before the first learning, too."""
    groups = groups_in_force()
    return groups if groups and is_measured(groups.encoder) else None


def _echo(vector: Vectors, encoder: str, groups: NDArray[np.int64], centres: Vectors) -> Echoed:
    levels, mark = levels_of(encoder), encoder_mark(encoder)
    # A matrix product would wake threads, which took 40 ms on a busy machine, and this 1.
    near = np.einsum("md,d->m", centres, vector) if len(groups) else np.empty(0, np.float32)
    order = np.argsort(-near)[:NEAREST_GROUPS]
    nearest = groups[order[near[order] >= levels.loose - CENTRE_BELOW]].tolist()
    rows, whole = _of_groups(nearest, mark)
    strange = _of_no_theme(mark)
    whole = whole and len(strange) < MOST_STRANGE
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


def _of_groups(groups: Sequence[int], mark: int) -> tuple[list[Row], bool]:
    """The newest signals of these groups, the nearest groups first and deepest; and whether these are all."""
    found: list[Row] = []
    whole = True
    for some in (groups[:NEAREST], groups[NEAREST : NEAREST + NEXT], groups[NEAREST + NEXT :]):
        if not some:
            break
        depth = min(DEEPEST, (MOST_READ - len(found)) // len(some))
        if depth < FEWEST_OF_GROUP:
            return found, False
        rows = _newest(some, depth, mark)
        whole = whole and max(Counter(row[4] for row in rows).values(), default=0) < depth
        found += rows
    return found, whole


# The tables are joined here past the ORM, which would read each signal between the two.
_READ = """
SELECT t.signal_id, t.customer, t.voice, v.bytes, t.cluster_id
FROM ({}) t JOIN listen_signalvector v ON v.signal_id = t.signal_id WHERE v.encoder = %s
"""
_NEWEST = """
SELECT * FROM (SELECT signal_id, customer, voice, cluster_id FROM listen_themedsignal
WHERE cluster_id = %s ORDER BY week DESC LIMIT %s) AS newest
"""


def _newest(groups: Sequence[int], depth: int, mark: int) -> list[Row]:
    values = [value for group in groups for value in (group, depth)]
    return _rows(_READ.format(" UNION ALL ".join([_NEWEST] * len(groups))), [*values, mark])


def _of_no_theme(mark: int) -> list[Row]:
    newest = """
    SELECT signal_id, customer, voice, cluster_id FROM listen_themedsignal
    WHERE cluster_id IS NULL ORDER BY week DESC LIMIT %s
    """
    return _rows(_READ.format(newest), [MOST_STRANGE, mark])


def _rows(sql: str, values: Sequence[int]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()

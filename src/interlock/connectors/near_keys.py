"""Keys that are used but do not exist, and the existing key each may have meant.

First the same letters and digits written otherwise ("GTXPro" for "GTX Pro"), then few typing errors apart.
Nothing is repaired by itself: the answer goes into `repair_keys` of the mapping.
"""

import re
import unicodedata
from collections.abc import Sequence

from rapidfuzz import fuzz, process

from .making.maker import Maker
from .making.workbench import Workbench
from .records import NearKey

# Below 88 of 100 short keys such as begin to look alike; checked on the shipped sets.
LEAST_SCORE = 88.0
# More unknown keys than this is a missing file, not a spelling; the most used ones are looked at.
MOST_UNKNOWN = 2_000
MOST_KNOWN = 200_000


def find_near_keys(maker: Maker) -> tuple[NearKey, ...]:
    """All unknown keys of all made tables, the most used first; `candidate` is empty where nothing is near."""
    found = []
    for use in maker.uses:
        known_table = maker.keys.get(use.parent)
        if known_table is None:
            continue
        unknown = _unknown(maker.bench, use.counts, known_table)
        if not unknown:
            continue
        query = f"SELECT k FROM {known_table} ORDER BY k LIMIT {MOST_KNOWN}"
        known = [str(key) for (key,) in maker.bench.rows(query)]
        prefix = maker.mapping.key_prefix
        for value, rows, candidate, score, reason in _near(unknown, known, prefix):
            found.append(NearKey(use.table, use.column, use.parent, value, rows, candidate, score, reason))
    return tuple(sorted(found, key=lambda near: (not near.candidate, -near.rows, near.table, near.value)))


def _unknown(bench: Workbench, counts: str, known: str) -> list[tuple[str, int]]:
    return [
        (str(key), int(rows))
        for key, rows in bench.rows(
            f"SELECT k, n FROM {counts} ANTI JOIN {known} USING (k) ORDER BY n DESC, k LIMIT {MOST_UNKNOWN}"
        )
    ]


def _near(
    unknown: Sequence[tuple[str, int]], known: Sequence[str], prefix: str
) -> list[tuple[str, int, str, float, str]]:
    bare = [key.removeprefix(prefix) for key in known]
    alike: dict[str, str] = {}
    for key in bare:
        alike.setdefault(_letters(key), key)
    result = []
    for key, rows in unknown:
        value = key.removeprefix(prefix)
        same = alike.get(_letters(value))
        if same is not None:
            result.append((value, rows, same, 100.0, "the same letters and digits, written otherwise"))
            continue
        close = None
        # Keys of digits only are numbers: a near number is another thing, not a typing error.
        if not re.fullmatch(r"[\W\d]*", value):
            close = process.extractOne(
                value, bare, scorer=fuzz.ratio, score_cutoff=LEAST_SCORE, processor=_letters
            )
        if close is None:
            result.append((value, rows, "", 0.0, "no key is near; is a file missing?"))
        else:
            result.append((value, rows, close[0], round(close[1], 1), "a few letters apart"))
    return result


def _letters(key: str) -> str:
    """Letters and digits only, without case or accents."""
    plain = unicodedata.normalize("NFKD", key.casefold())
    return re.sub(r"[^\w]|_", "", "".join(sign for sign in plain if not unicodedata.combining(sign)))

"""Which forms the dates of a column have, and whether day and month can be told apart."""

from dataclasses import dataclass

from ..making import sql
from ..making.workbench import Staged, Workbench

_DAYS = (
    "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%y", "%m/%d/%y",
    "%d-%m-%y", "%m-%d-%y", "%Y/%m/%d", "%Y%m%d", "%d %b %Y", "%b %d, %Y", "%d-%b-%y", "%d-%b-%Y",
)  # fmt: skip
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p")
FORMATS = tuple(day + time for day in _DAYS for time in _TIMES)
LOOKED_AT = 20_000
# Several formats must read nearly all values. Where all that can be read is of one format, half is enough: the rest
# are faults of single rows, which a small file has many of, and each is refused with its reason.
MOST_READABLE, FEWEST_READABLE = 0.9, 0.5


@dataclass(frozen=True)
class DateForms:
    """The formats that read a column. `question` asks what the values cannot tell; `odd` is one that is no date."""

    formats: tuple[str, ...]
    share: float
    question: str = ""
    odd: str = ""


def date_forms(bench: Workbench, staged: Staged, column: str) -> DateForms | None:
    """The fewest formats that read the column's values, or None where they are no dates."""
    values = (
        f"(SELECT DISTINCT {sql.name(column)} AS c FROM {staged.table} "
        f"WHERE {sql.name(column)} IS NOT NULL LIMIT {LOOKED_AT})"
    )
    tests = ["c LIKE '____-__-__%' AND try_cast(c AS TIMESTAMP) IS NOT NULL"]
    # From 1900 on: two digits read as a year of four would lie in the first century.
    tests += [
        f"coalesce(try_strptime(c, {sql.text(form)}) >= TIMESTAMP '1900-01-01', false)" for form in FORMATS
    ]
    counts = ", ".join(f"count(*) FILTER (WHERE {test})" for test in tests)
    total, *found = bench.rows(f"SELECT count(*), {counts} FROM {values}")[0]
    if not total or max(found) < 0.2 * total:
        return None
    chosen, covered = _fewest(bench, values, tests, list(found), total)
    names = tuple("iso" if index == 0 else FORMATS[index - 1] for index in chosen)
    if covered < MOST_READABLE * total and not (len(chosen) == 1 and covered >= FEWEST_READABLE * total):
        return None
    question = _question(bench, values, column, staged.raw.name, names)
    return DateForms(names, covered / total, question, _odd(bench, values, [tests[one] for one in chosen]))


def _odd(bench: Workbench, values: str, tests: list[str]) -> str:
    """A value that none of the formats reads."""
    unread = " AND ".join(f"NOT ({test})" for test in tests)
    return str(bench.rows(f"SELECT coalesce(min(c) FILTER (WHERE {unread}), '') FROM {values}")[0][0])


def _fewest(
    bench: Workbench, values: str, tests: list[str], found: list[int], total: int
) -> tuple[list[int], int]:
    """Formats, each adding at least two values in a hundred, the widest first; at most four."""
    chosen: list[int] = []
    covered = 0
    left = found
    while len(chosen) < 4:
        best = max(range(len(tests)), key=lambda index: (left[index], -index))
        if left[best] < max(1, 0.02 * total):
            break
        chosen.append(best)
        covered += left[best]
        others = " AND ".join(f"NOT ({tests[index]})" for index in chosen)
        counts = ", ".join(f"count(*) FILTER (WHERE ({test}) AND {others})" for test in tests)
        left = list(bench.rows(f"SELECT {counts} FROM {values}")[0])
    return chosen, covered


def swapped(form: str) -> str:
    """The format with day and month exchanged."""
    return form.replace("%d", "%\0").replace("%m", "%d").replace("%\0", "%m")


def _question(bench: Workbench, values: str, column: str, file: str, forms: tuple[str, ...]) -> str:
    """What to ask where day and month could be exchanged and no value tells."""
    for form in forms:
        other = swapped(form)
        if form == other or other not in FORMATS:
            continue
        only, both, example = bench.rows(
            f"SELECT count(*) FILTER (WHERE b IS NULL), count(*) FILTER (WHERE a <> b), min(c) FILTER (WHERE a <> b) "
            f"FROM (SELECT c, try_strptime(c, {sql.text(form)}) AS a, try_strptime(c, {sql.text(other)}) AS b "
            f"FROM {values}) WHERE a IS NOT NULL"
        )[0]
        mixed = other in forms
        if both and (not only or mixed):
            why = "the column uses both orders" if mixed else "no value tells which"
            return (
                f"{file}, {column}: {example} may put the day or the month first; {why}. "
                f"Keep '{form}' under 'date' of this column if it is right, or write '{other}'."
            )
    return ""

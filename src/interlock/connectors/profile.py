"""What is in a staged table: types, filled shares and first values of its columns."""

from .making import sql
from .making.workbench import ROW, Staged, Workbench
from .protocol import FoundColumn, FoundTable

SAMPLES = 3
# Types are judged on so many rows; a column that turns odd later shows in the dry run.
LOOKED_AT = 20_000
_KINDS = (
    ("yes or no", "lower(c) IN ('true','false','yes','no','y','n','ja','nein','oui','non','sim','não')"),
    ("whole number", "regexp_full_match(c, '[+-]?\\d{1,15}')"),
    ("number", "try_cast(c AS DOUBLE) IS NOT NULL"),
    ("number, decimal comma", "regexp_full_match(c, '[+-]?(\\d+|\\d{1,3}(\\.\\d{3})+),\\d+')"),
    ("moment", "regexp_matches(c, '^\\d{4}-\\d\\d-\\d\\d[ T]\\d\\d:\\d\\d')"),
    ("date", "regexp_full_match(c, '\\d{4}-\\d\\d-\\d\\d|\\d{1,2}[./-]\\d{1,2}[./-]\\d{2,4}( .*)?')"),
)


def found_table(bench: Workbench, staged: Staged) -> FoundTable:
    """Describe one staged table."""
    return FoundTable(
        staged.raw.name,
        staged.rows,
        tuple(found_column(bench, staged, column) for column in staged.columns),
        len(staged.unreadable),
        staged.reading.encoding,
        staged.reading.delimiter,
        tuple(staged.reading.notes),
    )


def found_column(bench: Workbench, staged: Staged, column: str) -> FoundColumn:
    """Describe one column."""
    name = sql.name(column)
    limited = f"(SELECT trim({name}) AS c, {ROW} FROM {staged.table} LIMIT {LOOKED_AT})"
    shares = ", ".join(f"count(*) FILTER (WHERE {test})" for _, test in _KINDS)
    filled, total, distinct, *counts = bench.rows(
        f"SELECT count(nullif(c, '')), count(*), approx_count_distinct(c), {shares} FROM {limited}"
    )[0]
    kind = next(
        (kind for (kind, _), count in zip(_KINDS, counts, strict=True) if filled and count >= 0.98 * filled),
        "",
    )
    samples = bench.rows(
        f"SELECT c FROM (SELECT c, min({ROW}) AS first FROM {limited} WHERE c <> '' GROUP BY c) "
        f"ORDER BY first LIMIT {SAMPLES}"
    )
    return FoundColumn(
        column,
        kind or ("text" if filled else "empty"),
        filled / total if total else 0.0,
        distinct,
        tuple(value[:80] for (value,) in samples),
    )

"""Keys that occur more than once: word-for-word repeats are counted, contradictions are refused.

The last row wins, as a later export line corrects an earlier one; the others are refused with the number of
the row that was kept.
"""

from interlock.store.contract import TABLES

from . import sql
from .outputs import Target
from .scope import FILE
from .workbench import ROW, Workbench


def settle_duplicates(bench: Workbench, target: Target, file_names: dict[tuple[int, int], str]) -> int:
    """Leave one row per key; return how many were repeated word for word.

    `file_names` names each (output number, file number).
    """
    table = TABLES[target.table]
    keys = ", ".join(sql.name(key) for key in table.key)
    twice = bench.new_name("twice")
    bench.run(f"CREATE TABLE {twice} AS SELECT {keys} FROM {target.rows} GROUP BY {keys} HAVING count(*) > 1")
    if not bench.count(twice):
        return 0
    bench.make_table(target.rows)
    columns = ", ".join(sql.name(name) for name in table.column_names)
    ranked = bench.new_name("ranked")
    order = f"_output, {FILE}, {ROW}"
    window = f"PARTITION BY {keys} ORDER BY {order} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
    bench.run(
        f"CREATE TABLE {ranked} AS SELECT *, hash({columns}) = last(hash({columns})) OVER w AS _same, "
        f"last(_output) OVER w AS _kept_output, last({FILE}) OVER w AS _kept_file, "
        f"last({ROW}) OVER w AS _kept_row, "
        f"row_number() OVER w = count(*) OVER w AS _is_last "
        f"FROM {target.rows} SEMI JOIN {twice} USING ({keys}) WINDOW w AS ({window})"
    )
    _refuse_others(bench, target, ranked, file_names)
    everything = f"{columns}, _output, {FILE}, {ROW}"
    bench.run(f"DELETE FROM {target.rows} WHERE ({keys}) IN (SELECT ({keys}) FROM {twice})")
    bench.run(f"INSERT INTO {target.rows} SELECT {everything} FROM {ranked} WHERE _is_last")
    repeated = bench.rows(f"SELECT count(*) FROM {ranked} WHERE _same AND NOT _is_last")[0][0]
    bench.run(f"DROP TABLE {ranked}")
    bench.run(f"DROP TABLE {twice}")
    return int(repeated)


def _refuse_others(
    bench: Workbench, target: Target, ranked: str, file_names: dict[tuple[int, int], str]
) -> None:
    table = TABLES[target.table]
    names = "map([" + sql.texts(f"{output} {file}" for output, file in file_names) + "], ["
    names += sql.texts(file_names.values()) + "])"
    file = f"{names}[_output || ' ' || {FILE}]"
    kept = f"{names}[_kept_output || ' ' || _kept_file]"
    shown = " || ' ' || ".join(f"CAST({sql.name(key)} AS VARCHAR)" for key in table.key)
    reason = (
        f"'same key as row ' || _kept_row || CASE WHEN {kept} = {file} THEN '' ELSE ' of ' || {kept} END || "
        "' with other values; the last one is kept'"
    )
    bench.run(
        f"INSERT INTO {target.refusals} SELECT {file}, {ROW}, {sql.text(table.key[0])}, {shown}, {reason} "
        f"FROM {ranked} WHERE NOT _same AND NOT _is_last ORDER BY _output, {FILE}, {ROW}"
    )

"""The rows an output reads: its file, with at most one row of each joined file beside each."""

from dataclasses import replace

from ..mapping.model import Join
from . import sql
from .conditions import condition
from .scope import FILE, Scope, join_name
from .values import cell, text_steps
from .workbench import ROW


def from_clause(scope: Scope) -> str:
    """SQL after FROM. Call it last: by then the scope knows every column that is needed."""
    joins: list[str] = []
    # Backwards, since a later join may need columns of an earlier one.
    for join in reversed(scope.output.joins):
        if join.alias in scope.joined:
            joins.insert(0, _left_join(join, scope))
    return " ".join([scope.base_rows(), *joins, *scope.lookups])


def _left_join(join: Join, scope: Scope) -> str:
    """The first matching row of the other file; both sides of a key pass the same steps."""
    theirs = Scope(
        scope.bench, scope.files, replace(scope.output, alias=join.alias, joins=()), scope.time_zone
    )
    keys = [text_steps(recipe, theirs.column(column, recipe.place)) for column, recipe in join.on]
    named = ", ".join(f"{key} AS k{number}" for number, key in enumerate(keys))
    columns = "".join(
        f", {theirs.column(column)} AS {sql.name(column)}" for column in scope.joined[join.alias]
    )
    order = f"b.{FILE}, b.{ROW}"
    if join.first_by:
        by = theirs.column(join.first_by)
        order = f"try_cast({by} AS DOUBLE) NULLS LAST, {by}, {order}"
    where = f" WHERE {condition(join.when, theirs)}" if join.when else ""
    partition = ", ".join(f"k{number}" for number in range(len(keys)))
    ours = [cell(recipe, scope, "text").value for _, recipe in join.on]
    matches = " AND ".join(f"{join_name(join)}.k{number} = {mine}" for number, mine in enumerate(ours))
    # Made as a table of its own: DuckDB 2.0.0 loses matches when a join on such a window feeds another one.
    where += _needed_only(scope, keys, ours, " AND" if where else " WHERE")
    chosen = scope.bench.new_name("joined")
    scope.bench.run(
        f"CREATE TABLE {chosen} AS SELECT {named}{columns} FROM {theirs.base_rows()}{where} "
        f"QUALIFY row_number() OVER (PARTITION BY {partition} ORDER BY {order}) = 1"
    )
    return f"LEFT JOIN {chosen} {join_name(join)} ON {matches}"


def _needed_only(scope: Scope, keys: list[str], ours: list[str], word: str) -> str:
    """Only keys that rows of the output ask for: a few cancellations need not rank a whole year's sales."""
    if scope.output.when is None or any("j " + alias in mine for alias in scope.joined for mine in ours):
        return ""
    wanted = f"SELECT {', '.join(ours)} FROM {scope.base_rows()} WHERE {condition(scope.output.when, scope)}"
    return f"{word} ({', '.join(keys)}) IN ({wanted})"

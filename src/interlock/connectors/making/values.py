"""One column's recipe as SQL: the text it starts from, and the typed value it becomes."""

from dataclasses import dataclass

from ..mapping.model import (
    Arithmetic,
    Bucket,
    Choose,
    Column,
    Concatenate,
    Constant,
    FirstOf,
    Lookup,
    Numbered,
    Recipe,
    Shift,
)
from . import sql
from .conditions import condition
from .conversions import NUMBER, as_text, convert
from .scope import FILE, Scope
from .workbench import ROW


@dataclass(frozen=True)
class Cell:
    """SQL of a value. `raw` is text, empty where there is nothing; `value` is empty too if raw is wrong."""

    raw: str
    value: str
    kind: str  # text, number or moment: what `value` is before it is converted


def cell(recipe: Recipe, scope: Scope, want: str) -> Cell:
    """The SQL of one recipe, as the wanted type of the contract (`text`, `decimal(2)`, `timestamp`, ...)."""
    start = _origin(recipe, scope)
    if _changes_text(recipe):
        changed = text_steps(recipe, as_text(start.value, start.kind))
        start = Cell(changed, changed, "text")
    return Cell(start.raw, convert(recipe, start.value, start.kind, want, scope.rule, scope.time_zone), want)


def _changes_text(recipe: Recipe) -> bool:
    return bool(
        recipe.replace or recipe.remove_end or recipe.part or recipe.letters or recipe.values is not None
    )


def text_steps(recipe: Recipe, value: str) -> str:
    """SQL of a text after the recipe's steps on texts; the text itself where there are none."""
    if not _changes_text(recipe):
        return value
    if recipe.values is not None:
        value = _mapped(recipe, value)
    for old, new in recipe.replace:
        value = f"replace({value}, {sql.text(old)}, {sql.text(new)})"
    if recipe.remove_end:
        end = sql.text(recipe.remove_end)
        value = f"CASE WHEN ends_with({value}, {end}) THEN left({value}, -length({end})) ELSE {value} END"
    if recipe.part:
        value = f"substring({value}, {recipe.part[0]}, {recipe.part[1]})"
    if recipe.letters == "title":
        words = f"string_split(lower({value}), ' ')"
        value = f"array_to_string(list_transform({words}, lambda w: upper(w[1]) || w[2:]), ' ')"
    elif recipe.letters:
        value = f"{recipe.letters}({value})"
    return f"nullif(trim({value}), '')"


def _mapped(recipe: Recipe, value: str) -> str:
    """Values mapped one by one. A value to refuse becomes a text that no other can be."""
    pairs = recipe.values or {}
    rest = {"keep": value, "empty": "NULL", "refuse": f"{sql.text(REFUSED)} || {value}"}
    otherwise = rest.get(recipe.otherwise, sql.text(recipe.otherwise))
    if not pairs:
        return f"CASE WHEN {value} IS NOT NULL THEN {otherwise} END"
    known = f"map([{sql.texts(pairs)}], [{sql.texts(pairs.values())}])[{value}]"
    inside = f"{value} IN ({sql.texts(pairs)})"
    return f"CASE WHEN {value} IS NULL THEN NULL WHEN {inside} THEN nullif({known}, '') ELSE {otherwise} END"


REFUSED = "\u0001no value for: "


def _origin(recipe: Recipe, scope: Scope) -> Cell:
    match recipe.origin:
        case Column(column):
            found = scope.column(column, recipe.place)
            return Cell(found, found, "text")
        case Constant(value):
            return Cell(sql.text(value), sql.text(value), "text")
        case Concatenate():
            return _text_cell(_concatenated(recipe.origin, scope))
        case FirstOf(parts):
            texts = ", ".join(cell(part, scope, "text").value for part in parts)
            return _text_cell(f"coalesce({texts})")
        case Choose():
            return _text_cell(_chosen(recipe.origin, scope))
        case Lookup():
            using = cell(recipe.origin.using, scope, "text").value
            return _text_cell(scope.lookup(recipe.origin, using, recipe.place))
        case Bucket(of, limits, labels):
            return _bucket(cell(of, scope, NUMBER), limits, labels)
        case Numbered(within):
            columns = ", ".join(scope.column(column, recipe.place) for column in within)
            return _text_cell(
                f"CAST(row_number() OVER (PARTITION BY {columns} ORDER BY b.{FILE}, b.{ROW}) AS VARCHAR)"
            )
        case Arithmetic(operator, parts):
            return _arithmetic(operator, [cell(part, scope, NUMBER) for part in parts])
        case Shift():
            return _shifted(recipe.origin, scope)


def _text_cell(value: str) -> Cell:
    return Cell(value, value, "text")


def _concatenated(origin: Concatenate, scope: Scope) -> str:
    texts = [cell(part, scope, "text").value for part in origin.parts]
    if origin.skip_empty:
        return f"nullif(concat_ws({sql.text(origin.separator)}, {', '.join(texts)}), '')"
    glue = f" || {sql.text(origin.separator)} || " if origin.separator else " || "
    return "(" + glue.join(texts) + ")"


def _chosen(origin: Choose, scope: Scope) -> str:
    cases = " ".join(
        f"WHEN {condition(when, scope)} THEN {cell(then, scope, 'text').value}" for when, then in origin.cases
    )
    otherwise = cell(origin.otherwise, scope, "text").value if origin.otherwise else "NULL"
    return f"CASE {cases} ELSE {otherwise} END"


def _bucket(of: Cell, limits: tuple[float, ...], labels: tuple[str, ...]) -> Cell:
    cases = " ".join(
        f"WHEN {of.value} < {limit} THEN {sql.text(label)}"
        for limit, label in zip(limits, labels, strict=False)
    )
    value = f"CASE WHEN {of.value} IS NULL THEN NULL {cases} ELSE {sql.text(labels[-1])} END"
    return Cell(of.raw, value, "text")


def _arithmetic(operator: str, parts: list[Cell]) -> Cell:
    value = parts[0].value
    for part in parts[1:]:
        value = f"try_cast({value} {operator} {part.value} AS {NUMBER})"
    sign = sql.text(f" {operator} ")
    raw = f" || {sign} || ".join(part.raw for part in parts)
    return Cell(f"({raw})", value, "number")


def _shifted(origin: Shift, scope: Scope) -> Cell:
    day = cell(origin.day, scope, "local moment")
    by = origin.months or origin.days
    assert by is not None
    count = cell(by, scope, NUMBER)
    unit = "to_months" if origin.months else "to_days"
    sign = "-" if origin.sign < 0 else "+"
    value = f"({day.value} {sign} {unit}(CAST({count.value} AS INTEGER)))"
    return Cell(f"({day.raw} || ' {sign} ' || {count.raw})", value, "moment")

"""Which columns of which files a mapping reads."""

from collections.abc import Iterator

from .model import (
    AllOf,
    AnyOf,
    Arithmetic,
    Bucket,
    Choose,
    Column,
    Concatenate,
    Condition,
    Constant,
    FirstOf,
    Lookup,
    Mapping,
    Not,
    Numbered,
    Output,
    Recipe,
    Shift,
    Test,
)


def used_columns(mapping: Mapping) -> dict[str, set[str]]:
    """For each alias, the columns that the mapping reads."""
    used: dict[str, set[str]] = {alias: set() for alias in mapping.files}
    for output in mapping.outputs:
        joined = {join.alias for join in output.joins}
        for alias, column in _of_output(output):
            prefix, _, rest = column.partition(".")
            if not alias and prefix in joined and rest:
                used[prefix].add(rest)
            elif (alias or output.alias) in used:
                used[alias or output.alias].add(column)
    return used


def _of_output(output: Output) -> Iterator[tuple[str, str]]:
    """Pairs of alias and column; an empty alias is the output's own file."""
    for recipe in output.columns.values():
        yield from _of_recipe(recipe)
    for join in output.joins:
        for theirs, ours in join.on:
            yield join.alias, theirs
            yield from _of_recipe(ours)
        if join.first_by:
            yield join.alias, join.first_by
        if join.when:
            yield from ((join.alias, column) for _, column in _of_condition(join.when))
    conditions = [output.when, *(leave.when for leave in output.leave_out)]
    for condition in conditions:
        if condition is not None:
            yield from _of_condition(condition)


def _of_recipe(recipe: Recipe) -> Iterator[tuple[str, str]]:
    parts: tuple[Recipe | None, ...] = ()
    match recipe.origin:
        case Column(name):
            yield "", name
        case Constant():
            return
        case Concatenate() | FirstOf() | Arithmetic():
            parts = recipe.origin.parts
        case Choose(cases, otherwise):
            parts = (*(then for _, then in cases), otherwise)
            for when, _ in cases:
                yield from _of_condition(when)
        case Lookup(alias, key, value, using):
            yield alias, key
            yield alias, value
            parts = (using,)
        case Bucket(of, _, _):
            parts = (of,)
        case Shift(day, months, days, _):
            parts = (day, months, days)
        case Numbered(within):
            yield from (("", column) for column in within)
    for part in parts:
        if part is not None:
            yield from _of_recipe(part)


def _of_condition(condition: Condition) -> Iterator[tuple[str, str]]:
    match condition:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _of_condition(part)
        case Not(part):
            yield from _of_condition(part)
        case Test(of, _, _):
            yield from _of_recipe(of)

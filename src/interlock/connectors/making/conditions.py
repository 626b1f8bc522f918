"""A mapping's conditions as SQL. An empty cell passes no test but `empty`, `is_not` and the other nots."""

from ..mapping.model import AllOf, AnyOf, Column, Condition, Not, Test
from . import sql
from .conversions import NUMBER, convert
from .scope import Scope

_COMPARISONS = {"above": ">", "below": "<", "at_least": ">=", "at_most": "<="}


def condition(what: Condition, scope: Scope) -> str:
    """SQL that is true or false, never unknown."""
    match what:
        case AllOf(parts):
            return "(" + " AND ".join(condition(part, scope) for part in parts) + ")"
        case AnyOf(parts):
            return "(" + " OR ".join(condition(part, scope) for part in parts) + ")"
        case Not(part):
            return f"(NOT {condition(part, scope)})"
        case Test():
            return _test(what, scope)


def _test(test: Test, scope: Scope) -> str:
    assert isinstance(test.of.origin, Column)
    value = scope.column(test.of.origin.name)
    match test.name:
        case "empty":
            return f"({value} IS NULL)"
        case "not_empty":
            return f"({value} IS NOT NULL)"
        case "is" | "in":
            return f"coalesce({value} IN ({sql.texts(test.operands)}), false)"
        case "is_not" | "not_in":
            return f"coalesce({value} NOT IN ({sql.texts(test.operands)}), true)"
        case "above" | "below" | "at_least" | "at_most":
            number = convert(test.of, value, "text", NUMBER, scope.rule, scope.time_zone)
            return f"coalesce({number} {_COMPARISONS[test.name]} {test.operands[0]}, false)"
        case _:
            return _text_test(test, value)


def _text_test(test: Test, value: str) -> str:
    functions = {
        "starts_with": "starts_with", "ends_with": "ends_with", "contains": "contains",
        "matches": "regexp_matches",
    }  # fmt: skip
    positive = test.name.removeprefix("not_")
    found = " OR ".join(f"{functions[positive]}({value}, {sql.text(text)})" for text in test.operands)
    if test.name.startswith("not_"):
        return f"coalesce(NOT ({found}), true)"
    return f"coalesce({found}, false)"

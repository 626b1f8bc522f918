"""Reads conditions such as `{InvoiceNo: {starts_with: C}, Quantity: {below: 0}}`: all must hold."""

import re

from .document import Place
from .model import AllOf, AnyOf, Column, Condition, Not, Recipe, Test

TEXT_TESTS = ("is", "is_not", "in", "not_in", "starts_with", "not_starts_with", "ends_with", "contains")
PATTERN_TESTS = ("matches", "not_matches")
NUMBER_TESTS = ("above", "below", "at_least", "at_most")
TESTS = (*TEXT_TESTS, *PATTERN_TESTS, *NUMBER_TESTS, "empty")


def read_condition(place: Place) -> Condition:
    """Read a block of tests.

    Raises:
        MappingError: a test is not known or lacks its value.
    """
    parts: list[Condition] = []
    for key in place.names():
        at = place.at(key)
        if key in ("any", "all"):
            items = tuple(read_condition(item) for item in at.items())
            parts.append(AnyOf(items) if key == "any" else AllOf(items))
        elif key == "not":
            parts.append(Not(read_condition(at)))
        else:
            parts.extend(_tests(key, at))
    if not parts:
        raise place.fail("an empty condition holds for every row; leave it away.")
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _tests(column: str, at: Place) -> list[Condition]:
    of = Recipe(Column(column))
    if isinstance(at.value, list):
        return [Test(of, "in", at.texts())]
    if not isinstance(at.value, dict):
        return [Test(of, "is", at.texts())]
    at.names(TESTS, "test")
    return [_test(of, name, at.at(name)) for name in at.value]


def _test(of: Recipe, name: str, at: Place) -> Test:
    if name == "empty":
        return Test(of, "empty" if at.flag() else "not_empty", ())
    if name in NUMBER_TESTS:
        return Test(of, name, (str(at.number()),))
    operands = at.texts()
    if name in PATTERN_TESTS:
        for pattern in operands:
            _check_pattern(pattern, at)
    return Test(of, name, operands)


def _check_pattern(pattern: str, at: Place) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise at.fail(f"{pattern!r} is not a valid pattern: {error}.") from None

"""Which rows must not enter the contract, and the reason to give."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from interlock.store.contract import DEAL_OUTCOMES, FUNCTIONS, PROMISE_KINDS, SIGNAL_KINDS, Column

from ..limits import Limits
from ..mapping.model import Recipe
from . import sql
from .values import REFUSED

# Events that have happened. A promised, requested or due date may lie ahead.
PAST = {
    "ordered_at", "shipped_at", "delivered_at", "occurred_at", "first_reply_at", "resolved_at", "created_at",
    "touched_at", "issued_at", "paid_at", "opted_out_at", "made_at", "since",
}  # fmt: skip
WORDS = {
    ("signals", "kind"): SIGNAL_KINDS,
    ("promises", "kind"): PROMISE_KINDS,
    ("deals", "outcome"): DEAL_OUTCOMES,
    ("teams", "function"): FUNCTIONS,
}
_MEANINGS = {
    "decimal": "not a number with a decimal point (for decimal commas write 'decimal: comma' under the file)",
    "double": "not a number with a decimal point (for decimal commas write 'decimal: comma' under the file)",
    "int": "not a whole number",
    "boolean": "neither yes nor no",
}


@dataclass(frozen=True)
class Check:
    """One fault: SQL that is true for faulty rows, over the value `v` and the text `r` of a column."""

    column: str
    fault: str
    shown: str
    reason: str


@dataclass(frozen=True)
class Flags:
    """What the readers saw in any of the files of an output."""

    has_nul: bool
    has_broken_text: bool


def checks_of(
    table: str, column: Column, recipe: Recipe, flags: Flags, limits: Limits, now: datetime | None
) -> list[Check]:
    """All checks of one column, the first that fails giving the reason."""
    value, raw = sql.name(column.name), sql.name("raw " + column.name)
    if column.type == "text":
        checks = [
            (fault, value, reason) for fault, reason in _text_faults(table, column, recipe, flags, limits)
        ]
    else:
        checks = [(fault, raw, reason) for fault, reason in _typed_faults(table, column, recipe, now)]
    if column.required:
        reason = f"{column.name} is required and empty here"
        checks.append((f"{value} IS NULL", value if column.type == "text" else raw, reason))
    return [Check(column.name, fault, shown, reason) for fault, shown, reason in checks]


def _text_faults(
    table: str, column: Column, recipe: Recipe, flags: Flags, limits: Limits
) -> list[tuple[str, str]]:
    value = sql.name(column.name)
    faults = []
    if recipe.otherwise == "refuse":
        faults.append((f"starts_with({value}, {sql.text(REFUSED)})", "the mapping lists no such value"))
    if (table, column.name) in WORDS:
        words = WORDS[table, column.name]
        faults.append((f"{value} NOT IN ({sql.texts(words)})", f"must be one of {', '.join(words)}"))
    if flags.has_nul:
        faults.append((f"contains({value}, chr(0))", "holds a NUL byte; export it again"))
    if flags.has_broken_text:
        faults.append((f"contains({value}, '\ufffd')", "bytes that are not UTF-8; state the file's encoding"))
    longest = limits.cell_characters
    faults.append(
        (
            f"strlen({value}) > {longest} AND length({value}) > {longest}",
            f"longer than {longest:,} characters",
        )
    )
    return faults


def _typed_faults(table: str, column: Column, recipe: Recipe, now: datetime | None) -> list[tuple[str, str]]:
    value, raw = sql.name(column.name), sql.name("raw " + column.name)
    faults = []
    if recipe.if_wrong == "refuse":
        faults.append((f"{raw} IS NOT NULL AND {value} IS NULL", _meaning(column, recipe)))
    if column.type in ("date", "timestamp"):
        faults.append((f"year({value}) < 1900", "a date before 1900; a placeholder? Map it to empty"))
        if now is not None and column.name in PAST:
            latest = (now + timedelta(days=1)).replace(tzinfo=None)
            reason = f"in the future (after {latest:%Y-%m-%d %H:%M} UTC)"
            faults.append((f"{value} > TIMESTAMP '{latest:%Y-%m-%d %H:%M:%S}'", reason))
    if column.unit == "pieces":
        returns = (
            "; if such rows are returns, give them to signals in the mapping"
            if table == "order_lines"
            else ""
        )
        faults.append((f"{value} < 0", f"a negative quantity{returns}"))
    return faults


def _meaning(column: Column, recipe: Recipe) -> str:
    if column.type in ("date", "timestamp"):
        forms = " or ".join(recipe.formats) or "a date such as 2026-11-22 or 2026-11-22 14:05:00"
        return f"not {forms}; write the form under 'date' of {column.name}"
    if recipe.decimal == "comma":
        return "not a number with a decimal comma"
    return _MEANINGS[column.type]

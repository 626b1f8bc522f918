"""Does a record keep the contract: its columns, their types, times in UTC, keys that say where they come from?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from interlock.store.contract import DEAL_OUTCOMES, PROMISE_KINDS, SIGNAL_KINDS, TABLES, Column

from ..keys import is_key
from ..live import Incoming

_WORDS = {
    ("signals", "kind"): SIGNAL_KINDS,
    ("promises", "kind"): PROMISE_KINDS,
    ("deals", "outcome"): DEAL_OUTCOMES,
}


def faults_of(incoming: Incoming) -> list[str]:
    """Everything that is wrong with one record, in sentences."""
    table = TABLES.get(incoming.table)
    if table is None:
        return [f"{incoming.table} is no table of the contract"]
    faults = [f"{incoming.place}: it says not where it stood"] if not incoming.place else []
    unknown = set(incoming.row) - set(table.column_names)
    faults += [f"{incoming.table}.{name} is no column of the contract" for name in sorted(unknown)]
    for column in table.columns:
        value = incoming.row.get(column.name)
        if value is None:
            if column.required:
                faults.append(f"{incoming.table}.{column.name} is required and missing")
            continue
        fault = _fault(table.name, column, value)
        if fault:
            faults.append(f"{incoming.table}.{column.name} {fault}: {value!r}")
    address = incoming.route.address if incoming.route else ""
    if address and address in repr(incoming.row):
        faults.append(f"{incoming.table}: the address for answering stands in the record")
    return faults


def _fault(table: str, column: Column, value: Any) -> str:
    if column.type == "text":
        return _text_fault(table, column.name, value)
    if column.type == "boolean":
        return "" if isinstance(value, bool) else "must be true or false"
    if column.type == "int":
        return "" if isinstance(value, int) and not isinstance(value, bool) else "must be a whole number"
    if column.type == "double":
        return "" if isinstance(value, int | float) and not isinstance(value, bool) else "must be a number"
    if column.type == "decimal":
        return _decimal_fault(value)
    return _date_fault(value) if column.type == "date" else _time_fault(value)


def _text_fault(table: str, name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        return "must be a text that is not empty"
    if words := _WORDS.get((table, name)):
        return "" if value in words else f"must be one of {', '.join(words)}"
    if is_key(name) and not re.match(r"[a-z][\w-]*:.+", value):
        return "must begin with the system it comes from, such as zd:acme:"
    if name == "lang" and not re.fullmatch(r"[a-z]{2}", value):
        return "must be two small letters"
    return ""


def _decimal_fault(value: Any) -> str:
    if isinstance(value, float):
        return "must be written as text, for floats lose cents"
    try:
        Decimal(str(value))
    except InvalidOperation:
        return "must be a decimal number"
    return ""


def _date_fault(value: Any) -> str:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        return "must be a date such as 2026-11-22"
    return ""


def _time_fault(value: Any) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return "must be a time such as 2026-11-22T12:00:00Z"
    return "" if moment.utcoffset() == timedelta(0) else "must be in UTC, with its zone"


def agrees(row: Mapping[str, Any], expected: Mapping[str, Any] | None) -> bool:
    """Whether a record is what was expected; None expects only that it is there."""
    return expected is None or dict(row) == dict(expected)

"""The signal as JSON Schema, from the contract and the limits of the inbox, with examples at their edges."""

from __future__ import annotations

from typing import Any

from interlock.api import bodies
from interlock.listen.inbox import checking
from interlock.store.contract import DECIMAL_DIGITS, SIGNAL_KINDS, TABLES, Column

Json = dict[str, Any]
TABLE = TABLES["signals"]
_TIME = "2026-03-02T11:00:00Z"


def signal_schema() -> Json:
    """One signal. Fields that are not named here are passed over."""
    return {
        "type": "object",
        "description": TABLE.description,
        "required": [column.name for column in TABLE.columns if column.required],
        "anyOf": [{"required": [name]} for name in checking.SAYS_SOMETHING],
        "properties": {column.name: _field(column) for column in TABLE.columns},
        "additionalProperties": True,
    }


def signals_schema() -> Json:
    """What a request may hold: one signal or an array of them."""
    one = {"$ref": "#/components/schemas/Signal"}
    array = {"type": "array", "minItems": 1, "maxItems": bodies.LONGEST_ARRAY, "items": one}
    return {"oneOf": [one, array]}


def _field(column: Column) -> Json:
    meaning = column.description + (f" ({column.unit})" if column.unit else "")
    if column.name == "kind":
        return {"description": meaning, "enum": list(SIGNAL_KINDS)}
    schema = _type(column)
    if not column.required:
        schema["type"] = [*([schema["type"]] if isinstance(schema["type"], str) else schema["type"]), "null"]
    return {"description": meaning, **schema}


def _type(column: Column) -> Json:
    if column.type == "timestamp":
        return {"type": "string", "format": "date-time"}
    if column.type == "double":
        return {"type": "number"}
    if column.type == "int":
        return {"type": "integer", "minimum": -checking.LARGEST_INT, "maximum": checking.LARGEST_INT}
    if column.type == "decimal":
        digits = DECIMAL_DIGITS - column.scale
        return {"type": ["string", "number"], "examples": ["12.50", "9" * digits + "." + "9" * column.scale]}
    if column.name == "url":
        return {"type": "string", "format": "uri", "maxLength": 2_000}
    is_key = column.name in TABLE.key or column.name.endswith("_id")
    shortest = {"minLength": 1} if column.required else {}
    return {
        "type": "string",
        **shortest,
        "maxLength": checking.LONGEST_KEY if is_key else checking.LONGEST_TEXT,
    }


def examples() -> Json:
    """Requests at the edges of what is taken, and one past them. `tests/api` sends each of them."""
    least = {"signal_id": "T-1", "kind": "complaint", "occurred_at": _TIME, "body": "It came a week late."}
    return {
        "one": {"summary": "One signal", "value": least},
        "array": {"summary": "Two signals at once", "value": [least, {**least, "signal_id": "T-2"}]},
        "whole": {"summary": "Every field", "value": {**least, **_whole()}},
        "longestKey": {
            "summary": "A key of the greatest length",
            "value": {**least, "signal_id": "zd:" + "k" * (checking.LONGEST_KEY - 3)},
        },
        "oldest": {"summary": "The earliest time", "value": {**least, "occurred_at": "1970-01-01T00:00:00Z"}},
        "numbers": {
            "summary": "Numbers at their edges",
            "value": {
                **least, "rating": 0, "rating_max": 1, "reopened": checking.LARGEST_INT, "quantity": "-1.000",
                "cost": "9" * (DECIMAL_DIGITS - 2) + ".99",
            },
        },
        "onlyRating": {
            "summary": "Stars without words",
            "value": {"signal_id": "R-1", "kind": "review", "occurred_at": _TIME, "rating": 1, "rating_max": 5},
        },
        "partlyRefused": {
            "summary": "The second is refused, the first is stored",
            "value": [least, {**least, "signal_id": "T-2", "kind": "grumble"}],
        },
    }  # fmt: skip


def _whole() -> Json:
    return {
        "account_id": "A-7", "contact_id": "C-9", "line_id": "O-1/1", "product_id": "HERON-C", "channel": "mail",
        "lang": "en", "rating": 2.5, "rating_max": 5, "title": "Late", "reason": "delivery",
        "resolution": "refund", "first_reply_at": _TIME, "resolved_at": "2026-03-03T12:30:00.5+01:00",
        "reopened": 0, "quantity": "1.000", "cost": "12.50", "team_id": "service-north",
        "url": "https://desk.example.com/T-1",
    }  # fmt: skip

"""A symptom as columns and plain JSON, so that pages read it without running anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from math import isfinite
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from interlock.analytics.finding import Money, Sentence, Symptom
from interlock.reconnect.models import Disconnect

SHOWN_ROWS = 4


def as_json(value: Any) -> Any:
    """Dataclasses, mappings, tuples and dates as what JSON can hold."""
    if is_dataclass(value) and not isinstance(value, type):
        return as_json(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_json(item) for item in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, float) and not isfinite(value):
        return None  # JSON knows neither infinity nor "not a number"
    if isinstance(value, int | float | str | bool) or value is None:
        return value
    return value.item() if hasattr(value, "item") else str(value)


def write_symptom(disconnect: Disconnect, symptom: Symptom) -> None:
    """Put the figures, sentences and the way to the rows into the columns. Saves nothing."""
    disconnect.function_a, disconnect.function_b = symptom.functions
    disconnect.tier = symptom.tier
    disconnect.n, disconnect.x = int(symptom.n), int(symptom.x)
    for name in ("rate", "baseline", "low", "high", "probability"):
        setattr(disconnect, name, float(getattr(symptom, name)))
    disconnect.consequence = as_json(symptom.consequence)
    disconnect.lead = as_json(symptom.lead)
    disconnect.why = as_json(symptom.why)
    disconnect.words = _words(symptom.consequence, symptom.context.label)
    disconnect.siblings = as_json(symptom.siblings)
    disconnect.periods = as_json(symptom.periods)
    disconnect.quotes = as_json(symptom.quotes)
    disconnect.bring = list(symptom.bring)
    disconnect.row_query = as_json(symptom.rows)
    disconnect.window_from, disconnect.window_to = symptom.window
    _write_money(disconnect, symptom.money)
    disconnect.money_refusal = symptom.money_refusal if symptom.money is None else ""


def sample_of(rows: pa.Table) -> dict[str, Any]:
    """The first rows behind a finding, those with harm before others, and how many there are of each."""
    hits = rows.filter(pc.equal(rows["hit"], 1)) if "hit" in rows.column_names else rows
    shown = (hits if hits.num_rows else rows).slice(0, SHOWN_ROWS)
    return {
        "columns": shown.column_names,
        "rows": [[as_json(cell) for cell in row.values()] for row in shown.to_pylist()],
        "all": rows.num_rows,
        "hits": hits.num_rows,
    }


def _write_money(disconnect: Disconnect, money: Money | None) -> None:
    if money is None:
        disconnect.currency = disconnect.money_basis = disconnect.money_caveat = ""
        disconnect.money_low = disconnect.money_mid = disconnect.money_high = None
        disconnect.money_terms, disconnect.worth = [], 0
        return
    disconnect.currency, disconnect.money_basis = money.currency, money.basis
    disconnect.money_low, disconnect.money_mid, disconnect.money_high = (
        int(money.low),
        int(money.mid),
        int(money.high),
    )
    disconnect.money_terms, disconnect.money_caveat = as_json(money.terms), money.caveat
    disconnect.worth = round(money.mid * disconnect.probability)


def _words(sentence: Sentence, label: str) -> str:
    return f"{sentence} {label}".casefold()

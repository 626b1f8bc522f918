"""Small hand-made companies for the rules, and a plain stand-in for the records over DuckDB."""

from datetime import datetime, timedelta
from unittest.mock import patch

import ibis
import numpy as np
import pyarrow as pa

from interlock.analytics.finding import Symptom
from interlock.analytics.symptoms import RULES, find_symptoms
from interlock.store import engine

UNTIL = datetime(2026, 11, 19)  # noqa: DTZ001 - contract times are UTC without zone
DAY = timedelta(days=1)
TYPES = {
    "promised_at": pa.timestamp("us"), "delivered_at": pa.timestamp("us"), "shipped_at": pa.timestamp("us"),
    "ordered_at": pa.timestamp("us"), "occurred_at": pa.timestamp("us"), "first_reply_at": pa.timestamp("us"),
    "requested_at": pa.timestamp("us"), "closed_at": pa.timestamp("us"), "finished_at": pa.timestamp("us"), "amount": pa.float64(),
    "rating": pa.float64(), "rating_max": pa.float64(), "cost": pa.float64(), "quantity": pa.float64(),
    "unit_margin": pa.float64(), "good_qty": pa.float64(), "credited": pa.float64(), "reopened": pa.int64(),
    "since": pa.date32(), "ended_at": pa.date32(), "annual_margin": pa.float64(),
}  # fmt: skip


class Records:
    """What `store.engine.Records` is to a rule: tables by name, whether columns hold anything, rows held for a while."""

    kept = engine.Records.kept

    def __init__(self, tables: dict[str, list[dict]]) -> None:
        self.connection, self._kept = ibis.duckdb.connect(), 0
        self._tables = {}
        for name, rows in tables.items():
            if rows:
                columns = {key: [row.get(key) for row in rows] for key in rows[0]}
                made = pa.table({key: pa.array(v, TYPES.get(key, pa.string())) for key, v in columns.items()})
                self.connection.con.register(name, made)
                self._tables[name] = (self.connection.table(name), made)

    def table(self, name):
        return self._tables[name][0]

    def has(self, name, *columns):
        if name not in self._tables:
            return False
        made = self._tables[name][1]
        return all(c in made.column_names and made[c].null_count < made.num_rows for c in columns)


class CannotHold(Records):
    """The same over an engine that asks every question anew."""

    kept = None


def found_by(records: Records, *keys: str) -> list[Symptom]:
    """What these rules find; no rule looks at another, and all together take five times as long."""
    with patch.dict(RULES, {key: RULES[key] for key in keys}, clear=True):
        return list(find_symptoms(records).symptoms)


def ordered_lines(rng, count, *, teams=6, families=4, regions=5, days=360, late=lambda line: 0.10):
    """Orders of one line each over `days`; `late` gives the chance of a line (a dict) to come late."""
    tables = {name: [] for name in ("accounts", "products", "orders", "order_lines")}
    tables["products"] = [
        {"product_id": f"P{f}", "family": f"F{f}", "name": f"Thing {f}"} for f in range(families)
    ]
    tables["accounts"] = [
        {"account_id": f"A{a}", "name": f"Customer {a}", "region": f"R{a % regions}"}
        for a in range(count // 3)
    ]
    for number in range(count):
        account, family = int(rng.integers(0, count // 3)), int(rng.integers(0, families))
        promised = UNTIL - DAY * int(rng.integers(3, days))
        line = {
            "line_id": f"L{number}", "order_id": f"O{number}", "product_id": f"P{family}", "quantity": 1.0,
            "amount": 100.0, "promised_at": promised, "shipped_at": promised - 4 * DAY, "delivered_at": None,
            "site_id": f"S{int(rng.integers(0, 3))}", "batch_id": None,
        }  # fmt: skip
        about = {"team": int(rng.integers(0, teams)), "family": family, "region": account % regions}
        about["days_ago"] = (UNTIL - promised).days
        is_late = rng.random() < late(about)
        about["team"] = about.get("sold_by", about["team"])
        line["delivered_at"] = promised + (2 * DAY if is_late else -DAY)
        tables["order_lines"].append(line)
        tables["orders"].append({
            "order_id": f"O{number}", "account_id": f"A{account}", "ordered_at": promised - 20 * DAY,
            "channel": "shop", "team_id": f"T{about['team']}", "status": "done", "currency": "EUR",
        })  # fmt: skip
    return tables


def signal(number, kind, line, days_after=5, **more):
    """One signal about an order line."""
    return {
        "signal_id": f"S{number}", "kind": kind, "occurred_at": line["delivered_at"] + DAY * days_after,
        "account_id": None, "line_id": line["line_id"], "product_id": line["product_id"], "rating": None,
        "rating_max": None, "body": f"This is what went wrong with thing {number % 70}.", "first_reply_at": None,
        "channel": "mail", "reopened": None, "cost": None, **more,
    }  # fmt: skip


def seeded(seed=3):
    return np.random.default_rng(seed)

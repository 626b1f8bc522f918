"""Symptoms as the rules would hand them up, and a small company whose promises break in one region."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from interlock.analytics.finding import (
    ContextKey,
    GroupRate,
    Money,
    PeriodRate,
    Quote,
    Report,
    RowQuery,
    RuleOff,
    Sentence,
    Symptom,
    Term,
)
from interlock.store.snapshots import Snapshot, TableVersion

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SENTENCE = "{team} promised dates that we missed {x} of {n} times; usually it is {usual} in 100."


def symptom(key: str = "north", **changes: object) -> Symptom:
    """A sure symptom of R01 about one team, with money."""
    made = Symptom(
        rule="R01",
        functions=("sales", "production"),
        context=ContextKey("team", key, f"Shops {key.title()}"),
        n=208,
        x=71,
        rate=71 / 208,
        baseline=0.12,
        low=0.28,
        high=0.41,
        probability=0.97,
        tier="detected",
        money=Money("EUR", 18_100_000, 31_200_000, 47_400_000, (Term("", "lines", "832"),), "Associated."),
        money_refusal="",
        consequence=Sentence(
            SENTENCE,
            {"team": f"Shops {key.title()}", "x": 71, "n": 208, "usual": 12},
            {"x": "hits", "n": "all"},
        ),
        lead=Sentence("{chance} chances in 100 that this is at least half again the usual.", {"chance": 97}),
        why=None,
        siblings=(
            GroupRate("Shops North", 71, 208, 0.34, 0.28, 0.41, 0.12, True),
            GroupRate("Shops East", 24, 174, 0.138, 0.09, 0.2, 0.12, False),
        ),
        periods=tuple(
            PeriodRate(date(2026, month, 1), month, 40, month / 40, 0.01, 0.5, 0.12) for month in range(6, 12)
        ),
        rows=RowQuery("R01", "all", {"from": "2026-08-21", "to": "2026-11-18", "group.team_id": key}),
        quotes=(
            Quote("S-1", "I told my customer the 2nd of October twice.", "Radhaus Weber", date(2026, 10, 22)),
        ),
        bring=("sales", "production", "customer"),
        window=(date(2026, 8, 21), date(2026, 11, 18)),
    )
    return replace(made, **changes)


def report(*symptoms: Symptom, until: date = date(2026, 11, 18), off: tuple[RuleOff, ...] = ()) -> Report:
    """What `find_symptoms` hands up; every symptom judged over the 90 days up to `until`."""
    window = (until - timedelta(days=89), until)
    moved = tuple(replace(one, window=window) for one in symptoms)
    as_of = datetime.combine(until, datetime.min.time())
    return Report(moved, off, as_of, window, ("R01",))


def snapshot(number: int) -> Snapshot:
    return Snapshot(number=number, tables={"orders": TableVersion(version=number)})


def three_rows(_query: RowQuery) -> pa.Table:
    """The rows behind every symptom of these tests."""
    return pa.table({"order_id": ["A-1", "A-2", "A-3"], "days_late": [17, 16, 0], "hit": [1, 1, 0]})


@pytest.fixture
def detect(db, home) -> Callable[..., object]:
    """Take in a report as if the rules had just run: `detect(symptom())`."""
    from interlock.reconnect import services  # Django must be set up before rooms are imported

    numbers = iter(range(1, 1000))

    def run(*symptoms: Symptom, read_rows=three_rows, now: datetime = NOW, **kwargs: object):
        return services.record_report(
            report=report(*symptoms, **kwargs), snapshot=snapshot(next(numbers)), read_rows=read_rows, now=now
        )

    return run


@pytest.fixture
def disconnect(detect):
    """One detected disconnect between sales and production."""
    from interlock.reconnect.models import Disconnect  # see above

    detect(symptom())
    return Disconnect.objects.get()

"""What would this source bring? Its connection is tested and its first rows are read and checked; nothing is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from interlock.connectors.errors import ConnectorError
from interlock.connectors.live import Interrupted, LiveConnector, Reach
from interlock.fabric.secrets import SealBroken
from interlock.listen import asking, live_imports
from interlock.listen.live_sources import answers_of, without_secrets
from interlock.listen.models import Source

ROWS_TRIED = 100
# Of each table where there are several, so that a database shows its orders and not only its teams.
FEWEST_OF_TABLE = 5
# Somebody waits in front of the page.
LONGEST = timedelta(seconds=60)
LONGEST_CELL = 160


@dataclass
class Trial:
    """What came of it. A row is its table, where it stood, and its cells; a refusal has place, field and reason."""

    said: str = ""
    error: str = ""
    rows: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, str]] = field(default_factory=list)
    cut: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def try_out(*, source: Source, outside: asking.Outside) -> Trial:
    """Test the connection, then read the first hundred rows as an asking would."""
    trial = Trial()
    until = outside.now() + LONGEST

    def wait(seconds: float) -> None:
        if outside.now() + timedelta(seconds=seconds) > until:
            raise Interrupted("time")
        outside.sleep(seconds)

    connector = outside.connectors.get(source.kind)
    if connector is None:
        trial.error = _("There is no connector “%(kind)s” in this installation.") % {"kind": source.kind}
        return trial
    answers: Mapping[str, str] = {}
    try:
        answers = answers_of(source)
        with outside.http() as http:
            reach = outside.reach(source, http, wait)
            trial.said = without_secrets(connector.check(answers, reach), source, answers)
            if isinstance(connector, LiveConnector):
                _first_pages(trial, connector, answers, reach)
            else:
                _first_chunks(trial, source, connector, answers, reach)
    except Interrupted:
        trial.cut = True
    except (ConnectorError, SealBroken) as error:
        trial.error = without_secrets(str(error), source, answers)
    except Exception as error:  # a stranger's connector may raise anything; the page says so
        told = without_secrets(f"{type(error).__name__}: {error}", source, answers)[:200]
        trial.error = _("The connector failed unexpectedly (%(error)s).") % {"error": told}
    return trial


def _first_pages(trial: Trial, connector: LiveConnector, answers: Mapping[str, str], reach: Reach) -> None:
    for good, refused in asking.pages_until(connector, answers, reach, ROWS_TRIED):
        for one in good[: ROWS_TRIED - len(trial.rows)]:
            _add(trial, one.table, one.place, msgspec.json.decode(one.payload))
        trial.refused += [
            {"place": one.place, "field": one.field, "reason": one.reason}
            for one in refused[: ROWS_TRIED - len(trial.refused)]
        ]


def _first_chunks(trial: Trial, source: Source, connector: Any, answers: Any, reach: Reach) -> None:
    tables: Counter[str] = Counter()
    with closing(live_imports.first_chunks(source, connector, answers, reach)) as chunks:
        for chunk in chunks:
            for row in chunk.rows.slice(0, ROWS_TRIED - tables[chunk.table]).to_pylist():
                _add(trial, chunk.table, chunk.table, row)
                tables[chunk.table] += 1
            trial.refused += [
                {"place": _("row %(n)s") % {"n": one.row}, "field": one.column, "reason": one.reason}
                for one in chunk.refusals[: ROWS_TRIED - len(trial.refused)]
            ]
            reach.wait(0)
    share, shown = max(FEWEST_OF_TABLE, ROWS_TRIED // max(1, len(tables))), Counter[str]()
    rows, trial.rows = trial.rows, []
    for row in rows:
        shown[row["table"]] += 1
        if shown[row["table"]] <= share:
            trial.rows.append(row)


def _add(trial: Trial, table: str, place: str, row: Mapping[str, Any]) -> None:
    cells = {name: str(value)[:LONGEST_CELL] for name, value in row.items() if value not in (None, "")}
    trial.rows.append({"table": table, "place": place, "cells": cells})

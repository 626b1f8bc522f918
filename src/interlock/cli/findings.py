"""`interlock disconnects` and `interlock drivers`: what the rules found, for people and for machines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from interlock.analytics.finding import minor_units
from interlock.fabric import records
from interlock.fabric.models import Function
from interlock.reconnect import queries, services
from interlock.reconnect.models import Detection, Disconnect
from interlock.reconnect.moves import DISMISSED
from interlock.web import figures, sentences

# As the issue names them; the rest of a driver is in the JSON as well, after these.
DRIVER_FIELDS = (
    "outcome",
    "factor",
    "n_with",
    "n_without",
    "rate_with",
    "rate_without",
    "risk_ratio",
    "risk_ratio_low",
    "risk_ratio_high",
    "adjusted_difference",
    "adjusted_low",
    "adjusted_high",
    "share_of_outcome",
)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print everything for machines.")
@click.option("--detect", is_flag=True, help="Run the rules again, even on records that were read before.")
def disconnects(as_json: bool, detect: bool) -> None:
    """Print the disconnects, dearest and surest first, and the rules that are off."""
    detection = _detected(detect)
    # What is only suspected stands after all that is sure, whatever it would be worth.
    found = sorted(queries.in_order(queries.all_disconnects()), key=lambda one: one.state == "suspected")
    if as_json:
        _print_json(
            {
                "as_of": detection.as_of.isoformat() if detection.as_of else None,
                "snapshot": detection.snapshot_number,
                "disconnects": [disconnect_json(one) for one in found],
                "rules_off": detection.rules_off,
            }
        )
        return
    console = Console()
    console.print(_disconnect_table([one for one in found if one.state not in DISMISSED]))
    _print_off(console, "Rules that are off", "rule", detection.rules_off)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print everything for machines.")
@click.option("--detect", is_flag=True, help="Run the analysis again, even on records that were read before.")
def drivers(as_json: bool, detect: bool) -> None:
    """Print what moves bad outcomes, and what could not be studied."""
    detection = _detected(detect)
    report = queries.latest_drivers()
    content: Mapping[str, Any] = report.content if report else {}
    found = [driver_json(row) for row in content.get("drivers", ())]
    off = [*content.get("off", ()), *content.get("factors_off", ())]
    if as_json:
        rest = {name: rows for name, rows in content.items() if name not in {"drivers", "off", "as_of"}}
        as_of = detection.as_of.isoformat() if detection.as_of else None
        _print_json({"as_of": as_of, "drivers": found, "off": off, **rest})
        return
    console = Console()
    console.print(_driver_table(found))
    _print_off(console, "What could not be studied", "outcome", off)


COMMANDS = (disconnects, drivers)


def disconnect_json(one: Disconnect) -> dict[str, Any]:
    """One disconnect for machines. Money is in major units a year, rates and probability from 0 to 1."""
    return {
        "rule": one.rule,
        "functions": list(one.pair),
        "context": {"kind": one.context.kind, "key": one.context.key, "label": one.context.label},
        "n": one.n,
        "x": one.x,
        "rate": one.rate,
        "baseline": one.baseline,
        "low": one.low,
        "high": one.high,
        "probability": one.probability,
        "money": _money_json(one),
        "money_refusal": one.money_refusal,
        "status": one.state,
        "sentence": _plain(one.consequence),
        "lead": _plain(one.lead),
        "window": [one.window_from.isoformat(), one.window_to.isoformat()],
        "evidence": {
            "query": one.row_query,
            "versions": one.versions,
            "snapshot": one.snapshot_number,
            "rows": one.sample.get("all", 0),
            "hits": one.sample.get("hits", 0),
            "url": f"/disconnects/{one.pk}/rows/all/",
        },
    }


def driver_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """One driver for machines, the named fields first."""
    return {name: row[name] for name in DRIVER_FIELDS} | dict(row)


def _plain(sentence: Mapping[str, Any]) -> str:
    """A sentence with plain spaces: machines compare texts, and no line is broken there."""
    return sentences.text(sentence).replace(figures.NBSP, " ")


def _money_json(one: Disconnect) -> dict[str, Any] | None:
    if one.money_mid is None or one.money_low is None or one.money_high is None:
        return None
    size = minor_units(one.currency)
    ends = {"low": one.money_low / size, "mid": one.money_mid / size, "high": one.money_high / size}
    return {"currency": one.currency, **ends, "basis": one.money_basis}


def _detected(again: bool) -> Detection:
    """What the rules said of the records as they are now; they run when they have not yet."""
    known = queries.latest_detection()
    if again or known is None or known.snapshot_number != records.snapshot().number:
        return services.detect_disconnects(now=timezone.now(), again=again)
    return known


def _disconnect_table(found: list[Disconnect]) -> Table:
    count = f"{len(found)} disconnects" if len(found) > 1 else "One disconnect"
    table = Table(title=count if found else "No disconnects")
    for name in ("", "Money a year", "Chances", "Functions", "What follows", "State"):
        table.add_column(name, justify="right" if name in {"", "Money a year", "Chances"} else "left")
    for number, one in enumerate(found, start=1):
        money = (
            figures.money_range(one.money_low, one.money_mid, one.money_high, one.currency)
            if one.money_mid is not None and one.money_low is not None and one.money_high is not None
            else "not known"
        )
        pair = ", ".join(str(Function(code).label) for code in one.pair)
        chances = f"{min(99, int(one.probability * 100))} in 100"
        table.add_row(
            str(number), money, chances, pair, sentences.text(one.consequence), one.get_state_display()
        )
    return table


def _driver_table(found: list[dict[str, Any]]) -> Table:
    count = f"{len(found)} drivers" if len(found) > 1 else "One driver"
    table = Table(title=count if found else "Nothing moves an outcome beyond chance")
    for name in ("Outcome", "Factor", "With", "Without", "Times as often", "Adjusted, more in 100", "Share"):
        table.add_column(name, justify="left" if name in {"Outcome", "Factor"} else "right")
    for row in found:
        table.add_row(
            row["outcome"].replace("_", " "),
            row["factor"].replace("_", " "),
            f"{row['rate_with']:.1%} of {row['n_with']:,}",
            f"{row['rate_without']:.1%} of {row['n_without']:,}",
            f"{row['risk_ratio']:.2f} ({row['risk_ratio_low']:.2f} to {row['risk_ratio_high']:.2f})",
            f"{row['adjusted_difference'] * 100:+.1f} ({row['adjusted_low'] * 100:.1f} to {row['adjusted_high'] * 100:.1f})",
            f"{row['share_of_outcome']:.1%}" if row["share_of_outcome"] is not None else "",
        )
    return table


def _print_off(console: Console, title: str, what: str, off: list[Mapping[str, Any]]) -> None:
    if not off:
        return
    table = Table(title=title)
    table.add_column("")
    table.add_column("Why")
    for one in off:
        table.add_row(
            str(one.get(what) or one.get("factor") or one.get("name", "")), str(one.get("reason", ""))
        )
    console.print(table)


def _print_json(content: Mapping[str, Any]) -> None:
    click.echo(json.dumps(content, ensure_ascii=False, indent=2))

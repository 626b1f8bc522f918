"""The rules: each finds groups in which two functions' gap hurts customers, with the rows behind it.

`find_symptoms` runs all of them over the records; `rows` rebuilds the rows behind one.
"""

from datetime import datetime

import ibis.expr.types as ir

from interlock.analytics.finding import Report, RowQuery, RuleOff, Symptom, Tables
from interlock.analytics.symptoms import (
    r01_broken_promises,
    r02_made_on_unchanged,
    r03_not_answered,
    r04_lost_contexts,
    r06_misfits,
    r09_lost_to_rivals,
    r10_flawed_batches,
    r11_over_the_limit,
)
from interlock.analytics.symptoms.bench import Bench, Held, last_event
from interlock.analytics.symptoms.quotes import each_once
from interlock.analytics.symptoms.rule import Rule

_MODULES = (
    r01_broken_promises,
    r02_made_on_unchanged,
    r03_not_answered,
    r04_lost_contexts,
    r06_misfits,
    r09_lost_to_rivals,
    r10_flawed_batches,
    r11_over_the_limit,
)
RULES: dict[str, Rule] = {module.RULE.key: module.RULE for module in _MODULES}
_TIERS = {"detected": 0, "watch": 1, "suspected": 2}


def find_symptoms(tables: Tables, *, now: datetime | None = None, unnamed_currency: str = "") -> Report:
    """Run every rule over the records.

    Args:
        tables: the records; missing tables or columns switch rules off.
        now: the moment to judge from; the last event on record when not given.
        unnamed_currency: ISO 4217 code of amounts whose records name none; empty when nobody knows.

    Returns:
        Symptoms by tier, then money times probability; rules that were off with their reason.
    """
    with Held(tables) as held:
        return _found(held, now, unnamed_currency)


def rows(tables: Tables, query: RowQuery) -> ir.Table:
    """Rebuild the rows behind a number, at whatever snapshot `tables` is.

    Raises:
        KeyError: no rule of that key.
    """
    return RULES[query.rule].rows(tables, query)


def _found(tables: Held, now: datetime | None, unnamed_currency: str) -> Report:
    as_of = now or last_event(tables)
    if as_of is None:
        nothing = "The records hold no dated order, delivery or signal yet."
        return Report((), tuple(RuleOff(key, nothing) for key in RULES), None, None)
    bench = Bench(tables, as_of, unnamed_currency)
    found: list[Symptom] = []
    off: list[RuleOff] = []
    ran: list[str] = []
    for rule in RULES.values():
        result = rule.off(bench) or rule.run(bench)
        if isinstance(result, RuleOff):
            off.append(result)
        else:
            ran.append(rule.key)
            found.extend(result)
    return Report(each_once(sorted(found, key=_worth)), tuple(off), as_of, bench.window(), tuple(ran))


def _worth(symptom: Symptom) -> tuple[int, float, float, float, str, str]:
    """Tier first, then money lost, then money only exposed, then volume; each times probability."""
    beyond = max(symptom.x - symptom.n * symptom.baseline, 0.0)
    lost, exposed = (
        symptom.money.mid if symptom.money and symptom.money.basis == basis else 0
        for basis in ("lost", "exposed")
    )
    return (
        _TIERS[symptom.tier],
        -symptom.probability * lost,
        -symptom.probability * exposed,
        -symptom.probability * beyond,
        symptom.rule,
        symptom.context.key,
    )

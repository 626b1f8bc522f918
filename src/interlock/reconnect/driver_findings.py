"""Drivers of bad outcomes and the things that cannot be seen, as sentences with figures.

Reads what was kept when the rules ran; the statistics are those of `analytics/drivers`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.dates import MONTHS
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from interlock.analytics.symptoms import RULES
from interlock.fabric.models import Function
from interlock.reconnect.models import Detection, DriverReport

OUTCOMES = {
    "bad_rating": gettext_lazy("a bad rating"),
    "complaint": gettext_lazy("a complaint"),
    "return": gettext_lazy("a return"),
    "churn": gettext_lazy("a lost customer"),
}
FACTORS = {
    "late": gettext_lazy("Orders that came late"),
    "several_sellers": gettext_lazy("Orders from several sellers"),
    "not_delivered": gettext_lazy("Orders that never arrived"),
    "short_or_cancelled": gettext_lazy("Orders short or cancelled"),
    "several_sites": gettext_lazy("Orders from several sites"),
    "short": gettext_lazy("Orders that came short"),
    "cancelled": gettext_lazy("Cancelled orders"),
}

# What an order with one level of a fact is called; other facts are named with their level.
LEVELS = {
    "region": gettext_lazy("Orders to %(level)s"),
    "season": gettext_lazy("Orders in %(level)s"),
    "price_band": gettext_lazy("Orders of a %(level)s price"),
    "tenure": gettext_lazy("Customers of %(level)s"),
    "segment": gettext_lazy("Orders from %(level)s"),
    "channel": gettext_lazy("Orders through %(level)s"),
    "family": gettext_lazy("Orders of %(level)s"),
    "use_case": gettext_lazy("Customers for %(level)s"),
}
TENURES = {
    "new": gettext_lazy("New customers"),
    "first year": gettext_lazy("Customers in their first year"),
}
_SHORT_MONTHS = {
    name: number
    for number, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], start=1
    )
}
FACTS = {
    "region": gettext_lazy("region"),
    "season": gettext_lazy("month"),
    "price_band": gettext_lazy("price band"),
    "tenure": gettext_lazy("tenure"),
    "segment": gettext_lazy("segment"),
    "channel": gettext_lazy("channel"),
    "family": gettext_lazy("product family"),
    "seller": gettext_lazy("seller"),
    "site": gettext_lazy("site"),
    "use_case": gettext_lazy("use"),
}
PARTS = {
    "handed_over_late": gettext_lazy("Handed over late"),
    "slow_after_hand_over": gettext_lazy("Slow after the hand-over"),
    "promise_too_tight": gettext_lazy("The promise was too tight"),
}


def by_outcome(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The drivers of each outcome, strongest first, with what was looked at in vain."""
    names = [
        name
        for name in OUTCOMES
        if any(row["outcome"] == name for part in _PARTS for row in report.get(part, ()))
    ]
    listed = []
    for name in names:
        drivers = [_driver(row) for row in report.get("drivers", ()) if row["outcome"] == name]
        listed.append(
            {
                "name": name,
                "label": OUTCOMES[name],
                "title": _outcome_title(OUTCOMES[name], drivers),
                "drivers": sorted(drivers, key=lambda driver: -(driver["risk_ratio"] or 0)),
                "doses": _doses(drivers),
                "none": [
                    _driver(row) for row in report.get("no_difference_found", ()) if row["outcome"] == name
                ],
                "few": _few(
                    [row["factor"] for row in report.get("too_few_to_say", ()) if row["outcome"] == name]
                ),
                "widest": _widest(drivers),
            }
        )
    return listed


def _outcome_title(outcome: object, drivers: Sequence[Mapping[str, Any]]) -> str:
    """How many facts go with an outcome, and which of them most."""
    more = [driver for driver in drivers if driver["harms"]]
    if not more:
        return capfirst(_("%(outcome)s: nothing on record makes it more frequent") % {"outcome": outcome})
    most = max(more, key=lambda driver: driver["risk_ratio"])
    return capfirst(
        _("%(fact)s: %(outcome)s %(times)s times as often")
        % {"outcome": outcome, "times": f"{most['risk_ratio']:.1f}", "fact": most["label"]}
    )


def _few(factors: Sequence[str]) -> list[str]:
    """Facts with too few cases, the levels of one fact together: region AC, AL, AM."""
    levels: dict[str, list[str]] = {}
    for factor in factors:
        fact, _colon, level = factor.partition(": ")
        levels.setdefault(fact, []).append(level_name(fact, level))
    return [
        f"{FACTS.get(fact, fact)} {', '.join(named)}" if named != [""] else _lower(factor_name(fact))
        for fact, named in levels.items()
    ]


def _widest(drivers: Sequence[Mapping[str, Any]]) -> float:
    """The end of the scale that all ratios of an outcome share, at least twice as often, at most ten times."""
    ends = [driver["risk_ratio_high"] or 1 for driver in drivers]
    ends += [1 / driver["risk_ratio_low"] for driver in drivers if driver["risk_ratio_low"]]
    return min(10.0, max(2.0, *ends)) if ends else 2.0


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _doses(drivers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One dose table a fact, in the order of the dose; two levels of one fact share theirs."""
    doses: dict[str, dict[str, Any]] = {}
    for driver in drivers:
        fact = driver["factor"].partition(": ")[0]
        if driver["dose"] and fact not in doses:
            rows = [
                {**row, "said": _interval(row["rate"], row["low"], row["high"], times=100)}
                for row in driver["dose"]
            ]
            end = max(row["high"] for row in rows)
            doses[fact] = {
                "label": factor_name(fact),
                "title": _dose_title(fact, rows),
                "rows": rows,
                "end": end,
            }
    return list(doses.values())


def _dose_title(fact: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Whether more of a fact goes with more of the outcome: the ends where it does, else the extremes."""
    lowest, highest = min(rows, key=lambda row: row["rate"]), max(rows, key=lambda row: row["rate"])
    values = {
        "fact": factor_name(fact),
        "low": _times(lowest["rate"]),
        "at": lowest["label"],
        "high": _times(highest["rate"]),
        "top": highest["label"],
    }
    rates = [row["rate"] for row in rows]
    if rates == sorted(rates):
        return (
            _("%(fact)s: it rises with each step, from %(low)s in 100 (%(at)s) to %(high)s (%(top)s)")
            % values
        )
    return _("%(fact)s: least with %(at)s, %(low)s in 100; most with %(top)s, %(high)s") % values


_PARTS = ("drivers", "failures", "no_difference_found", "too_few_to_say")


def not_seen(detection: Detection | None, report: DriverReport | None) -> list[dict[str, str]]:
    """Rules, outcomes and facts that are switched off, each with the table or column that would show it."""
    listed = [
        {"what": _rule_name(off["rule"]), "why": _(off["reason"])}
        for off in (detection.rules_off if detection else ())
    ]
    content = report.content if report else {}
    listed += [
        {"what": _("What moves %(outcome)s") % {"outcome": OUTCOMES.get(off["outcome"], off["outcome"])},
         "why": off["reason"]}
        for off in content.get("off", ())
    ]  # fmt: skip
    listed += [
        {
            "what": factor_name(str(off.get("factor") or off.get("name", ""))),
            "why": str(off.get("reason", "")),
        }
        for off in content.get("factors_off", ())
    ]
    return listed


def factor_name(factor: str) -> str:
    """`late` and `region: RJ` in words."""
    if factor in FACTORS:
        return str(FACTORS[factor])
    name, _colon, level = factor.partition(": ")
    words = str(FACTS.get(name, name.replace("_", " ")))
    if not level:
        return words.capitalize()
    if name == "tenure" and level in TENURES:
        return str(TENURES[level])
    if name in LEVELS:
        return str(LEVELS[name]) % {"level": level_name(name, level)}
    return _("Orders with %(fact)s “%(level)s”") % {"fact": words, "level": level}


def level_name(fact: str, level: str) -> str:
    """A level as a sentence says it: March for Mar, the rest as the records have it."""
    number = _SHORT_MONTHS.get(level) if fact == "season" else None
    return str(MONTHS[number]) if number else level


def _driver(row: Mapping[str, Any]) -> dict[str, Any]:
    """One comparison with its sentence, ready for a row of the forest."""
    end = max(2.0, 1.1 * min(row["risk_ratio_high"], 10.0)) if row["risk_ratio_high"] else None
    return {
        **row,
        "label": factor_name(row["factor"]),
        "sentence": _sentence(row),
        "function_names": [_function(code) for code in row["functions"]],
        "more": (row["adjusted_low"] or 0) > 0,
        "ratio_end": end,
        "ratio_once": f"{row['risk_ratio']:.1f}" if row["risk_ratio"] is not None else "",
        "harms": (row["risk_ratio_low"] or 0) > 1,
        "ratio_said": _interval(row["risk_ratio"], row["risk_ratio_low"], row["risk_ratio_high"]),
        "difference_said": _interval(
            row["adjusted_difference"], row["adjusted_low"], row["adjusted_high"], times=100
        ),
        "share_said": _interval(row["share_of_outcome"], row["share_low"], row["share_high"], times=100),
    }


def splits(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How lateness divides before and after the hand-over, with the finding as its title."""
    return [
        {**split, "title": _split_title(split), "parts": [_part(part) for part in split["parts"]]}
        for split in report.get("splits", ())
    ]


def _split_title(split: Mapping[str, Any]) -> str:
    before = split["share_before"]
    if not before:
        return _("Where lateness arises cannot be divided on these records")
    if before["low"] > 0.5:
        return _("Of 100 days late, %(days).0f arose before the hand-over") % {"days": 100 * before["mid"]}
    if before["high"] < 0.5:
        return _("Of 100 days late, %(days).0f arose after the hand-over") % {
            "days": 100 - 100 * before["mid"]
        }
    return _("Lateness arises before and after the hand-over alike")


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    names = [_function(code) for code in part["functions"]]
    return {**part, "label": PARTS.get(part["name"], part["name"]), "function_names": names}


def _interval(value: float | None, low: float | None, high: float | None, times: float = 1) -> str:
    if value is None or low is None or high is None:
        return ""
    figures = {"value": value * times, "low": low * times, "high": high * times}
    return (_("%(value).1f (%(low).1f to %(high).1f)") % figures).replace("-", "\N{MINUS SIGN}")


def _sentence(row: Mapping[str, Any]) -> str:
    if row["rate_with"] is None or row["rate_without"] is None:
        return ""
    return _("%(factor)s are followed by %(outcome)s %(with)s times in 100, others %(without)s.") % {
        "factor": factor_name(row["factor"]),
        "outcome": OUTCOMES.get(row["outcome"], row["outcome"]),
        "with": _times(row["rate_with"]),
        "without": _times(row["rate_without"]),
    }


def _times(rate: float) -> str:
    return f"{100 * rate:.0f}" if rate >= 0.0995 else f"{100 * rate:.1f}"


def _function(code: str) -> str:
    """Suppliers are no function of the company, but the data may name them."""
    return str(Function(code).label) if code in Function.values else _("Suppliers")


def _rule_name(key: str) -> str:
    rule = RULES.get(key)
    return f"{key}, {_(rule.title)}" if rule else key

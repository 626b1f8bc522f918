"""Drivers of bad outcomes and the things that cannot be seen, as sentences with figures.

Reads what was kept when the rules ran; the statistics are those of `analytics/drivers`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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

FACTS = {
    "region": gettext_lazy("region"),
    "season": gettext_lazy("month"),
    "price_band": gettext_lazy("price band"),
    "tenure": gettext_lazy("tenure"),
    "segment": gettext_lazy("segment"),
    "channel": gettext_lazy("channel"),
    "seller": gettext_lazy("seller"),
    "site": gettext_lazy("site"),
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
                "drivers": drivers,
                "doses": _doses(drivers),
                "none": [
                    _driver(row) for row in report.get("no_difference_found", ()) if row["outcome"] == name
                ],
                "few": [_driver(row) for row in report.get("too_few_to_say", ()) if row["outcome"] == name],
            }
        )
    return listed


def _doses(drivers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One dose table a fact, in the order of the dose; two levels of one fact share theirs."""
    doses: dict[str, dict[str, Any]] = {}
    for driver in drivers:
        fact = driver["factor"].partition(": ")[0]
        if driver["dose"] and fact not in doses:
            rows = [
                {
                    **row,
                    "percent": 100 * row["rate"],
                    "percent_low": 100 * row["low"],
                    "percent_high": 100 * row["high"],
                    "said": _interval(row["rate"], row["low"], row["high"], times=100),
                }
                for row in driver["dose"]
            ]
            end = 100 * max(row["high"] for row in rows)
            doses[fact] = {"label": factor_name(fact), "rows": rows, "end": end}
    return list(doses.values())


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
    return (
        _("Orders with %(fact)s “%(level)s”") % {"fact": words, "level": level}
        if level
        else words.capitalize()
    )


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

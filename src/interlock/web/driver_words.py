"""The strongest driver as one sentence: how often the outcome comes with the fact, and without it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from interlock.reconnect.driver_findings import factor_name
from interlock.web import figures


def driver_card_text(driver: Mapping[str, Any]) -> tuple[dict[str, Any], str] | None:
    """Sentence and why; None when nothing is known of the others or of the outcome."""
    factor = str(driver.get("factor"))
    clause = _facts().get(factor)
    fact = f"{clause}," if clause else f"{factor_name(factor)}:"
    outcome = _outcomes().get(str(driver.get("outcome")))
    if not outcome or driver.get("rate_without") is None:
        return None
    values = {
        "fact": fact,
        "outcome": outcome,
        "x": driver["x_with"],
        "n": driver["n_with"],
        "usual": figures.in_hundred(float(driver["rate_without"])),
    }
    return {"text": "{fact} {x} of {n} {outcome}; of the others it is {usual}.", "values": values}, _why(
        driver
    )


def _why(driver: Mapping[str, Any]) -> str:
    ends = [driver.get(name) for name in ("adjusted_ratio", "adjusted_ratio_low", "adjusted_ratio_high")]
    if any(end is None for end in ends):
        ends = [driver.get(name) for name in ("risk_ratio", "risk_ratio_low", "risk_ratio_high")]
    if any(end is None for end in ends):
        return ""
    ratio, low, high = (figures.decimal(float(end)) for end in ends)
    return _("%(ratio)s times as likely (%(low)s to %(high)s) among orders that are alike otherwise; associated, not proven.") % {
        "ratio": ratio, "low": low, "high": high,
    }  # fmt: skip


def _facts() -> dict[str, str]:
    return {
        "late": _("When an order is later than promised"),
        "several_sellers": _("When an order comes from several sellers"),
        "short_or_cancelled": _("When an order comes short"),
    }


def _outcomes() -> dict[str, str]:
    return {
        "bad_rating": _("end in a bad rating"),
        "complaint": _("end in a complaint"),
        "return": _("come back"),
        "churn": _("are the customer’s last"),
    }

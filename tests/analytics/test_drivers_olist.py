"""On Olist's real orders the drivers are those that plain counting and common sense find."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.driver_worlds import Memory, olist_tables
from interlock.analytics.drivers import DriverReport, driver_report_json, find_drivers


@pytest.fixture(scope="module")
def tables(real_data: Path) -> dict[str, pd.DataFrame]:
    return olist_tables(real_data / "olist" / "sample")


@pytest.fixture(scope="module")
def report(tables: dict[str, pd.DataFrame]) -> DriverReport:
    return find_drivers(Memory(tables))


@pytest.fixture(scope="module")
def plain(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Delivered and reviewed orders, counted with pandas alone."""
    lines, orders, signals = tables["order_lines"], tables["orders"], tables["signals"]
    per_order = lines.groupby("order_id").agg(
        sellers=("site_id", "nunique"),
        promised=("promised_at", "max"),
        delivered=("delivered_at", "max"),
        shipped=("shipped_at", "max"),
        limit=("requested_at", "max"),
    )
    rating = signals.merge(lines[["line_id", "order_id"]], on="line_id").groupby("order_id").rating.mean()
    found = orders.set_index("order_id").join(per_order, how="inner").join(rating, how="inner")
    found = found[(found.status == "delivered") & found.delivered.notna()].copy()
    found["late"] = found.delivered.dt.normalize() > found.promised
    found["bad"] = found.rating <= 2
    return found


def test_late_orders_are_those_that_plain_counting_finds(report, plain):
    late = report.drivers[0]

    assert (late.outcome, late.factor) == ("bad_rating", "late")
    assert (late.n_with, late.n_without) == (342, 4822) == (plain.late.sum(), (~plain.late).sum())
    assert late.rate_with == pytest.approx(plain.bad[plain.late].mean())
    assert late.rate_without == pytest.approx(plain.bad[~plain.late].mean())
    assert late.risk_ratio == pytest.approx(6.9, abs=0.05)
    assert late.outcomes_on_factor == pytest.approx(0.33, abs=0.005)


def test_late_delivery_is_by_far_the_strongest_driver_and_several_sellers_the_second(report):
    first, second, *others = report.drivers

    assert [first.factor, second.factor] == ["late", "several_sellers"]
    assert first.strength > 2 * second.strength
    assert all(second.strength > other.strength for other in others)
    assert all(abs(second.adjusted_difference) > abs(other.adjusted_difference) for other in others)


def test_several_sellers_agree_with_plain_counting(report, plain):
    several = report.drivers[1]

    assert several.n_with == (plain.sellers > 1).sum()
    assert several.rate_with == pytest.approx(plain.bad[plain.sellers > 1].mean())
    assert several.rate_without == pytest.approx(plain.bad[plain.sellers <= 1].mean())


def test_the_later_the_worse(report):
    rates = [row.rate for row in report.drivers[0].dose]

    assert rates == sorted(rates)
    assert sum(row.n for row in report.drivers[0].dose) == 5164
    assert report.within[0].factor == "days_late"


def test_orders_never_delivered_are_told_apart_from_drivers(report):
    assert [failure.factor for failure in report.failures] == ["not_delivered"]
    assert "not_delivered" not in {driver.factor for driver in report.drivers}


def test_lateness_is_split_by_the_data_and_nobody_is_named_without_evidence(report, plain):
    (split,) = report.splits
    late = plain[plain.late]
    handed_over, after, promise = split.parts

    assert handed_over.share_of_late.mid == pytest.approx((late.shipped > late.limit).mean())
    assert handed_over.share_of_late.mid == pytest.approx(0.29, abs=0.005)
    deadline = late.promised + pd.Timedelta(days=1)
    days = (late.delivered - deadline) / pd.Timedelta(days=1)
    before = np.clip((late.shipped - late.limit) / pd.Timedelta(days=1), 0, days)
    assert split.share_before.mid == pytest.approx(before.sum() / days.sum())
    assert split.share_before.mid + split.share_after.mid == pytest.approx(1)
    assert (handed_over.evidence, after.evidence, promise.evidence) == (True, True, False)
    assert report.drivers[0].functions == ("operations", "supplier")


def test_outcomes_without_signals_are_off_with_a_reason(report):
    assert {off.outcome for off in report.off} == {"complaint", "return", "churn"}
    assert all(off.reason.endswith(".") for off in report.off)


def test_the_machine_form_is_plain_json_with_the_promised_fields(report):
    found = json.loads(json.dumps(driver_report_json(report), allow_nan=False))

    promised = {
        *("outcome", "factor", "n_with", "n_without", "rate_with", "rate_without", "share_of_outcome"),
        *("risk_ratio", "risk_ratio_low", "risk_ratio_high"),
        *("adjusted_difference", "adjusted_low", "adjusted_high"),
        *("e_value", "q_value", "verdict", "dose", "functions"),
    }
    assert all(promised <= set(driver) for driver in found["drivers"])
    assert found["drivers"][0]["verdict"] == "driver"

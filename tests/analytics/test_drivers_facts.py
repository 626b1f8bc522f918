"""What counts as late, as fulfilled, as a customer lost: read from small companies written by hand."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from analytics.driver_worlds import Memory
from interlock.analytics.drivers import find_drivers
from interlock.analytics.drivers.accounts import churn_population
from interlock.analytics.drivers.factors import order_factors
from interlock.analytics.drivers.facts import order_rows
from interlock.analytics.drivers.outcomes import failures, order_populations, read_orders

MONDAY = datetime.fromisoformat("2026-03-02")  # naive, and UTC as in the contract
NOW = MONDAY + timedelta(days=60)


def company(lines: list[dict], *, status: dict | None = None, signals: list[dict] | None = None) -> Memory:
    """Orders out of lines; each line may say order, promised, delivered, shipped, limit, site (days from Monday)."""
    rows = pd.DataFrame(
        [
            {
                "line_id": f"l{number}",
                "order_id": line.get("order", f"o{number}"),
                "product_id": "p",
                "site_id": line.get("site", "s"),
                "amount": 10.0,
                **{
                    column: day(line.get(name))
                    for column, name in (
                        ("promised_at", "promised"),
                        ("delivered_at", "delivered"),
                        ("shipped_at", "shipped"),
                        ("requested_at", "limit"),
                    )
                },
            }
            for number, line in enumerate(lines)
        ]
    )
    names = rows.order_id.drop_duplicates()
    orders = pd.DataFrame(
        {
            "order_id": names,
            "account_id": "a" + names,
            "ordered_at": MONDAY,
            "status": [(status or {}).get(name, "done") for name in names],
        }
    )
    tables = {"orders": orders, "order_lines": rows}
    if signals:
        shared = {"signal_id": "x", "occurred_at": day(30.0), "rating": None, "rating_max": 5.0}
        tables["signals"] = pd.DataFrame([shared | signal for signal in signals]).astype({"rating": float})
    return Memory(tables)


def day(days: float | None) -> datetime | None:
    return None if days is None else MONDAY + timedelta(days=days)


def rows_of(tables: Memory) -> dict[str, dict]:
    rows = order_rows(tables, NOW).to_pylist()
    return {row["account"].removeprefix("a"): row for row in rows}


def test_a_promised_day_is_kept_until_the_day_ends():
    rows = rows_of(company([{"promised": 5.0, "delivered": 5.9}, {"promised": 6.0, "delivered": 7.0}]))

    assert [rows[name]["late"] for name in ("o0", "o1")] == [False, True]
    assert rows["o1"]["days_late"] == 0.0


def test_a_promised_day_may_begin_at_another_hour_of_utc_where_clocks_change():
    summer, winter = 5 + 2 / 24, 6 + 3 / 24
    rows = rows_of(
        company(
            [{"promised": summer, "delivered": summer + 0.9}, {"promised": winter, "delivered": winter + 1.1}]
        )
    )

    assert [rows[name]["late"] for name in ("o0", "o1")] == [False, True]


def test_a_promised_day_may_be_given_by_its_last_moment():
    end = 6 - 1e-6 / 86_400
    rows = rows_of(company([{"promised": end, "delivered": 5.9}, {"promised": end, "delivered": 6.1}]))

    assert [rows[name]["late"] for name in ("o0", "o1")] == [False, True]


def test_a_promised_hour_is_kept_until_that_hour():
    at = [5 + 9 / 24, 5 + 13 / 24, 5 + 16 / 24]
    rows = rows_of(company([{"promised": hour, "delivered": 5 + 14 / 24} for hour in at]))

    assert [rows[f"o{number}"]["late"] for number in range(3)] == [True, True, False]


def test_of_several_lines_the_worst_speaks_for_the_order():
    rows = rows_of(
        company(
            [
                {"order": "o", "promised": 5.0, "delivered": 9.0, "site": "s1"},
                {"order": "o", "promised": 20.0, "delivered": 15.0, "site": "s2"},
            ]
        )
    )

    assert rows["o"]["late"] is True
    assert rows["o"]["days_late"] == 3.0  # after the end of the promised day
    assert (rows["o"]["lines"], rows["o"]["sites"]) == (2, 2)


def test_an_order_of_which_a_line_never_came_is_short_and_one_that_never_came_at_all_is_not_late():
    tables = company(
        [
            {"order": "part", "promised": 5.0, "delivered": 4.0},
            {"order": "part", "promised": 5.0},
            {"order": "none", "promised": 5.0},
            {"order": "open", "promised": 90.0},
            {"order": "gone", "promised": 5.0, "delivered": 4.0},
        ],
        status={"gone": "Canceled"},
    )
    rows = order_rows(tables, NOW)
    factors, _ = order_factors(rows)
    orders = read_orders(rows, factors, NOW)
    found = dict(zip((name.removeprefix("a") for name in rows["account"].to_pylist()), range(4), strict=True))
    short = next(factor for factor in factors if factor.name == "short_or_cancelled")
    late = next(factor for factor in factors if factor.name == "late")

    assert {name: bool(orders.fulfilled[row]) for name, row in found.items()} == {
        "part": True,
        "none": False,
        "open": False,
        "gone": False,
    }
    assert {name: bool(orders.settled[row]) for name, row in found.items()} == {
        "part": True,
        "none": True,
        "open": False,
        "gone": True,
    }
    assert short.codes[found["part"]] == 1
    assert late.codes[found["none"]] == -1


def test_several_ratings_of_an_order_count_by_their_mean_and_only_through_their_line():
    tables = company(
        [{"promised": 5.0, "delivered": 4.0}] * 3,
        signals=[
            {"kind": "review", "line_id": "l0", "rating": 1.0},
            {"kind": "review", "line_id": "l0", "rating": 4.0},
            {"kind": "review", "line_id": "l1", "rating": 2.0},
            {"kind": "review", "line_id": None, "rating": 1.0},
        ],
    )
    rows = order_rows(tables, NOW)
    orders = read_orders(rows, order_factors(rows)[0], NOW)

    (studied,), off = order_populations(tables, orders)

    assert studied.outcome == "bad_rating"
    assert sorted(studied.happened) == [False, True]
    assert {each.outcome for each in off} == {"complaint", "return"}


def test_orders_that_ended_before_the_first_complaint_on_record_are_left_out():
    tables = company(
        [{"promised": 9.0, "delivered": delivered} for delivered in (1.0, 2.0, 12.0, 13.0)],
        signals=[{"kind": "complaint", "line_id": "l2", "occurred_at": day(12.5)}],
    )
    rows = order_rows(tables, NOW)
    orders = read_orders(rows, order_factors(rows)[0], NOW)

    (studied,), _ = order_populations(tables, orders)

    assert sorted(studied.happened) == [False, True]


def test_never_delivered_orders_are_compared_apart():
    tables = company(
        [{"promised": 5.0, "delivered": 4.0}, {"promised": 5.0}, {"promised": 90.0}],
        signals=[{"kind": "review", "line_id": f"l{i}", "rating": float(5 - 4 * (i > 0))} for i in range(3)],
    )
    rows = order_rows(tables, NOW)

    (failed,) = failures(read_orders(rows, order_factors(rows)[0], NOW))

    assert sorted(zip(failed.factors[0].codes.tolist(), failed.happened.tolist(), strict=True)) == [
        (0, False),
        (1, True),
    ]


def test_without_tables_everything_is_off_with_a_plain_reason():
    report = find_drivers(Memory({}))

    assert report.drivers == report.none_found == report.splits == ()
    assert {off.outcome: off.reason for off in report.off} == {
        "bad_rating": "There are no orders with lines.",
        "complaint": "There are no orders with lines.",
        "return": "There are no orders with lines.",
        "churn": "No account has a date on which it ended.",
    }


def split_company(rng: np.random.Generator, *, limit: bool, slow_hand_over: float, slow_way: float) -> Memory:
    """400 orders, promised in 10 days; some are handed over 4 days late, some travel 6 days longer."""
    lines = []
    for _ in range(400):
        shipped = 2.0 + rng.random() + 4 * (rng.random() < slow_hand_over)
        way = 4.0 + rng.random() + 6 * (rng.random() < slow_way)
        lines.append(
            {"promised": 9.0, "delivered": shipped + way, "shipped": shipped, "limit": 4.0 if limit else None}
        )
    return company(lines)


@pytest.mark.parametrize(
    ("limit", "slow_hand_over", "slow_way", "named"),
    [
        (True, 0.0, 0.3, ("operations",)),
        (False, 0.0, 0.3, ("operations",)),
        (True, 0.25, 0.25, ("supplier", "operations")),
    ],
)
def test_only_functions_with_evidence_are_named(limit, slow_hand_over, slow_way, named):
    tables = split_company(
        np.random.default_rng(1), limit=limit, slow_hand_over=slow_hand_over, slow_way=slow_way
    )

    (split,) = find_drivers(tables, now=NOW).splits

    assert split.functions == named
    assert split.share_before.mid + split.share_after.mid == pytest.approx(1)


def test_a_promise_shorter_than_orders_take_is_the_promisers_part():
    rng = np.random.default_rng(2)
    hasty = rng.random(400) < 0.3
    lines = [
        {"promised": 4.0 if short else 12.0, "shipped": 3.0, "delivered": 7.0 + rng.random(), "limit": 3.5}
        for short in hasty
    ]

    (split,) = find_drivers(company(lines), now=NOW).splits

    promise = next(part for part in split.parts if part.name == "promise_too_tight")
    assert split.late == promise.late_orders == hasty.sum()
    assert promise.evidence
    assert "sales" in split.functions
    assert "supplier" not in split.functions


def test_a_wished_date_is_not_taken_for_a_hand_over_limit():
    rng = np.random.default_rng(3)
    lines = [
        {"promised": 9.0, "delivered": 5 + 6 * rng.random(), "shipped": 3.0, "limit": 8.5} for _ in range(200)
    ]

    (split,) = find_drivers(company(lines), now=NOW).splits

    assert split.limit.startswith("the usual part of the promised time")


def accounts(rng: np.random.Generator, count: int, effect: float) -> pd.DataFrame:
    """Subscribers; those of segment B end more often by `effect`, all on the last day of the records."""
    segment = rng.choice(["A", "B"], size=count)
    left = rng.random(count) < 0.2 + effect * (segment == "B")
    return pd.DataFrame(
        {
            "account_id": [f"a{number}" for number in range(count)],
            "segment": segment,
            "region": rng.choice(["North", "South"], size=count),
            "since": [MONDAY - timedelta(days=int(days)) for days in rng.integers(40, 1500, size=count)],
            "ended_at": pd.to_datetime([MONDAY if gone else None for gone in left]),
        }
    )


def test_churn_needs_no_orders():
    report = find_drivers(Memory({"accounts": accounts(np.random.default_rng(1), 3000, effect=0.2)}))

    (strong, weak) = (driver for driver in report.drivers if driver.factor.startswith("segment"))
    assert {strong.outcome, strong.population} == {"churn", "accounts that were customers on 2026-03-01"}
    assert {(strong.factor, strong.adjusted_difference > 0), (weak.factor, weak.adjusted_difference > 0)} == {
        ("segment: B", True),
        ("segment: A", False),
    }
    assert {off.outcome for off in report.off} == {"bad_rating", "complaint", "return"}


def test_accounts_that_had_already_ended_or_had_not_begun_are_not_studied():
    rows = accounts(np.random.default_rng(1), 4, effect=0.0)
    rows["since"] = [day(-400), day(-400), day(59), day(-400)]
    rows["ended_at"] = pd.to_datetime([day(-200), day(50), None, None])

    population = churn_population(Memory({"accounts": rows}), None, NOW)

    assert population.name == "accounts that were customers on 2025-11-02"
    assert population.happened.tolist() == [True, False]


def test_late_orders_of_the_year_before_count_for_churn():
    rng = np.random.default_rng(4)
    count = 800
    late = rng.random(count) < 0.4
    left = rng.random(count) < 0.15 + 0.3 * late
    tables = company([{"promised": 5.0, "delivered": 9.0 if each else 4.0} for each in late])
    ended = [MONDAY + timedelta(days=100) if gone else None for gone in left]
    people = pd.DataFrame(
        {"account_id": [f"ao{number}" for number in range(count)], "ended_at": pd.to_datetime(ended)}
    )
    orders, lines = (tables.table(name).to_pyarrow() for name in ("orders", "order_lines"))

    report = find_drivers(
        Memory({"accounts": people, "orders": orders, "order_lines": lines}), now=MONDAY + timedelta(days=200)
    )

    (driver,) = report.drivers
    assert (driver.outcome, driver.factor, driver.n_with) == ("churn", "late", late.sum())
    assert driver.adjusted_low < 0.3 < driver.adjusted_high

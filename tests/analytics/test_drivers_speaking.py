"""What goes with an order whose customer speaks of a theme: the fact is found, chance is not, and the rows are exact."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analytics.companies import DAY, UNTIL, Records, ordered_lines, seeded
from interlock.analytics.drivers.speaking import Said, drivers_of_themes

LONG_AGO = UNTIL - 800 * DAY


@pytest.fixture(scope="module")
def company():
    return ordered_lines(seeded(), 4_000)


def is_late(line) -> bool:
    return line["delivered_at"] > line["promised_at"]


def spoken(tables, chance, seed=1) -> Said:
    """A theme that each order's customer speaks of by the chance of its line."""
    rng = seeded(seed)
    named = [line["order_id"] for line in tables["order_lines"] if rng.random() < chance(line)]
    return Said(named, LONG_AGO)


def test_a_theme_that_late_orders_speak_of_names_lateness_and_its_orders(company):
    said = {"slow": spoken(company, lambda line: 0.3 if is_late(line) else 0.02)}

    found = drivers_of_themes(Records(company), said)["slow"]

    assert [line.driver.factor for line in found.lines] == ["late"]
    (line,) = found.lines
    late = {one["order_id"] for one in company["order_lines"] if is_late(one)}
    assert set(line.orders) == late & set(said["slow"].orders)
    assert (line.driver.x_with, line.driver.n_with) == (len(line.orders), len(late))
    assert (found.n, found.x) == (4_000, len(said["slow"].orders))
    assert 10 < line.driver.adjusted_ratio < 22
    assert line.driver.adjusted_ratio_low > 8


def test_a_theme_about_a_product_names_its_family(company):
    said = {"bell": spoken(company, lambda line: 0.2 if line["product_id"] == "P2" else 0.03)}

    found = drivers_of_themes(Records(company), said)["bell"]

    assert [line.driver.factor for line in found.lines] == ["family: F2"]


@pytest.mark.slow
def test_what_is_spoken_of_by_chance_names_nothing_nine_times_in_ten(company):
    records = Records(company)
    families = [
        {f"{turn}-{number}": spoken(company, lambda _line: 0.05, seed=10 * turn + number) for number in range(2)}
        for turn in range(10)
    ]  # fmt: skip

    found = [drivers_of_themes(records, said).values() for said in families]

    assert all(one.compared > 20 for themes in found for one in themes)
    assert sum(any(one.lines for one in themes) for themes in found) <= 3


def test_orders_that_ended_before_the_theme_began_are_not_compared_and_would_have_misled(company):
    began = UNTIL - timedelta(days=90)
    new = spoken(company, lambda line: 0.15 if line["delivered_at"] >= began else 0.0)
    records = Records(company)

    since = drivers_of_themes(records, {"new": Said(new.orders, began)})["new"]
    ever = drivers_of_themes(records, {"new": new})["new"]

    assert since.lines == ()
    assert since.n == sum(line["delivered_at"] >= began for line in company["order_lines"])
    assert {line.driver.factor.partition(":")[0] for line in ever.lines} == {"season"}


def test_orders_of_a_source_that_never_said_it_are_not_compared(company):
    other = {
        name: [{**row, "source_id": "old", **_renamed(row)} for row in rows] for name, rows in company.items()
    }
    both = {
        name: [{**row, "source_id": "shop"} for row in rows] + other[name] for name, rows in company.items()
    }
    said = {"slow": spoken(company, lambda line: 0.3 if is_late(line) else 0.02)}

    assert drivers_of_themes(Records(both), said)["slow"].n == 4_000


def _renamed(row) -> dict[str, str]:
    return {key: f"old:{row[key]}" for key in ("order_id", "line_id", "account_id") if row.get(key)}


def test_too_few_orders_refuse_and_no_orders_say_nothing(company):
    few = Said([line["order_id"] for line in company["order_lines"][:12]], LONG_AGO)

    found = drivers_of_themes(Records(company), {"few": few})["few"]

    assert (found.lines, found.x) == ((), 12)
    assert drivers_of_themes(Records({}), {"few": few}) == {}
    assert drivers_of_themes(Records(company), {}) == {}

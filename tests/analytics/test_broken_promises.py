"""R01 on small companies: the planted fault is found, what only looks like one is not."""

from datetime import timedelta

import pytest

from analytics.companies import DAY, UNTIL, CannotHold, Records, ordered_lines, seeded
from interlock.analytics.finding import RowQuery
from interlock.analytics.symptoms import bench, find_symptoms, rows
from interlock.analytics.symptoms.r01_broken_promises import promised_lines


def promises(tables):
    """Report what R01 alone says about a company."""
    report = find_symptoms(Records(tables))
    return [s for s in report.symptoms if s.rule == "R01" and s.tier != "suspected"]


def keys(symptoms):
    return [(s.context.kind, s.context.key) for s in symptoms]


def faulty(line):
    return 0.40 if (line["team"], line["family"]) == (2, 1) else 0.10


def test_a_planted_fault_is_named_once_and_at_its_place():
    found = promises(ordered_lines(seeded(), 8000, late=faulty))

    assert keys(found) == [("team+family", "T2|F1")]
    assert found[0].tier == "detected"
    assert found[0].functions == ("sales", "operations")
    assert "of the late days arose after the hand-over" in str(found[0].why)
    assert str(found[0].consequence).startswith("T2 promised dates for F1 that we missed")


def test_what_leaves_late_joins_the_makers_and_what_travels_long_joins_operations():
    tables = ordered_lines(seeded(), 8000, late=faulty)
    for line in tables["order_lines"]:
        if line["delivered_at"] > line["promised_at"]:
            line["shipped_at"] = line["promised_at"] - DAY

    (found,) = promises(tables)

    assert found.functions == ("sales", "production")
    assert "of the late days arose before the hand-over" in str(found.why)


def test_a_site_that_hands_over_past_the_limit_is_named_beside_operations():
    tables = ordered_lines(seeded(), 6000)
    rng = seeded(8)
    for line in tables["order_lines"]:
        slow = rng.random() < (0.35 if line["site_id"] == "S1" else 0.05)
        line["requested_at"] = line["promised_at"] - 5 * DAY
        line["shipped_at"] = line["requested_at"] + DAY * (0.5 if slow else -1)

    (found,) = promises(tables)

    assert found.context.key == "S1"
    assert found.functions == ("operations", "production")
    assert "were handed to the carrier past the agreed time" in str(found.consequence)


@pytest.mark.parametrize(("function", "maker"), [("operations", "partner"), ("production", "production")])
def test_sites_whose_teams_make_nothing_are_partners(function, maker):
    tables = ordered_lines(seeded(), 6000)
    rng = seeded(8)
    for line in tables["order_lines"]:
        slow = rng.random() < (0.35 if line["site_id"] == "S1" else 0.05)
        line["requested_at"] = line["promised_at"] - 5 * DAY
        line["shipped_at"] = line["requested_at"] + DAY * (0.5 if slow else -1)
    sites = sorted({line["site_id"] for line in tables["order_lines"]})
    tables["teams"] = [{"team_id": f"T-{site}", "function": function, "site_id": site} for site in sites]

    (found,) = promises(tables)

    assert found.functions == ("operations", maker)


def test_a_requested_day_that_is_the_customers_wish_is_no_limit():
    tables = ordered_lines(seeded(), 6000)
    for number, line in enumerate(tables["order_lines"]):
        line["requested_at"] = line["promised_at"] - DAY * (20 if number % 3 == 0 else -2)

    assert promises(tables) == []


def test_a_promise_is_kept_until_its_day_ends_wherever_it_was_made():
    """A promised day in Brazil stands in the records as 02:59:59 of the next day, in UTC."""
    tables = ordered_lines(seeded(), 3000)
    for line in tables["order_lines"]:
        line["promised_at"] = line["promised_at"] + timedelta(days=1, hours=2, minutes=59, seconds=59)
        line["delivered_at"] = line["promised_at"] - timedelta(minutes=5)
    tables["order_lines"][0]["delivered_at"] += timedelta(minutes=10)

    lines = promised_lines(Records(tables), "late", UNTIL.date() - DAY * 400, UNTIL.date() + DAY * 5)
    found = lines.order_by("line_id").select("line_id", "hit", "days_late", "on").to_pyarrow().to_pylist()

    assert [(row["line_id"], row["days_late"]) for row in found if row["hit"]] == [("L0", 1)]
    meant = tables["order_lines"][0]["promised_at"].date() - DAY
    assert next(row["on"] for row in found if row["line_id"] == "L0") == meant


def test_the_rows_behind_a_finding_are_exactly_x_of_n():
    tables = Records(ordered_lines(seeded(), 8000, late=faulty))

    found = next(s for s in find_symptoms(tables).symptoms if s.rule == "R01")
    behind = rows(tables, found.rows).to_pyarrow().to_pylist()
    hits = rows(tables, RowQuery("R01", "hits", found.rows.params)).to_pyarrow().to_pylist()

    assert (len(hits), len(behind)) == (found.x, found.n)
    assert all(row["days_late"] > 0 for row in hits)
    assert sum(row["hit"] for row in behind) == found.x


def test_what_several_lists_of_rows_ask_first_is_asked_once_and_the_rows_are_the_same(monkeypatch):
    asked = []
    has = Records.has
    monkeypatch.setattr(Records, "has", lambda self, *names: asked.append(names) or has(self, *names))
    tables = Records(ordered_lines(seeded(), 8000, late=faulty))
    queries = [found.rows for found in find_symptoms(tables).symptoms if found.rule == "R01"] * 2
    asked.clear()

    plainly = [rows(tables, query).to_pyarrow() for query in queries]
    each_time = asked[:]
    asked.clear()
    remembered = bench.Remembered(tables)
    found = [rows(remembered, query).to_pyarrow() for query in queries]

    assert found == plainly
    assert len(found) >= 2
    assert (sorted(asked), len(each_time) > len(asked)) == (sorted(set(each_time)), True)


def test_with_nothing_wrong_nobody_is_named():
    assert promises(ordered_lines(seeded(), 8000)) == []


def test_a_team_that_sells_into_the_slow_region_is_not_named():
    def slow_region(line):
        if line["region"] == 4 and seeded(line["days_ago"]).random() < 0.7:
            line["sold_by"] = 5
        return 0.40 if line["region"] == 4 else 0.10

    assert keys(promises(ordered_lines(seeded(), 8000, late=slow_region))) == [("region", "R4")]


def test_a_fault_mended_nine_months_ago_is_not_named():
    def mended(line):
        return 0.50 if line["team"] == 2 and line["days_ago"] > 270 else 0.10

    assert promises(ordered_lines(seeded(), 8000, late=mended)) == []


def test_without_teams_the_rule_groups_by_what_there_is_and_says_so():
    tables = ordered_lines(seeded(), 8000, late=lambda line: 0.40 if line["region"] == 1 else 0.10)
    for order in tables["orders"]:
        order["team_id"] = None

    found = promises(tables)

    assert ("region", "R1") in keys(found)
    assert "name no sales team" in str(found[0].why)


def test_cancelled_orders_are_neither_kept_nor_broken():
    tables = ordered_lines(seeded(), 8000)
    for order, line in zip(tables["orders"], tables["order_lines"], strict=True):
        if line["product_id"] == "P1":
            order["status"], line["delivered_at"] = "canceled", None

    assert promises(tables) == []


def test_lines_that_never_arrived_are_told_apart_from_late_ones():
    tables = ordered_lines(seeded(), 8000)
    for number, (order, line) in enumerate(zip(tables["orders"], tables["order_lines"], strict=True)):
        if order["team_id"] == "T3" and number % 4 == 0:
            line["delivered_at"] = None
    tables["order_lines"][0]["delivered_at"] = UNTIL - DAY

    texts = [str(s.consequence) for s in promises(tables)]

    assert any("that T3 promised never arrived" in text for text in texts)


@pytest.mark.parametrize("missing", ["order_lines", "orders"])
def test_a_missing_table_switches_the_rule_off_with_a_reason(missing):
    tables = ordered_lines(seeded(), 300) | {missing: []}

    report = find_symptoms(Records(tables))

    assert any(off.rule == "R01" and off.reason.endswith(".") for off in report.rules_off)


def test_money_shows_its_arithmetic_and_never_calls_exposed_value_a_loss():
    found = promises(ordered_lines(seeded(), 8000, late=faulty))[0]

    assert found.money.currency == "EUR"
    assert 0 < found.money.low < found.money.mid < found.money.high
    assert [term.sign for term in found.money.terms][:3] == ["", "×", "="]
    assert found.money.basis == "lost" or found.money.caveat.startswith("Exposed, not lost")


def test_the_same_records_give_the_same_report_whether_or_not_their_engine_holds_rows():
    lines = ordered_lines(seeded(), 3000, late=faulty)

    assert find_symptoms(Records(lines)) == find_symptoms(CannotHold(lines))


@pytest.mark.parametrize("table", ["order_lines", "signals", "deals"])
def test_rows_of_a_rule_are_held_only_where_no_table_has_many(table, monkeypatch):
    monkeypatch.setattr(bench, "MOST_ROWS_HELD", 2)
    rows = [{"source_id": str(number)} for number in range(3)]

    assert [bench.Held(Records({table: rows[:many]})).is_small() for many in (2, 3)] == [True, False]

"""R02, R03, R06, R10 and R11 on small companies: fault found, look-alikes not named, rows exact."""

import pytest

from analytics.companies import DAY, UNTIL, Records, found_by, ordered_lines, seeded, signal
from interlock.analytics.finding import RowQuery
from interlock.analytics.symptoms import RULES, find_symptoms, rows


def with_complaints(chance, *, count=8000, kind="complaint", seed=3, **more):
    """A company in which each line is complained about by `chance` of the line, its order and account."""
    rng = seeded(seed)
    tables = ordered_lines(rng, count)
    regions = {account["account_id"]: account["region"] for account in tables["accounts"]}
    tables["signals"] = []
    for number, (order, line) in enumerate(zip(tables["orders"], tables["order_lines"], strict=True)):
        age = (UNTIL - line["delivered_at"]).days
        line["batch_id"] = f"{line['product_id']}-{age // 30}"
        if age > 10 and rng.random() < chance(line, regions[order["account_id"]], age):
            tables["signals"].append(signal(number, kind, line, **more))
    return tables


def named(tables, *rules, tiers=("detected",)):
    """Return what the rules name, after checking that each finding's rows are exactly x of n."""
    records = Records(tables)
    found = [s for s in found_by(records, *rules) if s.tier in tiers]
    for symptom in found:
        hits = RowQuery(symptom.rule, "hits", symptom.rows.params)
        counted = [rows(records, query).count().to_pyarrow().as_py() for query in (hits, symptom.rows)]
        assert counted == [symptom.x, symptom.n]
    return found


def quiet(line, region, age):
    return 0.06


def test_a_bad_batch_is_named_and_quotes_its_customers():
    def one_batch(line, region, age):
        return 0.40 if line["batch_id"] == "P2-1" else 0.06

    found = named(with_complaints(one_batch), "R10")

    assert [s.context.key for s in found] == ["P2-1"]
    assert "are still with customers" in str(found[0].consequence)
    assert 3 <= len(found[0].quotes) <= 5
    assert len({quote.text for quote in found[0].quotes}) == len(found[0].quotes)


def test_a_best_seller_with_many_complaints_is_not_named():
    tables = with_complaints(quiet)
    for line, order in zip(tables["order_lines"], tables["orders"], strict=True):
        if order["order_id"].endswith(("1", "3", "5", "7", "9")):
            line["product_id"] = "P0"

    assert named(tables, "R02", "R06", "R10", "R11") == []


def test_a_fault_mended_nine_months_ago_is_not_named_by_any_rule():
    def mended(line, region, age):
        return 0.40 if line["product_id"] == "P1" and age > 270 else 0.06

    tables = with_complaints(mended)

    assert named(tables, "R02", "R06", "R10", "R11") == []


def test_a_source_that_started_late_makes_nobody_look_bad():
    def from_sixty_days(line, region, age):
        return 0.20 if age < 60 else 0.0

    tables = with_complaints(from_sixty_days)

    assert named(tables, "R02", "R06", "R10", "R11") == []


def test_a_second_source_that_started_late_is_kept_apart():
    tables = with_complaints(quiet)
    rng = seeded(9)
    for number, line in enumerate(tables["order_lines"]):
        age = (UNTIL - line["delivered_at"]).days
        if 10 < age < 50 and rng.random() < 0.3:
            tables["signals"].append(signal(100_000 + number, "return", line))

    assert named(tables, "R02", "R06", "R10") == []


def test_a_misfit_of_product_and_region_is_named_not_the_product_nor_the_region():
    def misfit(line, region, age):
        return 0.35 if (line["product_id"], region) == ("P1", "R2") else 0.06

    found = named(with_complaints(misfit, kind="return"), "R06")

    assert [(s.context.kind, s.context.key) for s in found] == [("configuration+region", "P1|R2")]
    assert "works for others" in str(found[0].consequence)


def bad_configuration():
    """P3 is complained about four times as often; of all four products 50 good units are made every 20 days."""

    def bad(line, region, age):
        return 0.25 if line["product_id"] == "P3" else 0.06

    tables = with_complaints(bad, count=6000)
    for product in tables["products"]:
        product["family"] = "one family"
    tables["batches"] = [
        {"batch_id": f"B{age}-{p}", "product_id": f"P{p}", "good_qty": 50.0, "change_ref": None,
         "finished_at": UNTIL - DAY * age, "source_id": "works"}
        for age in range(5, 300, 20) for p in range(4)
    ]  # fmt: skip
    return tables


def test_a_configuration_that_is_made_on_unchanged_is_named_and_a_changed_one_is_not():
    tables = bad_configuration()
    tables["batches"][0]["change_ref"] = "CR-6"  # of another product

    assert [s.context.key for s in named(tables, "R02")] == ["P3"]

    tables["batches"][3]["change_ref"] = "CR-7"
    assert named(tables, "R02") == []


def test_where_no_batch_ever_names_a_change_nobody_says_that_it_is_made_unchanged():
    report = find_symptoms(Records(bad_configuration()))

    assert [s for s in report.symptoms if s.rule == "R02"] == []
    assert [off.reason for off in report.rules_off if off.rule == "R02"] == [
        "No batch names a change, so nobody can tell what was made on unchanged."
    ]


def test_batches_of_a_source_that_never_names_a_change_are_not_called_unchanged():
    tables = bad_configuration()
    # Another works names its changes; of P3 it makes nothing.
    tables["batches"].append(
        {"batch_id": "N1", "product_id": "P0", "good_qty": 50.0, "change_ref": "CR-1", "finished_at": UNTIL - DAY * 9,
         "source_id": "new works"}
    )  # fmt: skip

    assert named(tables, "R02") == []


def test_returns_that_rise_above_their_limit_are_named_by_family():
    def risen(line, region, age):
        return 0.30 if line["product_id"] == "P1" and age < 90 else 0.05

    found = named(with_complaints(risen, kind="return"), "R11")

    assert [s.context.key for s in found] == ["F1"]
    assert str(found[0].consequence).startswith("Returns of F1 were above their limit in")


def test_customers_left_waiting_are_named_against_the_promise_on_record():
    rng = seeded(5)
    tables = with_complaints(lambda line, region, age: 0.3, count=3000, kind="ticket")
    for asked in tables["signals"]:
        slow = rng.random() < 0.35
        asked["first_reply_at"] = asked["occurred_at"] + DAY * (3 if slow else 0.2)
    tables["promises"] = [
        {"promise_id": "1", "kind": "service", "text": "We answer everybody within one day."}
    ]

    found = named(tables, "R03")

    assert [s.context.key for s in found] == ["ticket"]
    assert "waited past our promise to answer within 24 hours" in str(found[0].consequence)


def test_without_a_promise_groups_are_compared_and_the_two_days_are_not_called_ours():
    tables = with_complaints(lambda line, region, age: 0.3, count=3000, kind="ticket")
    rng = seeded(5)
    for number, asked in enumerate(tables["signals"]):
        asked["channel"] = ("letter", "mail", "phone", "chat", "shop")[number % 5]
        slow = rng.random() < (0.45 if asked["channel"] == "letter" else 0.15)
        asked["first_reply_at"] = asked["occurred_at"] + DAY * (3 if slow else 0.2)

    found = named(tables, "R03")

    assert [s.context.key for s in found] == ["letter"]
    assert "waited more than two days for an answer" in str(found[0].consequence)
    assert "promise" not in str(found[0].consequence)


def test_a_company_that_is_slow_everywhere_is_no_disconnect_of_one_segment():
    tables = with_complaints(lambda line, region, age: 0.3, count=3000, kind="ticket")
    rng = seeded(5)
    for account in tables["accounts"]:
        account["segment"] = "web" if int(account["account_id"][1:]) % 4 else "shops"
    for asked in tables["signals"]:
        asked["first_reply_at"] = asked["occurred_at"] + DAY * (3 if rng.random() < 0.4 else 0.2)

    assert named(tables, "R03", tiers=("detected", "watch")) == []


def test_silence_before_answers_were_recorded_is_not_held_against_anybody():
    tables = with_complaints(lambda line, region, age: 0.3, count=3000, kind="ticket")
    for asked in tables["signals"]:
        if (UNTIL - asked["occurred_at"]).days < 60:
            asked["first_reply_at"] = asked["occurred_at"] + DAY * 0.1

    assert named(tables, "R03", tiers=("detected", "watch", "suspected")) == []


def test_every_rule_is_either_run_or_off_with_a_plain_reason():
    tables = with_complaints(quiet, count=600)

    for missing in (None, *tables):
        report = find_symptoms(Records({name: part for name, part in tables.items() if name != missing}))

        assert sorted([*report.rules_run, *(off.rule for off in report.rules_off)]) == sorted(RULES)
        assert all(off.reason.endswith(".") for off in report.rules_off)


@pytest.mark.parametrize("column", ["promised_at", "delivered_at", "product_id", "site_id", "batch_id"])
def test_an_empty_column_of_the_lines_is_never_an_error(column):
    tables = with_complaints(quiet, count=600)
    for line in tables["order_lines"]:
        line[column] = None

    report = find_symptoms(Records(tables))

    assert sorted([*report.rules_run, *(off.rule for off in report.rules_off)]) == sorted(RULES)


def test_no_records_at_all_switch_every_rule_off():
    report = find_symptoms(Records({}))

    assert report.symptoms == ()
    assert {off.rule for off in report.rules_off} == set(RULES)

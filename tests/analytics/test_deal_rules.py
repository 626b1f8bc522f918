"""R04 and R09 on small companies: the context and the rival are found, the rows are exact."""

from analytics.companies import DAY, UNTIL, Records, found_by, seeded
from interlock.analytics.finding import RowQuery
from interlock.analytics.symptoms import find_symptoms, rows


def deals(chance, *, count=1500, seed=4):
    """Closed deals of a year; `chance` gives that of losing one, by segment and rival."""
    rng = seeded(seed)
    accounts = [
        {"account_id": f"A{a}", "name": f"Customer {a}", "segment": f"S{a % 5}", "use_case": f"U{a % 3}", "region": "R"}
        for a in range(200)
    ]  # fmt: skip
    closed = []
    for number in range(count):
        account, rival = accounts[int(rng.integers(0, 200))], f"Rival {int(rng.integers(0, 4))}"
        lost = rng.random() < chance(account["segment"], rival)
        closed.append({
            "deal_id": f"D{number}", "account_id": account["account_id"], "rival": rival, "amount": 1000.0,
            "closed_at": UNTIL - DAY * int(rng.integers(0, 170)), "outcome": "lost" if lost else "won",
            "loss_reason_buyer": ("quality of the frame", "price")[number % 2] if lost else None,
        })  # fmt: skip
    return {"accounts": accounts, "deals": closed}


def named(tables, rule):
    records = Records(tables)
    found = [s for s in found_by(records, rule) if s.tier == "detected"]
    for symptom in found:
        hits = RowQuery(rule, "hits", symptom.rows.params)
        counted = [rows(records, query).count().to_pyarrow().as_py() for query in (hits, symptom.rows)]
        assert counted == [symptom.x, symptom.n]
    return found


def test_a_segment_that_walks_away_is_named_with_the_buyers_words():
    found = named(deals(lambda segment, rival: 0.75 if segment == "S2" else 0.4), "R04")

    assert [s.context.key for s in found] == ["S2"]
    assert "of them say" in str(found[0].consequence)
    assert "not margin" in found[0].money.caveat


def test_a_rival_we_lose_to_on_quality_is_named_and_brings_production():
    found = named(deals(lambda segment, rival: 0.7 if rival == "Rival 1" else 0.4), "R09")

    assert [s.context.key for s in found] == ["Rival 1"]
    assert found[0].functions == ("product", "production")
    assert str(found[0].lead).startswith("Quality is named in")


def test_with_equal_chances_nobody_is_named():
    tables = deals(lambda segment, rival: 0.45)

    assert named(tables, "R04") == []
    assert named(tables, "R09") == []


def test_without_deals_accounts_that_left_are_judged():
    rng = seeded(6)
    accounts = [
        {"account_id": f"A{a}", "name": None, "segment": f"S{a % 4}", "annual_margin": 50.0, "since": UNTIL.date() - DAY * 900,
         "ended_at": UNTIL.date() - DAY * 30 if rng.random() < (0.4 if a % 4 == 1 else 0.1) else None}
        for a in range(1200)
    ]  # fmt: skip
    orders = [
        {"order_id": "O1", "account_id": "A1", "ordered_at": UNTIL, "status": "done", "currency": "EUR"}
    ]

    found = named({"accounts": accounts, "orders": orders}, "R04")

    assert [s.context.key for s in found] == ["S1"]
    assert "customers of the segment S1 left within a year" in str(found[0].consequence)


def test_deals_without_rivals_switch_the_rule_off():
    tables = deals(lambda segment, rival: 0.4, count=50)
    for deal in tables["deals"]:
        deal["rival"] = None

    report = find_symptoms(Records(tables))

    assert "No deal names the rival it was fought against." in [off.reason for off in report.rules_off]

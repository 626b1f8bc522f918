"""A company whose systems record different things: what one source never says is unknown there."""

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analytics.companies import DAY, UNTIL, Records, ordered_lines, seeded
from analytics.driver_worlds import Memory
from interlock.analytics.drivers import find_drivers
from interlock.analytics.sources import sources_saying
from interlock.analytics.symptoms import find_symptoms, rows
from interlock.analytics.symptoms.rule import _bar_words
from interlock.analytics.symptoms.search import Bar


def faulty(line):
    return 0.5 if line["team"] == 2 else 0.1


def of_source(tables, source, prefix="", currency="EUR", **lines):
    """The tables as one source writes them, its keys and names kept apart by a prefix."""
    keys = ("line_id", "order_id", "product_id", "account_id", "team_id", "site_id", "family", "region")
    named = {
        name: [
            {**row, **{key: f"{prefix}{row[key]}" for key in keys if row.get(key)}, "source_id": source}
            for row in written
        ]
        for name, written in tables.items()
    }
    named["orders"] = [{**row, "currency": currency} for row in named["orders"]]
    named["order_lines"] = [{**row, **lines} for row in named["order_lines"]]
    return named


def together(*companies):
    return {name: [row for one in companies for row in one[name]] for name in companies[0]}


@pytest.fixture(scope="module")
def shop():
    return of_source(ordered_lines(seeded(), 6000, late=faulty), "shop")


@pytest.fixture(scope="module")
def alone(shop):
    return find_symptoms(Records(shop))


def plain(report):
    """What a report says, without the random numbers' last digits."""
    return [
        (str(s.consequence), s.n, s.x, round(s.baseline, 9), s.money, s.siblings) for s in report.symptoms
    ]


def test_a_source_that_never_says_when_lines_arrive_has_not_failed_to_deliver_them(shop, alone):
    # It promises and sends, by other teams from other sites, and notes no arrival.
    silent = of_source(ordered_lines(seeded(5), 1500), "erp", "erp:", delivered_at=None)
    records = Records(together(shop, silent))

    report = find_symptoms(records)

    assert len(alone.symptoms) >= 1
    assert plain(report) == plain(alone)
    assert all(
        set(rows(records, found.rows).to_pyarrow()["line_id"].to_pylist()).isdisjoint(
            line["line_id"] for line in silent["order_lines"]
        )
        for found in report.symptoms
    )


def test_a_source_whose_records_ended_earlier_has_not_lost_what_was_then_on_its_way(shop, alone):
    closed = of_source(ordered_lines(seeded(5), 1500, late=lambda line: 0.1), "old", "old:")
    ended = UNTIL - 100 * DAY
    for line in closed["order_lines"]:
        if line["delivered_at"] > ended:
            line["delivered_at"] = None

    report = find_symptoms(Records(together(shop, closed)))

    assert not [s for s in report.symptoms if "never arrived" in str(s.consequence)]
    assert [s.context.label for s in report.symptoms if s.tier == "detected"] == [
        s.context.label for s in alone.symptoms if s.tier == "detected"
    ]


def test_amounts_are_in_the_currency_of_their_own_source_and_never_added(shop):
    reais = of_source(ordered_lines(seeded(5), 6000, late=faulty), "loja", "loja:", currency="BRL")
    unnamed = of_source(ordered_lines(seeded(7), 6000, late=faulty), "erp", "erp:", currency=None)

    report = find_symptoms(Records(together(shop, reais, unnamed)), unnamed_currency="CHF")
    found = {(s.context.key.partition("T2")[0], s.money.currency) for s in report.symptoms if s.money}

    assert found == {("", "EUR"), ("loja:", "BRL"), ("erp:", "CHF")}


def test_of_a_group_in_two_currencies_only_one_is_counted_and_the_sum_says_so():
    tables = ordered_lines(seeded(), 6000, late=faulty)
    tables["orders"] = [
        {**order, "currency": "USD" if number % 4 == 0 else "EUR"}
        for number, order in enumerate(tables["orders"])
    ]

    money = next(s.money for s in find_symptoms(Records(tables)).symptoms if s.money)

    (term,) = (term for term in money.terms if term.values.get("currency"))
    assert (money.currency, term.values["currency"]) == ("EUR", "EUR")
    assert 0.65 < float(term.value_text) < 0.85


def test_what_a_sum_shows_multiplies_to_what_it_comes_to(alone):
    money = alone.symptoms[0].money

    shown = [Decimal(term.value_text.rpartition(" ")[2].replace(",", "")) for term in money.terms]
    running, wrong = shown[0], []
    for term, value in zip(money.terms[1:], shown[1:], strict=True):
        if term.sign == "×":
            running *= value
        elif float(running) != pytest.approx(float(value), rel=0.006, abs=0.51):
            wrong.append((str(running), term.value_text))
        if term.sign == "=":
            running = value
    assert wrong == []
    assert money.mid == round(100 * shown[-1])
    assert money.low <= money.mid <= money.high


@pytest.mark.parametrize(
    ("usual", "bar", "said"),
    [
        (0.10, Bar(), "at least half again the usual"),
        (0.66, Bar(), "at least half again the usual"),
        (0.87, Bar(), "above 93 in 100"),
        (0.50, Bar(points=0.10), "at least 10 points above the usual"),
        (0.95, Bar(points=0.10), "above 97 in 100"),
    ],
)
def test_no_chance_is_given_for_what_cannot_be(usual, bar, said):
    alarm = SimpleNamespace(columns=("team_id",), usual=usual, groups=SimpleNamespace(bar=bar))

    assert str(_bar_words(alarm)) == said


def subscribers(rng, count=3000):
    """Accounts of a file that ended in January 2020: whoever pays by the month leaves four times as often."""
    monthly = rng.random(count) < 0.5
    left = rng.random(count) < np.where(monthly, 0.4, 0.1)
    return pd.DataFrame(
        {
            "account_id": [f"t{number}" for number in range(count)],
            "segment": np.where(monthly, "monthly", "yearly"),
            "since": [date(2019, 12, 1) - timedelta(days=int(days)) for days in rng.integers(1, 1500, count)],
            "ended_at": pd.to_datetime([date(2020, 1, 1) if gone else None for gone in left]),
            "source_id": "telco",
        }
    )


def test_what_moves_churn_stays_the_same_beside_sources_that_know_no_endings_and_go_on():
    telco = subscribers(seeded())
    others = pd.DataFrame(
        {
            "account_id": [f"o{number}" for number in range(500)],
            "segment": "shop",
            "since": date(2024, 1, 1),
            "ended_at": pd.NaT,
            "source_id": "live",
        }
    )
    said = pd.DataFrame(
        {
            "signal_id": [f"s{number}" for number in range(100)],
            "kind": "ticket",
            "occurred_at": pd.Timestamp("2026-11-01"),
            "source_id": "live",
        }
    )

    by_itself = find_drivers(Memory({"accounts": telco}))
    mixed = find_drivers(Memory({"accounts": pd.concat([telco, others]), "signals": said}))

    assert [driver.factor for driver in by_itself.drivers] == ["segment: monthly", "segment: yearly"]
    assert mixed.drivers == by_itself.drivers


def test_records_of_one_place_have_one_source_without_a_name(shop):
    unnamed = [
        {key: value for key, value in line.items() if key != "source_id"} for line in shop["order_lines"]
    ]
    records = Records({"order_lines": unnamed})

    assert sources_saying(records, "order_lines", "promised_at") == {""}
    assert sources_saying(records, "order_lines", "batch_id") == frozenset()
    assert sources_saying(records, "orders") == frozenset()

"""Amounts are counted in the minor units of their currency, and get a name where the records give none."""

import pytest

from analytics.companies import Records, ordered_lines, seeded
from interlock.analytics.finding import minor_units
from interlock.analytics.symptoms import find_symptoms


@pytest.fixture(scope="module")
def company():
    """One team promises what does not hold; every order line is worth 100."""
    return ordered_lines(seeded(3), 4000, late=lambda line: 0.5 if line["team"] == 2 else 0.1)


def money_in(company, currency, **asked):
    """The amount of the first symptom when all orders are in this currency."""
    orders = [{**order, "currency": currency} for order in company["orders"]]
    report = find_symptoms(Records({**company, "orders": orders}), **asked)
    return next(found.money for found in report.symptoms if found.money)


def test_yen_have_no_hundredth_part(company):
    euros, yen = money_in(company, "EUR"), money_in(company, "JPY")

    assert (minor_units("EUR"), minor_units("JPY")) == (100, 1)
    assert (yen.currency, yen.mid) == ("JPY", pytest.approx(euros.mid / 100, abs=1))
    assert (yen.low, yen.high) == (
        pytest.approx(euros.low / 100, abs=1),
        pytest.approx(euros.high / 100, abs=1),
    )


def test_amounts_without_a_currency_take_the_one_that_is_given(company):
    assert money_in(company, None).currency == ""
    assert money_in(company, None, unnamed_currency="CHF").currency == "CHF"
    assert money_in(company, "EUR", unnamed_currency="CHF").currency == "EUR"

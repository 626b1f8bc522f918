"""What the title of a course claims: that it began, that it ended, or that no month says so by itself."""

from datetime import date

import pytest

from interlock.reconnect import charts, driver_findings

USUAL, RAISED, HIGH = (0.10, 0.05), (0.15, 0.08), (0.40, 0.30)


def course(*months: tuple[float, float]) -> list[dict]:
    """Months of 2026 with a rate and the lower end of its interval, 10 in 100 being usual."""
    return [
        {
            "start": date(2026, at, 1).isoformat(),
            "x": round(rate * 100),
            "n": 100,
            "rate": rate,
            "low": low,
            "expected": 0.10,
        }
        for at, (rate, low) in enumerate(months, start=1)
    ]


@pytest.mark.parametrize(
    ("months", "title"),
    [
        ([USUAL, USUAL, USUAL, HIGH, HIGH], "It began in April 2026 and has not ended"),
        (
            [USUAL, HIGH, HIGH, USUAL, USUAL],
            "It stood out from February 2026 to March 2026, in no single month since",
        ),
        ([USUAL, USUAL, HIGH, USUAL, USUAL], "It stood out in March 2026, in no single month since"),
        (
            [RAISED, USUAL, RAISED, USUAL, RAISED, HIGH, USUAL, HIGH],
            "Raised before, and beyond chance since August 2026",
        ),
        ([USUAL, RAISED, USUAL, RAISED, USUAL], "No single month stands out; together they do"),
        ([HIGH, HIGH, HIGH, HIGH, USUAL], "Above the usual in 4 of the last 5 months with cases"),
    ],
)
def test_a_course_claims_no_more_than_its_months_say(months, title):
    assert charts._course_title(course(*months)) == title


@pytest.mark.parametrize(
    ("factor", "name"),
    [
        ("late", "Orders that came late"),
        ("region: RJ", "Orders to RJ"),
        ("season: Mar", "Orders in March"),
        ("tenure: new", "New customers"),
        ("tenure: 1 to 3 years", "Customers of 1 to 3 years"),
        ("seller: north", "Orders with seller “north”"),
    ],
)
def test_a_fact_is_named_as_people_say_it(factor, name):
    assert driver_findings.factor_name(factor) == name


def test_every_rule_says_what_its_rate_counts():
    from interlock.analytics.symptoms import RULES
    from interlock.reconnect.measures import MEASURES

    assert set(MEASURES) == set(RULES)


@pytest.mark.parametrize(("high", "end"), [(0.42, {}), (0.97, {"end": 100}), (1.0, {"end": 100})])
def test_an_axis_of_rates_never_runs_past_all_of_them(high, end):
    assert charts._end([{"high": 20.0}, {"high": 100 * high}]) == end

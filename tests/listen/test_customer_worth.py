"""What customers bought in a year: the bands it puts them in, the themes they speak of, and how themes are ranked by it."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from interlock.fabric import records
from interlock.listen.models import CustomerWorth, ThemeFigures, WorthBands
from interlock.listen.themes import bought, counting, ranking, segments
from listen.small import rows
from listen.themed import direction, joined, theme
from listen.waiting import NOON, source

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]
FEE, BELL = direction(1), direction(0, 1)
DAY = timedelta(days=1)


def sell(
    amounts: dict[str, float], *, at: datetime = NOON, currency: str = "EUR", batch: str = "first"
) -> None:
    """Each account buys once for its amount."""
    naive = at.replace(tzinfo=None) - DAY
    orders = [
        {"order_id": f"{batch}-{key}", "account_id": key, "ordered_at": naive, "currency": currency}
        for key in amounts
    ]
    lines = [
        {"line_id": f"{batch}-{key}", "order_id": f"{batch}-{key}", "product_id": "p1", "quantity": 1, "amount": Decimal(str(amount))}
        for key, amount in amounts.items()
    ]  # fmt: skip
    accounts = [{"account_id": key, "name": f"Shop {key}"} for key in amounts]
    with records.lake().writing(batch_id=batch, source_id="shop") as write:
        for table, values in (("accounts", accounts), ("orders", orders), ("order_lines", lines)):
            write.stage(table, rows(table, *values))
        write.apply()


@pytest.fixture
def company(home):
    """Sixty customers bought for 10 to 600; the fifteen dearest and five others speak of the fee, all others of the bell."""
    sell({f"a{number}": 10.0 * (number + 1) for number in range(60)})
    fee, bell, shop = theme("The new fee", FEE), theme("The bell", BELL), source()
    for number in range(60):
        about = (fee, FEE) if number >= 45 or number < 5 else (bell, BELL)
        joined(*about, f"words {number}", by=f"a{number}", source=shop, kind="complaint")
    counting.count(now=NOON)
    segments.count_segments(now=NOON)
    return fee


def test_customers_are_banded_by_quarters_of_all_buyers(company):
    (bands,) = WorthBands.objects.all()

    assert (bands.bounds, bands.currency, bands.customers) == ([150.0, 300.0, 450.0], "EUR", 60)
    held = sorted(CustomerWorth.objects.values_list("band", flat=True))
    assert [held.count(place) for place in "0123"] == [14, 15, 15, 16]


def test_a_theme_that_the_dearest_customers_speak_of_says_so_and_leads_to_their_rows(company, signed_in):
    (found,) = segments.heard_more_among(company)
    assert (found.column, found.value, found.x, found.n, found.usual) == ("worth", "3", 15, 20, 16 / 60)

    client = signed_in("observer")
    page = client.get(reverse("web:one_theme", args=[company.key])).text

    assert "customers of €450 and more" in page
    (link,) = re.findall(r'href="([^"]*worth=3)">15</a>', page)
    listed = client.get(html.unescape(link)).context["page"].signals
    assert {one.account_key for one in listed} == {f"a{number}" for number in range(45, 60)}


def test_the_bands_are_made_anew_when_the_records_change_and_else_kept(
    company, django_assert_max_num_queries
):
    with django_assert_max_num_queries(3):
        bought.band_customers(now=NOON)

    sell({"a0": 10_000.0}, batch="second")
    bought.band_customers(now=NOON)

    assert CustomerWorth.objects.get(account_key="a0").band == "3"


def test_amounts_of_another_currency_and_of_earlier_years_are_not_added(home):
    joined(theme("Fee", FEE), FEE, source=source())
    sell({f"a{number}": 10.0 * (number + 1) for number in range(60)})
    sell({"a0": 900.0}, currency="USD", batch="dollars")
    sell({"a1": 900.0}, at=NOON - 400 * DAY, batch="long ago")

    assert bought.band_customers(now=NOON).customers == 60
    assert dict(CustomerWorth.objects.filter(account_key__in=["a0", "a1"]).values_list("account_key", "band")) == {
        "a0": "0", "a1": "0",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("amounts", "said"),
    [
        ({}, "the records hold no orders of the last year."),
        (
            {f"a{number}": 10.0 + number for number in range(39)},
            "39 bought in a year; bands are made from 40.",
        ),
        ({f"a{number}": 10.0 for number in range(50)}, "all bought for the same."),
    ],
)
def test_where_nothing_can_be_said_by_value_the_page_says_why(home, signed_in, amounts, said):
    fee = theme("Fee", FEE)
    joined(fee, FEE, source=source())
    if amounts:
        sell(amounts)
    segments.count_segments(now=NOON)

    page = signed_in("observer").get(reverse("web:one_theme", args=[fee.key])).text

    assert f"By what customers bought nothing is said: {said}" in page
    assert not CustomerWorth.objects.exists()


def test_where_many_bought_for_the_same_there_are_fewer_bands():
    assert bought.bounds_of([10.0] * 30 + [20.0] * 30) == [20.0]
    assert [bought.band_of(amount, [20.0]) for amount in (10, 19.99, 20, 21)] == ["0", "0", "1", "1"]


def ranked(great: float) -> tuple[float, float]:
    """The ranks of a theme of one customer who bought for so much, and of one of 200 who bought for 100 each."""
    sell({f"s{number}": 100.0 for number in range(200)} | {"great": great})
    one, many, shop = theme("One", FEE), theme("Many", BELL), source()
    for number in range(50):  # rows and voices do not count, customers do
        joined(one, FEE, f"Again {number}", by="great", source=shop, kind="complaint")
    for number in range(200):
        joined(many, BELL, f"words {number}", by=f"s{number}", source=shop, kind="complaint")
    counting.count(now=NOON)
    rank = dict(ThemeFigures.objects.values_list("theme__name", "rank"))
    return rank["One"], rank["Many"]


@pytest.mark.parametrize(
    ("great", "first"),
    [
        (20_000.0, (1 / 200, 1.0)),  # as dear as all of them together: money alike, reach decides
        (2_000_000.0, (1 / 200, 0.01)),  # a hundred times as dear as all together: the many are still first
        (20_000_000.0, (1 / 200, 0.001)),  # a thousand times: now the one
    ],
)
def test_one_great_customer_stands_before_two_hundred_small_ones_only_by_money_that_outweighs_their_number(
    home, great, first
):
    assert ranked(great) == pytest.approx(first)


def test_customers_whom_no_account_names_count_with_the_usual_money_not_with_none(home):
    sell({f"a{number}": 100.0 for number in range(10)})
    known, unknown, shop = theme("Known", FEE), theme("Unknown", BELL), source()
    for number in range(10):
        joined(known, FEE, f"words {number}", by=f"a{number}", source=shop, kind="complaint")
        joined(
            unknown, BELL, f"words {number}", by="", contact_key=f"c{number}", source=shop, kind="complaint"
        )

    counting.count(now=NOON)

    assert dict(ThemeFigures.objects.values_list("theme__name", "revenue")) == {
        "Known": 1000,
        "Unknown": None,
    }
    assert set(ThemeFigures.objects.values_list("rank", flat=True)) == {1.0}


def test_money_that_is_known_of_one_of_many_customers_lifts_no_theme(home):
    sell({"dear": 90_000.0} | {f"a{number}": 100.0 for number in range(10)})
    shop_theme, bank, shop = theme("Shop", FEE), theme("Bank", BELL), source()
    for number in range(10):
        joined(shop_theme, FEE, f"words {number}", by=f"a{number}", source=shop, kind="complaint")
    for number in range(20):
        joined(bank, BELL, f"words {number}", by="", contact_key=f"c{number}", source=shop, kind="complaint")
    joined(bank, BELL, "Não recebi", by="dear", source=shop, kind="complaint")

    counting.count(now=NOON)

    found = {one.theme.name: (one.revenue, one.payers, one.rank) for one in ThemeFigures.objects.all()}
    # As much a customer as is usual: neither the 90,000 of one nor nothing.
    assert found == {"Shop": (1000, 10, pytest.approx(10 / 21 * 10 / 21)), "Bank": (None, 1, 1.0)}


def test_where_no_source_names_a_customer_voices_stand_for_them(home):
    more, fewer, shop = theme("More", FEE), theme("Fewer", BELL), source()
    for number in range(10):
        joined(more, FEE, f"words {number}", by="", source=shop, kind="complaint")
    for number in range(5):
        joined(fewer, BELL, f"words {number}", by="", source=shop, kind="complaint")

    counting.count(now=NOON)

    assert dict(ThemeFigures.objects.values_list("theme__name", "rank")) == {"More": 1.0, "Fewer": 0.5}


def test_the_page_says_why_a_theme_stands_where_it_stands(company, signed_in):
    page = signed_in("observer").get(reverse("web:one_theme", args=[company.key])).text

    place = ranking.standing(ThemeFigures.objects.get(theme=company))
    assert (place.place, place.themes, place.reach, place.guessed) == (2, 2, 20, False)
    assert (
        "Place 2 of 2 by reach × severity × money: 20 of at most 40 customers × 100 % of its voices let down × "
        "€8,100 of at most €10.2 k bought in a year."
    ) in page.replace("\N{NO-BREAK SPACE}", " ")

"""What goes with a theme among orders: worked out in the background, stated on its page with its rows."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from interlock.fabric import records
from interlock.listen.models import ThemeDriver, ThemeDrivers, ThemesLearnt
from interlock.listen.themes import counting, driving
from interlock.web.themes import driven
from listen.small import rows
from listen.themed import direction, joined, theme
from listen.waiting import NOON, source

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]
FEE, SLOW = direction(1), direction(0, 1)
DAY = timedelta(days=1)


@pytest.fixture
def company(home):
    """Of 600 orders every fifth comes late; half of those late ones speak of slowness, and eight of the others."""
    until, orders, lines = NOON.replace(tzinfo=None), [], []
    for number in range(600):
        promised = until - DAY * (5 + number % 80)
        arrived = promised + DAY * (3 if number % 5 == 0 else -1)
        key = f"o{number}"
        orders.append(
            {"order_id": key, "account_id": f"a{number}", "ordered_at": promised - 9 * DAY, "currency": "EUR"}
        )
        lines.append(
            {"line_id": key, "order_id": key, "product_id": "p1", "quantity": 1, "amount": Decimal(20 + number % 7),
             "promised_at": promised, "delivered_at": arrived}
        )  # fmt: skip
    with records.lake().writing(batch_id="b1", source_id="shop") as write:
        write.stage("orders", rows("orders", *orders))
        write.stage("order_lines", rows("order_lines", *lines))
        write.apply()
    slow, shop = theme("Far too slow", SLOW, began_at=NOON - 200 * DAY), source()
    spoken = [*range(0, 600, 10), *range(1, 600, 75)]
    for number in spoken:
        joined(
            slow, SLOW, f"Slow {number}", by=f"a{number}", source=shop, order_key=f"o{number}", at=NOON - DAY
        )
    counting.count(now=NOON)
    return slow


def test_the_page_states_the_fact_with_both_rates_its_interval_and_its_rows(company, signed_in):
    assert driving.find_drivers(now=NOON) == 1

    client = signed_in("observer")
    page = client.get(reverse("web:one_theme", args=[company.key])).text.replace("\N{NO-BREAK SPACE}", " ")

    line = ThemeDriver.objects.order_by("pk").first()  # the strongest
    assert len(line.orders) == 60
    assert (line.figures["factor"], line.figures["x_with"], line.figures["n_with"]) == ("late", 60, 120)
    assert "Orders that came late" in page
    row = page[page.index("Orders that came late") :].partition("</tr>")[0]
    assert f'href="/signals/?theme={company.key}&amp;driver={line.pk}">60</a>' in row, row
    assert "of 120" in row, row
    assert "50 in 100" in row, row
    assert "Of 600 fulfilled orders that could have been spoken of, signals of this theme name 68." in page
    listed = client.get(f"/signals/?theme={company.key}&driver={line.pk}").context
    assert {int(one.order_key[1:]) % 10 for one in listed["page"].signals} == {0}


def test_it_is_worked_out_once_a_day_and_after_themes_were_learnt(company):
    driving.find_drivers(now=NOON)
    lines = ThemeDriver.objects.count()

    assert driving.find_drivers(now=NOON + timedelta(hours=23)) == 0
    ThemesLearnt.objects.create(encoder="e", signals=1, at=NOON + timedelta(hours=22))
    assert driving.find_drivers(now=NOON + timedelta(hours=23)) == 1
    assert driving.find_drivers(now=NOON + timedelta(hours=47)) == 1
    assert (ThemeDrivers.objects.count(), ThemeDriver.objects.count()) == (1, lines)


def test_where_nothing_stands_out_or_too_few_orders_are_named_the_page_says_which(company, signed_in):
    fee, shop = theme("A fee", FEE, began_at=NOON - 200 * DAY), source()
    for number in range(40):
        joined(fee, FEE, f"Fee {number}", by=f"a{number}", source=shop, order_key=f"o{number * 13}")
    counting.count(now=NOON)
    driving.find_drivers(now=NOON)
    client, address = signed_in("observer"), reverse("web:one_theme", args=[fee.key])
    compared = ThemeDrivers.objects.get(theme=fee).compared

    assert compared > 3
    assert (
        f"None of {compared} facts about orders goes with this theme beyond chance."
        in client.get(address).text
    )
    ThemeDrivers.objects.filter(theme=fee).update(compared=0)
    assert (
        "Signals of this theme name 40 of 600 orders: too few to say what goes with it."
        in client.get(address).text
    )


def test_a_theme_that_names_no_orders_is_not_looked_at(company, signed_in):
    fee = theme("A fee", FEE)
    for number in range(12):
        joined(fee, FEE, f"Fee {number}", by=f"a{number}", source=source())
    driving.find_drivers(now=NOON)

    page = signed_in("observer").get(reverse("web:one_theme", args=[fee.key])).text

    assert "What goes with it" not in page


@pytest.mark.parametrize("asked", ["0", "999999", "9999999999999999999", "late"])
def test_rows_of_no_such_fact_are_none_and_no_error(company, signed_in, asked):
    answer = signed_in("observer").get(f"/signals/?driver={asked}")

    assert answer.status_code == 200


def test_where_no_other_order_was_spoken_of_a_bound_is_stated_and_no_ratio():
    said = {
        "x_without": 0, "risk_ratio_low": 81.4, "adjusted_ratio": 1241.0, "adjusted_ratio_low": 981.0, "adjusted_ratio_high": 1569.0,
    }  # fmt: skip

    assert driven._times(said) == {"times": "at least 81.4", "ends": ""}
    assert driven._times(said | {"x_without": 9, "adjusted_ratio": 6.94, "adjusted_ratio_low": 6.1, "adjusted_ratio_high": 7.8}) == {
        "times": "6.94", "ends": "6.1 to 7.8",
    }  # fmt: skip

"""What a person says about columns on the page: meanings, dates, repaired keys, the text, and what is kept."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from interlock.fabric import records
from interlock.listen.models import Import, Signal, State

pytestmark = pytest.mark.django_db
DESK = (
    b"ticket_id,created,requester,descr,prod,first_resp,solved_at,remark\n"
    b"1,2026-01-02 08:14,K1,Motor stopped,A-1,2026-01-02 11:02,2026-01-03,loud\n"
    b"2,2026-01-02 08:19,K2,Where is it,A-2,,,late\n"
)
PRODUCTS = b"Artikelnr,Bezeichnung\nGTX Pro,The large one\nGTX Basic,The small one\n"
SALES = b"Bestellnr,Kunde,Artikelnr,Menge,Datum\nB1,K1,GTXPro,1,2026-01-02\nB2,K1,GTX Basic,2,2026-01-03\n"
REPAIRING = """mapping: 1
name: shop
files: {products: {names: [products]}, sales: {names: [sales]}}
tables:
  products:
    from: products
    columns: {product_id: Artikelnr, name: Bezeichnung}
  order_lines:
    from: sales
    columns: {line_id: Bestellnr, order_id: Bestellnr, product_id: Artikelnr, quantity: Menge}
"""


@pytest.fixture(autouse=True)
def at_once(settings, home):
    """Run tasks where they are queued."""
    settings.TASKS = {
        "default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend", "QUEUES": []}
    }
    settings.AFTER_IMPORT_TASKS = []


def uploaded(client, **files: bytes) -> Import:
    given = [SimpleUploadedFile(f"{name}.csv", content) for name, content in files.items()]
    client.post(reverse("listen:upload"), {"file": given})
    return Import.objects.latest("pk")


def say(client, import_: Import, **said: str):
    """Send the form of the columns, and read the import again."""
    response = client.post(reverse("listen:columns", args=[import_.pk]), said)
    import_.refresh_from_db()
    return response


def line_of(client, import_: Import, column: str):
    lines = client.get(reverse("listen:import", args=[import_.pk])).context["lines"]
    return next(line for line in lines if line.column == column)


def test_a_column_gets_the_meaning_that_a_person_says(signed_in):
    client = signed_in("owner")
    import_ = uploaded(client, tickets=DESK)
    remark = line_of(client, import_, "remark")

    say(client, import_, act="store", name="Desk", **{f"use-{remark.number}": "signals.reason"})

    assert (remark.use, remark.certainty) == ("", "ask")
    assert (import_.state, import_.error) == (State.DONE, "")
    assert sorted(Signal.objects.values_list("reason", flat=True)) == ["late", "loud"]


def test_dates_in_two_forms_are_read_when_both_are_said(signed_in):
    client = signed_in("owner")
    import_ = uploaded(client, tickets=DESK.replace(b"2026-01-02 08:19", b"02.01.2026"))
    created = line_of(client, import_, "created")

    say(
        client, import_, act="store", name="Desk",
        **{f"use-{created.number}": "signals.occurred_at", f"format-{created.number}": "%Y-%m-%d %H:%M, %d.%m.%Y"},
    )  # fmt: skip

    assert (import_.state, import_.refused_rows) == (State.DONE, 0)
    assert [f"{at:%Y-%m-%d}" for at in Signal.objects.values_list("occurred_at", flat=True)] == [
        "2026-01-02"
    ] * 2


def test_the_text_says_where_it_is_wrong_and_keeps_what_was_written(signed_in):
    client = signed_in("owner")
    import_ = uploaded(client, tickets=DESK)
    kept = import_.mapping
    wrong = kept.replace("occurred_at:", "occured_at:")

    response = say(client, import_, mapping=wrong, act="save")

    assert response.status_code == 422
    assert "occured_at" in response.text
    assert "occurred_at" in response.context["form"].non_field_errors()[0]
    assert import_.mapping == kept


def test_a_key_that_almost_matches_is_repaired_with_one_click(signed_in):
    client = signed_in("owner")
    import_ = uploaded(client, products=PRODUCTS, sales=SALES)
    say(client, import_, mapping=REPAIRING, act="try", name="Shop")
    page = client.get(reverse("listen:import", args=[import_.pk])).text

    say(client, import_, repair="all")
    say(client, import_, act="store", name="Shop")

    assert "One key almost matches another" in page
    assert "Repair all of them" in page
    assert import_.state == State.DONE
    lines = records.current_records().table("order_lines").order_by("line_id").to_pyarrow()
    assert lines["product_id"].to_pylist() == ["GTX Pro", "GTX Basic"]


def test_a_kept_mapping_is_taken_for_the_next_export_of_the_kind(signed_in):
    client = signed_in("owner")
    first = uploaded(client, tickets=DESK)
    remark = line_of(client, first, "remark")
    say(client, first, act="save", **{f"use-{remark.number}": "signals.reason"})
    client.post(reverse("listen:keep_mapping", args=[first.pk]), {"name": "Our desk"})

    second = uploaded(client, tickets=DESK.replace(b"\n1,", b"\n7,"))

    assert second.mapping == first.mapping
    assert line_of(client, second, "remark").use == "signals.reason"


def test_an_export_in_the_contract_s_shape_needs_nobody(signed_in):
    client = signed_in("owner")
    import_ = uploaded(client, accounts=b"account_id,name,shoe_size\na1,North Shop,43\n")

    page = client.get(reverse("listen:import", args=[import_.pk]))

    assert "We understood every column." in page.text
    assert page.context["import"].found["questions"] == []


def test_an_import_is_taken_back_on_its_page(signed_in):
    client = signed_in("owner")
    import_ = uploaded(client, accounts=b"account_id,name\na1,North Shop\n")
    say(client, import_, act="store", name="Shop")
    stored = dict(records.snapshot().counts)

    response = client.post(reverse("listen:undo", args=[import_.pk]), follow=True)

    assert stored == {"accounts": 1}
    assert "“accounts.csv” is taken back." in response.text
    assert sum(records.snapshot().counts.values()) == 0

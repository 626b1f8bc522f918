"""Every signal is accounted for, per source, and whatever does not agree is said aloud."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from api.conftest import signal
from interlock.api.status import status
from interlock.listen.models import RefusedRow, Source


@pytest.fixture
def busy(program, webhook):
    """A shop with stored, repeated and refused signals, and a help desk with one."""
    shop = program("shop")
    shop.post([signal("a"), signal("b"), signal("c", kind="grumble"), signal("d", kind="grumble")])
    shop.post(signal("a"))
    shop.post(b"{")
    webhook().send(signal("z"))
    return shop


def test_totals_and_each_source_add_up(busy):
    found = status(timezone.now())

    assert (found.adds_up, found.faults) == (True, [])
    assert found.totals.__class__(7, 3, 1, 3) == found.totals
    shop = next(line for line in found.sources if line.key == "shop")
    assert (shop.tallies.received, shop.tallies.stored, shop.tallies.duplicate, shop.tallies.refused) == (
        6,
        2,
        1,
        3,
    )
    assert [each.refused for each in shop.reasons] == [2, 1]
    assert sum(each.refused for each in shop.reasons) == shop.tallies.refused
    assert shop.freshness.state == "unsure"
    assert found.waiting.unsettled + found.waiting.unflushed >= 3


def test_a_lost_refusal_is_a_fault(busy):
    RefusedRow.objects.order_by("pk").first().delete()

    found = status(timezone.now())

    assert not found.adds_up
    assert found.faults[0].startswith("shop does not add up: received 6, stored 2, duplicate 1, refused 3;")


def test_tallies_that_leave_their_batches_are_a_fault(busy):
    Source.objects.filter(key="shop").update(received=7, stored=3)

    assert [line.adds_up for line in status(timezone.now()).sources if line.key == "shop"] == [False]


def test_rare_reasons_are_summed_up(shop):
    shop.post([signal(str(n), kind=f"grumble {n}") for n in range(30)])

    [line] = status(timezone.now()).sources
    assert len(line.reasons) == 11
    assert (line.reasons[-1].reason, line.reasons[-1].refused) == ("for rarer reasons", 20)


def test_the_status_costs_the_same_however_many_sources(program, django_assert_num_queries):
    for number in range(12):
        program(f"shop {number}").post([signal(f"{number}"), signal(f"x{number}", kind="grumble")])

    with django_assert_num_queries(8):
        found = status(timezone.now())

    assert len(found.sources) == 12


def test_a_monitor_reads_the_status_with_its_token(busy, program):
    monitor = program("monitor", "status:read")

    answer = monitor.get("/api/v1/status")

    body = answer.json()
    assert (answer.status_code, body["adds_up"], body["totals"]["received"]) == (200, True, 7)
    assert {line["key"] for line in body["sources"]} == {"shop", "help-desk"}


def test_a_token_of_another_scope_does_not_read_the_status(busy):
    assert busy.get("/api/v1/status").status_code == 403


def test_staff_read_the_status_with_their_session_and_customers_do_not(busy, signed_in):
    assert signed_in("observer").get("/api/v1/status").status_code == 200
    assert signed_in("customer").get("/api/v1/status").status_code == 403


def test_a_visitor_is_asked_for_a_token(client, db):
    assert client.get("/api/v1/status").status_code == 401


def test_the_page_shows_the_sum_and_the_reasons(busy, signed_in):
    page = signed_in("owner").get(reverse("api:status")).content.decode()

    assert "7 records came in live, and every one is accounted for." in page
    assert "grumble" in page
    assert f'href="{reverse("api:refused", args=[busy.source.pk])}"' in page
    assert "#held" in page


def test_the_page_says_aloud_that_it_does_not_add_up(busy, signed_in):
    RefusedRow.objects.order_by("pk").first().delete()

    page = signed_in("owner").get(reverse("api:status")).content.decode()

    assert "The accounting does not add up." in page
    assert "compare it with a backup" in page


def test_the_page_names_a_source_that_is_silent_for_too_long(shop, signed_in):
    shop.post(signal())
    Source.objects.update(last_signal_at=timezone.now() - timedelta(hours=26), freshness_limit=3600)

    page = signed_in("owner").get(reverse("api:status")).content.decode()

    assert "Nothing from shop for 26 h" in page


def test_refused_records_leave_as_a_file_masked_for_those_without_the_right(shop, signed_in):
    shop.post(signal("a", kind="=cmd", body="Write to ann@example.com"))
    address = reverse("api:refused", args=[shop.source.pk])

    lead = b"".join(signed_in("lead").get(address).streaming_content).decode()
    other = b"".join(signed_in("contributor", "sales").get(address).streaming_content).decode()

    assert lead.splitlines()[0] == "at,place,field,reason,payload"
    assert "ann@example.com" in lead
    assert "ann@example.com" not in other
    assert "[e-mail]" in other


def test_background_work_that_failed_is_counted(shop):
    from interlock.fabric.models import Attempt

    now = timezone.now()
    Attempt.objects.create(
        task_id="00000000-0000-4000-8000-000000000001", path="x", made_at=now, ended_at=now, given_up=True
    )

    assert status(now).waiting.failed_work == 1


def test_a_source_that_is_read_as_imports_adds_up_without_batches(db, home):
    made = {"kind": "folder", "made_at": timezone.now(), "ask_every": 60}
    Source.objects.create(key="drop", name="drop", received=6, stored=3, duplicate=2, refused=1, **made)

    found = status(timezone.now())

    assert (found.adds_up, found.faults) == (True, [])

"""What was acknowledged comes onto the list once, with its names and its clock, whatever is killed in between."""

from __future__ import annotations

import pytest
from django_tasks_db.models import DBTaskResult

from interlock.fabric import work
from interlock.fabric.models import Event
from interlock.listen import clocks, intake, settling, signal_copies
from interlock.listen.inbox import checked, take_in
from interlock.listen.models import Clock, InboxRow, Signal
from listen.live import NOON, offer, offered
from listen.small import signal, small_company

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """What SIGKILL is to a process: nothing catches it."""


@pytest.fixture(autouse=True)
def _home(home):
    """Records and the journal's head lie in the home folder."""


@pytest.fixture
def company(waiting, reads):
    """One account, product, order and two signals, imported."""
    reads(small_company(signal(1), signal(2)))
    intake.run(waiting(), clock=lambda: NOON)


def test_a_new_signal_is_on_the_list_with_names_and_a_clock(company):
    take_in(
        [offer(offered(1, line_id="l1", contact_id="c1", rating=1, rating_max=4, url="https://x.example/1"))],
        now=NOON,
    )

    assert settling.settle(now=NOON) == 1

    one = Signal.objects.get(key="t1")
    shown = {
        "source": one.source.key, "kind": one.kind, "account": (one.account_key, one.account_label), "region": one.region,
        "product": (one.product_key, one.product_label), "order": one.order_key, "contact": one.contact_key,
        "share": one.rating_share, "body": one.body, "answered": one.answered, "url": one.url,
        "received": one.received_at, "in_records": one.in_records,
    }  # fmt: skip
    assert shown == {
        "source": "shop", "kind": "ticket", "account": ("a1", "North Shop"), "region": "North",
        "product": ("p1", "Heron Cargo"), "order": "o1", "contact": "c1",
        "share": 0.25, "body": "The bike 1 came late", "answered": None, "url": "https://x.example/1",
        "received": NOON, "in_records": False,
    }  # fmt: skip
    assert Clock.objects.get().signal_key == "t1"
    event = Event.objects.latest("number")
    assert (event.topic, event.verb, event.detail["keys"]) == ("signals", "came in", ["t1"])
    assert settling.settle(now=NOON) == 0


def test_it_needs_no_records_at_all():
    take_in([offer(offered(1), offered(2))], now=NOON)

    assert settling.settle_all(now=lambda: NOON) == 2

    assert list(Signal.objects.values_list("key", "account_label").order_by("key")) == [
        ("t1", "a1"),
        ("t2", "a1"),
    ]


def test_many_commits_are_settled_by_one_run_of_the_worker():
    for number in range(5):
        take_in([offer(offered(number))], now=NOON)

    assert DBTaskResult.objects.filter(task_path="interlock.listen.settling.settle_inbox").count() == 1
    work.run_ready()
    assert Signal.objects.count() == 5


def test_what_comes_in_while_settling_runs_is_settled_by_one_more_run_after_a_pause():
    queued = DBTaskResult.objects.filter(task_path="interlock.listen.settling.settle_inbox")
    take_in([offer(offered(1))], now=NOON)
    queued.update(status="RUNNING", started_at=NOON)

    take_in([offer(offered(2))], now=NOON)
    take_in([offer(offered(3))], now=NOON)

    assert queued.get(status="READY").run_after == NOON + settling.PAUSE


def test_a_changed_signal_is_changed_on_the_list_and_keeps_its_first_time():
    take_in([offer(offered(1))], now=NOON)
    settling.settle(now=NOON)
    later = NOON.replace(hour=15)
    take_in([offer(offered(1, body="Still not here", first_reply_at="2026-03-02T14:00:00Z"))], now=later)

    settling.settle(now=later)

    one = Signal.objects.get()
    assert (one.body, one.answered, one.received_at) == ("Still not here", True, NOON)
    assert Clock.objects.get().stopped_at is not None


def test_rows_of_other_tables_are_only_marked():
    team = checked("accounts", {"account_id": "a7", "name": "South"}, place="1", now=NOON)
    take_in([offer(team, offered(1))], now=NOON)

    assert settling.settle(now=NOON) == 2

    assert Signal.objects.count() == 1
    assert not InboxRow.objects.filter(settled=False).exists()


def test_killed_at_any_line_it_is_done_again_and_nothing_doubles(monkeypatch):
    take_in([offer(offered(1), offered(2))], now=NOON)
    for place in ("write_live_rows", "_still_the_same"):
        with monkeypatch.context() as broken:
            broken.setattr(settling, place, _kill)
            with pytest.raises(Killed):
                settling.settle(now=NOON)
        assert (Signal.objects.count(), Clock.objects.count()) == (0, 0)
    with monkeypatch.context() as broken:
        broken.setattr(clocks, "start_clocks", _kill)
        with pytest.raises(Killed):
            settling.settle(now=NOON)
    assert Signal.objects.count() == 0

    settling.settle_all(now=lambda: NOON)

    assert (Signal.objects.count(), Clock.objects.count()) == (2, 2)


def test_what_changes_while_it_is_settled_waits_for_the_next_batch(monkeypatch):
    take_in([offer(offered(1), offered(2))], now=NOON)
    plain = settling._still_the_same

    def changed_meanwhile(waiting):
        InboxRow.objects.filter(key="t1").update(
            digest=offered(1, body="New").digest, payload=offered(1, body="New").payload
        )
        return plain(waiting)

    with monkeypatch.context() as busy:
        busy.setattr(settling, "_still_the_same", changed_meanwhile)
        settling.settle(now=NOON)
    assert list(Signal.objects.values_list("key", flat=True)) == ["t2"]

    settling.settle(now=NOON)

    assert Signal.objects.get(key="t1").body == "New"


def test_an_import_neither_removes_nor_changes_what_came_in_live(company, waiting, reads):
    take_in([offer(offered(1), offered(9, signal_id="s1", body="Newer than the export"))], now=NOON)
    settling.settle(now=NOON)
    reads(small_company(signal(1, body="From the export"), signal(2), signal(3)))

    intake.run(waiting(), clock=lambda: NOON)

    assert dict(Signal.objects.values_list("key", "in_records")) == {
        "s1": False,
        "s2": True,
        "s3": True,
        "t1": False,
    }
    assert Signal.objects.get(key="s1").body == "Newer than the export"
    assert signal_copies.are_current()


def test_settling_asks_as_many_questions_for_many_as_for_few(company, django_assert_max_num_queries):
    take_in([offer(*(offered(number) for number in range(200)))], now=NOON)

    with django_assert_max_num_queries(30):
        settling.settle(now=NOON)


def _kill(*arguments, **named):
    raise Killed

"""Copying reads what may look different since the last copying, and ends where copying all anew would end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from interlock.fabric import records
from interlock.listen import flushing, inbox, settling, signal_copies
from interlock.listen.models import Signal, SignalsCopied, Source
from listen.live import NOON, offer, offered, source
from listen.small import rows, signal

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def company(home):
    """Two accounts with an order each; signals name an account, a line, a product, or nothing."""
    for name in ("shop", "desk"):
        source(name)
    store(
        accounts=[account("a1", "North Shop"), account("a2", "South Shop")],
        products=[{"product_id": "p1", "name": "Heron"}, {"product_id": "p2", "name": "Stork"}],
        orders=[order("o1", "a1"), order("o2", "a2")],
        order_lines=[line("l1", "o1", "p1"), line("l2", "o2", "p2")],
        signals=[
            signal(1, account_id="a1", line_id=None),
            signal(2, account_id=None, line_id="l1"),
            signal(3, account_id=None, line_id="l2"),
            signal(4, account_id=None, line_id=None, product_id="p2"),
            signal(5, account_id=None, line_id=None),
        ],
    )
    store("desk", batch="desk-1", signals=[signal(6, account_id="a2", line_id=None, kind="ticket")])
    signal_copies.sync()


def account(key: str, name: str) -> dict:
    return {"account_id": key, "name": name}


def order(key: str, account_id: str) -> dict:
    return {"order_id": key, "account_id": account_id, "ordered_at": signal(1)["occurred_at"]}


def line(key: str, order_id: str, product_id: str) -> dict:
    return {"line_id": key, "order_id": order_id, "product_id": product_id, "quantity": 1}


def store(of: str = "shop", *, batch: str = "", **tables: list[dict]) -> None:
    with records.lake().writing(batch_id=batch or f"{of}-{records.snapshot().number}", source_id=of) as write:
        for table, values in tables.items():
            write.stage(table, rows(table, *values))
        write.apply()


def take_back(batch: str) -> None:
    with records.lake().writing(batch_id=f"undo-{batch}", source_id="shop") as write:
        write.undo_batch(batch)


def remove(of: str) -> None:
    with records.lake().writing(batch_id="removal", source_id=of) as write:
        write.remove_source(of)


@pytest.fixture
def compared(monkeypatch):
    """The keys of the signals that copying read."""
    read: list[str] = []
    plain = signal_copies.read_rows

    def watched(*arguments):
        for some in plain(*arguments):
            read.extend(copy[0] for copy in some)
            yield some

    monkeypatch.setattr(signal_copies, "read_rows", watched)
    return read


def nothing_is_left_to_copy() -> bool:
    """Whether copying everything anew finds every copy as it should be, and none too many."""
    SignalsCopied.objects.update(snapshot_number=0)
    return signal_copies.sync() == 0


REPLIED = signal(6, account_id="a2", line_id=None, kind="ticket", first_reply_at=signal(7)["occurred_at"])
CHANGES = {
    "nothing": (lambda: None, set()),
    "a new signal": (lambda: store(signals=[signal(9)]), {"s9"}),
    "a changed signal": (lambda: store(signals=[signal(5, body="Newer")]), {"s5"}),
    "an account's name": (lambda: store(accounts=[account("a1", "Nord")]), {"s1", "s2"}),
    "a product's name": (lambda: store(products=[{"product_id": "p2", "name": "Crane"}]), {"s3", "s4"}),
    "an order's account": (lambda: store(orders=[order("o2", "a1")]), {"s3"}),
    "a line's product": (lambda: store(order_lines=[line("l1", "o1", "p2")]), {"s2"}),
    "a first reply": (
        lambda: store("desk", signals=[REPLIED | {"signal_id": "s9"}]),
        {"s6", "s9"},  # the other ticket of that source is now known to wait
    ),
    "a batch taken back": (lambda: take_back("desk-1"), set()),
    "a source removed": (lambda: remove("desk"), set()),
    "all removed": (lambda: (remove("desk"), remove("shop")), set()),
}


# The others run on PostgreSQL in ./do slow: they ask it what these ask.
ON_BOTH = {"an account's name", "a line's product", "a first reply", "a batch taken back", "a source removed"}


@pytest.mark.parametrize(
    "change",
    [pytest.param(one, marks=[] if one in ON_BOTH else pytest.mark.long) for one in CHANGES],
)
def test_only_what_may_look_different_is_read(change, compared):
    do, read = CHANGES[change]
    do()

    signal_copies.sync()

    assert set(compared) == read
    assert nothing_is_left_to_copy()


def test_a_value_that_is_given_back_is_copied_again():
    store(
        batch="wrong",
        signals=[signal(1, body="Wrong", line_id=None), signal(8)],
        accounts=[account("a2", "W")],
    )
    signal_copies.sync()
    assert Signal.objects.get(key="s6").account_label == "W"

    take_back("wrong")
    signal_copies.sync()

    assert Signal.objects.get(key="s1").body == "The bike came late"
    assert Signal.objects.get(key="s6").account_label == "South Shop"
    assert not Signal.objects.filter(key="s8").exists()
    assert nothing_is_left_to_copy()


def test_what_came_and_went_between_two_copyings_is_found(compared):
    inbox.take_in([offer(offered(1))], now=NOON)
    settling.settle(now=NOON)
    with pytest.MonkeyPatch.context() as killed:
        killed.setattr(signal_copies, "sync", lambda **_: None)
        flushing.flush(now=NOON)
    remove("shop")

    signal_copies.sync()

    assert set(Signal.objects.values_list("key", flat=True)) == {"s6"}
    assert nothing_is_left_to_copy()


def test_what_another_process_passed_over_is_copied_when_the_flush_ends():
    store(signals=[signal(9, kind="ticket", first_reply_at=signal(9)["occurred_at"])])
    inbox.take_in([offer(offered(1))], now=NOON)
    settling.settle(now=NOON)
    with pytest.MonkeyPatch.context() as slow:
        plain = flushing._mark
        slow.setattr(flushing, "_mark", lambda marks: (signal_copies.sync(), plain(marks)))
        flushing.flush(now=NOON)

    assert Signal.objects.get(key="t1").answered is False
    assert nothing_is_left_to_copy()


@pytest.mark.parametrize("why", ["another engine", "the vacuum", "too far behind"])
def test_where_nothing_can_be_compared_all_are_read(why, compared, monkeypatch):
    store(signals=[signal(5, body="Newer")])
    if why == "the vacuum":
        records.lake().vacuum(0)
    elif why == "too far behind":
        monkeypatch.setattr("interlock.listen.copy_changes.MOST_STEPS", 0)
    else:
        from interlock.listen import copy_changes

        before = copy_changes.earlier(2)
        object.__setattr__(before, "hash_sign", "another")
        monkeypatch.setattr(signal_copies, "earlier", lambda number: before)

    signal_copies.sync()

    assert set(compared) == {"s1", "s2", "s3", "s4", "s5", "s6"}
    assert Signal.objects.get(key="s5").body == "Newer"


def test_batches_of_one_flush_share_a_snapshot_and_are_taken_back_one_by_one():
    number = records.snapshot().number
    arrivals = []
    for each, of in enumerate(("shop", "desk", "mail"), start=1):
        arrival = inbox.open_arrival(source=source(of), now=NOON)
        inbox.take_in([offer(offered(each), of=of, arrival=arrival)], now=NOON)
        arrivals.append(inbox.close_arrival(arrival=arrival, now=NOON))
    settling.settle(now=NOON)

    assert flushing.flush(now=NOON) == 3
    assert records.snapshot().number == number + 1
    inbox.undo_arrival(arrival=arrivals[1], by=None, now=NOON)

    assert set(Signal.objects.values_list("key", flat=True)) >= {"t1", "t3"}
    assert not Signal.objects.filter(key="t2").exists()
    assert set(records.lake().read("signals")["signal_id"].to_pylist()) >= {"t1", "t3", "s1", "s6"}
    assert nothing_is_left_to_copy()


def test_of_two_sources_with_one_key_the_later_holds_and_can_be_taken_back():
    number = records.snapshot().number
    arrivals = []
    for of in ("shop", "desk"):
        arrival = inbox.open_arrival(source=source(of), now=NOON)
        inbox.take_in([offer(offered(1, body=f"Said by {of}"), of=of, arrival=arrival)], now=NOON)
        arrivals.append(inbox.close_arrival(arrival=arrival, now=NOON))

    flushing.flush(now=NOON)
    assert records.snapshot().number == number + 2
    assert Signal.objects.filter(key="t1").count() <= 1
    inbox.undo_arrival(arrival=arrivals[1], by=None, now=NOON)

    bodies = {one["signal_id"]: one["body"] for one in records.lake().read("signals").to_pylist()}
    assert bodies["t1"] == "Said by shop"


def test_a_version_that_is_changed_while_it_is_read_does_not_come_back(monkeypatch):
    asked = source("mail")
    Source.objects.filter(pk=asked.pk).update(ask_every=60, asked_until=NOON + timedelta(minutes=9))
    first, second = (inbox.open_arrival(source=asked, now=NOON) for _ in range(2))
    inbox.take_in([offer(offered(1, body="first"), of="mail", arrival=first)], now=NOON)
    inbox.take_in([offer(offered(2), of="mail", arrival=second)], now=NOON)
    plain = flushing._pieces

    def changed_meanwhile(arrival):
        monkeypatch.setattr(flushing, "_pieces", plain)
        inbox.take_in([offer(offered(1, body="second"), of="mail", arrival=second)], now=NOON)
        return plain(arrival)

    monkeypatch.setattr(flushing, "_pieces", changed_meanwhile)
    flushing.flush(now=NOON)
    flushing.flush(now=NOON + timedelta(minutes=5))

    bodies = {one["signal_id"]: one["body"] for one in records.lake().read("signals").to_pylist()}
    assert bodies["t1"] == "second"

"""Files of deletions take rows and clocks out, are counted, and can be taken back."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from interlock import connectors
from interlock.connectors.mapping import write_mapping
from interlock.fabric import records, work
from interlock.fabric.models import JournalEntry, Person
from interlock.listen import intake, services, signal_copies, stages
from interlock.listen.models import Clock, Import, RestingClock, Signal, Source, State
from listen.watched import ORDERS, SIGNALS, write


def test_deletions_take_rows_out_are_counted_noted_and_can_be_taken_back(watched_folder, folder):
    write(folder, "orders.csv", f"{ORDERS}o1,a1,2026-03-01 08:00:00,done\no2,a1,2026-03-01 09:00:00,done\n")
    young = f"{timezone.now() - timedelta(hours=3):%Y-%m-%d %H:%M:%S}"
    write(
        folder, "signals.csv", f"{SIGNALS}s1,ticket,{young},a1,It rattles\ns2,ticket,{young},a1,It shakes\n"
    )
    watched_folder.read()
    assert Clock.objects.count() == 2

    write(
        folder,
        "deleted_signals-2026-03-02.csv",
        "signal_id,deleted_at\ns1,2026-03-02\ns1,2026-03-02\nnever,\n,x\n",
    )
    assert watched_folder.read() == 4
    gone = Import.objects.latest("pk")

    assert (gone.title, gone.state) == ("deleted_signals-2026-03-02.csv", "done")
    assert gone.accounting["total"] == {
        "received": 4, "stored": 0, "updated": 0, "unchanged": 2, "deleted": 1, "refused": 1, "left_out": 0,
    }  # fmt: skip
    assert watched_folder.tallies() == (8, 5, 2, 1)
    assert (list(Signal.objects.values_list("key", flat=True)), Clock.objects.get().signal_key) == (
        ["s2"],
        "s2",
    )
    assert records.snapshot().counts == {"orders": 2, "signals": 1}
    assert JournalEntry.objects.filter(verb="imported").latest("pk").detail["deleted"] == 1
    # The mapping of deletions says nothing about the files that come next.
    assert Source.objects.get(pk=watched_folder.source.pk).mapping == ""

    services.undo_import(import_=gone, by=None, now=watched_folder.now)
    signal_copies.sync()
    assert sorted(Signal.objects.values_list("key", "body")) == [("s1", "It rattles"), ("s2", "It shakes")]


def test_a_customer_whose_signal_is_back_after_deletions_are_undone_waits_as_before(
    watched_folder, folder, signed_in
):
    client, lead = signed_in("lead"), Person.objects.get()
    young = f"{timezone.now() - timedelta(hours=3):%Y-%m-%d %H:%M:%S}"
    write(
        folder, "signals.csv", f"{SIGNALS}s1,ticket,{young},a1,It rattles\ns2,ticket,{young},a1,It shakes\n"
    )
    watched_folder.read()
    old = Clock.objects.filter(signal_key="s1")
    # Long overdue: nobody would start a clock for it today.
    old.update(opened_at=watched_folder.now - timedelta(days=30), due_at=watched_folder.now)
    stages.acknowledge(clock=old.get(), by=lead, now=watched_folder.now)
    before = list(Clock.objects.order_by("pk").values())
    write(folder, "deleted_signals.csv", "signal_id\ns1\ns2\n")
    watched_folder.read()
    assert (Clock.objects.count(), RestingClock.objects.count()) == (0, 2)

    client.post(reverse("listen:undo", args=[Import.objects.latest("pk").pk]))
    work.run_ready()

    assert list(Clock.objects.order_by("pk").values()) == before
    assert RestingClock.objects.count() == 0
    assert [row["owner_id"] for row in before] == [lead.pk, None]


def test_an_import_that_is_taken_back_takes_its_clocks_along_until_it_is_read_again(
    watched_folder, folder, signed_in
):
    client = signed_in("lead")
    young = f"{timezone.now() - timedelta(hours=3):%Y-%m-%d %H:%M:%S}"
    write(folder, "signals.csv", f"{SIGNALS}s1,ticket,{young},a1,It rattles\n")
    watched_folder.read()
    before = Clock.objects.values().get()

    client.post(reverse("listen:undo", args=[Import.objects.get().pk]))
    work.run_ready()
    assert (Signal.objects.count(), Clock.objects.count()) == (0, 0)
    Source.objects.update(cursor="")
    watched_folder.read()

    assert Clock.objects.values().get() == before


def test_an_export_with_its_deletions_is_one_import(folder, watched_folder):
    write(folder, "orders.csv", f"{ORDERS}o1,a1,2026-03-01 08:00:00,done\no2,a1,2026-03-01 09:00:00,done\n")
    watched_folder.read()
    source = Source.objects.get(pk=watched_folder.source.pk)
    export = folder.parent / "export"
    export.mkdir()
    write(export, "orders.csv", f"{ORDERS}o1,a1,2026-03-01 08:00:00,open\n")
    write(export, "deleted_orders.csv", "ORDER_ID\no1\no2\n")
    with connectors.open_source(export) as opened:
        mapping = write_mapping(opened.propose())
    waiting = Import.objects.create(
        source=source, state=State.WAITING, errand="store", title="export", location=str(export), mapping=mapping,
        made_at=watched_folder.now,
    )  # fmt: skip

    done = intake.run(waiting, clock=lambda: watched_folder.now)

    # o1 was deleted and made anew: its row counts.
    assert (done.error, done.accounting["tables"]["orders"]) == (
        "",
        {"received": 3, "stored": 0, "updated": 1, "unchanged": 1, "deleted": 1, "refused": 0, "left_out": 0},
    )
    assert records.lake().read("orders").column("order_id").to_pylist() == ["o1"]


def test_deletions_without_the_key_delete_nothing(watched_folder, folder):
    write(folder, "orders.csv", f"{ORDERS}o1,a1,2026-03-01 08:00:00,done\n", age=9)
    write(folder, "deleted_orders.csv", "id\no1\n")

    watched_folder.read()

    failed = Import.objects.latest("pk")
    assert (failed.state, records.snapshot().counts) == ("failed", {"orders": 1})
    assert (
        "deleted_orders.csv has no column order_id, so nobody knows what is gone. It has: id." in failed.error
    )

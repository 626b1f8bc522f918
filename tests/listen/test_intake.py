"""An import is exact, repeatable, and all or nothing."""

from __future__ import annotations

import pytest

from interlock.connectors.records import Chunk
from interlock.fabric import records
from interlock.listen import first_copy, intake, search, services, signal_copies, uploads
from interlock.listen.errors import WrongState
from interlock.listen.models import Import, Signal, State
from listen.small import NOON, SmallSource, signal, small_company

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """What SIGKILL is to a process: nothing catches it."""


def run(import_: Import) -> Import:
    return intake.run(import_, clock=lambda: NOON)


def test_every_received_row_is_accounted_for(waiting, reads):
    reads(small_company(signal(1), signal(2), refused=3))

    done = run(waiting())

    assert (done.state, done.error) == (State.DONE, "")
    assert done.accounting["tables"]["signals"] == {
        "received": 5, "stored": 2, "updated": 0, "unchanged": 0, "refused": 3, "left_out": 0, "deleted": 0,
    }  # fmt: skip
    assert done.accounting["total"]["received"] == 9
    assert records.snapshot().counts == {
        "accounts": 1,
        "products": 1,
        "orders": 1,
        "order_lines": 1,
        "signals": 2,
    }


def test_importing_the_same_twice_changes_nothing(waiting, reads):
    reads(small_company(signal(1), signal(2)))
    run(waiting())
    before = records.snapshot()

    again = run(waiting())

    assert records.snapshot() == before
    assert again.accounting["total"] == {
        "received": 6, "stored": 0, "updated": 0, "unchanged": 6, "refused": 0, "left_out": 0, "deleted": 0,
    }  # fmt: skip


def test_a_changed_row_is_updated_in_lake_and_copy(waiting, reads):
    reads(small_company(signal(1), signal(2)))
    run(waiting())
    reads(small_company(signal(1, body="It came at last"), signal(2)))

    again = run(waiting())

    assert again.accounting["tables"]["signals"]["updated"] == 1
    assert list(Signal.objects.order_by("key").values_list("body", flat=True)) == [
        "It came at last", "The bike came late",
    ]  # fmt: skip


def test_the_copy_names_account_product_order_and_region(waiting, reads):
    reads(small_company(signal(1, account_id=None)))

    run(waiting())

    copy = Signal.objects.get()
    assert (copy.account_key, copy.account_label, copy.region) == ("a1", "North Shop", "North")
    assert (copy.product_key, copy.product_label, copy.order_key) == ("p1", "Heron Cargo", "o1")
    assert (copy.rating_share, copy.answered, copy.source.key) == (0.4, None, "shop")


def test_refused_rows_are_kept_in_a_file_that_no_spreadsheet_runs(waiting, reads):
    reads(small_company(signal(1), refused=1))

    done = run(waiting())

    lines = uploads.refused_path(done).read_text("utf-8").splitlines()
    assert lines == [
        "file,row,table,column,value,reason",
        "signals.csv,10,signals,occurred_at,'=cmd(),is no date",
    ]


def test_a_killed_import_leaves_the_records_as_they_were_and_runs_again(waiting, reads):
    reads(small_company(signal(1)))
    run(waiting())
    before = records.snapshot()

    class Dying(SmallSource):
        def chunks(self, mapping, on_progress=None):
            yield from self.given
            raise Killed

    reads(Dying(*small_company(signal(1), signal(2)).given))
    killed = waiting()
    with pytest.raises(Killed):
        run(killed)
    assert records.snapshot() == before
    (settled,) = intake.settle_abandoned(clock=lambda: NOON)
    assert (settled.state, "run it again" in settled.error) == (State.FAILED, True)

    reads(small_company(signal(1), signal(2)))
    again = run(services.ask_for(import_=settled, errand="store", by=None, now=NOON))

    assert again.accounting["tables"]["signals"]["stored"] == 1
    assert Signal.objects.count() == 2


def test_a_kill_between_lake_and_copy_is_finished_by_the_next_who_looks(waiting, reads, monkeypatch):
    reads(small_company(signal(1), signal(2), refused=1))
    import_ = waiting()

    def die(**_more: object) -> int:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(signal_copies, "sync", die)
        with pytest.raises(Killed):
            run(import_)
    assert records.snapshot().counts["signals"] == 2
    assert (Signal.objects.count(), signal_copies.are_current()) == (0, False)

    (settled,) = intake.settle_abandoned(clock=lambda: NOON)

    assert (settled.state, settled.accounting["total"]["stored"], settled.refused_rows) == (State.DONE, 6, 1)
    assert (Signal.objects.count(), signal_copies.are_current()) == (2, True)


def test_a_kill_in_the_middle_of_copying_is_completed_without_doubles(waiting, reads, monkeypatch):
    reads(small_company(*(signal(number) for number in range(20))))
    monkeypatch.setattr(signal_copies, "BATCH_ROWS", 2)
    written = []

    def write_two_batches(rows):
        if len(written) == 2:
            raise Killed
        written.append(rows)
        plain(rows)

    plain = signal_copies.write_rows
    with monkeypatch.context() as patch:
        patch.setattr(signal_copies, "write_rows", write_two_batches)
        with pytest.raises(Killed):
            run(waiting())
    assert Signal.objects.count() == 16

    intake.settle_abandoned(clock=lambda: NOON)

    assert Signal.objects.count() == 20
    assert set(Signal.objects.values_list("key", flat=True)) == {f"s{number}" for number in range(20)}
    assert signal_copies.are_current()


def test_a_living_reader_is_not_taken_for_dead(waiting):
    import_ = services.begin_import(import_=waiting(), now=NOON)

    with uploads.running(import_):
        settled = intake.settle_abandoned(clock=lambda: NOON)

    assert settled == []


def test_an_import_runs_once_at_a_time(waiting):
    import_ = waiting()

    with uploads.running(import_), pytest.raises(WrongState, match="is being read at this moment"):
        run(import_)


def test_a_stopped_import_stores_nothing(waiting, reads, person):
    import_ = waiting()

    class Stopping(SmallSource):
        def chunks(self, mapping, on_progress=None):
            services.stop_import(import_=import_, by=person("owner"), now=NOON)
            yield from self.given

    reads(Stopping(*small_company(signal(1)).given))

    stopped = run(import_)

    assert (stopped.state, records.snapshot().number) == (State.STOPPED, 0)


def test_undo_gives_earlier_values_back_in_lake_and_copy(waiting, reads):
    reads(small_company(signal(1)))
    run(waiting())
    reads(small_company(signal(1, body="changed"), signal(2)))
    second = run(waiting())

    undone = services.undo_import(import_=second, by=None, now=NOON)
    signal_copies.sync()

    assert undone.state == State.UNDONE
    assert list(Signal.objects.values_list("key", "body")) == [("s1", "The bike came late")]


def test_removing_a_source_removes_its_rows_and_no_others(waiting, reads):
    reads(small_company(signal(1)))
    run(waiting("one"))
    other = small_company(signal(2, account_id="a9", line_id=None))
    reads(SmallSource(*other.given[-1:]))
    second = run(waiting("two"))

    removed = services.remove_source(source=second.source, by=None, now=NOON)
    signal_copies.sync()

    assert removed == {"signals": 1}
    assert list(Signal.objects.values_list("key", flat=True)) == ["s1"]


def test_a_dry_run_counts_exactly_and_stores_nothing(waiting, reads):
    reads(small_company(signal(1)))
    run(waiting())
    before = records.snapshot()
    reads(small_company(signal(1, body="changed"), signal(2), refused=1))
    import_ = waiting()
    Import.objects.filter(pk=import_.pk).update(errand="try")
    import_.refresh_from_db()

    tried = run(import_)

    assert (tried.state, records.snapshot()) == (State.DRAFT, before)
    assert tried.trial["tables"]["signals"] == {
        "received": 3, "stored": 1, "updated": 1, "unchanged": 0, "refused": 1, "left_out": 0, "deleted": 0,
    }  # fmt: skip


def test_a_full_disk_is_said_and_nothing_is_stored(waiting, reads):
    class Full(SmallSource):
        def chunks(self, mapping, on_progress=None):
            yield from self.given
            raise OSError(28, "No space left on device")

    reads(Full(*small_company(signal(1)).given))

    failed = run(waiting())

    assert failed.state == State.FAILED
    assert "is full. Nothing was stored" in failed.error
    assert records.snapshot().number == 0


def test_the_journal_says_who_imported_what(waiting, reads):
    from interlock.fabric import journal

    reads(small_company(signal(1)))

    done = run(waiting())

    assert [entry.verb for entry in journal.entries_about(done)] == ["imported", "asked to import"]


def test_words_of_a_large_copying_that_was_killed_are_found_in_the_end(waiting, reads, monkeypatch):
    monkeypatch.setattr(signal_copies, "MANY_ROWS", 1)
    reads(small_company(signal(1, body="rattles"), signal(2)))

    def die() -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(first_copy, "catch_up_indexes", die)
        with pytest.raises(Killed):
            run(waiting())

    intake.settle_abandoned(clock=lambda: NOON)

    assert [each.key for each in search.containing(Signal.objects.all(), "rattles")] == ["s1"]
    assert {index.name for index in Signal._meta.indexes} <= first_copy._there()


def test_files_cannot_pass_for_the_demo_nor_the_demo_for_files(db, home):
    services.name_source(name="Aldermoor (demo)", kind="demo", now=NOON)
    services.name_source(name="shop", now=NOON)

    with pytest.raises(WrongState, match="another kind of source"):
        services.name_source(name="aldermoor (DEMO)", now=NOON)
    with pytest.raises(WrongState, match="another kind of source"):
        services.name_source(name="shop", kind="demo", now=NOON)


class OneLost(Chunk):
    """A chunk of a faulty source: one row more was received than is handed over or refused."""

    @property
    def received(self) -> int:
        return super().received + 1


def test_an_import_that_does_not_add_up_is_not_stored(waiting, reads):
    rows = small_company(signal(1)).given[0]
    reads(SmallSource(OneLost(rows.table, rows.rows)))

    done = run(waiting())

    assert (done.state, done.accounting) == (State.FAILED, {})
    assert done.error.startswith("The rows of accounts do not add up, so nothing was stored.")
    assert records.snapshot().number == 0

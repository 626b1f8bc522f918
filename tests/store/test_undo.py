"""An import is taken back without touching what came after it."""

import pyarrow as pa
import pytest

from interlock.store.errors import DuplicateKeys, LakeError, VersionGone
from interlock.store.snapshots import Batch
from interlock.store.undo import Undone
from interlock.store.writing import Counts
from store.conftest import accounts, orders, put, states


def undo(lake, batch_id, by="undo"):
    with lake.writing(batch_id=by, source_id="shop") as write:
        return write.undo_batch(batch_id)


def test_rows_get_their_earlier_values_and_new_ones_go(lake):
    put(lake, orders(a="open", b="open"), batch="first")
    put(lake, orders(a="wrong", c="wrong"), batch="second")

    assert undo(lake, "second") == {"orders": Undone(restored=1, removed=1)}
    assert states(lake) == {"a": "open", "b": "open"}
    assert lake.snapshot().undone == ("second",)


def test_rows_written_since_are_kept_and_counted(lake):
    put(lake, orders(a="open", b="open"), batch="first")
    put(lake, orders(a="wrong", b="wrong"), batch="second")
    put(lake, orders(b="right"), batch="third")

    assert undo(lake, "second") == {"orders": Undone(restored=1, kept=1)}
    assert states(lake) == {"a": "open", "b": "right"}


def test_a_value_of_an_undone_import_never_comes_back(lake):
    put(lake, orders(a="open"), batch="first")
    put(lake, orders(a="wrong"), batch="second")
    put(lake, orders(a="also wrong"), batch="third")
    undo(lake, "second", by="undo second")

    assert undo(lake, "third", by="undo third") == {"orders": Undone(restored=1)}
    assert states(lake) == {"a": "open"}


def test_a_value_of_a_removed_source_never_comes_back(lake):
    put(lake, orders(a="from demo"), batch="demo", source="demo")
    put(lake, orders(a="real"), batch="real")
    with lake.writing(batch_id="remove demo", source_id="shop") as write:
        write.remove_source("demo")

    assert undo(lake, "real") == {"orders": Undone(removed=1)}
    assert states(lake) == {}


def test_every_table_of_the_import_is_taken_back(lake):
    with lake.writing(batch_id="first", source_id="shop") as write:
        write.upsert("orders", orders(a="open"))
        write.upsert("accounts", accounts(k="Kato"))

    assert undo(lake, "first") == {"accounts": Undone(removed=1), "orders": Undone(removed=1)}
    assert lake.snapshot().counts == {"accounts": 0, "orders": 0}


def test_undoing_twice_or_what_never_was_changes_nothing(lake):
    put(lake, orders(a="open"), batch="first")
    undo(lake, "first")
    after = lake.snapshot()

    assert undo(lake, "first", by="again") == {}
    assert undo(lake, "never", by="again") == {}
    assert lake.snapshot() == after


def test_what_was_undone_can_be_imported_again(lake):
    put(lake, orders(a="open"), batch="first")
    undo(lake, "first")

    assert put(lake, orders(a="open"), batch="first") == Counts(stored=1)
    assert undo(lake, "first", by="second undo") == {"orders": Undone(removed=1)}


def test_an_import_in_several_writes_is_undone_whole(lake):
    put(lake, orders(a="open"), batch="first")
    put(lake, orders(a="half"), batch="second")
    put(lake, orders(a="between"), batch="third")
    put(lake, orders(a="whole", b="whole"), batch="second")

    assert undo(lake, "second") == {"orders": Undone(restored=1, removed=1)}
    assert states(lake) == {"a": "between"}


def test_after_the_vacuum_an_undo_is_refused(lake):
    put(lake, orders(a="open"), batch="first")
    put(lake, orders(a="wrong"), batch="second")
    lake.vacuum(0)

    with pytest.raises(VersionGone, match=r"The earlier rows of orders \(version 1\) were cleared away"):
        undo(lake, "second")

    assert states(lake) == {"a": "wrong"}


def test_batches_of_one_write_are_taken_back_one_by_one(lake):
    put(lake, orders(a="open", b="open"), batch="before")
    with lake.writing(batch_id="first", source_id="shop") as write:
        write.stage("orders", orders(a="one"))
        write.stage("orders", orders(b="two", c="two"), Batch("second", "desk"))
        write.apply()
    assert lake.snapshot().carried == (Batch("second", "desk"),)
    assert (lake.written_by("second"), lake.written_by("before"), lake.written_by("never")) == (2, 1, None)

    assert undo(lake, "second") == {"orders": Undone(restored=1, removed=1)}
    assert states(lake) == {"a": "one", "b": "open"}
    assert undo(lake, "first", by="undo first") == {"orders": Undone(restored=1)}
    assert states(lake) == {"a": "open", "b": "open"}


def test_a_carried_batch_of_a_removed_source_never_comes_back(lake):
    with lake.writing(batch_id="first", source_id="shop") as write:
        write.stage("orders", orders(a="open"))
        write.stage("orders", orders(b="of the desk"), Batch("second", "desk"))
        write.apply()
    put(lake, orders(b="newer"), batch="third")
    with lake.writing(batch_id="removal", source_id="desk") as write:
        write.remove_source("desk")

    assert undo(lake, "third") == {"orders": Undone(removed=1)}
    assert states(lake) == {"a": "open"}


def test_two_batches_of_one_write_may_not_hold_the_same_row(lake):
    with lake.writing(batch_id="first", source_id="shop") as write:
        write.stage("orders", orders(a="one"))
        write.stage("orders", orders(a="two"), Batch("second", "desk"))
        with pytest.raises(DuplicateKeys, match="orders has several rows for the key a"):
            write.apply()
        write.drop_staged()


def test_an_ordinary_write_does_not_read_what_was_written_before(lake):
    put(lake, orders(a="open"), batch="first")
    (lake.root / "snapshots" / "000001.json").write_text("damaged")

    assert put(lake, orders(b="open"), batch="second") == Counts(stored=1)


def delete(lake, *keys, batch, source="shop"):
    with lake.writing(batch_id=batch, source_id=source) as write:
        write.stage_deletions("orders", pa.table({"order_id": list(keys)}))
        return write.apply()["orders"]


def test_deleted_rows_come_back_as_they_were(lake):
    put(lake, orders(a="open", b="open"), batch="first")

    assert delete(lake, "a", "b", "never there", batch="gone") == Counts(deleted=2, unchanged=1)
    assert (states(lake), lake.snapshot().counts) == ({}, {"orders": 0})
    assert undo(lake, "gone") == {"orders": Undone(restored=2)}
    assert states(lake) == {"a": "open", "b": "open"}


def test_a_deleted_row_that_came_again_is_kept(lake):
    put(lake, orders(a="open", b="open"), batch="first")
    delete(lake, "a", "b", batch="gone")
    put(lake, orders(a="made anew"), batch="second")

    assert undo(lake, "gone") == {"orders": Undone(restored=1, kept=1)}
    assert states(lake) == {"a": "made anew", "b": "open"}


def test_a_row_of_an_undone_import_does_not_come_back_from_its_deletion(lake):
    put(lake, orders(a="open"), batch="first")
    put(lake, orders(a="wrong", b="wrong"), batch="second")
    delete(lake, "a", "b", batch="gone")
    undo(lake, "second", by="undo second")

    assert undo(lake, "gone", by="undo gone") == {"orders": Undone(restored=1)}
    assert states(lake) == {"a": "open"}


def test_a_key_that_is_deleted_and_given_in_one_import_stays(lake):
    put(lake, orders(a="open"), batch="first")
    with lake.writing(batch_id="second", source_id="shop") as write:
        write.stage("orders", orders(a="made anew"))
        write.stage_deletions("orders", pa.table({"order_id": ["a"]}))
        assert write.apply() == {"orders": Counts(updated=1, unchanged=1)}

    assert states(lake) == {"a": "made anew"}
    assert lake.snapshot().deleted == ()


def test_deletions_need_the_whole_key(lake):
    with (
        pytest.raises(LakeError, match="Deletions of capacity need the columns site_id, family, week"),
        lake.writing(batch_id="gone", source_id="shop") as write,
    ):
        write.stage_deletions("capacity", pa.table({"site_id": ["s"]}))

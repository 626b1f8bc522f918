"""Every version stays readable until it is cleared away, and what is removed is gone."""

import pytest
from deltalake import DeltaTable

from interlock.store.draft import SMALL_FILES
from interlock.store.errors import (
    LakeBusy,
    LakeError,
    VersionGone,
)
from interlock.store.lake import Lake
from interlock.store.writing import Counts
from store.conftest import accounts, fail_in_the_middle, orders, put, states


def test_restoring_again_and_again_makes_no_new_versions(lake):
    put(lake, orders(a="open"))
    fail_in_the_middle(lake, orders=orders(a="lost"))

    for _ in range(3):
        put(lake, orders(a="open"), batch="again")

    assert DeltaTable(lake.root / "tables" / "orders").version() == 3  # stored, lost, restored
    assert lake.snapshot().number == 1


def test_any_earlier_version_can_be_read(lake):
    put(lake, orders(a="open"))
    then = lake.snapshot().versions
    put(lake, orders(a="shipped", b="open"), batch="second")

    assert states(lake, then) == {"a": "open"}
    assert states(lake) == {"a": "shipped", "b": "open"}
    assert [one.number for one in lake.history()] == [1, 2]
    assert lake.history()[0].versions == then
    with pytest.raises(VersionGone, match="orders has no version 77"):
        lake.files("orders", 77)


def test_what_the_log_says_of_a_version_is_what_the_snapshot_says(lake):
    put(lake, orders(a="open", b=None))
    seen = lake.snapshot().tables["orders"]
    put(lake, orders(a="shipped"), batch="second")

    told_by_log = lake.table_at("orders", seen.version)

    assert told_by_log.rows == seen.rows
    assert [file.name for file in told_by_log.files] == [file.name for file in seen.files]
    assert set(told_by_log.files[0].empty) == set(seen.files[0].empty)
    assert told_by_log.files[0].empty == ("account_id", "channel", "team_id", "deal_id")


def test_small_files_are_joined(lake):
    for number in range(3 * SMALL_FILES):
        put(lake, orders(**{f"k{number}": "open"}), batch=f"b{number}")

    assert len(states(lake)) == 3 * SMALL_FILES
    assert len(lake.snapshot().tables["orders"].files) <= SMALL_FILES


def test_removing_a_source_removes_its_rows_and_no_others(lake):
    put(lake, orders(a="open", b="open"), source="demo")
    put(lake, accounts(k="Kato"), source="demo", batch="accounts", name="accounts")
    put(lake, orders(b="shipped", c="open"), source="shop", batch="second")

    with lake.writing(batch_id="remove demo", source_id="demo") as write:
        removed = write.remove_source("demo")

    assert removed == {"accounts": 1, "orders": 1}
    assert states(lake) == {"b": "shipped", "c": "open"}
    assert lake.snapshot().counts == {"accounts": 0, "orders": 2}
    assert lake.snapshot().removed == ("demo",)
    assert put(lake, orders(a="open"), source="demo", batch="again") == Counts(stored=1)


def test_removing_an_unknown_source_changes_nothing(lake):
    put(lake, orders(a="open"))

    with lake.writing(batch_id="remove", source_id="demo") as write:
        assert write.remove_source("demo") == {}

    assert lake.snapshot().number == 1


def test_the_vacuum_clears_old_files_but_not_frozen_evidence(lake):
    versions = []
    for status in ("open", "packed", "shipped", "done"):
        put(lake, orders(a=status), batch=status)
        versions.append(lake.snapshot().versions["orders"])

    deleted = lake.vacuum(0, {"orders": [versions[1]]})

    assert deleted == {"orders": 2}
    assert states(lake) == {"a": "done"}
    assert states(Lake(lake.root), {"orders": versions[1]}) == {"a": "packed"}
    for gone in (versions[0], versions[2]):
        with pytest.raises(VersionGone, match=f"Version {gone} of orders was cleared away"):
            lake.read("orders", {"orders": gone})
    assert put(lake, orders(a="done"), batch="again") == Counts(unchanged=1)
    assert put(lake, orders(a="lost"), batch="more") == Counts(updated=1)


def test_the_vacuum_keeps_what_went_out_of_use_lately(lake):
    put(lake, orders(a="open"))
    put(lake, orders(a="shipped"), batch="second")

    assert lake.vacuum(30) == {}
    assert states(lake, {"orders": 1}) == {"a": "open"}


def test_the_vacuum_waits_for_a_write(lake):
    with lake.writing(batch_id="import", source_id="shop"), pytest.raises(LakeBusy, match="import"):
        lake.vacuum(30)


def test_versions_from_before_a_checkpoint_still_open(lake):
    for number in range(3):
        put(lake, orders(a=str(number)), batch=f"b{number}")
    table = DeltaTable(lake.root / "tables" / "orders")

    table.create_checkpoint()
    table.cleanup_metadata()
    put(lake, orders(a="3"), batch="b3")

    assert [states(lake, {"orders": version}) for version in (1, 2, 3, 4)] == [
        {"a": str(number)} for number in range(4)
    ]


def test_a_lost_or_damaged_snapshot_is_not_taken_for_an_empty_one(lake):
    put(lake, orders(a="open"))
    put(lake, orders(a="shipped"), batch="second")
    path = lake.root / "snapshot.json"

    path.write_text("{", encoding="utf-8")
    with pytest.raises(LakeError, match=r"snapshot\.json is damaged"):
        put(lake, orders(a="lost"), batch="third")
    path.unlink()
    with pytest.raises(LakeError, match=r"snapshot\.json is missing\. Copy .*000002\.json to it"):
        put(lake, orders(a="lost"), batch="third")

    path.write_bytes((lake.root / "snapshots" / "000002.json").read_bytes())
    assert states(lake) == {"a": "shipped"}


def test_spark_and_others_can_read_the_tables_as_plain_delta(lake):
    put(lake, orders(a="open", b="open"))
    put(lake, orders(a="shipped"), batch="second", source="crm")

    rows = DeltaTable(lake.root / "tables" / "orders").to_pyarrow_table().sort_by("order_id")

    assert rows.select(["order_id", "status", "_source_id", "_batch_id", "_written"]).to_pylist() == [
        {"order_id": "a", "status": "shipped", "_source_id": "crm", "_batch_id": "second", "_written": 2},
        {"order_id": "b", "status": "open", "_source_id": "shop", "_batch_id": "first", "_written": 1},
    ]

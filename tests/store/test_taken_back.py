"""What an undo took out of the records can be read, so that it can be put back."""

import pytest

from interlock.store.errors import VersionGone
from interlock.store.lake import WRITTEN_SINCE
from store.conftest import accounts, orders, put, states


def undo(lake, batch_id, by="undo"):
    with lake.writing(batch_id=by, source_id="shop") as write:
        write.undo_batch(batch_id)


def taken_back(lake, batch_id):
    """What it had written, as {table: {key: (status or name, who wrote the key since)}}."""
    return {
        name: {
            row[rows.column_names[0]]: (row.get("status") or row.get("name"), row[WRITTEN_SINCE])
            for row in rows.to_pylist()
        }
        for name, rows in lake.taken_back(batch_id).items()
        if len(rows)
    }


def test_what_an_undo_took_out_is_read_as_the_batch_wrote_it(lake):
    put(lake, orders(a="open", b="open"), batch="first")
    with lake.writing(batch_id="second", source_id="shop") as write:
        write.upsert("orders", orders(a="wrong", b="open", c="new"))
        write.upsert("accounts", accounts(k="Kato"))
    assert taken_back(lake, "second") == {}

    undo(lake, "second")

    assert taken_back(lake, "second") == {
        "orders": {"a": ("wrong", None), "c": ("new", None)},
        "accounts": {"k": ("Kato", None)},
    }
    assert states(lake) == {"a": "open", "b": "open"}


def test_it_says_who_wrote_a_key_since(lake):
    put(lake, orders(a="old", b="old", c="old"), batch="first")
    put(lake, orders(a="third", c="third"), batch="third")
    undo(lake, "first")

    put(lake, orders(b="second"), batch="second")

    # What a later batch had written before the undo was never taken back.
    assert taken_back(lake, "first") == {"orders": {"b": ("old", "second")}}


def test_of_a_batch_that_was_taken_back_twice_it_is_the_last_time(lake):
    put(lake, orders(a="one"), batch="first")
    undo(lake, "first")
    put(lake, orders(a="two"), batch="first")
    assert taken_back(lake, "first") == {"orders": {"a": ("one", "first")}}

    undo(lake, "first", by="undo again")

    assert taken_back(lake, "first") == {"orders": {"a": ("two", None)}}
    assert states(lake) == {}


def test_what_was_cleared_away_cannot_be_read(lake):
    put(lake, orders(a="open"), batch="first")
    undo(lake, "first")
    lake.vacuum(0)

    with pytest.raises(VersionGone, match="rows of orders as they were before the undo were cleared away"):
        lake.taken_back("first")

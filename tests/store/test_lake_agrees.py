"""Whatever happens in whatever order, the lake agrees with a dictionary that keeps every write."""

import os
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interlock.store.lake import Lake
from interlock.store.undo import Undone
from interlock.store.writing import Counts
from store.conftest import accounts, fail_in_the_middle
from store.slow_lake import SlowLake

BATCHES = st.sampled_from(["monday", "tuesday"])
SOURCES = st.sampled_from(["shop", "demo"])
# Two keys and two imports: few enough that writes often lie on top of each other.
ROWS = st.dictionaries(st.sampled_from("ab"), st.sampled_from(["x", "y", "z", None]), min_size=1)
UPSERT = st.tuples(st.just("upsert"), BATCHES, SOURCES, st.lists(ROWS, min_size=1, max_size=2))
DELETE = st.tuples(
    st.just("delete"), BATCHES, SOURCES, st.lists(st.sampled_from("abc"), min_size=1, unique=True)
)
UNDO = st.tuples(st.just("undo"), BATCHES)
REMOVE = st.tuples(st.just("remove"), SOURCES)
FAIL = st.tuples(st.just("fail"), ROWS)
BEGINNINGS = st.lists(UPSERT, min_size=2, max_size=4)
STEPS = st.lists(st.one_of(UNDO, UPSERT, DELETE, UNDO, DELETE, REMOVE, FAIL), min_size=1, max_size=6)


# Each takes two seconds; ./do slow tries more.
EXAMPLES = 60 if "LONGER_TESTS" in os.environ else 4


@pytest.mark.long
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(beginning=BEGINNINGS, steps=STEPS)
def test_lake_agrees_with_the_slow_one(beginning, steps):
    with tempfile.TemporaryDirectory() as folder:
        lake, slow = Lake(Path(folder)), SlowLake()

        for kind, *details in beginning + steps:
            PLAYED[kind](lake, slow, *details)
            assert shown(lake) == slow.state()
            assert lake.snapshot().number == slow.number

        assert [shown(lake, one.versions) for one in lake.history()] == slow.seen


def upsert(lake, slow, batch, source, inputs):
    with lake.writing(batch_id=batch, source_id=source) as write:
        counts = [write.upsert("accounts", accounts(**rows)) for rows in inputs]
    assert [(one.stored, one.updated, one.unchanged) for one in counts] == slow.upsert(batch, source, inputs)


def delete(lake, slow, batch, source, keys):
    with lake.writing(batch_id=batch, source_id=source) as write:
        write.stage_deletions("accounts", pa.table({"account_id": keys}))
        previewed = write.preview()
        counts = write.apply()
    assert (
        previewed
        == counts
        == {"accounts": Counts(deleted=counts["accounts"].deleted, unchanged=counts["accounts"].unchanged)}
    )
    assert (counts["accounts"].deleted, counts["accounts"].unchanged) == slow.delete(batch, source, keys)


def remove(lake, slow, source):
    with lake.writing(batch_id="removal", source_id=source) as write:
        removed = write.remove_source(source)
    assert removed.get("accounts", 0) == slow.remove(source, "removal")


def undo(lake, slow, batch):
    with lake.writing(batch_id="undo", source_id="undo") as write:
        undone = write.undo_batch(batch).get("accounts", Undone())
    assert (undone.restored, undone.removed, undone.kept) == slow.undo(batch, "undo")


def fail(lake, slow, rows):
    fail_in_the_middle(lake, accounts=accounts(**rows))


PLAYED = {"upsert": upsert, "delete": delete, "remove": remove, "undo": undo, "fail": fail}


def shown(lake, versions=None):
    if not lake.snapshot().counts or (versions is not None and "accounts" not in versions):
        return {}
    return {row["account_id"]: row["name"] for row in lake.read("accounts", versions).to_pylist()}

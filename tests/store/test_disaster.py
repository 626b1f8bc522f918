"""A killed write, a full disk, a locked folder: readers see what they saw, and the next import is right."""

import contextlib
import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from interlock.store import delta, parquet, snapshots
from interlock.store.engine import open_records
from interlock.store.errors import LakeBusy, LakeError
from interlock.store.lake import Lake
from interlock.store.writing import Counts
from store.conftest import accounts, orders, put, states

KILLS = 6 if "LONGER_TESTS" in os.environ else 2
WRITER = """
import sys
from pathlib import Path
import pyarrow as pa
from interlock.store.contract import arrow_schema
from interlock.store.lake import Lake
from store.conftest import NOON
rows = [{"order_id": str(i), "ordered_at": NOON, "status": "new"} for i in range(20_000)]
people = [{"account_id": str(i), "name": "new"} for i in range(20_000)]
print("ready", flush=True)
with Lake(Path(sys.argv[1])).writing(batch_id="killed", source_id="shop") as write:
    write.upsert("orders", pa.Table.from_pylist(rows, schema=arrow_schema("orders")))
    write.upsert("accounts", pa.Table.from_pylist(people, schema=arrow_schema("accounts")))
print("done", flush=True)
"""

# The same rows into the same place without a snapshot: what the kill test must be able to catch.
CARELESS_WRITER = """
import json, sys, time
from pathlib import Path
path = Path(sys.argv[1]) / "snapshot.json"
said = json.loads(path.read_text())
with path.open("w") as file:
    file.write(json.dumps(said)[:50])
    file.flush()
    print("ready", flush=True)
    time.sleep(60)
"""


def kill_while_writing(script, root, wait):
    """Start a writer, kill it that many seconds after it begins, and say whether it had finished."""
    writer = subprocess.Popen(
        [sys.executable, "-c", script, str(root)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with writer:
        assert writer.stdout.readline() == "ready\n"
        time.sleep(wait)
        writer.send_signal(signal.SIGKILL)
        return "done" in writer.stdout.read()


def seen(lake):
    return lake.snapshot(), lake.read("orders").to_pylist()


@pytest.mark.long
def test_a_killed_write_leaves_everything_as_it_was(lake, tmp_path):
    put(lake, orders(a="old", **{"5": "old"}))
    before = seen(lake)
    dice = random.Random(7)
    killed, longest_wait = 0, 1.0

    while killed < KILLS:
        trial = Lake(tmp_path / "trial")
        shutil.copytree(lake.root, trial.root)
        finished = kill_while_writing(WRITER, trial.root, dice.uniform(0, longest_wait))
        if finished or trial.snapshot().number == 2:
            longest_wait *= 0.8
        else:
            killed += 1
            assert seen(trial) == before
            assert len(trial.history()) == 1
        counts = put(trial, orders(a="new", b="new"), batch="rerun")
        assert counts == Counts(stored=1, updated=1)
        assert trial.read("orders").num_rows == (3 if trial.snapshot().number == 2 else 20_002)
        assert not (trial.root / "staging").exists()
        shutil.rmtree(trial.root)


def test_the_kill_test_catches_a_writer_that_is_not_atomic(lake):
    put(lake, orders(a="old"))
    before = seen(lake)

    kill_while_writing(CARELESS_WRITER, lake.root, 0)

    with pytest.raises(LakeError, match="damaged"):
        assert seen(lake) == before


def test_the_lock_of_a_dead_writer_blocks_nobody(lake):
    lake.root.mkdir()
    (lake.root / "writer.lock").write_text('{"process": 1, "purpose": "killed"}', encoding="utf-8")

    assert put(lake, orders(a="open")) == Counts(stored=1)


def test_a_living_writer_in_another_process_blocks(lake):
    script = (
        "import sys, pathlib\n"
        "from interlock.store.lake import Lake\n"
        "with Lake(pathlib.Path(sys.argv[1])).writing(batch_id='slow', source_id='shop'):\n"
        "    print('ready', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", script, str(lake.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with writer:
        writer.stdout.readline()
        with pytest.raises(LakeBusy, match=rf"process {writer.pid} \(slow\)"):
            put(lake, orders(a="open"))
        writer.kill()
        writer.wait()

    assert put(lake, orders(a="open")) == Counts(stored=1)


def no_space(*arguments, **options):
    raise OSError(errno.ENOSPC, "No space left on device")


def no_space_in_duckdb(*arguments, **options):
    raise duckdb.IOException("IO Error: Could not write file: No space left on device")


@pytest.mark.parametrize(
    ("where", "name", "failure"),
    [
        (delta.DeltaFolder, "create", no_space),
        (delta.DeltaFolder, "_move_in", no_space),
        (delta.DeltaFolder, "_flush", no_space),
        (delta.DeltaTable, "create_write_transaction", no_space),
        (parquet, "_described", no_space_in_duckdb),
        (snapshots, "_replace", no_space),
        (os, "fsync", no_space),
    ],
)
def test_a_disk_that_fills_up_at_any_step_changes_nothing(lake, monkeypatch, where, name, failure):
    put(lake, orders(a="old"))
    before = seen(lake)
    message = "No space left on device.*Nothing was changed"

    with monkeypatch.context() as full:
        full.setattr(where, name, failure)
        with pytest.raises(LakeError, match=message), lake.writing(batch_id="b", source_id="shop") as write:
            write_both(write)

    assert seen(lake) == before
    assert put(lake, orders(a="new", b="new"), batch="rerun") == Counts(stored=1, updated=1)
    assert lake.snapshot().counts == {"orders": 2}


def write_both(write):
    write.upsert("orders", orders(a="new", b="new"))
    write.upsert("accounts", accounts(k="Kato"))


def test_a_snapshot_half_published_is_not_seen(lake, monkeypatch):
    put(lake, orders(a="old"))
    before = seen(lake)
    replace = snapshots._replace

    def fail_on_the_second(path, text):
        return no_space() if path.name == "snapshot.json" else replace(path, text)

    with monkeypatch.context() as full:
        full.setattr(snapshots, "_replace", fail_on_the_second)
        with pytest.raises(LakeError, match="No space left"):
            put(lake, orders(a="lost"), batch="second")

    assert seen(lake) == before
    assert [one.batch_id for one in lake.history()] == ["first"]
    put(lake, orders(a="new"), batch="third")
    assert [one.batch_id for one in lake.history()] == ["first", "third"]


@pytest.mark.parametrize("name", ["snapshot.json", "000002.json"])
def test_a_snapshot_cut_off_in_the_middle_of_its_text_is_not_seen(lake, monkeypatch, name):
    """The power fails when half the text is written: readers still hold the file that was there before."""
    put(lake, orders(a="old"))
    before = seen(lake)
    sync = os.fsync

    def cut_off(descriptor):
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.stem == Path(name).stem:
            os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
            no_space()
        sync(descriptor)

    with monkeypatch.context() as failing:
        failing.setattr(os, "fsync", cut_off)
        with pytest.raises(LakeError, match="No space left"):
            put(lake, orders(a="lost"), batch="second")

    assert seen(lake) == before
    put(lake, orders(a="new"), batch="third")
    assert [one.batch_id for one in lake.history()] == ["first", "third"]


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 2 MB."""
    path = tmp_path / "small"
    path.mkdir()
    mount = shutil.which("mount")
    if os.name != "posix" or not mount or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk; the steps are tested one by one above")
    if subprocess.run([mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", path], capture_output=True).returncode:
        pytest.skip("this system does not let root mount a small disk")
    yield path
    subprocess.run(["umount", path], check=True)


def test_a_disk_that_is_really_full_changes_nothing(small_disk):
    lake = Lake(small_disk / "records")
    put(lake, orders(a="old"))
    before = seen(lake)
    noise = random.Random(1)
    many = accounts(**{f"k{i}": noise.randbytes(40).hex() for i in range(40_000)})

    with pytest.raises(LakeError, match="Nothing was changed"):
        put(lake, many, name="accounts", batch="too much")

    assert seen(lake) == before
    assert put(lake, orders(a="new"), batch="small") == Counts(updated=1)


def test_a_folder_that_cannot_be_written_says_so(lake, tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be", encoding="utf-8")

    with pytest.raises(LakeError, match="Nothing was changed"):
        put(Lake(blocked / "records"), orders(a="open"))


def test_a_read_only_disk_is_read_and_not_written(small_disk):
    lake = Lake(small_disk / "records")
    put(lake, orders(a="old"))
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)

    with pytest.raises(LakeError, match=r"Read-only file system\. Nothing was changed"):
        put(lake, orders(a="new"), batch="second")

    assert states(lake) == {"a": "old"}
    with open_records(lake) as records:
        assert records.table("orders").count().to_pyarrow().as_py() == 1


def test_a_write_killed_before_anything_was_published_leaves_the_empty_beginning(lake):
    kill_while_writing(WRITER, lake.root, 0.25)
    with contextlib.suppress(FileNotFoundError):
        (lake.root / "snapshot.json").unlink()

    assert lake.snapshot().number == 0
    assert put(lake, orders(a="open"), batch="rerun") == Counts(stored=1)
    assert json.loads((lake.root / "snapshot.json").read_text())["number"] == 1
    assert Path(lake.root / "snapshots" / "000001.json").exists()

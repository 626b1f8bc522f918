"""Which versions of all tables belong together?

A snapshot names one version of each table. `snapshot.json` holds the one that readers see; it is replaced
in one step, so an import shows in all its tables or in none. `snapshots/000012.json` keeps every earlier one.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

import msgspec

from interlock.store.errors import LakeError
from interlock.store.parquet import flush


class Batch(NamedTuple):
    """Rows that are taken back together, and the source that they came from."""

    batch_id: str
    source_id: str


@dataclass(frozen=True)
class DataFile:
    """One Parquet file of a table, its size in bytes. `empty` names the columns without a single value."""

    name: str
    rows: int
    size: int
    empty: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableVersion:
    """The files that are one table at one Delta version."""

    version: int
    files: tuple[DataFile, ...] = ()

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    def has_values(self, column: str) -> bool:
        return any(file.rows > 0 and column not in file.empty for file in self.files)


@dataclass(frozen=True)
class Snapshot:
    """What readers see of all tables after one write; number 0 is the empty beginning.

    `batch_id` and `source_id` name the write that made it, `carried` the further batches that it wrote with the
    source of each, `undone` the batches that it took back, `removed` the sources that it removed, `deleted` the
    tables from which it deleted rows by their keys. `hash_sign`
    names the way rows are hashed, and `hashed_since` the first write that hashed them so; see row_sql.py.
    """

    number: int = 0
    tables: Mapping[str, TableVersion] = field(default_factory=dict)
    batch_id: str = ""
    source_id: str = ""
    undone: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    hash_sign: str = ""
    hashed_since: int = 1
    carried: tuple[Batch, ...] = ()
    deleted: tuple[str, ...] = ()

    @property
    def versions(self) -> dict[str, int]:
        return {name: table.version for name, table in self.tables.items()}

    @property
    def counts(self) -> dict[str, int]:
        return {name: table.rows for name, table in self.tables.items()}


class Written(msgspec.Struct, frozen=True):
    """What a kept snapshot says of the write that made it; its tables are not read."""

    number: int
    batch_id: str = ""
    source_id: str = ""
    undone: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    carried: tuple[Batch, ...] = ()
    deleted: tuple[str, ...] = ()

    @property
    def batches(self) -> tuple[Batch, ...]:
        return (Batch(self.batch_id, self.source_id), *self.carried)


def current_snapshot(root: Path) -> Snapshot:
    """Return the published snapshot; number 0 when nothing was ever published.

    Raises:
        LakeError: the file is damaged, or gone although earlier snapshots exist.
    """
    path = root / "snapshot.json"
    if path.exists():
        return _read(path)
    kept = sorted((root / "snapshots").glob("*.json"))
    # A first write that was killed leaves at most number 1, which nobody has seen.
    if len(kept) > 1:
        raise LakeError(f"{path} is missing. Copy {kept[-1]} to it; nothing was changed.")
    return Snapshot()


def kept_snapshot(root: Path, number: int) -> Snapshot:
    """Return an earlier published snapshot.

    Raises:
        LakeError: its file is damaged or gone.
    """
    return _read(_kept_path(root, number)) if number else Snapshot()


def kept_writes(root: Path, until: int, after: int = 0) -> Iterator[Written]:
    """Hand over what was written, from snapshot number `until` back to the one that follows `after`.

    Raises:
        LakeError: a file is damaged or gone.
    """
    for number in range(until, after, -1):
        path = _kept_path(root, number)
        with _legible(path):
            written = _WRITTEN.decode(path.read_bytes())
        yield written


def publish(root: Path, snapshot: Snapshot) -> None:
    """Keep a snapshot for good, then let readers see it. After this returns it survives a power cut."""
    text = json.dumps(asdict(snapshot), separators=(",", ":"))
    (root / "snapshots").mkdir(exist_ok=True)
    _replace(_kept_path(root, snapshot.number), text)
    _replace(root / "snapshot.json", text)


def _kept_path(root: Path, number: int) -> Path:
    return root / "snapshots" / f"{number:06d}.json"


def _replace(path: Path, text: str) -> None:
    draft = path.with_suffix(".draft")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    flush(path.parent)


def _read(path: Path) -> Snapshot:
    with _legible(path):
        said = json.loads(path.read_text(encoding="utf-8"))
        return Snapshot(
            number=said["number"],
            tables={name: _table_version(table) for name, table in said["tables"].items()},
            batch_id=said["batch_id"],
            source_id=said["source_id"],
            undone=tuple(said["undone"]),
            removed=tuple(said["removed"]),
            # Snapshots of the first weeks name no way of hashing: theirs counts as another one.
            hash_sign=said.get("hash_sign", ""),
            hashed_since=said.get("hashed_since", 1),
            carried=tuple(Batch(*batch) for batch in said.get("carried", ())),
            deleted=tuple(said.get("deleted", ())),
        )


@contextmanager
def _legible(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LakeError(f"{path} cannot be read: {error}.") from error
    except (ValueError, KeyError, TypeError) as error:  # msgspec's own are ValueErrors
        raise LakeError(f"{path} is damaged. Copy the newest whole file of snapshots/ to it.") from error


def _table_version(said: dict[str, object]) -> TableVersion:
    files = said["files"]
    version = said["version"]
    assert isinstance(files, list)
    assert isinstance(version, int)
    return TableVersion(
        version,
        tuple(DataFile(file["name"], file["rows"], file["size"], tuple(file["empty"])) for file in files),
    )


_WRITTEN = msgspec.json.Decoder(Written)

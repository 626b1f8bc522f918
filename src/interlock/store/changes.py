"""Which rows of a table differ between two snapshots? Only files that one of them lacks are read.

A key and the number of the snapshot that wrote the row say which value it has: a write leaves one value a key,
and a row that is given back its earlier value carries the earlier number again.
"""

from collections.abc import Collection

from interlock.store.contract import TABLES
from interlock.store.errors import VersionGone
from interlock.store.lake import Lake
from interlock.store.parquet import scan
from interlock.store.snapshots import DataFile, TableVersion


def came(before: TableVersion, now: TableVersion) -> tuple[DataFile, ...]:
    """Return the files that the table has now and had not before; every new or changed row is in them."""
    return tuple(file for file in now.files if file not in set(before.files))


def changed_keys(lake: Lake, name: str, before: TableVersion, now: TableVersion) -> str:
    """Return the SQL of the keys of rows that came, changed or went; empty when the table is the same.

    Raises:
        VersionGone: the vacuum has cleared away what was there before.
    """
    new, old = came(before, now), came(now, before)
    if not old:
        return f"SELECT {_keys(name)} FROM {_scan(lake, name, new)}" if new else ""
    if not new:
        return f"SELECT {_keys(name)} FROM {_scan(lake, name, old)}"
    is_now, was = (f"SELECT {_keys(name)}, _written FROM {_scan(lake, name, files)}" for files in (new, old))
    differ = f"(({is_now}) EXCEPT ({was})) UNION ALL (({was}) EXCEPT ({is_now}))"
    return f"SELECT DISTINCT {_keys(name)} FROM ({differ})"


def _keys(name: str) -> str:
    return ", ".join(TABLES[name].key)


def _scan(lake: Lake, name: str, files: Collection[DataFile]) -> str:
    paths = [lake.root / "tables" / name / file.name for file in files]
    if not all(path.exists() for path in paths):
        raise VersionGone(f"Earlier rows of {name} were cleared away by the vacuum.")
    return scan(paths)

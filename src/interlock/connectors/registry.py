"""Opens whatever a path or an address names: files, or a database."""

from collections.abc import Mapping as ReadOnly
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from .csv_folder import open_files
from .database_address import is_address
from .errors import ConnectorError
from .limits import DEFAULT_LIMITS, Limits
from .making.workbench import Workbench
from .mapping.model import Mapping
from .staged_source import StagedSource


@dataclass(frozen=True)
class Only:
    """A part of what a path or an address names: what is new in it.

    `files` are names in a folder; `since` gives, for each table that is not read as a whole, its watermark
    column and the value from which on rows are read, `rows` how many of a table at most. A query may take so many seconds. `in_part` says that
    other parts came before, so that nothing can be missing.
    """

    in_part: bool = False
    files: tuple[str, ...] = ()
    since: ReadOnly[str, tuple[str, str]] = field(default_factory=dict)
    rows: int | None = None
    password: str = ""
    query_seconds: int | None = None


def open_source(
    path_or_url: str | Path,
    mapping: Mapping | None = None,
    *,
    now: datetime | None = None,
    limits: Limits = DEFAULT_LIMITS,
    only: Only = Only(),
) -> StagedSource:
    """Open a folder, file, zip or database address; close it (or use `with`) to remove what was staged.

    `now` bounds past events: without it, dates in the future are not refused.

    Raises:
        SourceRefused: there is nothing to read, or it must not be read.
        DatabaseRefused: the database cannot be reached.
    """
    bench = Workbench(limits)
    try:
        if is_address(str(path_or_url)):
            from .database import open_database, unpacked  # SQLAlchemy takes every process half a second

            since = {table: (column, unpacked(value)) for table, (column, value) in only.since.items()}
            label, raws, skipped = open_database(
                str(path_or_url),
                password=only.password,
                since=since,
                most=only.rows,
                seconds=only.query_seconds,
            )
            return StagedSource(label, raws, skipped, bench, mapping, now, only.in_part)
        path = Path(path_or_url)
        raws, skipped = open_files(path, limits, bench.folder, only.files)
        return StagedSource(path.name or str(path), raws, skipped, bench, mapping, now, only.in_part)
    except ConnectorError:
        bench.close()
        raise

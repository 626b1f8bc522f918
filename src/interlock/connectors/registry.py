"""Opens whatever a path or an address names: files, or a database."""

from datetime import datetime
from pathlib import Path

from .csv_folder import open_files
from .database import is_address, open_database
from .errors import ConnectorError
from .limits import DEFAULT_LIMITS, Limits
from .making.workbench import Workbench
from .mapping.model import Mapping
from .staged_source import StagedSource


def open_source(
    path_or_url: str | Path,
    mapping: Mapping | None = None,
    *,
    now: datetime | None = None,
    limits: Limits = DEFAULT_LIMITS,
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
            label, raws, skipped = open_database(str(path_or_url))
            return StagedSource(label, raws, skipped, bench, mapping, now)
        path = Path(path_or_url)
        raws, skipped = open_files(path, limits, bench.folder)
        return StagedSource(path.name or str(path), raws, skipped, bench, mapping, now)
    except ConnectorError:
        bench.close()
        raise

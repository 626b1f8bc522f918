"""Reads what is new in a folder or a database: each reading is an import, with its accounting and its undo.

Where the next reading goes on is saved only when an import was stored, so that a killed one is done again;
rows that come twice count as unchanged. A reading that changed nothing leaves no import behind. A bad file
leaves one that says why, and the others go on without it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from interlock import connectors
from interlock.connectors.errors import ConnectorError, SourceRefused
from interlock.connectors.live import (
    Answers,
    ImportingConnector,
    Interrupted,
    Lying,
    Reach,
    ToImport,
    TryLater,
)
from interlock.connectors.mapping import read_mapping, write_mapping
from interlock.connectors.mapping.model import Mapping as MappingModel
from interlock.connectors.protocol import OnProgress
from interlock.connectors.records import Chunk, NearKey
from interlock.connectors.staged_source import StagedSource
from interlock.listen import clocks, following, intake, looking, opening, services, uploads
from interlock.listen.models import Errand, Import, Source, State

# Of one statement; a table that takes longer is not read by accident every five minutes.
QUERY_SECONDS = 600
BUSY_SECONDS = 60
# Rows of each table that are looked at before anything is stored; enough for joins to find most partners.
ROWS_TRIED = 1_000


def read_due(
    source: Source, connector: ImportingConnector, answers: Answers, reach: Reach, held: QuerySet[Source]
) -> int:
    """Read everything that is new; return how many rows came in, those that were known included.

    `held` is the source as long as whoever asks holds its lease; without it nothing is noted on the source.

    Raises:
        ConnectorError: it cannot be read, and why; imports stored before stay.
        TryLater: somebody else writes the records now, or the disk is full.
        Interrupted: the asking is to end.
    """
    rows, changed, goes_on = 0, 0, True
    while goes_on:
        goes_on = False
        for item in connector.due({**answers, "mapping": source.mapping}, source.cursor, reach):
            reach.wait(0)
            done = _read(source, item, answers, reach)
            _go_on_after(source, item, done, held)
            if done.state == State.FAILED:
                goes_on = True  # what comes next is named anew, from a cursor that knows of the bad file
                break
            total = done.accounting["total"]
            rows += total["received"]
            changed += total["stored"] + total["updated"] + total["deleted"]
    _forgive_gone(source, connector, answers, reach)
    if changed:
        clocks.open_for_import(now=reach.now())
        following.follow_soon(now=reach.now())
    return rows


def _forgive_gone(source: Source, connector: ImportingConnector, answers: Answers, reach: Reach) -> None:
    """A file that could not be read and lies there no more needs nobody: its imports say so and alarm no longer."""
    failed = list(Import.objects.filter(source=source, live=True, state=State.FAILED))
    if not failed or not isinstance(connector, Lying):
        return
    lying = connector.lying(answers, reach)
    for import_ in failed:
        if lying.isdisjoint({import_.title, *(one["name"] for one in import_.files)}):
            import_.state = State.STOPPED
            import_.error = f"{import_.error} {_('The file is gone since.')}"
            import_.save(update_fields=["state", "error"])


def first_chunks(
    source: Source, connector: ImportingConnector, answers: Answers, reach: Reach
) -> Iterator[Chunk]:
    """What the first reading would bring, from the beginning; nothing is stored.

    Raises:
        ConnectorError: it cannot be read, and why.
    """
    for item in connector.due({**answers, "mapping": source.mapping}, "", reach):
        opened = connectors.open_source(
            item.location, now=reach.now(), limits=opening.limits(), only=_only(item, answers, ROWS_TRIED)
        )
        with opened:
            yield from opened.chunks(_mapping_for(source, opened))
        return


def _only(item: ToImport, answers: Answers, rows: int | None = None) -> connectors.Only:
    return connectors.Only(
        in_part=item.in_part,
        files=item.files,
        since=item.since,
        rows=rows,
        password=answers.get("password", ""),
        query_seconds=QUERY_SECONDS,
    )


class _Watched:
    """An opened source whose refusals are remembered, since an import only keeps their text."""

    def __init__(self, opened: StagedSource) -> None:
        self.opened = opened
        self.label, self.skipped = opened.label, opened.skipped
        self.refused: ConnectorError | None = None

    def tables(self) -> tuple[connectors.FoundTable, ...]:
        return self.opened.tables()

    def propose(self) -> MappingModel:
        return self.opened.propose()

    def chunks(self, mapping: MappingModel, on_progress: OnProgress | None = None) -> Iterator[Chunk]:
        try:
            yield from self.opened.chunks(mapping, on_progress)
        except ConnectorError as error:
            self.refused = error
            raise

    def near_keys(self, mapping: MappingModel) -> tuple[NearKey, ...]:
        return self.opened.near_keys(mapping)

    def close(self) -> None:
        self.opened.close()


def _read(source: Source, item: ToImport, answers: Answers, reach: Reach) -> Import:
    """Read one item as an import: stored, or failed because a file cannot be read."""
    import_ = _new_import(source, item, reach)
    try:
        opened = connectors.open_source(
            item.location, now=reach.now(), limits=opening.limits(), only=_only(item, answers)
        )
    except ConnectorError as error:
        return _refused(import_, item, error, reach)
    with opened:
        try:
            import_.mapping = write_mapping(_mapping_for(source, opened))
        except ConnectorError as error:
            return _refused(import_, item, error, reach)
        import_.save(update_fields=["mapping"])
        return _run(import_, item, _Watched(opened), reach)


def _refused(import_: Import, item: ToImport, error: ConnectorError, reach: Reach) -> Import:
    """Say on the import why a file was not taken; of what is asked again as it is, only the source says so."""
    if item.cursor_if_refused:
        return services.end_failed(import_=import_, error=str(error), now=reach.now())
    services.forget_trial(import_=import_)
    raise error


def _run(import_: Import, item: ToImport, watched: _Watched, reach: Reach) -> Import:
    """Run the import. Whatever is not the fault of a file is raised, and leaves no import behind."""
    interrupted: list[Interrupted] = []

    def on_progress(_import: Import) -> None:
        try:
            reach.wait(0)
        except Interrupted as told:
            interrupted.append(told)
            raise

    done = intake.run(import_, clock=reach.now, on_progress=on_progress, source=watched)
    if done.state == State.DONE or (watched.refused and item.cursor_if_refused):
        return done
    services.forget_trial(import_=done)
    if interrupted:
        raise interrupted[0]
    raise watched.refused or TryLater(done.error or _("Stopped on request."), BUSY_SECONDS)


def _new_import(source: Source, item: ToImport, reach: Reach) -> Import:
    path = Path(item.location)
    return Import.objects.create(
        source=source,
        state=State.WAITING,
        errand=Errand.STORE,
        live=True,
        title=item.title[:200],
        location=item.location if path.is_file() else "",
        files=_files_of(path, item),
        files_kept=False,
        made_at=reach.now(),
    )


def _files_of(path: Path, item: ToImport) -> list[dict[str, Any]]:
    """The files that are read, by name, size and SHA-256; none of a database."""
    paths = [path] if path.is_file() else [path / name for name in item.files]
    return [one for each in paths if each.is_file() for one in uploads.describe_files(each)]


def _mapping_for(source: Source, opened: StagedSource) -> MappingModel:
    """The source's own mapping where it reads any of this, else one that nobody has to be asked about.

    Raises:
        SourceRefused: the columns are not known; a guess is never followed unseen.
    """
    opened.columns()  # what cannot be read at all is said first
    if source.mapping:
        mapping = read_mapping(source.mapping, _("the mapping of “%(name)s”") % {"name": source.name})
        if opened.is_read_by(mapping):
            return mapping
    with contextlib.suppress(SourceRefused):
        proposed = looking.propose(opened)
        if looking.is_known(proposed):
            return proposed
    if _is_no_table(opened.columns()):
        raise SourceRefused(
            _(
                "%(file)s is not written as a table: no columns can be told apart. Take it away, or write it as CSV "
                "whose first line names the columns."
            )
            % {"file": opened.label}
        )
    raise SourceRefused(
        _(
            "Nobody has said yet what the columns of %(file)s mean. Import it once by hand under the name "
            '“%(name)s”, on the page “Read an export” or with: interlock import PLACE --source "%(name)s". What '
            "comes later is read the same way."
        )
        % {"file": opened.label, "name": source.name}
    )


def _is_no_table(columns: Mapping[str, Sequence[str]]) -> bool:
    """Text and bytes can be read as a table of one column, or of columns with names that nobody could write."""
    names = [name for of_table in columns.values() for name in of_table]
    return len(names) < 2 or not all(name.isprintable() for name in names)


@transaction.atomic
def _go_on_after(source: Source, item: ToImport, done: Import, held: QuerySet[Source]) -> None:
    """Save where the next reading goes on, and forget an import that changed nothing. Raises Interrupted."""
    failed = done.state == State.FAILED
    source.cursor = item.cursor_if_refused if failed else item.cursor
    if not held.update(cursor=source.cursor):
        raise Interrupted("The source is asked by somebody else, or was removed.")
    if not item.cursor_if_refused and not source.mapping:
        # A database has one mapping; a folder may hold files of several.
        source.mapping = done.mapping
        held.filter(mapping="").update(mapping=source.mapping)
    total = done.accounting.get("total", {})
    if not failed and not total["stored"] + total["updated"] + total["deleted"] + total["refused"]:
        services.forget_trial(import_=done)

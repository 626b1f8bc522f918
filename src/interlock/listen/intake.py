"""Runs one import: open the source, make records, store them in one snapshot, copy the signals, account.

Nothing is visible before the lake publishes its snapshot; a process killed earlier leaves the records as
they were. Killed between that moment and the last line here, the next run finds the snapshot by its batch
and finishes from the accounting that was written down before.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _

from interlock.connectors.errors import ConnectorError
from interlock.connectors.mapping import read_mapping
from interlock.connectors.protocol import Progress, Source
from interlock.fabric import records
from interlock.listen import (
    ended_clocks,
    erased_rows,
    looking,
    opening,
    progress,
    services,
    signal_copies,
    uploads,
)
from interlock.listen.accounting import Accounting
from interlock.listen.errors import ListenError, NotBalanced, Stopped, WrongState
from interlock.listen.models import Errand, Import
from interlock.listen.progress import OnProgress, Reporter
from interlock.listen.spool import Spool
from interlock.store.errors import LakeError

logger = logging.getLogger(__name__)
Clock = Callable[[], datetime]


class _TakenBack(Exception):
    """Ends a dry run inside the lake's write, so that nothing is published."""


def run(
    import_: Import,
    *,
    clock: Clock = timezone.now,
    on_progress: OnProgress | None = None,
    source: Source | None = None,
) -> Import:
    """Do the errand of a waiting import and leave it in the state that follows, never in between.

    `source` is one that the caller has open already. What a person can mend ends up in `import_.error`; anything else is logged and raised as well.

    Raises:
        WrongState: it is not waiting, or another process reads it.
    """
    with uploads.running(import_):
        import_ = services.begin_import(import_=import_, now=clock())
        try:
            return _run(import_, clock, Reporter(import_, clock, on_progress), source)
        finally:
            ended = Import.objects.filter(pk=import_.pk).first()
            # A page that does not hear of the end asks after some seconds; the import must not fail for it.
            if ended and not ended.is_moving:
                with contextlib.suppress(OperationalError):
                    progress.tell(ended, clock())


def _run(import_: Import, clock: Clock, reporter: Reporter, source: Source | None) -> Import:
    try:
        with _given_or_opened(import_, source) as opened:
            return _ERRANDS[Errand(import_.errand)](import_, opened, reporter, clock)
    except Stopped as stopped:
        return services.end_stopped(import_=import_, why=str(stopped), now=clock())
    except (ConnectorError, LakeError, ListenError) as error:
        return services.end_failed(import_=import_, error=str(error), now=clock())
    except OSError as error:
        return services.end_failed(import_=import_, error=_words_of(error), now=clock())
    except Exception as error:
        logger.exception("import %s failed", import_.pk)
        services.end_failed(import_=import_, error=_unexpected(error), now=clock())
        raise


def settle_abandoned(*, clock: Clock = timezone.now) -> list[Import]:
    """Bring imports whose process was killed to a state that says so; finish those already published."""
    settled = []
    for import_ in services.running_imports():
        try:
            with uploads.running(import_):
                import_.refresh_from_db()
                if import_.is_moving:
                    settled.append(_settle(import_, clock))
        except WrongState:
            continue
    return settled


def is_abandoned(import_: Import) -> bool:
    """Whether no living process reads an import that says it is being read."""
    return uploads.is_abandoned(import_)


def _settle(import_: Import, clock: Clock) -> Import:
    if import_.errand == Errand.STORE and _published(import_) is not None:
        return _finish(import_, Reporter(import_, clock), clock)
    return services.end_failed(
        import_=import_,
        error=_(
            "The process that read this ended before it was done. The records are as they were; run it again."
        ),
        now=clock(),
    )


@contextlib.contextmanager
def _given_or_opened(import_: Import, source: Source | None) -> Iterator[Source | None]:
    """The caller's source, or the import's own; none when all that is left to do is to finish."""
    if source is not None:
        yield source
    elif import_.errand == Errand.STORE and _published(import_) is not None:
        yield None
    else:
        with opening.opened(import_) as opened:
            yield opened


def _look(import_: Import, source: Source, reporter: Reporter, clock: Clock) -> Import:
    reporter.step(_("Looking at the columns"))
    found, mapping = looking.look(source, import_.mapping)
    return services.end_looked(import_=import_, found=found, mapping=mapping)


def _try(import_: Import, source: Source, reporter: Reporter, clock: Clock) -> Import:
    with _spool(import_) as spool:
        accounting = _make_rows(import_, source, spool, reporter)
        with contextlib.suppress(_TakenBack):
            _store(import_, spool, accounting, reporter, dry=True)
        return services.end_tried(import_=import_, trial=accounting.as_json(), refused_rows=spool.refusals)


def _read_and_store(import_: Import, source: Source | None, reporter: Reporter, clock: Clock) -> Import:
    if source is not None:
        with _spool(import_) as spool:
            accounting = _make_rows(import_, source, spool, reporter)
            _store(import_, spool, accounting, reporter, dry=False)
    return _finish(import_, reporter, clock)


def _make_rows(import_: Import, source: Source, spool: Spool, reporter: Reporter) -> Accounting:
    accounting = Accounting()

    def on_progress(progress: Progress) -> None:
        reporter.at(progress.doing, progress.done, progress.total)

    reporter.step(_("Opening %(title)s") % {"title": import_.title})
    mapping = read_mapping(import_.mapping, import_.title) if import_.mapping else None
    for chunk in source.chunks(mapping, on_progress):
        chunk = erased_rows.without_erased(chunk)
        accounting.take(chunk)
        spool.take(chunk)
        import_.rows_done += chunk.received
        reporter.more(0)
    spool.close()
    reporter.step(_("Comparing keys"))
    accounting.near_keys, unknown = looking.near_keys(source, mapping)
    accounting.notes += unknown
    return accounting


def _store(import_: Import, spool: Spool, accounting: Accounting, reporter: Reporter, *, dry: bool) -> None:
    """Upsert every table in one write of the lake, and write the accounting down before it is published."""
    with records.writing(batch_id=import_.batch_id, source_id=opening.source_id(import_)) as write:
        for table in spool.tables():
            reporter.step(_("Storing %(table)s") % {"table": table}, spool.rows[table])
            write.stage(table, spool.reader(table, reporter.more))
        for table in spool.deleted_tables():
            reporter.step(_("Deleting from %(table)s") % {"table": table}, spool.deleted[table])
            write.stage_deletions(table, spool.deleted_reader(table, reporter.more))
        reporter.step(_("Comparing with the records"))
        for table, counts in (write.preview() if dry else write.apply()).items():
            accounting.keep(
                table,
                stored=counts.stored,
                updated=counts.updated,
                unchanged=counts.unchanged,
                deleted=counts.deleted,
            )
        _require_balance(accounting)
        if dry:
            raise _TakenBack
        _write_down(import_, {"accounting": accounting.as_json(), "refused_rows": spool.refusals})
        reporter.step(_("Publishing"))


def _require_balance(accounting: Accounting) -> None:
    if accounting.unbalanced:
        raise NotBalanced(
            _(
                "The rows of %(tables)s do not add up, so nothing was stored. Please report this with the file."
            )
            % {"tables": ", ".join(accounting.unbalanced)}
        )


def _finish(import_: Import, reporter: Reporter, clock: Clock) -> Import:
    reporter.step(_("Copying the signals"))
    signal_copies.sync(on_rows=reporter.at)
    written = json.loads(_written_path(import_).read_text("utf-8"))
    if written["accounting"]["tables"].get("signals", {}).get("deleted"):
        ended_clocks.rest_clocks_of_gone(now=clock())
    done = services.end_stored(
        import_=import_,
        accounting=written["accounting"],
        refused_rows=written["refused_rows"],
        snapshot_number=_published(import_),
        now=clock(),
    )
    uploads.drop_given(import_)
    return done


def _published(import_: Import) -> int | None:
    """The number of the snapshot that this import made, None before it made one."""
    return records.lake().written_by(import_.batch_id)


def _spool(import_: Import) -> Spool:
    return Spool(uploads.folder_of(import_) / "spool", uploads.refused_path(import_))


def _written_path(import_: Import) -> Path:
    return uploads.folder_of(import_) / "accounting.json"


def _write_down(import_: Import, content: dict[str, Any]) -> None:
    path = _written_path(import_)
    draft = path.with_suffix(".draft")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _words_of(error: OSError) -> str:
    if uploads.is_full(error):
        return _(
            "The disk of %(folder)s is full. Nothing was stored; make room and run the import again."
        ) % {"folder": settings.HOME}
    return _("%(file)s could not be read: %(reason)s. Nothing was stored.") % {
        "file": error.filename or _("A file"),
        "reason": error.strerror or error,
    }


def _unexpected(error: Exception) -> str:
    return _(
        "Something went wrong that we did not foresee (%(kind)s). The records are as they were; the log has the details."
    ) % {"kind": type(error).__name__}


_ERRANDS = {Errand.LOOK: _look, Errand.TRY: _try, Errand.STORE: _read_and_store}

"""What can happen to a source and its imports. Each function is one step, in one transaction, with its journal line."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _

from interlock.connectors.mapping import read_mapping
from interlock.fabric import journal, records
from interlock.fabric.models import Person
from interlock.listen import uploads
from interlock.listen.errors import UploadRefused, WrongState
from interlock.listen.models import Errand, Import, Source, SourceKind, State

LONGEST_SOURCE_NAME = 120
DEMO_NAME = "Aldermoor (demo)"
# A week: an upload begun before a weekend is still there after it.
UPLOADS_KEPT = timedelta(days=7)


@transaction.atomic
def receive_files(*, files: list[uploads.StagedFile], by: Person | None, now: datetime) -> Import:
    """Keep what was uploaded as an import that waits for a first look.

    Raises:
        UploadRefused: nothing was chosen, or every file is empty.
    """
    full = [file for file in files if file.size]
    if not full:
        raise UploadRefused(_("The file is empty (0 bytes). Export it again and choose it once more."))
    names = [file.name or "" for file in full]
    title = (
        names[0]
        if len(names) == 1
        else _("%(first)s and %(n)s more") % {"first": names[0], "n": len(names) - 1}
    )
    import_ = Import.objects.create(
        state=State.WAITING,
        errand=Errand.LOOK,
        title=title[:200],
        files=[{"name": file.name, "bytes": file.size, "sha256": file.sha256} for file in full],
        made_by=by,
        made_at=now,
    )
    uploads.adopt(import_, full)
    journal.note(actor=by, verb="uploaded", about=import_, at=now, detail={"files": import_.files})
    return import_


@transaction.atomic
def name_location(
    *,
    location: str,
    title: str,
    source: Source | None,
    mapping: str,
    files: list[dict[str, Any]],
    by: Person | None,
    now: datetime,
    errand: str = Errand.STORE,
    found: dict[str, Any] | None = None,
) -> Import:
    """Make a waiting import of a path, a database address or the demo, ready to be stored or tried."""
    import_ = Import.objects.create(
        source=source,
        state=State.WAITING,
        errand=errand,
        title=title[:200],
        location=location,
        files=files,
        files_kept=False,
        mapping=mapping,
        found=found or {},
        made_by=by,
        made_at=now,
    )
    journal.note(
        actor=by, verb="asked to import", about=import_, at=now, detail={"source": _source_key(import_)}
    )
    return import_


@transaction.atomic
def ask_for_demo(*, orders: int, by: Person | None, now: datetime) -> Import:
    """Make a waiting import of the demo company."""
    source = name_source(name=DEMO_NAME, kind=SourceKind.DEMO, now=now)
    return name_location(
        location=str(orders), title=DEMO_NAME, source=source, mapping="", files=[], by=by, now=now
    )


def expire_uploads(*, now: datetime) -> int:
    """Remove the files of uploads that nobody finished within UPLOADS_KEPT; each says so. Return how many."""
    old = Import.objects.filter(
        state__in=[State.DRAFT, State.FAILED, State.STOPPED],
        files_kept=True,
        made_at__lt=now - UPLOADS_KEPT,
    )
    expired = list(old)
    for import_ in expired:
        uploads.drop_given(import_)
        import_.files_kept = False
        import_.error = _("Its files were removed after %(n)s days. Upload them again to go on.") % {
            "n": UPLOADS_KEPT.days
        }
        import_.save(update_fields=["files_kept", "error"])
    return len(expired)


def forget_trial(*, import_: Import) -> None:
    """Remove an import that was only tried from the command line, with its files."""
    uploads.remove_folder(import_)
    import_.delete()


@transaction.atomic
def name_source(*, name: str, kind: str = SourceKind.FILES, now: datetime) -> Source:
    """Find a source by its name, or make it. A source that was removed comes back under its old key.

    Raises:
        WrongState: the name belongs to the demo, and this is not the demo; or the other way round.
    """
    name = name.strip()[:LONGEST_SOURCE_NAME]
    source = Source.objects.select_for_update(no_key=True).filter(name__iexact=name).first()
    if source and SourceKind.DEMO in {source.kind, kind} and source.kind != kind:
        # Files given under the demo's name would be passed over and the demo made once more.
        raise WrongState(
            _("“%(name)s” is the name of another kind of source. Choose another.") % {"name": name}
        )
    if source is None:
        return Source.objects.create(key=_free_key(name), name=name, kind=kind, made_at=now)
    if source.removed_at:
        source.removed_at = None
        source.save(update_fields=["removed_at"])
    return source


def _free_key(name: str) -> str:
    stem = slugify(name)[:60] or "source"
    key, number = stem, 2
    while Source.objects.filter(key=key).exists():
        key, number = f"{stem}-{number}", number + 1
    return key


@transaction.atomic
def save_mapping(*, import_: Import, mapping: str) -> Import:
    """Keep a mapping that was checked; an earlier dry run no longer counts.

    Raises:
        MappingError: it does not say what it must; nothing is kept.
        WrongState: the import has begun.
    """
    read_mapping(mapping, _("the mapping"))
    locked = _locked(import_, State.DRAFT, State.FAILED, State.STOPPED)
    locked.mapping, locked.trial, locked.error = mapping, {}, ""
    locked.state = State.DRAFT
    locked.save(update_fields=["mapping", "trial", "error", "state"])
    return locked


@transaction.atomic
def ask_for(
    *, import_: Import, errand: str, by: Person | None, now: datetime, source: Source | None = None
) -> Import:
    """Let an import wait for a worker: to be looked at, tried or stored.

    Raises:
        WrongState: it is already moving or done, has no mapping yet, or no source.
    """
    locked = _locked(import_, State.DRAFT, State.FAILED, State.STOPPED)
    locked.source = source or locked.source
    if errand == Errand.STORE and locked.source is None:
        raise WrongState(_("Say first which source this is."))
    is_demo = locked.source is not None and locked.source.kind == SourceKind.DEMO
    if errand != Errand.LOOK and not locked.mapping and not is_demo:
        raise WrongState(_("Say first what the columns mean."))
    locked.state, locked.errand = State.WAITING, errand
    locked.error, locked.doing, locked.stop_asked = "", "", False
    locked.done = locked.total = locked.rows_done = 0
    locked.save()
    if errand == Errand.STORE:
        journal.note(
            actor=by, verb="asked to import", about=locked, at=now, detail={"source": locked.source.key}
        )
    return locked


@transaction.atomic
def begin_import(*, import_: Import, now: datetime) -> Import:
    """Mark that a process reads it.

    Raises:
        WrongState: it is not waiting (it was stopped meanwhile, or run twice).
    """
    locked = _locked(import_, State.WAITING, State.RUNNING)
    if locked.stop_asked:
        raise WrongState(_("“%(title)s” was stopped before it began.") % {"title": locked.title})
    locked.state, locked.started_at, locked.ended_at, locked.error = State.RUNNING, now, None, ""
    locked.done = locked.total = locked.rows_done = 0
    locked.save()
    return locked


@transaction.atomic
def stop_import(*, import_: Import, by: Person, now: datetime) -> Import:
    """Ask a running import to stop at its next step; one that still waits stops at once.

    Raises:
        WrongState: it is neither waiting nor running.
    """
    locked = _locked(import_, State.WAITING, State.RUNNING)
    locked.stop_asked = True
    if locked.state == State.WAITING:
        locked.state, locked.ended_at = _after_stop(locked), now
    locked.save(update_fields=["stop_asked", "state", "ended_at"])
    journal.note(actor=by, verb="stopped", about=locked, at=now)
    return locked


@transaction.atomic
def end_looked(*, import_: Import, found: dict[str, Any], mapping: str) -> Import:
    """Keep what the first look found; the import now waits for a person."""
    locked = _locked(import_, State.RUNNING)
    locked.state, locked.found, locked.doing = State.DRAFT, found, ""
    locked.mapping = mapping
    locked.save()
    return locked


@transaction.atomic
def end_tried(*, import_: Import, trial: dict[str, Any], refused_rows: int) -> Import:
    """Keep the accounting of a dry run."""
    locked = _locked(import_, State.RUNNING)
    locked.state, locked.trial, locked.doing = State.DRAFT, trial, ""
    locked.refused_rows = refused_rows
    locked.save()
    return locked


@transaction.atomic
def end_stored(
    *,
    import_: Import,
    accounting: dict[str, Any],
    refused_rows: int,
    snapshot_number: int | None,
    now: datetime,
) -> Import:
    """Write the accounting of an import that was published, and remember its mapping for the next one.

    A live reading remembers nothing, since it may be of one file among many, and the journal passes it over
    when it changed nothing.
    """
    locked = _locked(import_, State.RUNNING)
    locked.state, locked.accounting, locked.doing = State.DONE, accounting, ""
    locked.refused_rows, locked.snapshot_number, locked.ended_at = refused_rows, snapshot_number, now
    locked.rows_done = accounting["total"]["received"]
    locked.files_kept = False
    locked.save()
    if locked.source and locked.mapping and not locked.live and not _deletes_only(accounting):
        Source.objects.filter(pk=locked.source.pk).update(mapping=locked.mapping)
    if locked.live:
        _count_live(locked, accounting, now)
    if snapshot_number is not None or not locked.live:
        journal.note(actor=locked.made_by, verb="imported", about=locked, at=now, detail=accounting["total"])
    return locked


def _deletes_only(accounting: dict[str, Any]) -> bool:
    """Whether nothing came but deletions, whose mapping says nothing about the files that come next."""
    total = accounting["total"]
    return bool(total.get("deleted")) and not total["stored"] + total["updated"]


def _count_live(import_: Import, accounting: dict[str, Any], now: datetime) -> None:
    """Add a live reading to the tallies of its source, which hold for all time."""
    total, signals = accounting["total"], accounting["tables"].get("signals", {})
    counts = {
        "received": total["received"],
        "stored": total["stored"] + total["updated"] + total.get("deleted", 0),
        "duplicate": total["unchanged"],
        "refused": total["refused"],
    }
    heard = {"last_signal_at": now} if signals.get("stored", 0) + signals.get("updated", 0) else {}
    summed = {name: F(name) + count for name, count in counts.items()}
    Source.objects.filter(pk=import_.source_id).update(**summed, **heard)


@transaction.atomic
def end_failed(*, import_: Import, error: str, now: datetime) -> Import:
    """Say why it could not be done; the records are as they were."""
    locked = _locked(import_, State.WAITING, State.RUNNING)
    tried = locked.errand == Errand.TRY
    locked.state, locked.error, locked.doing, locked.ended_at = (
        State.DRAFT if tried else State.FAILED,
        error,
        "",
        now,
    )
    locked.save()
    if locked.errand == Errand.STORE:
        journal.note(
            actor=locked.made_by, verb="failed to import", about=locked, at=now, detail={"error": error[:500]}
        )
    return locked


@transaction.atomic
def end_stopped(*, import_: Import, why: str, now: datetime) -> Import:
    """Note that the work stopped because somebody asked for it."""
    locked = _locked(import_, State.RUNNING)
    locked.state, locked.error, locked.doing, locked.ended_at = _after_stop(locked), why, "", now
    locked.stop_asked = False
    locked.save()
    return locked


def undo_import(*, import_: Import, by: Person | None, now: datetime) -> Import:
    """Give every row that this import wrote its earlier value; rows that came with it go.

    The lake is changed first, in one snapshot; the copies of the signals follow with the next sync.

    Raises:
        WrongState: it was not stored, or is undone already.
        LakeError: another import is being written, or the earlier values were cleared away.
    """
    if import_.state != State.DONE:
        raise WrongState(
            _("“%(title)s” is not stored, so there is nothing to undo.") % {"title": import_.title}
        )
    with records.writing(batch_id=f"undo-{import_.pk}", source_id=_source_key(import_)) as write:
        undone = write.undo_batch(import_.batch_id)
    kept = sum(counts.kept for counts in undone.values())
    with transaction.atomic():
        locked = _locked(import_, State.DONE)
        locked.state, locked.ended_at = State.UNDONE, now
        locked.error = (
            _("%(n)s rows stayed as they are: a later import has written them since.") % {"n": kept}
            if kept
            else ""
        )
        locked.save()
        detail = {name: {"restored": each.restored, "removed": each.removed} for name, each in undone.items()}
        journal.note(actor=by, verb="undid", about=locked, at=now, detail=detail)
    return locked


def remove_source(*, source: Source, by: Person | None, now: datetime) -> dict[str, int]:
    """Remove every row that this source was the last to write; return how many a table.

    Raises:
        LakeError: another import is being written.
    """
    with records.writing(batch_id=f"remove-{source.key}", source_id=source.key) as write:
        removed = write.remove_source(source.key)
    with transaction.atomic():
        locked = Source.objects.select_for_update(no_key=True).get(pk=source.pk)
        locked.removed_at = now
        locked.save(update_fields=["removed_at"])
        locked.imports.filter(state=State.DONE).update(state=State.UNDONE)
        journal.note(actor=by, verb="removed", about=locked, at=now, detail={"rows": removed})
    return removed


def running_imports() -> QuerySet[Import]:
    """Imports that say they are being read; whether a process still lives is for `intake` to find out."""
    return Import.objects.filter(state=State.RUNNING)


def _after_stop(import_: Import) -> str:
    """A look or a try that was stopped leaves a draft; a stopped import can be run again as it is."""
    return State.STOPPED if import_.errand == Errand.STORE else State.DRAFT


def _locked(import_: Import, *states: str) -> Import:
    locked = (
        Import.objects.select_for_update(of=("self",)).select_related("source", "made_by").get(pk=import_.pk)
    )
    if locked.state not in states:
        raise WrongState(
            _("“%(title)s” is %(state)s, so this cannot be done now.")
            % {"title": locked.title, "state": locked.get_state_display()}
        )
    return locked


def _source_key(import_: Import) -> str:
    return import_.source.key if import_.source else "unknown"

"""An import of a community carried out: tried or brought in, with its progress on its row, and its outcome at the end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from interlock.converse.bringing import files, storing, undoing
from interlock.converse.bringing.rows import Row
from interlock.converse.bringing.tallying import Tally
from interlock.converse.models import Bringing, Kind
from interlock.fabric.models import Person

State = Bringing.State


def usual_kind(system: str) -> str:
    """What posts of a system are that do not say it themselves."""
    return Kind.ASK if system == "discourse" else Kind.IDEA


def begun_or_broken_off(bringing: Bringing) -> Bringing:
    """The import of the same community to the same board that was broken off, else this one, stored now."""
    same = {"source": bringing.source, "system": bringing.system, "board": bringing.board}
    found = Bringing.objects.filter(**same, state=State.BRINGING, kind=bringing.kind).first()
    if found is None:
        bringing.save()
    return found or bringing


def carry_out(
    bringing: Bringing,
    rows: Sequence[Row],
    *,
    now: datetime,
    dry_run: bool,
    on_batch: storing.OnBatch = storing.quiet,
) -> Tally:
    """Try or bring in these rows, and keep the outcome. Broken off at any point, it is done again and brings the rest.

    Raises:
        CommunityError: another process does this import at this moment.
    """

    def told(done: int, total: int) -> None:
        tell(bringing, done=done, total=total)
        on_batch(done, total)

    with files.running(bringing):
        tally = storing.bring(
            rows,
            bringing=bringing,
            by=bringing.by,
            now=now,
            dry_run=dry_run,
            on_batch=told,
        )
        files.write_refused(bringing, tally.refused)
        end = {"tally": tally.as_json(), "ended_at": now, "trouble": ""}
        tell(bringing, state=State.TRIED if dry_run else State.DONE, **end)
    return tally


def undo(bringing: Bringing, *, by: Person, now: datetime) -> None:
    """Take an import back, and keep what stayed.

    Raises:
        CommunityError: another process works on it at this moment.
    """
    with files.running(bringing):
        kept = undoing.take_back(
            bringing=bringing,
            by=by,
            now=now,
            on_batch=lambda done, total: tell(bringing, done=done, total=total),
        )
        files.drop_given(bringing)
        tell(bringing, state=State.UNDONE, kept=kept, ended_at=now)


def tell(bringing: Bringing, **columns: object) -> None:
    """Write how far it is on its row."""
    Bringing.objects.filter(pk=bringing.pk).update(**columns)
    for name, value in columns.items():
        setattr(bringing, name, value)

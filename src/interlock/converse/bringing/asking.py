"""What people ask of an import: try these files, bring it in, go on, take it back. A worker does it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from interlock.converse.bringing import carrying, files
from interlock.converse.bringing.reading import read
from interlock.converse.bringing.rows import Unreadable
from interlock.converse.community.errors import CommunityError, NotAllowed
from interlock.converse.models import Board, Bringing
from interlock.fabric import journal, work
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person
from interlock.listen import uploads
from interlock.listen.uploads import StagedFile

State = Bringing.State
# Files that were tried and never brought in; they hold people's words and addresses.
FILES_KEPT = timedelta(days=7)


def check_length(length: int) -> None:
    """Refuse a form that is larger than this installation takes.

    Raises:
        CommunityError: names the limit and what else to do.
    """
    if length > settings.UPLOAD_MB * 1_000_000:
        raise CommunityError(
            _(
                "The upload has %(given)s MB; this page takes up to %(limit)s MB. Zip the files or bring them in parts, "
                "or run “interlock community import” on the machine itself. Nothing was kept."
            )
            % {"given": f"{length / 1_000_000:,.0f}", "limit": f"{settings.UPLOAD_MB:,}"}
        )


@transaction.atomic
def try_files(
    *,
    given: Sequence[StagedFile],
    system: str,
    board: Board,
    kind: str,
    source: str,
    by: Person,
    now: datetime,
) -> Bringing:
    """Take files, and let a worker tell what would come of them.

    Raises:
        NotAllowed: the role does not set the community up.
    """
    _must_set_up(by)
    made = Bringing.objects.create(
        source=source.strip()[:80] or system, system=system, board=board, by=by, made_at=now,
        kind=kind or carrying.usual_kind(system), files=[{"name": one.name, "bytes": one.size} for one in given],
    )  # fmt: skip
    files.adopt(made, given)
    journal.note(
        actor=by, verb="gave files of a community", about=board, at=now, detail={"source": made.source}
    )
    work.ask(carry_on, made.pk, by.pk, now.isoformat(), key=_work_on(made))
    return made


@transaction.atomic
def bring_in(*, bringing: Bringing, by: Person, now: datetime) -> None:
    """Let a worker bring in what was tried, or go on with what broke off.

    Raises:
        NotAllowed: the role does not set the community up.
        CommunityError: it is in no state for it, or the files are gone.
    """
    _must_set_up(by)
    found = _locked(bringing)
    if not may_bring(found, broken_off=is_broken_off(found)):
        raise CommunityError(_("This was brought in already, or was not read. Nothing was changed."))
    if not files.has_given(found):
        raise CommunityError(_("The files are no longer here. Upload them again; nothing was changed."))
    _move(found, State.BRINGING, by, now)


@transaction.atomic
def take_back(*, bringing: Bringing, by: Person, now: datetime) -> None:
    """Let a worker take everything back that nobody touched since.

    Raises:
        NotAllowed: the role does not set the community up.
        CommunityError: nothing of it was brought in, or it is being done.
    """
    _must_set_up(by)
    found = _locked(bringing)
    if not may_take_back(found, broken_off=is_broken_off(found)):
        raise CommunityError(_("Nothing of this is here to be taken back. Nothing was changed."))
    _move(found, State.UNDOING, by, now)


def may_bring(bringing: Bringing, *, broken_off: bool) -> bool:
    """Whether it was read, and waits for a person to bring it in or to go on."""
    waits = bringing.state in {State.TRIED, State.FAILED} or (broken_off and bringing.state == State.BRINGING)
    return waits and bool(bringing.tally)


def may_take_back(bringing: Bringing, *, broken_off: bool) -> bool:
    """Whether something of it may be here, and nobody works on it."""
    if bringing.state == State.FAILED:
        return bringing.brought.exists()
    return bringing.state == State.DONE or (broken_off and bringing.state != State.TRYING)


def is_broken_off(bringing: Bringing) -> bool:
    """Whether it is to be done and nobody does it: a command was stopped, or it killed each worker that tried."""
    if not bringing.is_moving or work.is_asked(carry_on, _work_on(bringing)):
        return False
    try:
        with files.running(bringing):
            return True
    except CommunityError:
        return False


def _work_on(bringing: Bringing) -> str:
    return f"import {bringing.pk}"


@work.task(key="all", attempts=3, title=later("Forget files of imports that nobody brought in"))
def forget_files() -> int:
    """Remove uploads that wait for a person since a week, and what nobody took; return how many."""
    now = timezone.now()
    old = Bringing.objects.filter(pk__in=files.with_given(), made_at__lte=now - FILES_KEPT)
    loose = [one for one in old if not one.is_moving or is_broken_off(one)]
    for one in loose:
        files.drop_given(one)
    return len(loose) + uploads.forget_staged(now)


@work.task(attempts=3, title=later("Bring another community in"))
def carry_on(bringing_id: int, by_id: int, at: str) -> None:
    """Do what is asked of an import; a second try, after the worker died, does the rest.

    What goes wrong is written on the import, where a person goes on.
    """
    bringing = Bringing.objects.filter(pk=bringing_id).select_related("board", "by").first()
    if bringing is None or not bringing.is_moving:
        return
    try:
        _carry_on(bringing, Person.objects.get(pk=by_id), datetime.fromisoformat(at))
    except Unreadable as error:
        carrying.tell(bringing, state=State.FAILED, trouble=str(error), tally={})
    except CommunityError as error:  # another process does it
        raise work.GiveUp(str(error)) from None
    except Exception as error:
        trouble = (
            _("It could not be tried: %(error)s. Upload it again; nothing was stored.")
            if bringing.state == State.TRYING
            else _("It broke off: %(error)s. Go on, and the rest comes.")
        )
        said = {"error": str(error) or type(error).__name__}
        carrying.tell(bringing, state=State.FAILED, trouble=trouble % said)
        raise work.GiveUp(str(error) or type(error).__name__) from error


def _carry_on(bringing: Bringing, by: Person, now: datetime) -> None:
    if bringing.state == State.UNDOING:
        carrying.undo(bringing, by=by, now=now)
        return
    rows = read(bringing.system, files.given_path(bringing))
    carrying.carry_out(bringing, rows, now=now, dry_run=bringing.state == State.TRYING)
    if bringing.state == State.DONE:
        files.drop_given(bringing)


def _move(found: Bringing, state: str, by: Person, now: datetime) -> None:
    columns: dict[str, Any] = {"state": state, "done": 0, "trouble": ""}
    if (
        state == State.BRINGING
    ):  # until now it is when it was tried, and what it merges later would be nobody's
        columns["ended_at"] = None
    Bringing.objects.filter(pk=found.pk).update(**columns)
    verb = "asked to bring in" if state == State.BRINGING else "asked to take back"
    journal.note(actor=by, verb=verb, about=found.board, at=now, detail={"source": found.source})
    work.ask(carry_on, found.pk, by.pk, now.isoformat(), key=_work_on(found))


def _locked(bringing: Bringing) -> Bringing:
    return Bringing.objects.select_for_update(of=("self",)).select_related("board").get(pk=bringing.pk)


def _must_set_up(by: Person) -> None:
    if not may(by, Act.INVITE):
        raise NotAllowed(_("Your role does not include setting the community up; nothing was changed."))

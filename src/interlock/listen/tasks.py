"""Background work of this room. A task loads an import and calls `intake`; what follows an import is named in settings."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from interlock.fabric import evidence, records, work
from interlock.fabric.models import Person
from interlock.listen import (
    clocks,
    ended_clocks,
    escalation,
    flushing,
    following,
    intake,
    services,
    signal_copies,
    stages,
)
from interlock.listen.errors import WrongState
from interlock.listen.models import Errand, Import, Source, State
from interlock.listen.outcry import watching
from interlock.listen.themes import (
    counting,
    driving,
    learning,
    looking,
    model_names,
    noticing,
    placing,
    segments,
    shifting,
)
from interlock.store.errors import LakeError

logger = logging.getLogger(__name__)


@work.task(attempts=2, title=_("Read an import"))
def run_import(import_id: int) -> None:
    """Do the errand of one import, then what the installation wants done after every import.

    A second try, after the worker died, repeats nothing: it settles what the first left behind. An error is
    written on the import, where a person runs it again.
    """
    intake.settle_abandoned()
    services.expire_uploads(now=timezone.now())
    import_ = Import.objects.filter(pk=import_id).first()
    if import_ is None:
        return
    try:
        done = intake.run(import_)
    except WrongState:  # stopped before it began, or done meanwhile by another worker
        return
    except Exception as error:
        raise work.GiveUp(str(error) or type(error).__name__) from error
    if done.state == State.DONE:
        following.queue_followers()


@work.task(key="all", title=_("Bring signals to the pages"))
def copy_signals() -> None:
    """Finish a copying of signals that was cut off or follows an undo, and settle what was abandoned."""
    settled = intake.settle_abandoned()
    signal_copies.sync()
    ended_clocks.rest_clocks_of_gone(now=timezone.now())
    ended_clocks.wake_returned()
    if any(import_.state == State.DONE for import_ in settled):
        following.queue_followers()


@work.task(key="all", attempts=3, title=_("Clear earlier versions of the records away"))
def clear_old_versions() -> int:
    """Delete files of versions that went out of use KEEP_DAYS ago and that no evidence names; return how many."""
    try:
        deleted = records.lake().vacuum(settings.KEEP_DAYS, evidence.versions_in_use())
    except LakeError as error:  # an import is being written, or the disk refused: the next import tries again
        logger.warning("earlier versions of the records were not cleared: %s", error)
        return 0
    return sum(deleted.values())


@work.task(attempts=3, title=_("Write new signals into the records"))
def flush_inbox() -> int:
    """Write what came in live into the records, and look for symptoms again a while later."""
    now = timezone.now()
    written = flushing.flush(now=now)
    if written:
        following.follow_soon(now=now)
    return written


@work.task(attempts=3, key="follow", title=_("Look at what the new signals change"))
def follow_flushes() -> None:
    """Queue what is done after imports."""
    following.queue_followers()


@work.task(attempts=3, title=_("Empty what the records have had for long"))
def empty_old_payloads() -> int:
    """Empty the payloads of inbox rows that went into the records KEEP_DAYS ago, and forget clocks ended as long ago."""
    now = timezone.now()
    ended_clocks.forget_resting(before=now - timedelta(days=settings.KEEP_DAYS))
    return flushing.empty_old_payloads(now=now, keep_days=settings.KEEP_DAYS)


@transaction.atomic
def queue(
    *, import_: Import, errand: str, by: Person | None, now: datetime, source: Source | None = None
) -> Import:
    """Let an import wait and queue its task together, so that neither exists without the other."""
    waiting = services.ask_for(import_=import_, errand=errand, by=by, now=now, source=source)
    work.ask(run_import, waiting.pk)
    return waiting


def queue_copying() -> None:
    """Queue a copying of the signals unless one waits already."""
    work.ask(copy_signals)


@transaction.atomic
def follow_removal() -> None:
    """After rows were taken out: copy the signals and let the rooms above see the records anew."""
    queue_copying()
    following.queue_followers()


def mend() -> bool:
    """Look for work that a killed process left behind, and queue it; pages call this. True when all is whole."""
    moving = Import.objects.filter(state=State.RUNNING)
    if any(intake.is_abandoned(import_) for import_ in moving):
        queue_copying()
        return False
    if signal_copies.are_current():
        return True
    if not moving.filter(errand=Errand.STORE).exists():
        queue_copying()
    return False


@work.task(queue="prompt", attempts=3, title=_("Remind and call whoever must answer"))
def escalate_overdue() -> int:
    """Remind owners whose time is nearly up, and call others to customers whose hour is up."""
    now = timezone.now()
    return escalation.remind_owners(now=now) + escalation.call_stand_ins(now=now)


@work.task(queue="prompt", attempts=3, key="outcry", title=_("Listen for outcries"))
def watch_outcries() -> int:
    """Judge what was said since the last look; return how many five minutes."""
    return watching.watch(now=timezone.now())


@work.task(attempts=3, title=_("Close what customers stayed silent about"))
def close_silent_signals() -> int:
    """Close signals that were answered 14 days ago and never spoken of again."""
    return stages.close_silent(now=timezone.now())


@work.task(attempts=3, title=_("Start the clocks of an import"))
def open_import_clocks() -> int:
    """Start clocks for what imports brought lately, and stop those of customers answered elsewhere."""
    return clocks.open_for_import(now=timezone.now())


@work.task(key="themes", attempts=2, title=_("Find themes in what customers said"))
def learn_themes() -> bool:
    """Find themes anew where enough was added since; place what changed otherwise. True when they were learnt."""
    now = timezone.now()
    if learning.is_due():
        learnt = learning.learn(now=now)
        model_names.ask_later()
        return learnt is not None
    placing.forget_gone()
    while placing.place(placing.changed_signals(), now=now, most=placing.WRITTEN_AT_ONCE):
        continue
    noticing.notice_all(now=now)
    counting.count(now=now)
    model_names.ask_later()
    return False


@work.task(key="count", attempts=3, title=_("Count how much each theme is said"))
def count_themes() -> int:
    """Count the themes that grew since they were last counted; where the encoder was changed, find them anew soon."""
    if learning.is_other_encoder():
        work.ask(learn_themes)
    now = timezone.now()
    grown = looking.grown(now)
    return counting.count(now=now, only=grown) if grown else 0


@work.task(key="segments", attempts=3, title=_("Count among whom themes are heard"))
def count_segments() -> int:
    """Count everybody's voices by segment, which the pages of themes compare with."""
    return segments.count_segments(now=timezone.now())


@work.task(key="drivers", attempts=2, title=_("See what goes with themes among orders"))
def find_theme_drivers() -> int:
    """Work out what goes with the themes that matter most, once a day and after a learning."""
    return driving.find_drivers(now=timezone.now())


@work.task(key="shifts", attempts=3, title=_("See in which themes something else is said now"))
def find_shifts() -> int:
    """Write anew in which themes the newest weeks say something else than the quarter before."""
    return shifting.find_shifts(now=timezone.now())

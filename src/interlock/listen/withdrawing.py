"""Taking signals out again that their author took back, or a moderator did not let through.

They leave lists, themes, clocks and the inbox at once, and the records with the next worker. The clocks rest: what
comes in once more under the same key is a signal like any other, and waits as it waited before. To erase takes the
rest away as well: resting clocks, what people noted about them, what we answered, and earlier versions of the records.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pyarrow as pa
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from interlock.fabric import records, work
from interlock.listen import ended_clocks, signal_copies
from interlock.listen.answers.forgetting import forget_answers
from interlock.listen.models import (
    Clock,
    Correction,
    EarlierRow,
    InboxRow,
    LanguageCorrection,
    PlacedSignal,
    ReplyRoute,
    RestingClock,
    Signal,
    SignalVector,
    ThemedSignal,
    Understood,
)

# Pages that are being made still read the files of before.
READ_FOR = timedelta(minutes=2)


@transaction.atomic
def withdraw(*, keys: Sequence[str], now: datetime) -> None:
    """Take these signals out; who waited for an answer to one waits no more."""
    ended_clocks.rest_clocks(keys=keys, now=now)
    _take_out(keys)


@transaction.atomic
def erase(*, keys: Sequence[str]) -> None:
    """Take these signals out for good, with everything that people noted about them and what was answered."""
    forget_answers(keys=keys)
    for noted in (RestingClock, Clock, ReplyRoute, Correction, LanguageCorrection, PlacedSignal):
        noted.objects.filter(signal_key__in=keys).delete()
    _take_out(keys, for_good=True)


def _take_out(keys: Sequence[str], *, for_good: bool = False) -> None:
    numbers = list(Signal.objects.filter(key__in=keys).values_list("pk", flat=True))
    for beside in (Understood, ThemedSignal, SignalVector):
        beside.objects.filter(pk__in=numbers).delete()
    Signal.objects.filter(pk__in=numbers).delete()
    EarlierRow.objects.filter(table="signals", key__in=keys).delete()
    InboxRow.objects.filter(table="signals", key__in=keys).delete()
    if keys:
        work.ask(take_out_of_records, list(keys), for_good)


@work.task(title=_("Take withdrawn signals out of the records"))
def take_out_of_records(keys: list[str], for_good: bool = False) -> int:
    """Delete these signals from the records unless they came in once more; return how many were asked for.

    A flush that read them before they were withdrawn has written them by the time this may write.
    """
    back = set(InboxRow.objects.filter(table="signals", key__in=keys).values_list("key", flat=True))
    gone = [key for key in keys if key not in back]
    if not gone or not records.snapshot().counts.get("signals"):
        return 0
    with records.writing(batch_id=f"withdrawn-{gone[0]}", source_id="community") as write:
        write.stage_deletions("signals", pa.table({"signal_id": gone}))
        write.apply()
    signal_copies.sync()
    if for_good:
        work.ask(clear_erased, run_after=timezone.now() + READ_FOR)
    return len(gone)


@work.task(key="erased", title=_("Take erased words out of earlier versions of the records"))
def clear_erased() -> int:
    """Delete every earlier version of the signals, also those that evidence names; return how many files."""
    return records.lake().vacuum(0, only={"signals"}).get("signals", 0)

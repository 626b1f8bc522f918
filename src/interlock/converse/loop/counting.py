"""How far did the signals of each theme come, from heard to confirmed? Counted in the background, for lists and pages.

A signal counts as decided when it was said before the newest decision about its theme, as done when that was done,
as told when an answer reached its author after the decision. Where somebody acted on one signal alone it is
done, and a customer's yes closes every step before it. Silence fills no cell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, ExpressionWrapper, F, IntegerField, OuterRef, Q, QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from interlock.converse.loop import courses
from interlock.converse.models import LoopCount, ToldPerson, ToldSignal
from interlock.fabric import work
from interlock.listen.models import Answer, AnsweredSignal, Clock, Sending, Stage, ThemedSignal
from interlock.listen.themes.present import Weeks, present_week

BLOCKS, BLOCK_WEEKS = 4, 13
GATHER = timedelta(minutes=1)
STEPS = ("decided", "done", "told", "confirmed", "refused")
_ACTED = (Stage.ACTED, Stage.CONFIRMED)
_COURSE = "cluster__theme__course"
Cell = tuple[int, int]  # theme, block


@work.task(key="loops", attempts=3, title=_("Count how far signals came"))
def count_loops() -> int:
    """Count all of it anew."""
    return count(now=timezone.now())


def ask_to_count(now: datetime) -> None:
    """Let a worker count anew, inside the caller's transaction; what happens within a minute is counted together."""
    work.ask(count_loops, run_after=now + GATHER)


def count(*, now: datetime) -> int:
    """Count the newest 52 weeks of all themes, in blocks of 13; return how many cells there are."""
    note_told()
    courses.write()
    last = present_week(now)
    weeks = Weeks(max(0, last - BLOCKS * BLOCK_WEEKS + 1), last)
    cells: dict[Cell, dict[str, int]] = {cell: {"heard": n} for cell, n in _heard(weeks)}
    for cell, steps in (*_of_decided(weeks), *_of_undecided(weeks)):
        cells[cell].update(steps)
    rows = [LoopCount(theme_id=theme, block=block, **steps) for (theme, block), steps in cells.items()]
    with transaction.atomic():
        LoopCount.objects.all().delete()
        LoopCount.objects.bulk_create(rows, batch_size=1_000)
    return len(rows)


def note_told(*, only: Collection[int] | None = None) -> None:
    """Note who has the answer by now that tells them, 1,000 at once."""
    unknown = ToldPerson.objects.filter(told_at=None)
    if only is not None:
        unknown = unknown.filter(pk__in=only)
    people = {one.reference: one for one in unknown.order_by("-pk")[:1_000]}
    sent = Answer.objects.filter(reference__in=list(people), state=Sending.SENT)
    told = []
    for reference, at in sent.values_list("reference", "sent_at"):
        people[reference].told_at = at
        told.append(people[reference])
    ToldPerson.objects.bulk_update(told, ["told_at"], batch_size=500)


def _in_themes(weeks: Weeks) -> QuerySet[ThemedSignal, Any]:
    """Signals by theme and block."""
    block = ExpressionWrapper(
        (Value(weeks.last) - F("week")) / Value(BLOCK_WEEKS), output_field=IntegerField()
    )
    themed = weeks.of(ThemedSignal.objects.filter(cluster__isnull=False))
    return themed.annotate(block=block).values_list("cluster__theme", "block").order_by()


def _heard(weeks: Weeks) -> list[tuple[Cell, int]]:
    rows = _in_themes(weeks).annotate(n=Count("pk"))
    return [((theme, block), n) for theme, block, n in rows]


def _of_decided(weeks: Weeks) -> list[tuple[Cell, dict[str, int]]]:
    """Themes that something was decided about."""
    signals = _in_themes(weeks).filter(**{f"{_COURSE}__isnull": False})
    before = Q(occurred_at__lte=F(f"{_COURSE}__decided_at"))
    done = before & Q(**{f"{_COURSE}__done_at__isnull": False})
    return _steps(signals, before, done, before & Q(told_in_time()))


def _of_undecided(weeks: Weeks) -> list[tuple[Cell, dict[str, int]]]:
    """All others: only what somebody did for one customer counts, so few signals are looked at."""
    moved = Clock.objects.filter(stage__in=_ACTED).values("signal_key")
    signals = _in_themes(weeks).filter(signal__key__in=moved, **{f"{_COURSE}__isnull": True})
    nobody = Q(pk__in=[])
    return _steps(signals, nobody, nobody, nobody)


def told_in_time() -> Exists:
    """Whether an answer reached the author of a themed signal after the decision about its theme."""
    return Exists(
        AnsweredSignal.objects.filter(
            signal_key=OuterRef("signal__key"),
            answer__state=Sending.SENT,
            answer__sent_at__gte=OuterRef(f"{_COURSE}__decided_at"),
        )
    )


def said_yes() -> Q:
    """Whether the customer of a themed signal said that it is solved: their clock knows, where it has one."""
    clock = Clock.objects.filter(signal_key=OuterRef("signal__key"))
    yes = ToldSignal.objects.filter(signal_key=OuterRef("signal__key"), person__choice=ToldPerson.Choice.YES)
    return Q(Exists(clock.filter(stage=Stage.CONFIRMED))) | (Q(Exists(yes)) & ~Q(Exists(clock)))


def _steps(
    signals: QuerySet[ThemedSignal, Any], before: Q, done: Q, told: Q
) -> list[tuple[Cell, dict[str, int]]]:
    clock = Clock.objects.filter(signal_key=OuterRef("signal__key"))
    acted = Q(Exists(clock.filter(stage__in=_ACTED)))
    refused = ToldSignal.objects.filter(
        signal_key=OuterRef("signal__key"), person__choice=ToldPerson.Choice.NO
    )
    yes = said_yes()
    rows = signals.annotate(
        decided=Count("pk", filter=before | acted | yes),
        done=Count("pk", filter=done | acted | yes),
        told=Count("pk", filter=told | yes),
        confirmed=Count("pk", filter=yes),
        refused=Count("pk", filter=Q(Exists(refused))),
    )
    found = defaultdict(dict)
    for theme, block, *counts in rows:
        found[theme, block] = dict(zip(STEPS, counts, strict=True))
    return list(found.items())

"""What pages read of the ledger: the cells of themes, the share closed by function and theme, and the rows behind a cell."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from interlock.analytics.statistics.shares import wilson
from interlock.converse.loop.counting import BLOCK_WEEKS, BLOCKS, said_yes, told_in_time
from interlock.converse.models import LoopCount, ToldPerson, ToldSignal
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person
from interlock.fabric.numbers import number_of
from interlock.listen.models import Clock, Stage, Theme, ThemedSignal
from interlock.listen.themes.present import Weeks, present_week

# Below, one customer more or less moves the share by three in a hundred.
FEWEST_HEARD = 30
STEPS = ("heard", "grouped", "decided", "done", "told", "confirmed", "refused")
_SUMS = ("heard", "decided", "done", "told", "confirmed", "refused")
THEMES_SHOWN = 50


@dataclass(frozen=True)
class Closed:
    """How far the signals of a theme, a function or the whole house came, and the share that customers closed."""

    heard: int = 0
    decided: int = 0
    done: int = 0
    told: int = 0
    confirmed: int = 0
    refused: int = 0

    @property
    def enough(self) -> bool:
        return self.heard >= FEWEST_HEARD

    @property
    def share(self) -> float:
        return self.confirmed / self.heard if self.heard else 0.0

    @property
    def ends(self) -> tuple[float, float]:
        """Wilson's interval of 95 in 100."""
        low, high = wilson(self.confirmed, self.heard)
        return float(low), float(high)


def newest(themes: Collection[int]) -> dict[int, Closed]:
    """How far these themes came in the newest 13 weeks. One query."""
    rows = LoopCount.objects.filter(theme__in=themes, block=0).values_list("theme", *_SUMS)
    return {theme: Closed(*sums) for theme, *sums in rows}


def counts_visible_to(person: Person | None) -> QuerySet[LoopCount]:
    """The counts of themes on the list: all for staff, none for others."""
    counted = LoopCount.objects.filter(theme__ended_at=None)
    return counted if may(person, Act.READ) else counted.none()


def whole(counted: QuerySet[LoopCount]) -> Closed:
    """All of them together. One query."""
    found = counted.aggregate(**{name: Sum(name, default=0) for name in _SUMS})
    return Closed(**found)


def by_function(counted: QuerySet[LoopCount]) -> list[tuple[str, Closed]]:
    """By the function where it begins, those without a named one last. One query."""
    rows = counted.order_by().values_list("theme__function").annotate(*(Sum(name) for name in _SUMS))
    found = [(function, Closed(*sums)) for function, *sums in rows]
    return sorted(found, key=lambda row: (row[0] == "", -row[1].heard))


def by_theme(counted: QuerySet[LoopCount]) -> list[tuple[Theme, Closed]]:
    """The themes heard most, each once. One query."""
    rows = counted.select_related("theme").order_by("-heard", "theme")[:THEMES_SHOWN]
    return [(row.theme, Closed(*(getattr(row, name) for name in _SUMS))) for row in rows]


def weeks_of_block(block: int, now: datetime) -> Weeks:
    """The 13 weeks of a block. One query."""
    last = present_week(now) - BLOCK_WEEKS * block
    return Weeks(max(0, last - BLOCK_WEEKS + 1), last)


def block_of(text: str) -> int:
    """The block of weeks that an address names, the present one where it names none."""
    block = number_of(text) or 0
    return block if block < BLOCKS else 0


def came_so_far(theme: Theme, step: str, weeks: Weeks) -> QuerySet[ThemedSignal]:
    """The signals of a theme that came to this step, the newest first; the same conditions as the counts."""
    signals = weeks.of(ThemedSignal.objects.filter(cluster__theme=theme))
    course = "cluster__theme__course"
    before = Q(occurred_at__lte=F(f"{course}__decided_at"))
    clock = Clock.objects.filter(signal_key=OuterRef("signal__key"))
    acted = Q(Exists(clock.filter(stage__in=[Stage.ACTED, Stage.CONFIRMED])))
    refused = ToldSignal.objects.filter(
        signal_key=OuterRef("signal__key"), person__choice=ToldPerson.Choice.NO
    )
    yes = said_yes()
    conditions = {
        "heard": Q(),
        "grouped": Q(),
        "decided": before | acted | yes,
        "done": (before & Q(**{f"{course}__done_at__isnull": False})) | acted | yes,
        "told": (before & Q(told_in_time())) | yes,
        "confirmed": yes,
        "refused": Q(Exists(refused)),
    }
    return signals.filter(conditions[step]).order_by("-occurred_at", "-signal")

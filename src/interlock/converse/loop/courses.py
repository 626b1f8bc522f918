"""What was decided last about each theme, and since when is it done?

Decided: what stands with the theme, where a conversation about it writes its decision too, or what its customers were
told, whichever is newer. Done: every promise of its conversations is settled and one kept, or the theme counts as mended; a
decision not to do it is done with its words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from interlock.converse.models import Closure, Commitment, LoopCourse
from interlock.listen.models import Answer, Theme, ThemeState

THEME = "theme"


@dataclass(frozen=True)
class Decided:
    """One decision about a theme."""

    theme: int
    at: datetime
    words: str
    is_no: bool


@dataclass(frozen=True)
class Promises:
    """What became of the promises made about a theme; dropped ones count as none."""

    kept: tuple[Commitment, ...] = ()
    open: tuple[Commitment, ...] = ()

    @property
    def done_at(self) -> datetime | None:
        """When the last one was kept; None while one is open or missed, or none was kept."""
        settled = [one.settled_at for one in self.kept if one.settled_at]
        return max(settled) if settled and not self.open else None

    @property
    def due_on(self) -> date | None:
        return min((one.due for one in self.open), default=None)


@transaction.atomic
def write(*, only: Collection[int] | None = None) -> int:
    """Write the course of these themes anew, or of all; return how many have one. Five queries."""
    themes = Theme.objects.filter(ended_at=None, is_broad=False)
    if only is not None:
        themes = themes.filter(pk__in=only)
    newest = _newest(only)
    found = themes.in_bulk(list(newest))
    promises = promises_about(found.values())
    rows = [
        _course(found[number], one, promises[number]) for number, one in newest.items() if number in found
    ]
    gone = LoopCourse.objects.exclude(theme__in=[row.theme_id for row in rows])
    (gone if only is None else gone.filter(theme__in=only)).delete()
    LoopCourse.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["theme"],
        update_fields=["decision", "is_no", "decided_at", "done_at", "due_on"],
    )
    return len(rows)


def promises_about(themes: Collection[Theme]) -> dict[int, Promises]:
    """The promises made in conversations about these themes, by theme. One query."""
    by_key = {one.key: one.pk for one in themes}
    made = Commitment.objects.exclude(state=Commitment.State.DROPPED).filter(
        conversation__context__kind=THEME, conversation__context__key__in=by_key
    )
    kept: dict[int, list[Commitment]] = defaultdict(list)
    still: dict[int, list[Commitment]] = defaultdict(list)
    for one in made.select_related("conversation__context").order_by("due", "pk"):
        theme = by_key[one.conversation.context.key]
        (kept if one.state == Commitment.State.KEPT else still)[theme].append(one)
    return defaultdict(Promises, {pk: Promises(tuple(kept[pk]), tuple(still[pk])) for pk in by_key.values()})


def _newest(only: Collection[int] | None) -> dict[int, Decided]:
    newest: dict[int, Decided] = {}
    for one in (*_of_themes(only), *_of_closures(only)):
        if one.theme not in newest or newest[one.theme].at < one.at:
            newest[one.theme] = one
    return newest


def _of_themes(only: Collection[int] | None) -> list[Decided]:
    decided = Theme.objects.filter(_among("pk", only), decided_at__isnull=False, ended_at=None)
    rows = decided.values_list("pk", "decided_at", "decision", "decided_no")
    return [Decided(pk, at, words, is_no) for pk, at, words, is_no in rows if at]


def _of_closures(only: Collection[int] | None) -> list[Decided]:
    """What customers were told was decided, also of themes that were merged into another since."""
    left = Answer.objects.filter(round=OuterRef("round"))  # taking back leaves only what went out
    told = Closure.objects.filter(
        _among("theme", only) | _among("theme__became", only), Q(round__taken_back_at=None) | Exists(left)
    )
    rows = told.values_list("theme", "theme__became", "decided_at", "decision", "is_no")
    return [Decided(became or theme, at, words, is_no) for theme, became, at, words, is_no in rows]


def _among(column: str, only: Collection[int] | None) -> Q:
    return Q() if only is None else Q(**{f"{column}__in": only})


def _course(theme: Theme, one: Decided, promises: Promises) -> LoopCourse:
    mended = theme.state_since if theme.state == ThemeState.FIXED else None
    done = [at for at in (promises.done_at, mended, one.at if one.is_no else None) if at]
    return LoopCourse(
        theme=theme,
        decision=one.words[:1000],
        is_no=one.is_no,
        decided_at=one.at,
        done_at=max(one.at, min(done)) if done else None,
        due_on=promises.due_on,
    )

"""Two new themes that turn out to be one matter become one, with a line in the lineage that a person can take back.

What people touched stays: of two such themes the one that nobody changed joins the other, and where both were changed
they stay two.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from interlock.fabric import events, journal
from interlock.fabric.models import Context
from interlock.listen.models import (
    AnswerRound,
    ChangeKind,
    Cluster,
    PlacedSignal,
    Theme,
    ThemeChange,
    ThemedSignal,
)


def join(theme_id: int, into_id: int, *, looked_to: int, now: datetime) -> Theme | None:
    """Let one new theme belong to another, inside the caller's transaction; return the one that is left, if they joined."""
    noticed = ThemeChange.objects.filter(
        kind__in=[ChangeKind.NOTICED, ChangeKind.FOUND], by=None, undone_at=None
    )
    open_themes = Theme.objects.select_for_update(of=("self",)).filter(ended_at=None, changes__in=noticed)
    found = open_themes.in_bulk([theme_id, into_id])
    if len(found) < 2:
        return None
    joins, stays = found[theme_id], found[into_id]
    if _is_touched(joins):
        joins, stays = stays, joins
    if _is_touched(joins):
        return None
    groups = list(Cluster.objects.filter(theme=joins).values_list("pk", flat=True))
    signals = ThemedSignal.objects.filter(cluster__in=groups).count()
    steps: list[object] = [["cluster", group, {"theme_id": [joins.pk, stays.pk]}] for group in groups]
    Cluster.objects.filter(pk__in=groups).update(theme=stays)
    began = min(joins.began_at, stays.began_at)
    if began < stays.began_at:
        steps.append(["theme", stays.pk, {"began_at": [stays.began_at.isoformat(), began.isoformat()]}])
        stays.began_at = began
        stays.save(update_fields=["began_at"])
    steps.append(["theme", joins.pk, {"ended_at": [None, now.isoformat()], "became_id": [None, stays.pk]}])
    joins.ended_at, joins.became = now, stays
    joins.save(update_fields=["ended_at", "became"])
    change = ThemeChange.objects.create(
        kind=ChangeKind.MERGED, theme=stays, other=joins, at=now, signals=signals, steps=steps,
        said={"from": joins.name, "into": stays.name, "looked_to": looked_to},
    )  # fmt: skip
    detail = {"change": change.pk, "kind": change.kind, "signals": signals, **change.said}
    journal.note(actor=None, verb="merged two new themes", about=stays, at=now, detail=detail)
    events.tell(topic="themes", verb="changed", keys=[stays.key, joins.key], at=now)
    return stays


def _is_touched(theme: Theme) -> bool:
    """Whether a person changed it, put something into it, decides about it, talks about it, or answered all who spoke."""
    by_people = Q(by__isnull=False) | Q(undone_by__isnull=False)
    return (
        bool(theme.question or theme.decider_id or theme.decision)
        or ThemeChange.objects.filter(by_people, Q(theme=theme) | Q(other=theme)).exists()
        or PlacedSignal.objects.filter(cluster__theme=theme).exists()
        # Who talks about a theme does so in a room above this one, on its context.
        or Context.objects.filter(kind="theme", key=theme.key).exists()
        or AnswerRound.objects.filter(theme=theme).exists()
    )

"""How far are themes being found for the first time? The page that will hold them says so instead of nothing."""

from __future__ import annotations

from dataclasses import dataclass

from interlock.fabric import work
from interlock.listen.models import Signal, ThemedSignal, ThemesLearnt

TASK = "interlock.listen.tasks.learn_themes"


@dataclass(frozen=True)
class Learning:
    """Signals whose words were read, of all that there are."""

    read: int
    signals: int


def how_far() -> Learning | None:
    """How far the first learning is; None where there is none or it is over. Four queries at most."""
    if ThemesLearnt.objects.filter(seconds__gt=0).exists() or not work.is_going_on(TASK):
        return None
    return Learning(ThemedSignal.objects.count(), Signal.objects.count())

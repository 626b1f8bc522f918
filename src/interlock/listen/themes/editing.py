"""People change themes: rename, merge, split, move, gather, pin, mute. In force at once, and reversible.

What a person decided wins over the model for ever: clusters and signals that somebody placed are moved by no
refit. Each edit notes every value it set with the one before, so that it can be taken back as long as nothing
later touched the same.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from interlock.fabric import events, journal
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person
from interlock.listen.errors import EditRefused
from interlock.listen.models import (
    ChangeKind,
    Cluster,
    PlacedSignal,
    Signal,
    Theme,
    ThemeChange,
    ThemedSignal,
)
from interlock.listen.themes import splitting

TOPIC = "themes"
MOST_MOVED = 500
LONGEST_NAME = 120
_ROWS: dict[str, type[models.Model]] = {"theme": Theme, "cluster": Cluster}
_VERBS: dict[str, str] = {
    ChangeKind.RENAMED: "renamed a theme",
    ChangeKind.MERGED: "merged two themes",
    ChangeKind.SPLIT: "split a theme",
    ChangeKind.MOVED: "moved signals to a theme",
    ChangeKind.GATHERED: "put a theme under another",
    ChangeKind.PINNED: "pinned or unpinned a theme",
    ChangeKind.MUTED: "muted or unmuted a theme",
}
Step = list[Any]  # what kind of row, its number, {column: [before, after]}


@transaction.atomic
def rename(*, theme: Theme, name: str, by: Person, now: datetime) -> ThemeChange:
    """Give a theme another name. A name that a person gave is never replaced by a found one.

    Raises:
        EditRefused: no name, one that is too long or taken, or the theme has ended.
    """
    theme = open_theme(theme, by)
    name = _fresh_name(name, besides=theme)
    steps = [_set(theme, name=name, named_by_id=by.pk, named_with="")]
    return _noted(ChangeKind.RENAMED, theme, by, now, steps, said={"name": name})


@transaction.atomic
def merge(*, theme: Theme, into: Theme, by: Person, now: datetime) -> ThemeChange:
    """Let everything of `theme` belong to `into`; `theme` ends, and its old links lead on.

    Raises:
        EditRefused: one of the two has ended, they are the same, or one is broad and the other is not.
    """
    theme, into = open_theme(theme, by), open_theme(into, by)
    if theme.pk == into.pk:
        raise EditRefused(_("A theme cannot be merged with itself. Choose another one; nothing was changed."))
    if theme.is_broad != into.is_broad:
        raise EditRefused(
            _("“%(broad)s” holds other themes; put the theme under it instead. Nothing was changed.")
            % {"broad": theme.name if theme.is_broad else into.name}
        )
    steps = [_set(child, parent_id=into.pk) for child in theme.children.all()]
    moved = _signals_of(theme)
    steps += [
        _set(cluster, theme_id=into.pk, placed_by_id=by.pk)
        for cluster in Cluster.objects.select_for_update().filter(theme=theme)
    ]
    began = min(theme.began_at, into.began_at)
    steps += [_set(into, began_at=began)] if began != into.began_at else []
    steps.append(_set(theme, ended_at=now, became_id=into.pk))
    said = {"from": theme.name, "into": into.name}
    return _noted(ChangeKind.MERGED, into, by, now, steps, other=theme, signals=moved, said=said)


@transaction.atomic
def split(*, theme: Theme, examples: Sequence[Signal], name: str, by: Person, now: datetime) -> ThemeChange:
    """Make a theme of its own of what is like these examples; the change's `theme` is the new one.

    Raises:
        EditRefused: no examples, one of another theme, nothing or everything is like them, or no fresh name.
    """
    theme = open_theme(theme, by)
    name = _fresh_name(name)
    like = splitting.like_these(theme, examples)
    born = Theme.objects.create(
        key=str(uuid.uuid4()),
        parent_id=theme.parent_id,
        name=name,
        named_by=by,
        began_at=like.began_at,
        found_at=now,
    )
    cluster = Cluster.objects.create(
        key=str(uuid.uuid4()),
        theme=born,
        placed_by=by,
        centre=like.centre,
        weight=len(like.signals),
        reach=like.reach,
    )
    splitting.hand_over(like.signals, cluster)
    _place(examples, cluster, by, now)
    # Taken back, the new group goes home as a whole, with whatever joined it meanwhile.
    steps = [
        ["theme", born.pk, {"ended_at": [_plain(now), None], "became_id": [theme.pk, None]}],
        ["cluster", cluster.pk, {"theme_id": [theme.pk, born.pk]}],
    ]
    said = {"from": theme.name, "into": name}
    return _noted(ChangeKind.SPLIT, born, by, now, steps, other=theme, signals=len(like.signals), said=said)


@transaction.atomic
def move(*, signals: Sequence[Signal], to: Theme, by: Person, now: datetime) -> ThemeChange:
    """Put these signals where they belong; each goes to the group in that theme that it is most like.

    Raises:
        EditRefused: none, more than 500, the theme has ended, or it holds other themes.
    """
    to = open_theme(to, by)
    if not 0 < len(signals) <= MOST_MOVED:
        raise EditRefused(
            _("Choose 1 to %(n)s signals to move; of more, split the theme. Nothing was changed.")
            % {"n": MOST_MOVED}
        )
    if to.is_broad:
        raise EditRefused(
            _("“%(name)s” only holds other themes. Choose one of them; nothing was changed.")
            % {"name": to.name}
        )
    homes = splitting.nearest_within(to, signals)
    before = dict(
        ThemedSignal.objects.filter(signal__in=[one.pk for one in signals]).values_list(
            "signal_id", "cluster_id"
        )
    )
    placed = dict(
        PlacedSignal.objects.filter(signal_key__in=[one.key for one in signals]).values_list(
            "signal_key", "cluster_id"
        )
    )
    steps = []
    for signal in signals:
        cluster = homes[signal.pk]
        steps.append(
            [
                "signal",
                signal.key,
                {"at": [before.get(signal.pk), cluster.pk], "placed": [placed.get(signal.key)]},
            ]
        )
        _place([signal], cluster, by, now)
        ThemedSignal.objects.filter(signal=signal.pk).update(cluster=cluster)
    said = {"into": to.name}
    return _noted(ChangeKind.MOVED, to, by, now, steps, signals=len(signals), said=said)


@transaction.atomic
def gather(*, theme: Theme, under: Theme | None, by: Person, now: datetime) -> ThemeChange:
    """Put a theme under a broader one, or under none.

    Raises:
        EditRefused: one of them has ended, or `under` is no broad theme.
    """
    theme = open_theme(theme, by)
    if under is not None:
        under = open_theme(under, by)
        if not under.is_broad or theme.is_broad:
            raise EditRefused(
                _("Only a theme of the second level goes under a broad one. Nothing was changed.")
            )
    steps = [_set(theme, parent_id=under.pk if under else None)]
    return _noted(
        ChangeKind.GATHERED, theme, by, now, steps, other=under, said={"into": under.name if under else ""}
    )


@transaction.atomic
def pin(*, theme: Theme, pinned: bool, by: Person, now: datetime) -> ThemeChange:
    """Let a theme stand first, or no longer."""
    theme = open_theme(theme, by)
    return _noted(ChangeKind.PINNED, theme, by, now, [_set(theme, pinned=pinned)], said={"on": pinned})


@transaction.atomic
def mute(*, theme: Theme, muted: bool, by: Person, now: datetime) -> ThemeChange:
    """Take a theme out of lists and watches without forgetting it, or bring it back."""
    theme = open_theme(theme, by)
    return _noted(ChangeKind.MUTED, theme, by, now, [_set(theme, muted=muted)], said={"on": muted})


@transaction.atomic
def take_back(*, change: ThemeChange, by: Person, now: datetime) -> ThemeChange:
    """Set everything that this change set to what stood there before.

    Raises:
        EditRefused: it was taken back already, or something later changed the same.
    """
    _must_sort(by)
    change = (
        ThemeChange.objects.select_for_update(of=("self",)).select_related("theme", "other").get(pk=change.pk)
    )
    if change.undone_at is not None:
        raise EditRefused(_("This change was taken back already."))
    change.undone_by = by
    for kind, number, values in reversed(change.steps):
        (_return_signal if kind == "signal" else _return_row)(kind, number, values, change)
    change.undone_at, change.undone_by = now, by
    change.save(update_fields=["undone_at", "undone_by"])
    _tell(change, by, now, "took back a change of a theme")
    return change


def open_theme(theme: Theme, by: Person) -> Theme:
    """The theme, locked, if this person may change it and it has not ended."""
    _must_sort(by)
    locked = Theme.objects.select_for_update(of=("self",)).get(pk=theme.pk)
    if locked.ended_at is not None:
        raise EditRefused(
            _("“%(name)s” has ended meanwhile; open what it became. Nothing was changed.")
            % {"name": locked.name}
        )
    return locked


def _must_sort(by: Person) -> None:
    if not may(by, Act.SORT):
        raise EditRefused(_("Your role does not include changing themes. Nothing was changed."))


def _fresh_name(name: str, besides: Theme | None = None) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise EditRefused(_("A theme needs a name of 1 to %(n)s characters.") % {"n": LONGEST_NAME})
    taken = Theme.objects.filter(ended_at=None, name__iexact=name)
    if besides is not None:
        taken = taken.exclude(pk=besides.pk)
    if taken.exists():
        raise EditRefused(
            _("There is a theme “%(name)s” already. Choose another name, or merge the two.") % {"name": name}
        )
    return name


def _set(row: models.Model, **values: Any) -> Step:
    """Set columns of a row and return the step that names what stood there before."""
    noted = {name: [_plain(getattr(row, name)), _plain(value)] for name, value in values.items()}
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))
    return [row._meta.model_name, row.pk, noted]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _place(signals: Sequence[Signal], cluster: Cluster, by: Person, now: datetime) -> None:
    for signal in signals:
        PlacedSignal.objects.update_or_create(
            signal_key=signal.key, defaults={"cluster": cluster, "by": by, "at": now}
        )


def _signals_of(theme: Theme) -> int:
    return ThemedSignal.objects.filter(cluster__theme=theme).count()


def _return_row(kind: str, number: int, values: dict[str, list[Any]], change: ThemeChange) -> None:
    model = _ROWS[kind]
    row = model._default_manager.select_for_update(of=("self",)).filter(pk=number).first()
    if row is None or _would_strand(row, values, change):
        raise _changed_since(change)
    if isinstance(row, Cluster) and "placed_by_id" not in values and change.by_id is None:
        # What the model put together and a person took apart stays apart.
        Cluster.objects.filter(pk=number).update(placed_by=change.undone_by)
    for name, (before, after) in values.items():
        if _plain(getattr(row, name)) != after:
            raise _changed_since(change)
        setattr(row, name, model._meta.get_field(name).to_python(before))
    row.save(update_fields=list(values))


def _return_signal(kind: str, key: str, values: dict[str, list[Any]], change: ThemeChange) -> None:
    before, after = values["at"]
    (placed,) = values["placed"]
    own = PlacedSignal.objects.filter(signal_key=key)
    homes = {number for number in (before, placed) if number is not None}
    if own.values_list("cluster_id", flat=True).first() != after:
        raise _changed_since(change)
    if Cluster.objects.filter(pk__in=homes).count() < len(homes):
        raise _changed_since(change)
    if placed is None:
        own.delete()
    else:
        own.update(cluster_id=placed)
    ThemedSignal.objects.filter(signal__key=key).update(cluster_id=before)


def _would_strand(row: models.Model, values: dict[str, list[Any]], change: ThemeChange) -> bool:
    """Whether taking this step back would end a theme that holds more by now than the change brought."""
    if not isinstance(row, Theme) or values.get("ended_at", [None])[0] is None:
        return False
    brought = [number for kind, number, _values in change.steps if kind == "cluster"]
    return row.clusters.exclude(pk__in=brought).exists() or row.was.exists()


def _changed_since(change: ThemeChange) -> EditRefused:
    touched = [change.theme_id, change.other_id]
    beside = models.Q(theme__in=touched) | models.Q(other__in=touched)
    later = ThemeChange.objects.filter(beside, pk__gt=change.pk, undone_at=None).order_by("pk").last()
    if later is None:
        return EditRefused(
            _("Something changed the same since, so this cannot be taken back. Nothing was changed.")
        )
    return EditRefused(
        _("“%(name)s” was %(what)s on %(day)s and builds on this. Take that back first; nothing was changed.")
        % {"name": later.theme.name, "what": later.get_kind_display(), "day": later.at.date()}
    )


def _noted(
    kind: str,
    theme: Theme,
    by: Person,
    now: datetime,
    steps: list[Step],
    *,
    other: Theme | None = None,
    signals: int = 0,
    said: dict[str, Any],
) -> ThemeChange:
    change = ThemeChange.objects.create(
        kind=kind, theme=theme, other=other, at=now, by=by, signals=signals, said=said, steps=steps
    )
    _tell(change, by, now, _VERBS[kind])
    return change


def _tell(change: ThemeChange, by: Person, now: datetime, verb: str) -> None:
    keys = [theme.key for theme in (change.theme, change.other) if theme]
    journal.note(
        actor=by,
        verb=verb,
        about=change.theme,
        at=now,
        detail={"change": change.pk, "kind": change.kind, "signals": change.signals, **change.said},
    )
    events.tell(topic=TOPIC, verb="changed", keys=keys, at=now)

"""The learnt groups as rows of the database, and back: what changed is noted in the lineage in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import batched

import numpy as np
from django.db import transaction
from django.db.models import Min, Q, QuerySet
from numpy.typing import NDArray

from interlock.analytics.themes.discover import discover
from interlock.analytics.themes.model import ThemeModel, voices_of
from interlock.analytics.themes.refit import Change, refit
from interlock.fabric import journal
from interlock.listen.models import (
    ChangeKind,
    Cluster,
    PlacedSignal,
    Signal,
    Theme,
    ThemeChange,
    ThemedSignal,
    ThemesLearnt,
)
from interlock.listen.themes import founding
from interlock.listen.themes.vectors import Vectors, centre_bytes, centres_of, unit
from interlock.listen.turns import turn

WRITTEN_AT_ONCE = 2_000
Batch = tuple[list[int], Vectors]
_KINDS = {
    "split": ChangeKind.SPLIT,
    "merge": ChangeKind.MERGED,
    "new": ChangeKind.FOUND,
    "gone": ChangeKind.ENDED,
    "moved": ChangeKind.MOVED,
}


def model_in_force(encoder: str, vectors: Callable[[], Iterator[Batch]]) -> ThemeModel | None:
    """The groups as they stand, with all that people changed; None before the first learning.

    When another encoder made them, each centre is made again from what is in the group now.
    """
    learnt = ThemesLearnt.objects.order_by("-pk").first()
    if learnt is None:
        return None
    rows = list(
        Cluster.objects.filter(theme__ended_at=None)
        .order_by("pk")
        .values_list("key", "centre", "weight", "reach", "theme__key", "theme__parent__key", "pk")
    )
    centres = centres_of(row[1] for row in rows)
    if learnt.encoder != encoder:
        known, centres = _centres_again([row[6] for row in rows], vectors())
        rows = [row for row, is_known in zip(rows, known, strict=True) if is_known]
    theme_ids = tuple(dict.fromkeys(row[4] for row in rows))
    parents = {row[4]: row[5] or row[4] for row in rows}
    group_ids = tuple(dict.fromkeys(parents[key] for key in theme_ids))
    return ThemeModel(
        encoder=encoder,
        centres=centres,
        micro_ids=tuple(row[0] for row in rows),
        weight=np.array([row[2] for row in rows]),
        reach=np.array([row[3] for row in rows], dtype=np.float32),
        theme=_places([row[4] for row in rows], theme_ids),
        theme_ids=theme_ids,
        group=_places([parents[key] for key in theme_ids], group_ids),
        group_ids=group_ids,
    )


def _centres_again(clusters: Sequence[int], vectors: Iterator[Batch]) -> tuple[NDArray[np.bool_], Vectors]:
    """Which groups still hold anything, and the mean direction of each that does."""
    place = {number: row for row, number in enumerate(clusters)}
    sums: Vectors = np.zeros((len(clusters), 0), np.float32)
    for numbers, some in vectors:
        if not sums.shape[1]:
            sums = np.zeros((len(clusters), some.shape[1]), np.float32)
        group = dict(ThemedSignal.objects.filter(pk__in=numbers).values_list("pk", "cluster_id"))
        rows = np.array([place.get(group.get(number) or 0, -1) for number in numbers])
        np.add.at(sums, rows[rows >= 0], some[rows >= 0])
    known = sums.any(axis=1)
    return known, unit(sums[known])


def fitted(
    before: ThemeModel | None,
    vectors: Vectors,
    weights: NDArray[np.float64],
    encoder: str,
    seed: int,
    new_id: Callable[[], str],
    language: NDArray[np.int64] | None,
) -> tuple[ThemeModel, Sequence[Change]]:
    """Groups found for the first time, or found again around those that stand and those that people placed."""
    if before is None:
        model, _assigned = discover(
            vectors, weights, encoder=encoder, seed=seed, new_id=new_id, language=language
        )
        voices = voices_of(model)
        return model, [
            Change("new", (), (key,), float(said)) for key, said in zip(model.theme_ids, voices, strict=True)
        ]
    own = Q(placed_by__isnull=False) | Q(pk__in=founding.clusters_noticed()) | Q(theme__in=in_hand())
    pins = dict(Cluster.objects.filter(own).values_list("key", "theme__key"))
    return refit(before, vectors, weights, pins, seed=seed, new_id=new_id, language=language)


def in_hand() -> QuerySet[Theme]:
    """Themes that people named, pinned, or decide about: a learning neither ends them nor takes groups from them."""
    return Theme.objects.filter(
        Q(named_by__isnull=False)
        | Q(pinned=True)
        | Q(decider__isnull=False)
        | Q(decided_at__isnull=False)
        | ~Q(question="")
    )


@transaction.atomic
def keep(
    model: ThemeModel,
    changes: Sequence[Change],
    before: ThemeModel | None,
    *,
    student: bytes | None,
    signals: int,
    now: datetime,
) -> ThemesLearnt:
    """Write themes, groups and lineage. A group that people put elsewhere since `before` was read stays there."""
    themes = _themes(model, now)
    standing = {
        key: (number, theme)
        for key, number, theme in Cluster.objects.select_for_update(of=("self",)).values_list(
            "key", "theme_id", "theme__key"
        )
    }
    was_in = (
        {key: before.theme_ids[place] for key, place in zip(before.micro_ids, before.theme, strict=True)}
        if before
        else {}
    )
    moved = []
    for place, key in enumerate(model.micro_ids):
        theme = themes[model.theme_ids[model.theme[place]]]
        values = {
            "theme": theme,
            "centre": centre_bytes(model.centres[place]),
            "weight": float(model.weight[place]),
            "reach": float(model.reach[place]),
        }
        if key in standing and standing[key][1] != was_in.get(key):
            del values["theme"]
        elif key in standing and standing[key][0] != theme.pk:
            moved.append((key, standing[key][0], theme.pk))
        Cluster.objects.update_or_create(key=key, defaults=values)
    last = ThemesLearnt.objects.order_by("-pk").values("known_to", "looked_to").first() or {}
    _note(model, changes, themes, moved, last.get("looked_to", 0), now)
    learnt = ThemesLearnt.objects.create(
        encoder=model.encoder, student=student, signals=signals, at=now, **last
    )
    detail = {"themes": len(model.theme_ids), "signals": signals, "changes": len(changes)}
    journal.note(actor=None, verb="found themes", about=learnt, at=now, detail=detail)
    return learnt


def end_empty(*, now: datetime) -> None:
    """After all was placed: groups without signals go, and themes without groups end."""
    placed = PlacedSignal.objects.values("cluster")
    empty = Cluster.objects.filter(signals=None, placed_by=None).exclude(pk__in=placed)
    empty = empty.exclude(pk__in=founding.clusters_noticed()).exclude(theme__in=in_hand())
    empty.delete()
    without = Theme.objects.filter(is_broad=False, ended_at=None, clusters=None)
    without.exclude(pk__in=in_hand()).update(ended_at=now)
    Theme.objects.filter(is_broad=True, ended_at=None, children=None).update(ended_at=now)
    began = ThemedSignal.objects.filter(cluster__isnull=False).values_list("cluster__theme").order_by()
    for theme, first in began.annotate(first=Min("occurred_at")):
        Theme.objects.filter(pk=theme).exclude(began_at=first).update(began_at=first)


def themes_by_cluster() -> dict[int, int]:
    """The theme of each group, by number."""
    return dict(Cluster.objects.values_list("pk", "theme_id"))


def cluster_numbers(model: ThemeModel) -> NDArray[np.int64]:
    """The number of each group of the model, shape (m,)."""
    numbers = dict(Cluster.objects.values_list("key", "pk"))
    return np.array([numbers[key] for key in model.micro_ids], dtype=np.int64)


def move_signals(
    new: Mapping[int, tuple[int | None, float]], theme_of: Mapping[int, int], before: Mapping[int, int]
) -> tuple[int, int]:
    """Put each signal into its group unless a person placed it; return how many kept their theme, of how many."""
    rows = ThemedSignal.objects.in_bulk(list(new))
    keys = dict(Signal.objects.filter(pk__in=rows).values_list("pk", "key"))
    own = dict(
        PlacedSignal.objects.filter(signal_key__in=keys.values()).values_list("signal_key", "cluster_id")
    )
    kept = known = 0
    changed = []
    for number, row in rows.items():
        cluster, likeness = new[number]
        cluster = own.get(keys.get(number, ""), cluster)
        if row.cluster_id in before:
            known += 1
            kept += cluster is not None and theme_of.get(cluster) == before[row.cluster_id]
        if (row.cluster_id, row.likeness) != (cluster, likeness):
            row.cluster_id, row.likeness = cluster, likeness
            changed.append(row)
    for some in batched(changed, WRITTEN_AT_ONCE, strict=False):
        with turn(), transaction.atomic():
            by_hand = _by_hand({row.pk: keys.get(row.pk, "") for row in some})
            for row in some:
                row.cluster_id = by_hand.get(row.pk, row.cluster_id)
            ThemedSignal.objects.bulk_update(some, ["cluster", "likeness"], batch_size=500)
    return kept, known


def _by_hand(keys: Mapping[int, str]) -> dict[int, int]:
    """Where people placed these signals, as it stands inside the writing transaction."""
    placed = dict(
        PlacedSignal.objects.filter(signal_key__in=keys.values()).values_list("signal_key", "cluster_id")
    )
    return {number: placed[key] for number, key in keys.items() if key in placed}


def set_voices(changed: Sequence[tuple[int, int]]) -> None:
    """Let signals that say nearly the same be one voice."""
    for some in batched(changed, WRITTEN_AT_ONCE, strict=False):
        with turn(), transaction.atomic():
            rows = ThemedSignal.objects.in_bulk([number for number, _voice in some])
            for number, voice in some:
                if number in rows:
                    rows[number].voice = voice
            ThemedSignal.objects.bulk_update(rows.values(), ["voice"], batch_size=500)


def _places(values: Sequence[str], ids: Sequence[str]) -> NDArray[np.int32]:
    place = {key: number for number, key in enumerate(ids)}
    return np.array([place[value] for value in values], dtype=np.int32)


def _themes(model: ThemeModel, now: datetime) -> dict[str, Theme]:
    """Every theme of the model as a row, under its broad theme; a theme alone in its group stands by itself."""
    sizes = np.bincount(model.group, minlength=len(model.group_ids)) if len(model.group) else []
    gathered = set(
        ThemeChange.objects.filter(kind=ChangeKind.GATHERED, undone_at=None).values_list(
            "theme__key", flat=True
        )
    )
    found = {one.key: one for one in Theme.objects.filter(key__in=[*model.theme_ids, *model.group_ids])}
    for place, key in enumerate(model.group_ids):
        if sizes[place] > 1 and key not in found:
            found[key] = Theme.objects.create(key=key, name="", is_broad=True, began_at=now, found_at=now)
    for place, key in enumerate(model.theme_ids):
        group = model.group[place]
        parent = found[model.group_ids[group]] if sizes[group] > 1 else None
        if key not in found:
            found[key] = Theme.objects.create(key=key, name="", parent=parent, began_at=now, found_at=now)
        elif found[key].parent_id != (parent.pk if parent else None) and key not in gathered:
            Theme.objects.filter(pk=found[key].pk).update(parent=parent)
    return found


def _note(
    model: ThemeModel,
    changes: Sequence[Change],
    themes: Mapping[str, Theme],
    moved: Sequence[tuple[str, int, int]],
    looked_to: int,
    now: datetime,
) -> None:
    """The lineage of what the model did: each change with the groups that it moved, so that people can take it back."""
    known = themes | {one.key: one for one in Theme.objects.exclude(key__in=list(themes))}
    numbers = dict(Cluster.objects.values_list("key", "pk"))
    for change in changes:
        for own, other in _pairs(change):
            theme, beside = known.get(own), known.get(other) if other else None
            if theme is None:
                continue
            steps = [
                ["cluster", numbers[key], {"theme_id": [came, went]}]
                for key, came, went in moved
                if went == theme.pk and beside is not None and came == beside.pk
            ]
            if change.kind == "merge" and beside is not None and beside.ended_at is None:
                # A part of the change, so that taking it back opens the theme again.
                Theme.objects.filter(pk=beside.pk).update(ended_at=now, became=theme)
                steps.append(
                    ["theme", beside.pk, {"ended_at": [None, now.isoformat()], "became_id": [None, theme.pk]}]
                )
            ThemeChange.objects.create(
                kind=_KINDS[change.kind], theme=theme, other=beside, at=now, signals=round(change.voices),
                said={"from": beside.name if beside else "", "into": theme.name, "looked_to": looked_to},
                steps=steps,
            )  # fmt: skip


def _pairs(change: Change) -> list[tuple[str, str]]:
    if change.kind == "new":
        return [(key, "") for key in change.after]
    if change.kind == "gone":
        return [(key, "") for key in change.before]
    return [(own, other) for own in change.after for other in change.before if own != other]

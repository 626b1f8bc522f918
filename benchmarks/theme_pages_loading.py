"""Two thousand themes over a million signals, written past the ORM on top of what `waiting_loading` makes.

The groups are real questions to a bank as MiniLM reads them; each signal lies around one of them, the first groups
holding the most (Zipf), as likely as texts of one group are alike. `themes.json` in the home lists the pages to read.
"""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np

THEMES, GROUPS_EACH = 2_000, 2
AT_ONCE = 20_000
NO_THEME = 0.1  # share of signals that are like no theme
NOISE = 0.75  # length of what a signal adds to its group's direction: they are then alike by .8
EACH = 20


def load(texts: list[str], signals: int) -> None:
    import django  # the settings read INTERLOCK_HOME when they are imported

    django.setup()
    from interlock.cli.serving import prepare_database
    from interlock.listen.themes import counting

    prepare_database()  # also of an installation that an earlier version made
    done = Path(os.environ["INTERLOCK_HOME"]) / "themes.json"
    if done.exists():
        return
    began, now = time.perf_counter(), datetime.now(UTC)
    groups, centres = _themes(texts, signals, now)
    _place(groups, centres)
    print(f"  themes after {time.perf_counter() - began:.0f} s", flush=True)
    counting_began = time.perf_counter()
    counting.count(now=now)
    print(f"  counted in {time.perf_counter() - counting_began:.0f} s", flush=True)
    done.write_text(json.dumps(_pages(texts), indent=1))


def _themes(texts: list[str], signals: int, now: datetime) -> tuple[Any, Any]:
    from interlock.analytics.text.encoders import minilm
    from interlock.listen.models import Cluster, Signal, Theme, ThemesLearnt
    from interlock.listen.themes.vectors import centre_bytes

    centres = minilm().encode(texts[: THEMES * GROUPS_EACH])
    keys = list(Signal.objects.order_by("pk").values_list("key", flat=True)[:3])
    themes = Theme.objects.bulk_create(
        [
            Theme(
                key=f"theme-{number}", name=f"{texts[number * GROUPS_EACH][:90]} ({number})",
                words=texts[number * GROUPS_EACH].split()[:8], quotes=keys,
                began_at=now - timedelta(days=number % 700), found_at=now,
            )
            for number in range(THEMES)
        ]
    )  # fmt: skip
    groups = Cluster.objects.bulk_create(
        [
            Cluster(key=f"group-{number}", theme=themes[number // GROUPS_EACH], centre=centre_bytes(centre), weight=9, reach=0.6)
            for number, centre in enumerate(centres)
        ],
        batch_size=500,
    )  # fmt: skip
    ThemesLearnt.objects.create(encoder=minilm().version, signals=signals, seconds=1, at=now)
    return np.array([one.pk for one in groups]), centres


def _place(groups: Any, centres: Any) -> None:
    from django.db import transaction

    from interlock.analytics.text.encoders import MiniLM, unit_rows
    from interlock.listen.bulk_rows import upsert
    from interlock.listen.models import Signal, SignalVector, ThemedSignal
    from interlock.listen.themes.encoding import encoder_mark
    from interlock.listen.themes.placing import THEMED
    from interlock.listen.themes.vectors import packed
    from interlock.listen.themes.weeks import week_of

    rng, mark, last = np.random.default_rng(7), encoder_mark(MiniLM.version), 0
    share = 1 / np.arange(10, 10 + len(groups))
    share /= share.sum()
    while rows := list(
        Signal.objects.filter(pk__gt=last)
        .order_by("pk")
        .values_list("pk", "occurred_at", "account_key", "kind")[:AT_ONCE]
    ):
        last = rows[-1][0]
        own = rng.choice(len(groups), len(rows), p=share)
        around = rng.normal(size=(len(rows), centres.shape[1])).astype(np.float32)
        vectors = unit_rows(centres[own] + NOISE * unit_rows(around))
        none = rng.random(len(rows)) < NO_THEME
        themed = [
            (number, None if strange else int(groups[place]), at, 0.8, week_of(at), hash(account), number,
             kind in {"ticket", "complaint"}, number)
            for (number, at, account, kind), place, strange in zip(rows, own, none, strict=True)
        ]  # fmt: skip
        spoken = [(row[0], kept, mark) for row, kept in zip(rows, packed(vectors), strict=True)]
        with transaction.atomic():
            upsert(ThemedSignal, THEMED, themed)
            upsert(SignalVector, ("signal", "bytes", "encoder"), spoken)


def _pages(texts: list[str]) -> dict[str, list[str]]:
    from django.db.models import Count

    from interlock.listen.models import Clock, Signal, Theme, ThemedSignal

    sized = ThemedSignal.objects.exclude(cluster=None).values("cluster__theme__key").annotate(n=Count("pk"))
    keys = [row["cluster__theme__key"] for row in sized.order_by("-n")]
    middle = keys[len(keys) // 2 :][:EACH]
    place = {one.key: number for number, one in enumerate(Theme.objects.order_by("pk"))}
    waiting = Clock.objects.filter(stopped_at=None).values("signal_key")[:500]
    signals = list(Signal.objects.filter(key__in=waiting).values_list("pk", flat=True)[:EACH])

    def many(start: str, name: str, values: list[Any], **more: str) -> list[str]:
        return [f"{start}?{urlencode({name: value, **more})}" for value in values]

    def said(several: list[str]) -> list[str]:
        return [texts[place[key] * GROUPS_EACH] for key in several]

    return {
        "themes": ["/signals/themes/?show=all"],
        "themes, above or new": ["/signals/themes/?show=now"],
        "a great theme": [f"/signals/themes/{key}/" for key in keys[:EACH]],
        "a theme": [f"/signals/themes/{key}/" for key in middle],
        "signals of a great theme": many("/signals/", "theme", keys[:EACH]),
        "signals of a theme": many("/signals/", "theme", middle),
        "words, and by meaning": many("/signals/", "q", said(middle)),
        "words of the greatest, by meaning": many("/signals/", "q", said(keys[:5])),
        "what means the same": many("/signals/", "meaning", said(middle)),
        "what means the same, the greatest": many("/signals/", "meaning", said(keys[:5])),
        "what means the same, of a kind": many("/signals/", "meaning", said(middle), kind="review"),
        "what is like a signal": many("/signals/", "like", signals),
        "a signal with its theme": [f"/signals/{number}/" for number in signals],
        "where a signal belongs": [f"/signals/{number}/theme/" for number in signals],
        "themes by name": [f"/signals/{number}/theme/?q=card" for number in signals],
        "answer all of a great theme": [f"/signals/themes/{key}/answer/" for key in keys[:EACH]],
        "search page": many("/search/", "q", said(middle)),
    }

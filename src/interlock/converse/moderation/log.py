"""What moderators did, when, and why: read from the journal, where nobody can change it. It holds numbers, no words of authors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet

from interlock.fabric.export import csv_bytes
from interlock.fabric.models import JournalEntry

COLUMNS = ("number", "at", "by", "act", "what", "rules", "because", "detail")
_KINDS = ["case", "merge", "split", "sweep", "policy"]
_OF_SAID = ["reworded", "took away"]
_SHOWN_APART = {"post", "reply", "rules", "because"}


def entries() -> QuerySet[JournalEntry]:
    """All lines of moderation, the newest first."""
    of_said = Q(about_kind__in=["post", "reply"], verb__in=_OF_SAID)
    found = JournalEntry.objects.filter(Q(about_kind__in=_KINDS) | of_said)
    return found.select_related("actor").order_by("-number")


def newest(most: int) -> list[dict[str, Any]]:
    """The newest lines, each by column. One query."""
    return [dict(zip(COLUMNS, _row(entry), strict=True)) for entry in entries()[:most]]


def as_csv() -> bytes:
    """The whole log as CSV, the oldest first, so that a later file begins like an earlier one."""
    return csv_bytes(COLUMNS, _rows())


def _rows() -> Iterator[tuple[Any, ...]]:
    for entry in entries().order_by("number").iterator(chunk_size=2_000):
        yield _row(entry)


def _row(entry: JournalEntry) -> tuple[Any, ...]:
    detail = entry.detail
    what = " ".join(f"{name} {detail[name]}" for name in ("post", "reply") if name in detail)
    rest = "; ".join(f"{name}: {value}" for name, value in detail.items() if name not in _SHOWN_APART)
    by = entry.actor.name if entry.actor and entry.actor.is_staff_side else ("" if entry.actor else "policy")
    return (
        entry.number,
        entry.at,
        by,
        entry.verb,
        what,
        ", ".join(detail.get("rules", [])),
        detail.get("because", ""),
        rest,
    )

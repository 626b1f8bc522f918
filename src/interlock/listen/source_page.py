"""What the pages of sources say of each: its state in a word, its silence in a sentence, its sums, its next asking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.utils.translation import ngettext

from interlock.connectors.live_registry import AnyConnector, live_connectors
from interlock.fabric.models import Person
from interlock.fabric.numbers import number_of
from interlock.fabric.personal import shown
from interlock.listen import pushing, queries
from interlock.listen.freshness import Freshness, State, freshness_of
from interlock.listen.models import Import, RefusedRow, Source, SourceKind
from interlock.listen.models import State as ImportState

REASONS_SHOWN = 12
REFUSED_A_PAGE = 50
SHOWN_PAYLOAD = 300
ICONS = {
    SourceKind.FILES: "file-input",
    SourceKind.DATABASE: "database",
    SourceKind.DEMO: "flask-conical",
    SourceKind.API: "braces",
    SourceKind.WEBHOOK: "webhook",
    SourceKind.CAPTURED: "notebook-pen",
    "folder": "folder-sync",
    "feed": "rss",
    "imap": "mail",
    "zendesk": "life-buoy",
    "discourse": "message-circle",
    "shopify": "shopping-bag",
    "hubspot": "contact",
    "salesforce": "cloud",
}
OTHER_ICON = "plug"
_WORDS = {
    "fresh": later("fresh"),
    "late": later("silent"),
    "unsure": later("too few to say"),
    "never": later("nothing yet"),
    "imported": later("imported"),
    "paused": later("paused"),
    "failing": later("failing"),
    "refused": later("refused"),
    "waiting": later("asks for patience"),
    "new": later("not started"),
    "asking": later("being asked"),
    "unread": later("files not read"),
    "locked": later("secret not readable"),
}


@dataclass(frozen=True)
class Row:
    """One source as a list shows it. `asked` are live sources; the sums of others are those of their imports."""

    source: Source
    icon: str
    kind: str
    state: str
    freshness: Freshness
    received: int
    stored: int
    duplicate: int
    refused: int
    asked: bool
    overdue: bool = False
    unread: int = 0  # files whose newest reading failed
    error: str = ""

    @property
    def word(self) -> str:
        return str(_WORDS[self.state])

    @property
    def unread_sentence(self) -> str:
        return ngettext(
            "One file of %(name)s cannot be read.", "%(n)s files of %(name)s cannot be read.", self.unread
        ) % {"n": self.unread, "name": self.source.name}

    @property
    def needs_somebody(self) -> bool:
        return self.state in {"late", "failing", "refused", "unread", "locked"}


def rows_of(sources: Collection[Source], connectors: Mapping[str, AnyConnector], now: datetime) -> list[Row]:
    """All of them, those that need somebody first. Four queries."""
    silences, sums, unread = freshness_of(sources, now), sums_of_imports(sources), _unread_files(sources)
    rows = [_row(source, silences[source.pk], sums.get(source.pk, {}), connectors, now) for source in sources]
    rows = [_with_unread(row, unread[row.source.pk]) for row in rows]
    return sorted(rows, key=lambda row: (not row.needs_somebody, row.source.name.lower()))


def row_of(source: Source, connectors: Mapping[str, AnyConnector], now: datetime) -> Row:
    return rows_of([source], connectors, now)[0]


def needing_somebody(person: Person | None, now: datetime) -> list[Row]:
    """Live sources that are silent for too long or cannot be asked. One query when there are no live sources."""
    live = queries.sources_visible_to(person).filter(Q(ask_every__isnull=False) | Q(received__gt=0))
    sources = list(live.filter(paused_at=None))
    return [row for row in rows_of(sources, live_connectors(), now) if row.needs_somebody] if sources else []


def _with_unread(row: Row, files: int) -> Row:
    """A source that can be asked, but of whose files some cannot be read, needs somebody as well."""
    calm = row.state in {"fresh", "unsure", "never", "imported"}
    return replace(row, unread=files, state="unread" if files and calm else row.state)


def icon_of(kind: str) -> str:
    return ICONS.get(kind, OTHER_ICON)


def _row(
    source: Source,
    silence: Freshness,
    sums: Mapping[str, int],
    connectors: Mapping[str, AnyConnector],
    now: datetime,
) -> Row:
    asked = source.ask_every is not None
    overdue = source.ask_at is not None and source.ask_at <= now
    connector = connectors.get(source.kind)
    kind = connector.title if asked and connector else _kind_name(source.kind)
    trouble = pushing.trouble_of(source)
    counts = {
        name: getattr(source, name) + sums.get(name, 0)
        for name in ("received", "stored", "duplicate", "refused")
    }
    return Row(
        source,
        icon_of(source.kind),
        kind,
        "locked" if trouble else state_of(source, silence, now),
        silence,
        asked=asked,
        overdue=overdue,
        error=trouble or source.error,
        **counts,
    )


def state_of(source: Source, silence: Freshness, now: datetime) -> str:
    """One word for what a person has to know first."""
    if source.paused_at is not None:
        started = source.last_tried_at or source.received or source.ask_at
        return "paused" if started or source.ask_every is None else "new"
    if source.ask_every is not None:
        if source.asked_until and source.asked_until > now:
            return "asking"
        if source.error:
            if source.ask_at is None:
                return "refused"
            return "failing" if source.failures else "waiting"
    return "late" if silence.state is State.LATE else silence.state.value


def headline(rows: Iterable[Row]) -> str:
    """What the page of all sources says first."""
    rows = list(rows)
    live = [row for row in rows if row.asked or row.source.received]
    broken = [row.source.name for row in rows if row.state in {"failing", "refused"}]
    silent = [row.freshness.sentence for row in rows if row.state == "late"]
    if broken:
        names = _(" and ").join(broken[:2]) if len(broken) < 3 else str(len(broken))
        if len(broken) == 1:
            return _("%(name)s cannot be asked at this moment.") % {"name": names}
        return _("%(names)s cannot be asked at this moment.") % {"names": names if len(broken) == 2 else _("%(n)s sources") % {"n": names}}  # fmt: skip
    if locked := [row.source.name for row in rows if row.state == "locked"]:
        return _("Messages of %(name)s are turned away.") % {"name": locked[0]}
    unread = [row for row in rows if row.state == "unread"]
    if len(unread) == 1:
        return unread[0].unread_sentence
    if unread:
        return _("Files of %(n)s sources cannot be read.") % {"n": len(unread)}
    if silent:
        return silent[0].split(";")[0].rstrip(".") + "."
    if any(row.state == "fresh" for row in live):
        return _("Every source speaks as usual.")
    if live:
        return _("No source is late, as far as can be told so far.")
    return ""


def _unread_files(sources: Collection[Source]) -> Counter[int]:
    """How many files of each source failed at their newest reading, alone or with others. One query."""
    ended = Import.objects.filter(
        source__in=sources, live=True, state__in=[ImportState.DONE, ImportState.FAILED]
    )
    newest: dict[tuple[int, str], str] = {}
    for source, title, files, state in ended.order_by("made_at", "pk").values_list("source", "title", "files", "state"):  # fmt: skip
        newest |= {(source, name): state for name in [one["name"] for one in files] or [title]}
    return Counter(source for (source, _name), state in newest.items() if state == ImportState.FAILED)


def sums_of_imports(sources: Collection[Source] | QuerySet[Source]) -> dict[int, dict[str, int]]:
    """What uploads brought, by source; live readings stand in the source's own tallies already."""
    found: dict[int, dict[str, int]] = {}
    imports = Import.objects.filter(source__in=sources, live=False).exclude(accounting={})
    kept = imports.filter(state__in=[ImportState.DONE, ImportState.UNDONE])
    for source_id, total in kept.values_list("source_id", "accounting__total"):
        sums = found.setdefault(source_id, dict.fromkeys(("received", "stored", "duplicate", "refused"), 0))
        sums["received"] += total["received"]
        sums["stored"] += total["stored"] + total["updated"] + total.get("deleted", 0)
        sums["duplicate"] += total["unchanged"]
        sums["refused"] += total["refused"]
    return found


def _kind_name(kind: str) -> str:
    return str(SourceKind(kind).label) if kind in SourceKind.values else kind


def refused_reasons(source: Source, person: Person | None) -> list[tuple[str, int]]:
    """Why records of a live source were refused, the most frequent first. One query."""
    counted = (
        RefusedRow.objects.filter(arrival__source=source)
        .order_by()
        .values_list("reason")
        .annotate(n=Count("pk"))
        .order_by("-n", "reason")[:REASONS_SHOWN]
    )
    return [(shown(reason, person), number) for reason, number in counted]


def refused_page(source: Source, person: Person | None, before: str = "") -> tuple[list[dict[str, Any]], str]:
    """One page of refused records, the newest first, and where the next begins. One query."""
    rows = RefusedRow.objects.filter(arrival__source=source)
    if (last := number_of(before)) is not None:
        rows = rows.filter(pk__lt=last)
    found = list(rows.order_by("-pk")[: REFUSED_A_PAGE + 1])
    page = [
        {
            "at": one.at,
            "place": one.place,
            "field": one.field,
            "reason": shown(one.reason, person),
            "came": shown(one.payload[:SHOWN_PAYLOAD], person),
            "cut": len(one.payload) > SHOWN_PAYLOAD,
        }
        for one in found[:REFUSED_A_PAGE]
    ]
    return page, str(found[REFUSED_A_PAGE - 1].pk) if len(found) > REFUSED_A_PAGE else ""

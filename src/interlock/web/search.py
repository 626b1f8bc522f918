"""What is found under these words: things the records name, disconnects, conversations, and signals.

Each room searches its own; this page shows the first few of each and leads to the room for the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from interlock.converse import queries as talks
from interlock.fabric import records
from interlock.fabric.access import Act, needs, person_of
from interlock.fabric.contexts import context_address
from interlock.fabric.models import Person
from interlock.listen import queries as listening
from interlock.listen.findings import EchoTold, echo_told
from interlock.listen.models import Signal
from interlock.listen.search import containing
from interlock.listen.selection import Selection
from interlock.reconnect import queries as gaps

MOST = 5
LONGEST = 200
# Kind of context, table, key and name: what somebody may have in hand.
_THINGS = (
    ("account", "accounts", "account_id", "name"),
    ("product", "products", "product_id", "name"),
    ("order", "orders", "order_id", "order_id"),
    ("team", "teams", "team_id", "name"),
)


@dataclass(frozen=True)
class Thing:
    """Something the records name, and its page."""

    kind: str
    label: str
    key: str
    url: str


@require_GET
@needs(Act.READ)
def search(request: HttpRequest) -> HttpResponse:
    """One box over everything; without words only the box."""
    words = request.GET.get("q", "").strip()[:LONGEST]
    found = _found(person_of(request), words) if words else {}
    return render(request, "web/search.html", {"words": words, "found": found, "any": any(found.values())})


def _found(person: Person | None, words: str) -> dict[str, Any]:
    if person is None:
        return {}
    signals = containing(listening.signals_visible_to(person), words).order_by("-occurred_at", "-id")
    conversations = (
        talks.conversations_visible_to(person).filter(title__icontains=words).select_related("context")
    )
    return {
        "things": _things(words),
        "disconnects": list(gaps.filtered_disconnects(person, text=words)[:MOST]),
        "conversations": list(conversations.order_by("-opened_at")[:MOST]),
        "signals": list(signals[:MOST]),
        "echo": _echo(words, listening.signals_visible_to(person)),
    }


def _echo(words: str, signals: QuerySet[Signal]) -> EchoTold | None:
    """How widely that is echoed among the signals; None where nobody says nearly the same."""
    told = echo_told(Selection(q=words), signals)
    return told if told and told.echoed and told.echoed.usual.rows else None


def _things(words: str) -> list[Thing]:
    """Rows whose key is the word or whose name holds it. One query a table, all on the local records."""
    tables = records.current_records()
    found = []
    for kind, table, key, name in _THINGS:
        if not tables.has(table, key):
            continue
        rows = tables.table(table)
        label = ibis.coalesce(rows[name], rows[key])
        wanted = (rows[key].lower() == words.lower()) | label.lower().contains(words.lower())
        few = rows.filter(wanted).select(key=rows[key], label=label).order_by("label", "key").limit(MOST)
        found += [
            Thing(kind, row["label"], row["key"], context_address(kind, row["key"]))
            for row in few.to_pyarrow().to_pylist()
        ]
    return found

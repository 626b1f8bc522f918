"""Hits among what the company knows: things the records name, people, themes, disconnects and signals. Staff alone."""

from __future__ import annotations

from datetime import datetime

import ibis
from django.urls import reverse
from django.utils.translation import gettext as _

from interlock.converse.hits import Hit, Hits
from interlock.fabric import people as directory
from interlock.fabric import records
from interlock.fabric.contexts import context_address
from interlock.fabric.models import Person
from interlock.fabric.personal import shown
from interlock.listen import queries as listening
from interlock.listen.excerpts import Piece, excerpt
from interlock.listen.findings import EchoTold, echo_told
from interlock.listen.models import Signal
from interlock.listen.search import containing
from interlock.listen.selection import Selection, page_of
from interlock.listen.themes.looking import themes_visible_to
from interlock.reconnect import queries as gaps
from interlock.web.searching.asked import Asked
from interlock.web.sentences import text

# Kind of context, table, key and name: what somebody may have in hand.
_THINGS = (
    ("account", "accounts", "account_id", "name"),
    ("product", "products", "product_id", "name"),
    ("order", "orders", "order_id", "order_id"),
    ("team", "teams", "team_id", "name"),
)


def things(person: Person, asked: Asked, after: str, most: int, now: datetime) -> Hits:
    """Rows whose key is the word or whose name holds it. One query a table, all on the local records."""
    tables = records.current_records()
    found = []
    for kind, table, key, name in _THINGS:
        if not tables.has(table, key):
            continue
        rows = tables.table(table)
        label = ibis.coalesce(rows[name], rows[key])
        wanted = (rows[key].lower() == asked.q.lower()) | label.lower().contains(asked.q.lower())
        few = rows.filter(wanted).select(key=rows[key], label=label).order_by("label", "key").limit(most)
        for row in few.to_pyarrow().to_pylist():
            where = kind if row["key"] == row["label"] else f"{kind} {row['key']}"
            title = excerpt(row["label"], asked.parts)
            found.append(Hit(context_address(kind, row["key"]), title, [], where=where))
    return Hits(found)


def people(person: Person, asked: Asked, after: str, most: int, now: datetime) -> Hits:
    """People by name; each leads to what they wrote."""
    found = directory.people_visible_to(person)
    for phrase in asked.phrases:
        found = found.filter(name__icontains=phrase)
    return Hits(
        [
            Hit(f"{reverse('web:search')}?by={one.pk}", excerpt(one.name, asked.parts), [],
                where=str(one.get_role_display()))
            for one in found[:most]
        ]
    )  # fmt: skip


def themes(person: Person, asked: Asked, after: str, most: int, now: datetime) -> Hits:
    """Themes that live, by name."""
    found = themes_visible_to(person).filter(ended_at=None)
    for phrase in asked.phrases:
        found = found.filter(name__icontains=phrase)
    return Hits(
        [
            Hit(reverse("web:one_theme", args=[one.key]), excerpt(one.name, asked.parts), [],
                where=str(one.get_state_display()))
            for one in found.order_by("name", "pk")[:most]
        ]
    )  # fmt: skip


def disconnects(person: Person, asked: Asked, after: str, most: int, now: datetime) -> Hits:
    """Open disconnects by all their words."""
    found = gaps.filtered_disconnects(person, text=" ".join(asked.phrases))[:most]
    return Hits(
        [
            Hit(reverse("reconnect:disconnect", args=[one.pk]),
                excerpt(text(one.consequence), asked.parts), [])
            for one in found
        ]
    )  # fmt: skip


def signals(person: Person, asked: Asked, after: str, most: int, now: datetime) -> Hits:
    """Signals, the newest first, with the words as this person may read them."""
    found = containing(listening.signals_visible_to(person), asked.q)
    if asked.since:
        found = found.filter(occurred_at__gte=asked.from_moment(now))
    page = page_of(found, after=after)
    more = page.later or ("first" if len(page.signals) > most else "")
    return Hits([_signal_hit(one, asked, person) for one in page.signals[:most]], more)


def echo(person: Person, asked: Asked) -> EchoTold | None:
    """How widely that is echoed among the signals, by meaning; None where nobody says nearly the same."""
    told = echo_told(Selection(q=asked.q), listening.signals_visible_to(person))
    return told if told and told.echoed and told.echoed.usual.rows else None


def _signal_hit(signal: Signal, asked: Asked, person: Person) -> Hit:
    said = shown(" ".join(filter(None, [signal.title, signal.body])) or signal.reason, person)
    words = excerpt(said, asked.parts) or [Piece(_("without words"), found=False)]
    return Hit(
        url=reverse("listen:signal", args=[signal.pk]),
        title=[],
        pieces=words,
        who=signal.account_name,
        where=signal.kind,
        at=signal.occurred_at,
        quoted=True,
    )

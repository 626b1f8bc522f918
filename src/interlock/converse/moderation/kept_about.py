"""What is kept about a person: every row that names them, found by the references between tables and not by a list.

Whoever runs the machine gets all of it, with the rows in which others wrote their name or address. They themselves get the
rows that refer to them or are their words, and no line of a circle that they do not read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import ibis
from django.apps import apps
from django.db.models import ForeignKey, Model, Q

from interlock.converse.models import Message, Post, Reply
from interlock.converse.moderation.signals_of import signals_of
from interlock.converse.queries import audiences_read_by
from interlock.fabric import records, scrubbing
from interlock.fabric.archive import tables
from interlock.fabric.models import Person, User
from interlock.listen.models import Signal
from interlock.store.errors import TableAbsent

# Sessions hold no words, devices and codes are keys; the newest two columns of a key open doors.
_DOORS = {"password", "hash", "token_hash", "code_hash", "previous"}
# Who complained about them is a reader's secret.
_OF_OTHERS = {"converse.Report"}


@dataclass(frozen=True)
class KeptAbout:
    """Rows by table, each by column, as values that JSON knows."""

    made_at: datetime
    rows: dict[str, list[dict[str, Any]]]

    def as_json(self) -> dict[str, Any]:
        return {"made_at": self.made_at.isoformat(), "rows": self.rows}


@dataclass
class _Found:
    """Keys of the rows found so far, by model."""

    keys: dict[type[Model], set[Any]] = field(default_factory=lambda: defaultdict(set))

    def add(self, model: type[Model], condition: Q) -> None:
        self.keys[model].update(model._default_manager.filter(condition).values_list("pk", flat=True))


def kept_about(*, person: Person, now: datetime, for_themselves: bool) -> KeptAbout:
    """Every row about a person; `for_themselves` leaves out what only others may read."""
    found = _Found()
    found.keys[Person].add(person.pk)
    if person.user_id:
        found.keys[User].add(person.user_id)
    address = person.user.email if person.user else ""
    keys = signals_of(person, address)
    models = [*tables.archived_models(), apps.get_model("converse.Entry")]
    _add_references(found, models, {Person: {person.pk}, User: found.keys[User]})
    _add_signals(found, models, keys)
    _add_about_own_words(found, models, person, for_themselves)
    if not for_themselves:
        for model in models:
            _add_named(found, model, [one for one in (person.name, address, person.account_key) if one])
    elif address:
        found.add(apps.get_model("converse.Entry"), Q(address__iexact=address))
    reads = audiences_read_by(person) if for_themselves else ()
    rows = {model._meta.label: list(_rows(model, keys, reads)) for model, keys in found.keys.items() if keys}
    rows["records.signals"] = _records(keys)
    return KeptAbout(now, {label: rows[label] for label in sorted(rows) if rows[label]})


def _add_references(found: _Found, models: Sequence[type[Model]], to: dict[type[Model], set[Any]]) -> None:
    """Rows with a reference to one of these, whichever column it stands in."""
    for model in models:
        for column in _references(model):
            if wanted := to.get(column.related_model):
                found.add(model, Q(**{f"{column.name}__in": wanted}))


def _add_signals(found: _Found, models: Sequence[type[Model]], keys: Sequence[str]) -> None:
    """What they told us, and what hangs on it by its number or key, or waits under it to become one."""
    if not keys:
        return
    found.add(Signal, Q(key__in=keys))
    _add_references(found, models, {Signal: found.keys[Signal]})
    for model in models:
        names = {column.name for column in model._meta.concrete_fields}
        if "signal_key" in names:
            found.add(model, Q(signal_key__in=keys))
        if {"table", "key"} <= names:
            found.add(model, Q(table="signals", key__in=keys))


def _add_about_own_words(
    found: _Found, models: Sequence[type[Model]], person: Person, for_themselves: bool
) -> None:
    """What hangs on their posts, replies and lines: earlier wordings, what moderators found."""
    own = {
        model: set(model.objects.filter(author=person).values_list("pk", flat=True))
        for model in (Post, Reply, Message)
    }
    hanging = [
        model
        for model in models
        if not (for_themselves and (model._meta.label in _OF_OTHERS or _names_somebody(model)))
    ]
    _add_references(found, hanging, own)


def _names_somebody(model: type[Model]) -> bool:
    """Whether a row is something that a person said or did for themselves: votes, follows, replies of others."""
    return any(column.name in {"author", "person", "brought_by"} for column in _references(model))


def _add_named(found: _Found, model: type[Model], words: Sequence[str]) -> None:
    """Rows with their name, address or account in any text."""
    columns = scrubbing.text_columns(model)
    if not columns or not words:
        return
    texts, asked = scrubbing.named_in(columns, words)
    rows = model._default_manager.annotate(**texts).filter(asked)
    found.keys[model].update(rows.values_list("pk", flat=True))


def _references(model: type[Model]) -> list[ForeignKey[Any, Any]]:
    return [one for one in model._meta.concrete_fields if isinstance(one, ForeignKey)]


def _rows(model: type[Model], keys: set[Any], reads: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The rows with these keys. With `reads`, those of a circle among them, or of none."""
    names = {column.name for column in model._meta.concrete_fields}
    columns = [one.attname for one in model._meta.concrete_fields if one.attname not in _DOORS]
    rows = model._default_manager.filter(pk__in=keys).order_by("pk")
    if reads and "audience" in names:
        rows = rows.filter(audience__in=reads)
    if reads and "message" in names:
        rows = rows.filter(message__audience__in=reads)
    for row in rows.values_list(*columns):
        yield dict(zip(columns, map(tables.written, row), strict=True))


def _records(keys: Sequence[str]) -> list[dict[str, Any]]:
    """Their signals as the records hold them."""
    try:
        kept = records.current_records().table("signals")
    except TableAbsent:
        return []
    if not keys:
        return []
    rows = (
        kept.filter(kept.signal_id.isin(list(keys))).order_by(ibis.asc("signal_id")).to_pyarrow().to_pylist()
    )
    return [{name: tables.written(value) for name, value in row.items()} for row in rows]

"""What is kept about a person: every row that names them, found by the references between tables and not by a list.

Whoever runs the machine gets all of it, with the rows in which others wrote their name or address. They themselves get the
rows that refer to them or are their words, and no line of a circle that they do not read. Who is known by mail alone, and
signs in nowhere, is found by the address: in every table, and in the records.
"""

from __future__ import annotations

import functools
import operator
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import ibis
from django.apps import apps
from django.db.models import ForeignKey, Model, Q

from interlock.converse.models import Case, Message, MonthlyReader, Post, Reply
from interlock.converse.moderation.signals_of import signals_from, signals_of
from interlock.converse.queries import audiences_read_by
from interlock.fabric import no_mail, records, scrubbing
from interlock.fabric.archive import tables
from interlock.fabric.models import NoMail, Person, User
from interlock.listen.models import Signal

# Sessions hold no words, devices and codes are keys; the newest two columns of a key open doors.
_DOORS = {"password", "hash", "token_hash", "code_hash", "previous"}
_SAID = (Post, Reply, Message)
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
    _add_written_without_account(found, models, address)
    own = {said: set(said.objects.filter(author=person).values_list("pk", flat=True)) for said in _SAID}
    _add_about_own_words(found, models, own, for_themselves)
    if not for_themselves:
        for model in models:
            _add_named(found, model, [one for one in (person.name, address, person.account_key) if one])
    if address:
        for model in (apps.get_model("converse.Entry"), MonthlyReader):  # both refer to nobody
            found.add(model, Q(address__iexact=address))
    reads = audiences_read_by(person) if for_themselves else ()
    return _kept(found, keys, "" if for_themselves else address, reads, now)


def kept_about_address(*, address: str, now: datetime) -> KeptAbout:
    """Every row about somebody who has no account: their letters, and each row of any table that mentions the address."""
    found, keys = _Found(), signals_from(address)
    models = [model for model in apps.get_models() if model._meta.managed and not model._meta.proxy]
    _add_signals(found, models, keys)
    _add_written_without_account(found, models, address)
    for model in models:
        _add_mentions(found, model, address)
    return _kept(found, keys, address, (), now)


def _kept(found: _Found, keys: Sequence[str], address: str, reads: Sequence[str], now: datetime) -> KeptAbout:
    """The rows found, and those of the records under these keys or with this address."""
    rows = {model._meta.label: list(_rows(model, some, reads)) for model, some in found.keys.items() if some}
    rows |= _records(keys, address)
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


def _add_written_without_account(found: _Found, models: Sequence[type[Model]], address: str) -> None:
    """What waits for a moderator under an address that is told the outcome: the case, the text and what hangs on it."""
    cases = Case.objects.filter(address__iexact=address).exclude(address="")
    own = {
        Post: set(cases.exclude(post=None).values_list("post", flat=True)),
        Reply: set(cases.exclude(reply=None).values_list("reply", flat=True)),
    }
    found.keys[Case].update(cases.values_list("pk", flat=True))
    if address:
        found.add(NoMail, Q(mark=no_mail.mark_of(address)))
    for said, numbers in own.items():
        found.keys[said].update(numbers)
    _add_about_own_words(found, models, own, True)


def _add_about_own_words(
    found: _Found,
    models: Sequence[type[Model]],
    own: dict[type[Any], set[Any]],
    for_themselves: bool,
) -> None:
    """What hangs on their posts, replies and lines: earlier wordings, what moderators found."""
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


def _add_mentions(found: _Found, model: type[Model], address: str) -> None:
    """Rows with this address in any text, and not as part of another one."""
    columns = scrubbing.text_columns(model)
    if not columns:
        return
    texts, asked = scrubbing.named_in(columns, [address])
    names = [one.attname for one in columns]
    for key, *values in model._base_manager.annotate(**texts).filter(asked).values_list("pk", *names):
        if scrubbing.mentions(values, address):
            found.keys[model].add(key)


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


def _records(keys: Sequence[str], address: str) -> dict[str, list[dict[str, Any]]]:
    """Their signals as the records hold them, and rows of every table of the records that mention the address."""
    kept = records.current_records()
    return {
        f"records.{name}": sorted(_rows_of_table(kept.table(name), name, set(keys), address), key=str)
        for name in (kept.tables() if address else ["signals"] if "signals" in kept.tables() else [])
    }


def _rows_of_table(table: ibis.Table, name: str, keys: set[str], address: str) -> list[dict[str, Any]]:
    texts = [column for column, kind in table.schema().items() if kind.is_string()]
    asked = [table[column].lower().contains(address.lower()) for column in texts if address]
    if name == "signals" and keys:
        asked.append(table.signal_id.isin(sorted(keys)))
    if not asked:
        return []
    rows = table.filter(functools.reduce(operator.or_, asked)).to_pyarrow().to_pylist()
    return [
        {column: tables.written(value) for column, value in row.items()}
        for row in rows
        if row.get("signal_id") in keys or scrubbing.mentions(row.values(), address)
    ]

"""Which tables an archive holds, and how a row of them is written down: the same text from SQLite and PostgreSQL.

All tables of the product's rooms are taken but those named here, and in them all columns but those named here, so that
a new table is in the archive from its first day.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.management.color import no_style
from django.db import connection, models
from django.db.migrations.recorder import MigrationRecorder

# What opens doors, and what is forgotten within days anyway.
LEFT_OUT = {
    "fabric.Invitation": "one-time links",
    "fabric.ApiToken": "keys of programs",
    "fabric.Event": "what open pages hear",
    "fabric.EventHead": "what open pages hear",
    "fabric.Schedule": "when work repeats",
    "fabric.Attempt": "background work",
    "fabric.ChatNotice": "what chats are told",
    "converse.Entry": "codes of customers who come in",
    "api.StoredResponse": "answers to programs, for repeated calls",
    "api.SeenMessage": "calls of webhooks that were heard",
}
# What else belongs to people: the addresses they sign in with.
BESIDE = ("account.EmailAddress",)
# What stands in place of a column that is not taken.
EMPTIED = {
    "fabric.User": {"password": UNUSABLE_PASSWORD_PREFIX},
    "listen.Source": {"token_id": None, "asked_by": "", "asked_until": None},
}
# What `fabric/secrets.py` seals: useless elsewhere, since it is opened with the key of this installation.
_SEALED = re.compile(r"gAAAA[\w-]{80,}={0,2}")
CHUNK_ROWS = 2_000


def archived_models() -> list[type[models.Model]]:
    """The models whose rows are taken, in a steady order."""
    ours = [
        model
        for config in apps.get_app_configs()
        if config.name.startswith("interlock.")
        for model in config.get_models(include_auto_created=True)
        if model._meta.label not in LEFT_OUT
    ]
    return sorted([*ours, *map(apps.get_model, BESIDE)], key=lambda model: model._meta.label)


def shape() -> dict[str, str]:
    """The newest migration of each app: two installations of one shape have the same tables."""
    applied = MigrationRecorder(connection).applied_migrations()
    ours = {model._meta.app_label for model in archived_models()}
    return {app: name for app, name in sorted(applied) if app in ours}


def columns_of(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    return list(model._meta.concrete_fields)


def rows_of(model: type[models.Model]) -> Iterator[list[Any]]:
    """All rows by their key, as values that JSON knows, without secrets."""
    fields = columns_of(model)
    emptied = EMPTIED.get(model._meta.label, {})
    names = [field.attname for field in fields]
    rows = model._base_manager.order_by("pk").values_list(*names).iterator(chunk_size=CHUNK_ROWS)
    for row in rows:
        yield [
            emptied[name] if name in emptied else written(value)
            for name, value in zip(names, row, strict=True)
        ]


def written(value: Any) -> Any:
    """A value as JSON knows it, without what is sealed, wherever in it that stands. Moments are UTC, bytes base64."""
    match value:
        case str():
            return _SEALED.sub("", value)
        case dict():
            return {key: written(one) for key, one in value.items()}
        case list():
            return [written(one) for one in value]
        case bytes() | memoryview():
            return base64.b64encode(value).decode()
        case datetime() | date() | time():
            return value.isoformat()
        case Decimal() | UUID():
            return str(value)
    return value


def store(model: type[models.Model], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write rows back as they were, keys and moments included. In a transaction."""
    fields = {field.attname: field for field in columns_of(model)}
    quoted = connection.ops.quote_name
    columns = ", ".join(quoted(fields[name].column) for name in names)
    places = ", ".join(["%s"] * len(names))
    table = quoted(model._meta.db_table)
    ready = [
        [
            fields[name].get_db_prep_save(fields[name].to_python(value), connection)
            for name, value in zip(names, row, strict=True)
        ]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", ready)  # noqa: S608 - names of columns


def let_keys_go_on() -> None:
    """Let the next row of each table get a key that is free; SQLite sees to that by itself."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), archived_models()):
            cursor.execute(statement)

"""What somebody wrote to make a page run it: the attempts, and every column of text that can hold them.

The columns are found by introspection, so that a new one is attacked without anybody thinking of it. What cannot
hold words of people is named here, with why.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import batched, cycle
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.db import connection
from django.db.models import (
    AutoField,
    BinaryField,
    CharField,
    DateField,
    DateTimeField,
    Field,
    ForeignKey,
    JSONField,
    Model,
    TextField,
    UUIDField,
)

from interlock.converse.community import posting

OURS = ("fabric", "listen", "converse", "reconnect", "api", "account")
# A chosen word of ours, a number or a mark that no form, file, mail or system fills in.
NOT_WORDS = {
    "of rows that nothing may change; what people call things is in them through the services": {
        "fabric.JournalEntry": ["verb", "about_kind", "about_key", "detail", "previous", "hash"],
        "fabric.JournalHead": ["hash"],
    },
    "a hash, a seal or a random key": {
        "fabric.User": ["password"],
        "fabric.Invitation": ["token_hash"],
        "fabric.NoMail": ["mark"],
        "fabric.Forgotten": ["mark"],
        "fabric.Evidence": ["sha256"],
        "fabric.ApiToken": ["start", "digest"],
        "account.EmailConfirmation": ["key"],
        "listen.Source": ["key", "secrets", "cursor"],
        "listen.Theme": ["key"],
        "listen.Cluster": ["key"],
        "converse.Entry": ["key", "code_hash", "caller"],
        "converse.Brought": ["digest"],
        "converse.Picture": ["key"],
        "converse.Post": ["caller", "signal_key"],
        "converse.Reply": ["caller", "signal_key"],
        "converse.ToldPerson": ["key"],
        "api.StoredResponse": ["body_digest"],
    },
    "a word that our code chose": {
        "fabric.Person": ["functions"],
        "fabric.Invitation": ["functions"],
        "fabric.Context": ["kind"],
        "fabric.ApiToken": ["scopes"],
        "fabric.Event": ["topic", "verb"],
        "fabric.Schedule": ["path"],
        "fabric.Attempt": ["path", "key"],
        "fabric.Chat": ["form", "hears"],
        "listen.Source": ["kind", "asked_by"],
        "listen.InboxRow": ["table"],
        "listen.EarlierRow": ["table"],
        "listen.Signal": ["kind", "lang"],
        "listen.Facet": ["name"],
        "listen.ThemeFigures": ["currency", "weeks", "kinds"],
        "listen.ThemeShift": ["rose", "fell"],
        "listen.ThemeDriver": ["figures", "orders"],
        "listen.SegmentVoices": ["column"],
        "listen.Clock": ["kind"],
        "listen.CustomerWorth": ["band"],
        "listen.WorthBands": ["bounds", "currency"],
        "listen.Understood": ["version", "language", "also", "chances"],
        "listen.Correction": ["intents"],
        "listen.LanguageCorrection": ["language"],
        "listen.LearntFeeling": ["subject", "version", "verdict"],
        "listen.ThemesLearnt": ["encoder"],
        "converse.Board": ["key", "kinds"],
        "converse.Status": ["key", "kinds"],
        "converse.Conversation": ["functions"],
        "converse.Brought": ["kind"],
        "converse.ToldPerson": ["language"],
        "converse.NoticeChoice": ["zone"],
        "reconnect.Disconnect": ["rule", "tier", "currency", "money_basis"],
        "reconnect.Judgement": ["rule"],
    },
    "a key of ours by which a page finds its rows": {
        "listen.ReplyRoute": ["signal_key"],
        "listen.PlacedSignal": ["signal_key"],
        "listen.Clock": ["signal_key"],
        "listen.RestingClock": ["signal_key", "clock"],
        "listen.AnsweredSignal": ["signal_key"],
        "listen.Correction": ["signal_key"],
        "listen.LanguageCorrection": ["signal_key"],
        "listen.Signal": ["key"],
        "converse.ToldSignal": ["signal_key"],
    },
    "a sentence of ours with places for values": {"reconnect.Disconnect": ["money_terms"]},
    "a file of ours that a parser has read; nobody is shown it but through that parser": {
        "listen.Source": ["mapping", "connection"],
        "listen.Import": ["mapping"],
    },
}  # fmt: skip
# Tables that no page reads.
NEVER_SHOWN = {
    "fabric.Forgotten": "marks",
    "api.StoredResponse": "answers to programs, which get the same bytes once more",
    "api.SeenMessage": "numbers of calls, compared and never shown",
}
# A row of these must be about one thing of several.
ONLY_SO: dict[str, dict[str, Any]] = {
    "converse.Report": {"reply": None},
    "converse.Rewording": {"reply": None},
}
# Of what nobody filled in every second is: empty is a state that pages tell, and so is what fills it.
_FILLED = cycle([False, True])
# Within values of JSON: what stands under these names, or in a list of words, is somebody's.
NAMES_OF_WORDS = {"label", "name", "title", "words", "said", "quote", "body", "owner", "note"}
LISTS_OF_WORDS = {"converse.Board.products", "listen.Theme.words", "listen.OutcryWatch.mails"}


def attacks() -> list[str]:
    """What the file holds, with `\\n` and the like as the signs they stand for; as a form lets it through."""
    lines = (Path(__file__).parent / "attacks.txt").read_text("utf-8").splitlines()
    kept = [_with_signs(line) for line in lines if line and not line.startswith("# ")]
    return [posting.clean(one.encode("utf-16", "surrogatepass").decode("utf-16")) for one in kept]


def _with_signs(line: str) -> str:
    if "\\" not in line:
        return line
    spelt = line.replace("\\0", "\\u0000").replace('"', '\\"')
    try:
        return json.loads(f'"{spelt}"')
    except json.JSONDecodeError:  # a backslash that is part of the attack
        return line


def together(number: int) -> list[str]:
    """All attacks as paragraphs, so many in a text."""
    return ["\n\n".join(some) for some in batched(attacks(), number)]


def attacked_columns() -> Iterator[tuple[type[Model], list[Field]]]:
    """Every model with its columns that may hold what somebody wrote."""
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            columns = [one for one in model._meta.concrete_fields if _holds_words(model, one)]
            if columns:
                yield model, columns


def _holds_words(model: type[Model], column: Field) -> bool:
    if not isinstance(column, CharField | TextField | JSONField) or column.choices:
        return False
    return not any(column.name in columns.get(model._meta.label, ()) for columns in NOT_WORDS.values())


def attack_rows(now: datetime) -> dict[str, int]:
    """Put an attack into each such column of each row; return how many rows by model. A table without rows gets one."""
    written, turns = {}, cycle(attacks())
    for model, columns in attacked_columns():
        if model._meta.label not in NEVER_SHOWN and not model._default_manager.exists():
            model._default_manager.create(**_some_values(model, now))
        names = [column.attname for column in columns]
        rows = [
            [*(_attacked(column, value, turns) for column, value in zip(columns, values, strict=True)), key]
            for key, *values in model._default_manager.values_list("pk", *names)
        ]
        places = ", ".join(f'"{column.column}" = %s' for column in columns)
        primary = model._meta.pk.column
        with connection.cursor() as cursor:
            cursor.executemany(f'UPDATE "{model._meta.db_table}" SET {places} WHERE "{primary}" = %s', [
                [*row[:-1], model._meta.pk.get_db_prep_value(row[-1], connection)] for row in rows
            ])  # fmt: skip
        written[model._meta.label] = len(rows)
    return written


def _some_values(model: type[Model], now: datetime) -> dict[str, Any]:
    """What a row needs: the first of what it refers to, now for moments, one letter for words."""
    values: dict[str, Any] = {}
    for column in model._meta.concrete_fields:
        if isinstance(column, AutoField):
            continue
        if isinstance(column, ForeignKey):
            values[column.name] = column.related_model._default_manager.order_by("pk").first()
        elif not column.has_default() and not column.null:
            values[column.name] = _some_value(column, now)
    return values | ONLY_SO.get(model._meta.label, {})


def _some_value(column: Field, now: datetime) -> Any:
    if column.choices:
        return column.choices[0][0]
    match column:
        case DateTimeField():
            return now
        case DateField():
            return now.date()
        case JSONField():
            return {}
        case BinaryField():
            return b""
        case UUIDField():
            return uuid4()
        case CharField() | TextField():
            return "x"
    return 1


def _attacked(column: Field, value: Any, turns: Iterator[str]) -> Any:
    """The value with an attack in place of its words, as the database takes it."""
    if isinstance(column, JSONField):
        whole = f"{column.model._meta.label}.{column.name}" in LISTS_OF_WORDS
        return json.dumps(_in_json(value, turns, whole))
    attack = next(turns)
    if not value and next(_FILLED):
        return value
    if column.unique or "email" in column.name:
        attack = f'"{attack}"@{len(value)}.example'
    return attack[: column.max_length] if column.max_length else f"{attack}\n\n{next(turns)}"


def _in_json(value: Any, turns: Iterator[str], words: bool) -> Any:
    if isinstance(value, dict):
        return {key: _in_json(one, turns, key in NAMES_OF_WORDS) for key, one in value.items()}
    if isinstance(value, list):
        return [_in_json(one, turns, words) for one in value]
    return next(turns) if words and isinstance(value, str) and value else value

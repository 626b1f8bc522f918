"""Which signals contain these words? One box, the same meaning on SQLite (FTS5) and PostgreSQL (tsvector).

All words must occur, anywhere in the signal, its keys or the names of its account and product; "words in
quotes" must stand together; a star at the end of a word (`deliv*`) finds its continuations. SQLite also
finds "não" for "nao"; core PostgreSQL does not. A text of signs alone (😡, !!!) is looked for as it stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, connections, transaction
from django.db.models import BooleanField, Model, Q, QuerySet
from django.db.models.expressions import RawSQL

from interlock.listen.models import Signal, SignalsCopied

_PART = re.compile(r'"([^"]*)"|(\S+)')
_WORD = re.compile(r"[^\W_]+", re.UNICODE)
MOST_PARTS = 12
# No index knows signs, so that each text is read: the newest 20,000 of a million, of 314 letters each, in 25 ms on SQLite.
SIGNS_AMONG = 20_000
_SAID = ("title", "body", "reason")
# Of a million signals 190 hits took 0.6 ms looked up and 91 ms by walking; from 20,000 on walking is quicker.
FEW_HITS = 10_000
_LOOKED_UP = "listen_signal.id IN (SELECT rowid FROM listen_signal_words WHERE listen_signal_words MATCH %s)"
# The plus keeps SQLite from fetching and sorting every hit: it walks the newest signals and asks of each whether
# it is a hit. A word in 232,000 of 294,000 signals took 26 ms instead of 135 ms.
_WALKED = f"+{_LOOKED_UP}"


@dataclass(frozen=True)
class Part:
    """Words that must stand together; `open_ended` when the last may go on."""

    words: tuple[str, ...]
    open_ended: bool = False


def parts_of(text: str) -> list[Part]:
    """Take a search text apart; signs that are no letters or digits only separate words."""
    parts = []
    for quoted, single in _PART.findall(text):
        words = tuple(_WORD.findall(quoted or single))
        if words:
            parts.append(Part(words, not quoted and single.endswith("*")))
    return parts[:MOST_PARTS]


def signs_of(text: str) -> list[str]:
    """What to look for in a text without words, as it stands; nothing where there is a word."""
    if not text.strip() or _WORD.search(text):
        return []
    # ❤ is written with and without the sign that colours it.
    signs = ((quoted or single).removesuffix("\ufe0f") for quoted, single in _PART.findall(text))
    return [sign for sign in signs if sign][:MOST_PARTS] or [text.strip()]


def with_signs[Row: Model](
    rows: QuerySet[Row], signs: Sequence[str], columns: Sequence[str], *, newest: str = "pk"
) -> QuerySet[Row]:
    """Of the newest SIGNS_AMONG rows of the table those that hold all signs in one of the columns; all without signs."""
    if not signs:
        return rows
    everything = rows.model._default_manager.order_by(f"-{newest}").values_list(newest, flat=True)
    last = list(everything[SIGNS_AMONG : SIGNS_AMONG + 1])
    if last:
        rows = rows.filter(**{f"{newest}__gt": last[0]})
    for sign in signs:
        anywhere = Q()
        for column in columns:
            anywhere |= Q(**{f"{column}__contains": sign})
        rows = rows.filter(anywhere)
    return rows


def containing(signals: QuerySet[Signal], text: str) -> QuerySet[Signal]:
    """Keep the signals that contain the text; of signs alone only the newest are read."""
    parts = parts_of(text)
    if not parts:
        signs = signs_of(text)
        return with_signs(signals, signs, _SAID, newest="occurred_at") if signs else signals.none()
    if connections[signals.db].vendor == "postgresql":
        query, words = tsquery_of(parts)
        condition = f"listen_signal.words @@ ({query})"
    else:
        words = [" AND ".join(as_fts5(part) for part in parts)]
        condition = _LOOKED_UP if _are_few(words[0], signals.db) else _WALKED
    return signals.filter(RawSQL(condition, words, output_field=BooleanField()))  # noqa: S611


def tsquery_of(parts: Sequence[Part]) -> tuple[str, list[str]]:
    """The parts as an expression of PostgreSQL, of which only the shape is composed: every word is a parameter."""
    calls = ("to_tsquery" if part.open_ended else "phraseto_tsquery" for part in parts)
    return " && ".join(f"{call}('simple', %s)" for call in calls), [as_tsquery(part) for part in parts]


def numbered(signals: QuerySet[Signal], numbers: Sequence[int]) -> QuerySet[Signal]:
    """Keep the signals of these numbers, tens of thousands if need be: they go to the database as one value."""
    if connections[signals.db].vendor == "postgresql":
        among, values = "listen_signal.id = ANY(%s)", list(numbers)
    else:
        among, values = "listen_signal.id IN (SELECT value FROM json_each(%s))", json.dumps(list(numbers))
    return signals.filter(RawSQL(among, [values], output_field=BooleanField()))  # noqa: S611 - numbers only


def let_words_wait(many: bool) -> None:
    """Before many signals are written: stop the triggers of SQLite until `catch_up_words`.

    The mark is kept in the database, so that a copying that is killed leaves word of it.
    """
    if many and connection.vendor == "sqlite":
        SignalsCopied.objects.update_or_create(pk=1, defaults={"words_behind": True})


@transaction.atomic
def catch_up_words() -> None:
    """Index the words of all signals if the triggers were stopped; PostgreSQL never falls behind."""
    if SignalsCopied.objects.filter(pk=1, words_behind=True).exists():
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO listen_signal_words(listen_signal_words) VALUES ('rebuild')")
        SignalsCopied.objects.filter(pk=1).update(words_behind=False)


def _are_few(words: str, database: str) -> bool:
    """Whether so few signals are hits that each is looked up. Counting no further takes under a millisecond."""
    with connections[database].cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM listen_signal_words WHERE listen_signal_words MATCH %s LIMIT %s)",
            [words, FEW_HITS + 1],
        )
        return cursor.fetchone()[0] <= FEW_HITS


def as_fts5(part: Part) -> str:
    """A part as FTS5 asks for it; the parts of a search are joined by AND."""
    return f'"{" ".join(part.words)}"{" *" if part.open_ended else ""}'


def as_tsquery(part: Part) -> str:
    """A part as PostgreSQL asks for it: for `to_tsquery` where it is open-ended, else for `phraseto_tsquery`."""
    if not part.open_ended:
        return " ".join(part.words)
    *before, last = part.words
    return " <-> ".join([*before, f"{last}:*"])

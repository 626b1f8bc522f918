"""Somebody who is erased is also named and quoted in what others wrote. Their name, address and words go there as well.

All tables are looked at, so that a new one is from its first day, but for those named here. To find the rows reads
every text once, some seconds for a million lines: it is done before anything is locked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import batched, product
from typing import Any

from django.apps import apps
from django.db.models import CharField, Field, JSONField, Model, Q, TextField, UniqueConstraint
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

SPARED = {
    "fabric.JournalEntry": "it cannot be changed, and holds numbers in place of names and words",
    "fabric.JournalHead": "hashes",
    "fabric.Person": "other people may have the same name",
    "fabric.User": "addresses of others",
    "fabric.Company": "the company's own words",
    "converse.Board": "the company's own words",
    "converse.Status": "the company's own words",
    "account.EmailAddress": "addresses of others",
    "listen.Signal": "what another customer told us, as the system of record has it",
    "listen.InboxRow": "the same, on its way to the records",
    "listen.EarlierRow": "the same, an earlier version",
    "sessions.Session": "sealed, and ended",
}
# What people say for themselves. Two may type the same sentence, so theirs goes from here only where it is quoted.
SPOKEN = frozenset({
    "converse.Post", "converse.Reply", "converse.Rewording", "converse.Message", "converse.Wording", "converse.Draft",
    "converse.Choice", "converse.Option", "converse.Stance", "converse.Decision", "converse.Commitment",
    "converse.Postponement", "listen.AnswerRound", "listen.Answer",
})  # fmt: skip
# What is shorter may well be somebody else's: "Thank you very much".
LEAST_QUOTED, MOST_QUOTED = 24, 1_000
MOST_QUOTES = 200
# SQLite reads at most 1,000 conditions at once; a word in JSON is two.
ASKED_AT_ONCE = 200
# A line of a mail or of Markdown that quotes, or words between quotation marks.
_QUOTED = re.compile(r"^[ \t]*>.*$|[\"“”„«»‘‚‹][^\"“”«»‘’‹›]*[\"“”«»’‘›]", re.MULTILINE)
_NEVER = r"(?!)"
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True)
class Traces:
    """What to look for: names and addresses as whole words, and what they said, by lines and sentences.

    Where a name is part of what we call something of `ours`, it stays.
    """

    names: tuple[str, ...]
    lines: tuple[str, ...] = ()
    ours: tuple[str, ...] = ()

    def without(self, text: str, *, is_spoken: bool = False) -> str:
        """The text with neither; of what somebody said for themselves, without the quotes alone."""
        for line in self.lines:
            if line in text:
                text = _QUOTED.sub(partial(_unsaid, line), text) if is_spoken else _unsaid(line, text)
        if not self.names:
            return text
        ours = "|".join(map(_whole, sorted(self.ours, key=len, reverse=True))) or _NEVER
        either = rf"(?P<ours>{ours})|{'|'.join(map(_whole, self.names))}"
        somebody = _("somebody who asked to be forgotten")
        return re.sub(either, lambda found: found["ours"] or somebody, text, flags=re.IGNORECASE)


def _unsaid(line: str, text: str | re.Match[str]) -> str:
    text = text if isinstance(text, str) else text[0]
    return text.replace(line, _("[words of somebody who asked to be forgotten]"))


@dataclass(frozen=True)
class Found:
    """Rows of one table that name or quote somebody."""

    model: type[Model]
    keys: tuple[Any, ...]


def _whole(name: str) -> str:
    """Where this name or address stands by itself: jo.ana@example.com is not ana@example.com, nor is ana@example.com.br."""
    alone = rf"(?<!\w){re.escape(name)}(?!\w)"
    return rf"(?<!\w[.+-]){alone}(?!-|\.\w)" if "@" in name[1:] else alone


def mentions(values: Iterable[Any], name: str) -> bool:
    """Whether a name or address stands by itself in one of these values of a row, JSON included."""
    whole = re.compile(_whole(name), re.IGNORECASE) if name else None
    return whole is not None and any(
        whole.search(one if isinstance(one, str) else json.dumps(one, ensure_ascii=False))
        for one in values
        if isinstance(one, str | dict | list)
    )


def lines_of(texts: Sequence[str]) -> tuple[str, ...]:
    """The lines and sentences of these texts that tell whose they are, the longest first. Quoted ones are another's."""
    lines = {line.strip() for text in texts for line in text.splitlines()}
    lines = {line for line in lines if not line.startswith(">")}
    lines |= {sentence for line in lines for sentence in _BETWEEN_SENTENCES.split(line)}
    told = sorted(
        (line for line in lines if LEAST_QUOTED <= len(line) <= MOST_QUOTED),
        key=lambda line: (-len(line), line),
    )
    return tuple(told[:MOST_QUOTES])


def rows_with(traces: Traces) -> list[Found]:
    """Every row in which somebody stands. A query a column of text, and another for each 200 names and lines."""
    sought = [*traces.names, *traces.lines]
    if not sought:
        return []
    return [
        found
        for model in apps.get_models()
        if model._meta.label not in SPARED and (found := _found(model, sought)).keys
    ]


def named_in(columns: Sequence[Field[Any, Any]], words: Sequence[str]) -> tuple[dict[str, Cast], Q]:
    """These columns as texts, and the condition that one of them holds one of these words.

    SQLite keeps letters beyond ASCII escaped in JSON, PostgreSQL does not.
    """
    texts = {f"text_{number}": Cast(one.name, TextField()) for number, one in enumerate(columns)}
    asked = Q(pk__in=[])
    for name, column in zip(texts, columns, strict=True):
        for word in words:
            asked |= Q(**{f"{name}__icontains": word})
            if isinstance(column, JSONField):
                asked |= Q(**{f"{name}__icontains": json.dumps(word)[1:-1]})
    return texts, asked


def text_columns(model: type[Model]) -> list[Field[Any, Any]]:
    """Columns that may hold what somebody wrote."""
    return [
        one
        for one in model._meta.concrete_fields
        if isinstance(one, CharField | TextField | JSONField) and not one.choices and not one.primary_key
    ]


def take_out(found: Sequence[Found], traces: Traces) -> int:
    """Take somebody out of these rows; return how many changed. In a transaction."""
    return sum(_changed(row, traces) for one in found for row in _rows(one))


def _found(model: type[Model], sought: Sequence[str]) -> Found:
    keys: set[Any] = set()
    for column, words in product(text_columns(model), batched(sought, ASKED_AT_ONCE)):
        texts, asked = named_in([column], words)
        keys.update(model._base_manager.annotate(**texts).filter(asked).values_list("pk", flat=True))
    return Found(model, tuple(keys))


def _rows(found: Found) -> Iterator[Model]:
    """The rows as they are now, held until the transaction ends: what was written meanwhile is not lost."""
    for keys in batched(found.keys, ASKED_AT_ONCE):
        held = found.model._base_manager.select_for_update(of=("self",), no_key=True)
        yield from held.filter(pk__in=keys).order_by("pk")


def _changed(row: Model, traces: Traces) -> bool:
    changes = {}
    is_spoken = row._meta.label in SPOKEN
    for column in text_columns(type(row)):
        before = getattr(row, column.attname)
        after = _without(before, traces, is_spoken)
        if after != before:
            # Emptied of their names, the keys of two people would be the same.
            ending = f" ({row.pk})" if column in _own_alone(type(row)) else ""
            longest = getattr(column, "max_length", None)
            if isinstance(after, str):
                after = (after[: longest - len(ending)] if longest else after) + ending
            changes[column.attname] = after
    if changes:
        type(row)._base_manager.filter(pk=row.pk).update(**changes)
    return bool(changes)


def _own_alone(model: type[Model]) -> set[Field[Any, Any]]:
    """Columns by which a table tells its rows apart: no two hold the same."""
    constraints = [one for one in model._meta.constraints if isinstance(one, UniqueConstraint)]
    together = {name for one in constraints for name in one.fields}
    return {one for one in model._meta.concrete_fields if one.unique or one.name in together}


def _without(value: Any, traces: Traces, is_spoken: bool) -> Any:
    match value:
        case str():
            return traces.without(value, is_spoken=is_spoken)
        case dict():
            return {traces.without(key): _without(one, traces, is_spoken) for key, one in value.items()}
        case list():
            return [_without(one, traces, is_spoken) for one in value]
    return value

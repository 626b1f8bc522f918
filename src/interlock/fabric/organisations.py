"""Organisations: accounts as the records name them, and partners whom no record names.

Nothing of the records is copied: a page of accounts is asked of them each time, along their names.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, count
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.utils.text import slugify
from django.utils.translation import gettext as _

from interlock.fabric import records
from interlock.fabric.models import Organisation, Person, Role

PAGE = 50
# More than this many segments or regions are no choice any more; words find them then.
MOST_CHOICES = 60
_NAME = "coalesce(nullif(name, ''), account_id)"


class NotOne(Exception):
    """No organisation answers to this name or key, or several do."""


@dataclass(frozen=True)
class Account:
    """One account as a list shows it."""

    key: str
    name: str
    segment: str | None
    region: str | None
    since: Any
    ended_at: Any


@dataclass(frozen=True)
class Accounts:
    """What accounts are narrowed by; empty ones do not narrow. `after` is name and key of the last one shown."""

    words: str = ""
    segment: str = ""
    region: str = ""
    after: tuple[str, str] | None = None


@dataclass(frozen=True)
class Choices:
    """The segments and regions that accounts can be narrowed to."""

    segments: Sequence[str]
    regions: Sequence[str]


def accounts(wanted: Accounts) -> tuple[list[Account], bool]:
    """One page by name, and whether more follow. One query of the records."""
    tables = records.current_records()
    if not tables.has("accounts"):
        return [], False
    conditions, values = ["account_id IS NOT NULL"], {}
    for name, value in (("segment", wanted.segment), ("region", wanted.region)):
        if value:
            conditions.append(f"{name} = ${name}")
            values[name] = value
    if wanted.words:
        conditions.append(f"(contains(lower({_NAME}), lower($words)) OR lower(account_id) = lower($words))")
        values["words"] = wanted.words
    if wanted.after:
        conditions.append(f"({_NAME} > $name OR ({_NAME} = $name AND account_id > $key))")
        values |= {"name": wanted.after[0], "key": wanted.after[1]}
    found = tables.sql(_select(" AND ".join(conditions), f"ORDER BY name, key LIMIT {PAGE + 1}"), **values)
    rows = [Account(**row) for row in found.to_pylist()]
    return rows[:PAGE], len(rows) > PAGE


def account(key: str) -> Account | None:
    """The account of this key, if the records hold one."""
    tables = records.current_records()
    if not key or not tables.has("accounts"):
        return None
    rows = tables.sql(_select("account_id = $key", "LIMIT 1"), key=key).to_pylist()
    return Account(**rows[0]) if rows else None


def choices() -> Choices:
    """What the records hold at this moment; found once for each of their versions."""
    return _choices(str(settings.RECORDS_FOLDER), records.snapshot().number)


@lru_cache(maxsize=4)
def _choices(_folder: str, _number: int) -> Choices:
    return Choices(_values("segment"), _values("region"))


def _values(column: str) -> list[str]:
    tables = records.current_records()
    if not tables.has("accounts", column):
        return []
    query = f"SELECT DISTINCT {column} AS value FROM accounts WHERE {column} <> '' ORDER BY 1 LIMIT {MOST_CHOICES + 1}"  # noqa: S608 - a column of the contract
    values = [row["value"] for row in tables.sql(query).to_pylist()]
    return values if len(values) <= MOST_CHOICES else []


def names_of(keys: Collection[str]) -> dict[str, str]:
    """What organisations of these keys are called; the records come first. Two queries at most."""
    wanted = sorted({key for key in keys if key})
    if not wanted:
        return {}
    named = dict(Organisation.objects.filter(key__in=wanted).values_list("key", "name"))
    tables = records.current_records()
    if tables.has("accounts", "name"):
        rows = tables.sql(
            "SELECT account_id, name FROM accounts WHERE account_id IN $keys AND name <> ''", keys=wanted
        )
        named |= {row["account_id"]: row["name"] for row in rows.to_pylist()}
    return {key: named.get(key, key) for key in wanted}


def is_named(key: str) -> bool:
    """Whether a partner was given this key here. One query."""
    return Organisation.objects.filter(key=key).exists()


def partners() -> list[tuple[str, str, int]]:
    """Key, name and number of people of each partner organisation, by name. Three queries at most."""
    here = Person.objects.filter(role=Role.PARTNER, left_at=None).exclude(account_key="")
    counted = dict(here.order_by().values_list("account_key").annotate(n=Count("pk")))
    keys = {*counted, *Organisation.objects.values_list("key", flat=True)}
    named = names_of(keys)
    return sorted(
        ((key, named[key], counted.get(key, 0)) for key in keys), key=lambda one: (one[1].lower(), one[0])
    )


def key_of(role: str, words: str) -> str:
    """The key of the organisation that somebody of this role is here for, by its name or key; empty for none.

    A partner whom nobody knows yet is kept under their name. Colleagues are here for us.

    Raises:
        NotOne: a partner's is not named, or the name leads to no account or to several.
    """
    words = words.strip()
    if role == Role.PARTNER:
        return _partner_called(words)
    return customer_called(words) if role == Role.CUSTOMER and words else ""


def _partner_called(words: str) -> str:
    if not words:
        raise NotOne(_("Name the organisation; partners of two organisations never meet here."))
    known = {key for key, name, _n in partners() if words.lower() in {key.lower(), name.lower()}}
    known = known or _accounts_called(words)
    if len(known) > 1:
        raise NotOne(_("Several organisations are called “%(name)s”. Give its key.") % {"name": words})
    if known:
        return known.pop()
    # Two names may make one slug, and two organisations must never get one key.
    slug = slugify(words)[:150] or "organisation"
    taken = set(Organisation.objects.filter(key__startswith=f"partner:{slug}").values_list("key", flat=True))
    endings = chain([""], (f"-{number}" for number in count(2)))
    key = next(key for key in (f"partner:{slug}{ending}" for ending in endings) if key not in taken)
    return Organisation.objects.create(key=key, name=words[:200]).key


def customer_called(words: str) -> str:
    """The key of the account of this name or key.

    Raises:
        NotOne: the records hold none, or several of this name.
    """
    found = _accounts_called(words.strip())
    if len(found) == 1:
        return found.pop()
    why = (
        _("Several accounts are called “%(name)s”. Give the key of the one you mean.")
        if found
        else _(
            "The records hold no account “%(name)s”. Give its name or key as they have it, or leave it empty."
        )
    )
    raise NotOne(why % {"name": words})


def _accounts_called(words: str) -> set[str]:
    tables = records.current_records()
    if not tables.has("accounts"):
        return set()
    exact = tables.sql("SELECT account_id AS key FROM accounts WHERE account_id = $words", words=words)
    named = tables.sql(
        "SELECT account_id AS key FROM accounts WHERE lower(name) = lower($words) LIMIT 2", words=words
    )
    return {row["key"] for row in exact.to_pylist() or named.to_pylist()}


def _select(condition: str, rest: str) -> str:
    return f"SELECT account_id AS key, {_NAME} AS name, segment, region, since, ended_at FROM accounts WHERE {condition} {rest}"  # noqa: S608 - conditions are written here, every value is a parameter

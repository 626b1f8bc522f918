"""A mapping as one line a column: what each column of the files means, and how a person changes it.

The lines are read from the mapping's own document and written back into it, so that the page and the YAML
never say different things. What a line cannot say (concatenations, lookups, choices) stays as it is.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from django.utils.translation import gettext as _

from interlock.connectors.mapping import mapping_from, read_mapping
from interlock.connectors.mapping.model import Mapping as ReadMapping
from interlock.connectors.recognition import assign
from interlock.store.contract import TABLES

KEEP = "="
SURE = 0.8
ALWAYS_OFFERED = ("signals", "orders", "order_lines", "accounts", "products")
TIMES = {"date", "timestamp"}


@dataclass(frozen=True)
class ColumnLine:
    """One column of one file. `use` is "table.column", "" when left out, "=" when only the YAML can say it."""

    number: int
    file: str
    alias: str
    column: str
    samples: tuple[str, ...]
    use: str
    uses: tuple[str, ...]
    certainty: str  # sure, likely, ask or told
    reason: str
    date_format: str
    time_zone: str

    @property
    def is_time(self) -> bool:
        table, _dot, column = self.use.partition(".")
        return table in TABLES and TABLES[table].column(column).type in TIMES

    @property
    def meanings(self) -> list[str]:
        """What the column is used for, in words."""
        return [meaning_of(use) for use in self.uses]


def meaning_of(use: str) -> str:
    """The contract's own words for "table.column"."""
    table, _dot, column = use.partition(".")
    return f"{table_name(table)}: {_(TABLES[table].column(column).description)}"


def table_name(table: str) -> str:
    """A contract table as people call it."""
    return table.replace("_", " ")


def lines(found: Mapping[str, Any], mapping_text: str) -> list[ColumnLine]:
    """Every column of every file, with what the mapping makes of it."""
    mapping = read_mapping(mapping_text, _("the mapping"))
    aliases = _aliases(found, mapping)
    uses = _uses(dict(mapping.document))
    indirect = _mentioned(mapping.document)
    guesses = {(guess["file"], guess["column"]): guess for guess in found.get("guesses", [])}
    result: list[ColumnLine] = []
    for table in found.get("tables", []):
        alias = aliases.get(table["name"], "")
        for column in table["columns"]:
            name = column["name"]
            made = uses.get((alias, name), [])
            guess = guesses.get((table["name"], name)) or guesses.get((alias, name))
            recipe = made[0][1] if made else None
            result.append(
                ColumnLine(
                    number=len(result),
                    file=table["name"],
                    alias=alias,
                    column=name,
                    samples=tuple(column["samples"]),
                    use=_use(made, name in indirect),
                    uses=tuple(use for use, _recipe in made),
                    certainty=_certainty(guess, bool(made) or name in indirect),
                    reason=guess["reason"] if guess else "",
                    date_format=_date_format(recipe),
                    time_zone=recipe.get("time_zone", "") if isinstance(recipe, dict) else "",
                )
            )
    return result


def offered(mapping_text: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Meanings to choose from: the core tables and those the mapping makes, each with its columns."""
    made = {output.table for output in read_mapping(mapping_text, _("the mapping")).outputs}
    return [
        (
            table_name(name),
            [(f"{name}.{column.name}", _(column.description)) for column in table.columns],
        )
        for name, table in TABLES.items()
        if name in made or name in ALWAYS_OFFERED
    ]


def changed(found: Mapping[str, Any], mapping_text: str, answers: Mapping[int, tuple[str, str, str]]) -> str:
    """Return the mapping with answers written in: line number to (use, date format, time zone).

    Raises:
        MappingError: the result would not be a mapping, for instance because a required column has no source.
    """
    document = copy.deepcopy(dict(read_mapping(mapping_text, _("the mapping")).document))
    for line in lines(found, mapping_text):
        if line.number not in answers:
            continue
        use, date_format, time_zone = answers[line.number]
        if use not in {KEEP, line.use}:
            _drop(document, line)
            if use:
                _put(document, line, use)
        if use and use != KEEP and (date_format, time_zone) != (line.date_format, line.time_zone):
            _set_time(document, line, use, date_format, time_zone)
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
    mapping_from(document, _("the mapping"))
    return text


def with_repairs(mapping_text: str, repairs: list[tuple[str, str, str]]) -> str:
    """Return the mapping with keys repaired: (parent table, wrong key, right key)."""
    document = copy.deepcopy(dict(read_mapping(mapping_text, _("the mapping")).document))
    kept = document.setdefault("repair_keys", {})
    for parent, wrong, right in repairs:
        kept.setdefault(parent, {})[wrong] = right
    mapping_from(document, _("the mapping"))
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


def _aliases(found: Mapping[str, Any], mapping: ReadMapping) -> dict[str, str]:
    columns = {
        table["name"]: tuple(column["name"] for column in table["columns"])
        for table in found.get("tables", [])
    }
    return {name: alias for alias, names in assign(mapping, columns).items() for name in names}


def _outputs(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for table, made in document["tables"].items():
        for output in made if isinstance(made, list) else [made]:
            yield table, output


def _uses(document: Mapping[str, Any]) -> dict[tuple[str, str], list[tuple[str, Any]]]:
    """For each (alias, column) used directly: the contract columns it makes, with their recipes."""
    uses: dict[tuple[str, str], list[tuple[str, Any]]] = {}
    for table, output in _outputs(document):
        for target, recipe in output["columns"].items():
            column = _direct(recipe)
            if column:
                uses.setdefault((output["from"], column), []).append((f"{table}.{target}", recipe))
    return uses


def _direct(recipe: Any) -> str:
    """The column that a recipe takes as it is; empty when it does more than that."""
    if isinstance(recipe, dict):
        return str(recipe["column"]) if "column" in recipe else ""
    return str(recipe)


def _mentioned(value: Any) -> set[str]:
    """Every text in the document: a column named in a lookup or a choice is among them."""
    if isinstance(value, Mapping):
        return set().union(*(_mentioned(part) | {str(key)} for key, part in value.items()), set())
    if isinstance(value, list | tuple):
        return set().union(*(_mentioned(part) for part in value), set())
    text = str(value)
    return {text, text.rpartition(".")[2]}


def _use(made: list[tuple[str, Any]], mentioned: bool) -> str:
    if len(made) == 1:
        return made[0][0]
    return KEEP if made or mentioned else ""


def _certainty(guess: Mapping[str, Any] | None, used: bool) -> str:
    if guess is None:
        return "told" if used else "ask"
    if guess["confidence"] >= SURE:
        return "sure"
    return "likely" if used else "ask"


def _date_format(recipe: Any) -> str:
    formats = recipe.get("date", "") if isinstance(recipe, dict) else ""
    return ", ".join(formats) if isinstance(formats, list) else str(formats)


def _drop(document: dict[str, Any], line: ColumnLine) -> None:
    for _table, output in _outputs(document):
        if output["from"] == line.alias:
            output["columns"] = {
                target: recipe
                for target, recipe in output["columns"].items()
                if _direct(recipe) != line.column
            }


def _put(document: dict[str, Any], line: ColumnLine, use: str) -> None:
    table, _dot, target = use.partition(".")
    alias = line.alias or _new_alias(document, line)
    for name, output in _outputs(document):
        if name == table and output["from"] == alias:
            output["columns"][target] = {"column": line.column}
            return
    made = document["tables"].get(table)
    new = {"from": alias, "columns": {target: {"column": line.column}}}
    document["tables"][table] = [*(made if isinstance(made, list) else [made] if made else []), new]


def _new_alias(document: dict[str, Any], line: ColumnLine) -> str:
    alias = line.file.rpartition("/")[2].partition(".")[0] or "file"
    document["files"].setdefault(alias, {"names": [line.file]})
    return alias


def _set_time(document: dict[str, Any], line: ColumnLine, use: str, date_format: str, time_zone: str) -> None:
    table, _dot, target = use.partition(".")
    for name, output in _outputs(document):
        if name != table or _direct(output["columns"].get(target, "")) != line.column:
            continue
        recipe = output["columns"][target]
        recipe = dict(recipe) if isinstance(recipe, dict) else {"column": line.column}
        formats = [part.strip() for part in date_format.split(",") if part.strip()]
        for word, value in (("date", formats), ("time_zone", time_zone.strip())):
            recipe.pop(word, None)
            if value:
                recipe[word] = value
        output["columns"][target] = recipe

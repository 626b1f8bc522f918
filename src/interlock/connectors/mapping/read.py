"""Reads a whole mapping from YAML or plain values, checks it against the contract, and writes it again."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from interlock.store.contract import TABLES

from .conditions import read_condition
from .document import Document, Place, read_document
from .model import VERSION, FileRule, Join, Leave, Mapping, Output, Recipe
from .recipes import DECIMALS, Lists, read_pairs, read_recipe, read_zone

TOP = (
    "mapping", "name", "title", "source", "key_prefix", "time_zone", "files", "lists", "tables",
    "repair_keys",
)  # fmt: skip
FILE = (
    "names", "optional", "encoding", "delimiter", "header", "decimal", "thousands", "empty", "short_rows", "leave_out",
)  # fmt: skip
OUTPUT = ("from", "join", "when", "leave_out", "one_per_key", "only_new", "columns")


def read_mapping(text: str, name: str = "mapping") -> Mapping:
    """Read a mapping from YAML.

    Raises:
        MappingError: with file, line, key and what to write instead.
    """
    return _mapping(Place(read_document(text, name)))


def load_mapping(path: Path) -> Mapping:
    """Read a mapping from a YAML file."""
    return read_mapping(path.read_text("utf-8"), path.name)


def mapping_from(document: dict[str, Any], name: str = "mapping") -> Mapping:
    """Make a mapping of plain values, such as a guess or a form gives."""
    return _mapping(Place(Document(document, name)))


def write_mapping(mapping: Mapping) -> str:
    """Return the mapping as YAML; reading it again gives an equal mapping."""
    return yaml.safe_dump(dict(mapping.document), sort_keys=False, allow_unicode=True, width=110)


def save_mapping(mapping: Mapping, path: Path) -> None:
    """Write the mapping to a YAML file."""
    path.write_text(write_mapping(mapping), "utf-8")


def _mapping(place: Place) -> Mapping:
    place.names(TOP, "part of a mapping")
    if not place.has("mapping") or place.at("mapping").value != VERSION:
        raise place.fail(f"the first line must be 'mapping: {VERSION}', the version of this language.")
    for key in ("name", "files", "tables"):
        if not place.has(key):
            raise place.fail(f"{key} is missing.")
    time_zone = read_zone(place.at("time_zone")) if place.has("time_zone") else "UTC"
    lists = _lists(place)
    files = {alias: _file(place.at("files", alias), alias) for alias in place.at("files").names()}
    outputs = tuple(
        output
        for table in TABLES
        if place.at("tables").has(table)
        for output in _outputs(place.at("tables", table), table, files, lists)
    )
    place.at("tables").names(TABLES, "contract table")
    if not outputs:
        raise place.at("tables").fail("no table is made. Name at least one contract table.")
    return Mapping(
        name=place.at("name").text(),
        title=place.at("title").text() if place.has("title") else place.at("name").text(),
        files=files,
        outputs=outputs,
        document=place.value,
        key_prefix=place.at("key_prefix").text() if place.has("key_prefix") else "",
        time_zone=time_zone,
        repair_keys=_repairs(place.at("repair_keys")) if place.has("repair_keys") else {},
    )


def _lists(place: Place) -> Lists:
    if not place.has("lists"):
        return {}
    return {name: read_pairs(place.at("lists", name)) for name in place.at("lists").names()}


def _repairs(at: Place) -> dict[str, dict[str, str]]:
    return {table: read_pairs(at.at(table)) for table in at.names(TABLES, "contract table")}


def _file(at: Place, alias: str) -> FileRule:
    if at.value is None or isinstance(at.value, str | list):
        return FileRule(alias, names=at.texts() if at.value else (alias,))
    at.names(FILE, "word about a file")
    header = at.at("header") if at.has("header") else None
    return FileRule(
        alias,
        names=at.at("names").texts() if at.has("names") else (alias,),
        optional=at.at("optional").flag() if at.has("optional") else False,
        encoding=at.at("encoding").text() if at.has("encoding") else "",
        delimiter=at.at("delimiter").text() if at.has("delimiter") else "",
        header=None if header is None else 0 if header.value == "none" else header.whole(),
        decimal=at.at("decimal").choice(DECIMALS) if at.has("decimal") else "point",
        thousands=at.at("thousands").text() if at.has("thousands") else "",
        empty=at.at("empty").texts() if at.has("empty") else (),
        short_rows=at.at("short_rows").choice(("refuse", "fill")) if at.has("short_rows") else "refuse",
        leave_out=_leaves(at),
    )


def _outputs(at: Place, table: str, files: dict[str, FileRule], lists: Lists) -> list[Output]:
    places = list(at.items()) if isinstance(at.value, list) else [at]
    return [_output(place, table, files, lists) for place in places]


def _output(at: Place, table: str, files: dict[str, FileRule], lists: Lists) -> Output:
    at.names(OUTPUT, "word about a table")
    for key in ("from", "columns"):
        if not at.has(key):
            raise at.fail(f"{key} is missing.")
    columns = _columns(at.at("columns"), table, lists)
    joins = (
        tuple(_join(at.at("join", alias), files, lists) for alias in at.at("join").names())
        if at.has("join")
        else ()
    )
    return Output(
        table=table,
        alias=at.at("from").choice(files),
        columns=columns,
        joins=joins,
        when=read_condition(at.at("when")) if at.has("when") else None,
        leave_out=_leaves(at),
        one_per_key=at.at("one_per_key").flag() if at.has("one_per_key") else False,
        only_new=at.at("only_new").flag() if at.has("only_new") else False,
        place=str(at.fail("").args[0]).removesuffix(": "),
    )


def _columns(at: Place, table: str, lists: Lists) -> dict[str, Recipe]:
    contract = TABLES[table]
    columns = {name: read_recipe(at.at(name), lists) for name in at.names(contract.column_names, "column")}
    for name, recipe in columns.items():
        if recipe.formats and contract.column(name).type not in ("date", "timestamp"):
            raise at.at(name).fail(f"{name} is {contract.column(name).type}, not a date; take 'date' away.")
    for column in contract.columns:
        if column.required and column.name not in columns:
            raise at.fail(f"{table} needs {column.name} ({column.description}); name the column it is from.")
    return columns


def _leaves(at: Place) -> tuple[Leave, ...]:
    return tuple(_leave(item) for item in at.at("leave_out").items()) if at.has("leave_out") else ()


def _leave(at: Place) -> Leave:
    at.names(("when", "reason"), "word here")
    for key in ("when", "reason"):
        if not at.has(key):
            raise at.fail(f"{key} is missing; rows are only left out with a reason that can be shown.")
    return Leave(read_condition(at.at("when")), at.at("reason").text())


def _join(at: Place, files: dict[str, FileRule], lists: Lists) -> Join:
    alias = str(at.path[-1])
    if alias not in files:
        raise at.fail(f"no file is named {alias}; files: {', '.join(files)}.")
    at.names(("on", "first_by", "when"), "word about a join")
    if not at.has("on"):
        raise at.fail("on is missing: {their column: our column}.")
    first_by = at.at("first_by").text() if at.has("first_by") else ""
    on = tuple((theirs, read_recipe(at.at("on", theirs), lists)) for theirs in at.at("on").names())
    return Join(alias, on, first_by, read_condition(at.at("when")) if at.has("when") else None)


def mark_shipped(mapping: Mapping) -> Mapping:
    """The same mapping, known as one that comes with the product."""
    return replace(mapping, shipped=True)

"""Reads a database again and again: only the rows that are new since the last reading.

The cursor holds where each table stood. A reading takes rows from a little below that point on, so that
late commits and rows with the same time are never lost; what was there already counts as unchanged. Tables
that the mapping joins, sums or looks values up in are read as a whole, whenever anything is new.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from ..database_address import is_address
from ..errors import DatabaseRefused
from ..live import Answers, Question, Reach, ToImport, Unauthorised
from ..mapping import read_mapping
from ..mapping.parts import read_in_parts
from ..mapping.used import used_columns
from ..recognition import assign
from .reading import DatabaseTable, list_tables
from .session import address, made_engine
from .watermarks import Standing, Watermark, packed, standing_of, watermark_of

# An index answers in milliseconds; a minute bounds what a missing one costs the database.
SECONDS_A_QUERY = 60
NAMED_TABLES = 4
# Asking again with a wrong password only locks the user out.
_NOT_LET_IN = re.compile("password authentication|access denied|role .* does not exist", re.IGNORECASE)


class WatchedDatabase:
    """Orders, customers and messages of a database, whenever they change."""

    kind = "database"
    title = "Database"
    purpose = "Orders, customers and messages as the company's own systems keep them, to see where its parts disagree."
    ask_every = 300
    questions = (
        Question(
            "address",
            "Address",
            "address",
            "Such as postgresql://reader@db.example/shop, without the password. Give a user that may only "
            "read. A SQLite file must lie in a folder that INTERLOCK_WATCH_FOLDERS names.",
        ),
        Question("password", "Password", "secret", "Kept encrypted.", required=False),
        Question(
            "watermarks",
            "New rows are known by",
            "text",
            "Only where our choice is wrong: table: column, parted by commas; table: alone reads it as a whole.",
            required=False,
        ),
    )

    def check(self, answers: Answers, reach: Reach) -> str:
        """Connect, and say by which column the news of each table are known."""
        meant = _meant(answers, reach)
        return f"{meant.label} answers. It is read so: {_told(list(_watermarks(answers, meant).values()))}."

    def due(self, answers: Answers, cursor: str, reach: Reach) -> Iterator[ToImport]:
        """One reading of all tables that the mapping reads, if any of them has news.

        Raises:
            DatabaseRefused: it cannot be reached, or no longer has what the mapping reads.
        """
        meant = _meant(answers, reach)
        kept = json.loads(cursor) if cursor else {"tables": {}, "columns": {}}
        _require_columns(kept["columns"], meant)
        before = {name: Standing.from_json(each) for name, each in kept["tables"].items()}
        after = {}
        for name, watermark in _watermarks(answers, meant).items():
            reach.wait(0)
            after[name] = standing_of(meant.tables[name], watermark.column, reach.now())
        if _same(before, after):
            return
        since = {
            name: (each.column, packed(each.start))
            for name, each in before.items()
            if name in meant.alone and each.start is not None and after[name].column == each.column
        }
        yield ToImport(
            answers["address"],
            f"{meant.label}, what is new" if before else meant.label,
            json.dumps(
                {
                    "tables": {name: each.as_json() for name, each in after.items()},
                    "columns": {name: list(table.columns) for name, table in meant.tables.items()},
                }
            ),
            in_part=bool(since),
            since=since,
        )


@dataclass(frozen=True)
class Meant:
    """The tables that the source's mapping reads, which of them row by row, and what it uses of each."""

    label: str
    tables: Mapping[str, DatabaseTable]
    alone: frozenset[str]
    used: Mapping[str, frozenset[str]]


def _meant(answers: Answers, reach: Reach) -> Meant:
    """Find the tables of the mapping; without one, every table there is.

    Raises:
        DatabaseRefused: the database cannot be reached, or a needed table is not there any more.
        Unauthorised: it does not let this user in.
    """
    url = _checked_address(answers, reach)
    try:
        label, found, _skipped = list_tables(url, made_engine(url, SECONDS_A_QUERY))
    except DatabaseRefused as error:
        if _NOT_LET_IN.search(str(error)):
            raise Unauthorised(f"{error} Correct the user or the password of this source.") from None
        raise
    tables = {table.name: table for table in found}
    if not answers.get("mapping"):
        return Meant(label, tables, frozenset(), {})
    mapping = read_mapping(answers["mapping"], "the mapping of this source")
    named = assign(mapping, {name: table.columns for name, table in tables.items()})
    for alias, rule in mapping.files.items():
        if not named[alias] and not rule.optional:
            raise DatabaseRefused(
                f"{label} has no table {' or '.join(rule.names)} any more, or this user may no longer see it. "
                "Bring it back, or say in the source's mapping where its rows are now; nothing was imported."
            )
    whole = set(mapping.files) - read_in_parts(mapping)
    used: dict[str, frozenset[str]] = {}
    for alias, columns in used_columns(mapping).items():
        for name in named[alias]:
            used[name] = used.get(name, frozenset()) | columns
    alone = frozenset(used) - {name for alias in whole for name in named[alias]}
    return Meant(label, {name: tables[name] for name in tables if name in used}, alone, used)


def _watermarks(answers: Answers, meant: Meant) -> dict[str, Watermark]:
    """What a person chose, read from `table: column, table: column`, else the best column of each table."""
    pairs = (part.partition(":") for part in answers.get("watermarks", "").replace("\n", ",").split(","))
    chosen = {table.strip(): column.strip() for table, _, column in pairs if table.strip()}
    unknown = sorted(set(chosen) - set(meant.tables))
    if unknown:
        raise DatabaseRefused(
            f"'New rows are known by' names {', '.join(unknown)}, which is not read from {meant.label}. "
            f"It has: {', '.join(list(meant.tables)[:20])}."
        )
    return {name: watermark_of(table, chosen.get(name)) for name, table in meant.tables.items()}


def _told(watermarks: Sequence[Watermark]) -> str:
    """By what news are known: table by table where they are few, else how many by what."""
    if len(watermarks) <= NAMED_TABLES:
        return "; ".join(each.words for each in watermarks)
    ways = Counter(
        "as a whole" if not each.column else f"by a column of theirs{each.note and f' ({each.note})'}"
        for each in watermarks
    )
    return "; ".join(f"{_tables(tables)} {way}" for way, tables in ways.most_common())


def _tables(number: int) -> str:
    return "1 table" if number == 1 else f"{number} tables"


def _same(before: Mapping[str, Standing], after: Mapping[str, Standing]) -> bool:
    """Whether no table has news. Where a reading begins moves on its own while a watermark lies ahead of us."""
    known = {name: (each.column, each.top, each.rows) for name, each in before.items()}
    return known == {name: (each.column, each.top, each.rows) for name, each in after.items()}


def _checked_address(answers: Answers, reach: Reach) -> URL:
    """The address with its password.

    Raises:
        DatabaseRefused: it holds a password in the open, or names a file outside the allowed folders.
    """
    given = answers["address"]
    if not is_address(given):
        raise DatabaseRefused(
            "This is no database address. Write one such as postgresql://reader@db.example/shop."
        )
    if address(given).password or "password" in address(given).query:
        raise DatabaseRefused(
            "The address holds a password. Put it into its own field, where it is kept encrypted."
        )
    url = address(given, answers.get("password", ""))
    if url.get_backend_name() == "sqlite":
        file = Path((url.database or "").removeprefix("file:")).resolve()
        if not any(file.is_relative_to(folder.resolve()) for folder in reach.folders):
            raise DatabaseRefused(
                f"{file.name} does not lie in a folder that may be read. Whoever runs this machine names such "
                "folders in INTERLOCK_WATCH_FOLDERS."
            )
    return url


def _require_columns(before: Mapping[str, list[str]], meant: Meant) -> None:
    """Refuse to go on where a column that is used has gone: later rows would lose its values in silence."""
    for name, columns in before.items():
        have = meant.tables[name].columns if name in meant.tables else columns
        gone = [column for column in columns if column in meant.used.get(name, ()) and column not in have]
        new = [column for column in have if column not in columns]
        if gone:
            renamed = f" Was it renamed to {new[0]}?" if len(gone) == len(new) == 1 else ""
            raise DatabaseRefused(
                f"{name} in {meant.label} has no column {', '.join(gone)} any more.{renamed} Change the mapping "
                "of this source and it goes on from where it stood; nothing was imported."
            )

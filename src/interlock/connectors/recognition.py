"""Which file of a source plays which part in a mapping, by its name and by its columns."""

import fnmatch
import re
from collections.abc import Sequence

from .mapping.model import FileRule, Mapping
from .mapping.used import used_columns

# Fewer columns than this say too little about a file whose name does not fit.
FEWEST_COLUMNS = 3


def by_name(mapping: Mapping, names: Sequence[str]) -> dict[str, list[str]]:
    """For each alias, the tables whose name fits one of its patterns."""
    return {alias: [name for name in names if _fits(rule, name)] for alias, rule in mapping.files.items()}


def _fits(rule: FileRule, name: str) -> bool:
    base = name.rsplit("/", 1)[-1].lower()
    stem = re.sub(r"\.(csv|tsv|txt|tab|xlsx|xlsm|json|jsonl|ndjson|parquet|pq|mbox|mbx)$", "", base)
    sheet = base.rpartition("#")[2]
    return any(
        fnmatch.fnmatchcase(candidate, pattern.lower())
        for pattern in rule.names
        for candidate in (name.lower(), base, stem, sheet)
    )


def assign(mapping: Mapping, columns: dict[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """For each alias, its tables: by name where one fits, else the one that has all its columns."""
    found = by_name(mapping, list(columns))
    taken = {name for names in found.values() for name in names}
    for alias, used in used_columns(mapping).items():
        if found[alias] or len(used) < FEWEST_COLUMNS:
            continue
        free = [name for name, have in columns.items() if name not in taken and used <= set(have)]
        if len(free) == 1:
            found[alias] = free
            taken.add(free[0])
    return found


def fits(mapping: Mapping, columns: dict[str, tuple[str, ...]]) -> bool:
    """Whether a source is what the mapping was written for: every needed file with every used column."""
    found = assign(mapping, columns)
    used = used_columns(mapping)
    for alias, rule in mapping.files.items():
        if not found[alias] and not rule.optional:
            return False
        for name in found[alias]:
            if not used[alias] <= set(columns[name]):
                return False
    return any(found.values())

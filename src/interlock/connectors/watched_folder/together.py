"""Which files of a folder belong together, so that one of them alone would be misread or not understood at all?

Systems that write their tables as several files are known by the names of those files: where all that a shipped
mapping needs lie in the folder, they are one import.
"""

from collections.abc import Collection

from ..mapping import Mapping, read_mapping
from ..mapping.parts import connected
from ..recognition import by_name
from ..shipped import shipped_mappings


def joins_files(mapping: str) -> bool:
    """Whether the source's own mapping makes records of several files, so that one alone would make wrong ones."""
    return bool(mapping) and _joins(read_mapping(mapping, "the mapping of this source"))


def known_groups(names: Collection[str], mapping: str) -> list[frozenset[str]]:
    """Files that a shipped mapping reads together, all that it needs being there; none that the own mapping reads."""
    free = set(names)
    if mapping:
        own = by_name(read_mapping(mapping, "the mapping of this source"), sorted(names))
        free -= {name for found in own.values() for name in found}
    groups = []
    for shipped in shipped_mappings():
        if not _joins(shipped):
            continue
        found = by_name(shipped, sorted(free))
        if all(found[alias] or rule.optional for alias, rule in shipped.files.items()):
            group = frozenset(name for names in found.values() for name in names)
            free -= group
            groups.append(group)
    return groups


def _joins(mapping: Mapping) -> bool:
    return any(connected(output) for output in mapping.outputs)

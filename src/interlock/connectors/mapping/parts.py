"""Which files of a mapping may be read a few rows at a time, and which only as a whole?

A row that stands alone can be read again whenever it changes. Where the mapping joins files, looks values
up, sums or counts rows, a few rows without the others would make wrong records.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from .model import Join, Lookup, Mapping, Numbered, Output


def read_in_parts(mapping: Mapping) -> frozenset[str]:
    """The aliases of files whose rows each make their records alone."""
    whole: set[str] = set()
    for output in mapping.outputs:
        others = connected(output)
        numbered = any(isinstance(part, Numbered) for part in _parts(output))
        if others or numbered or output.one_per_key or output.only_new:
            whole |= {output.alias, *others}
    return frozenset(mapping.files) - whole


def connected(output: Output) -> set[str]:
    """The aliases of other files that the rows of an output need."""
    return {part.alias for part in _parts(output) if isinstance(part, Join | Lookup)}


def _parts(value: Any) -> Iterator[Any]:
    """Everything that a piece of a mapping is made of."""
    if is_dataclass(value) and not isinstance(value, type):
        yield value
        for one in fields(value):
            yield from _parts(getattr(value, one.name))
    elif isinstance(value, tuple):
        for one in value:
            yield from _parts(one)
    elif hasattr(value, "values"):
        for one in value.values():
            yield from _parts(one)

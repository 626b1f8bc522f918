"""A YAML text as plain values that still know their line, so that an error can point at it.

The text comes from people: aliases (which can grow without bound) and texts over 2 MB are refused,
and no YAML tag makes anything but plain values.
"""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from ..errors import MappingError

LONGEST_DOCUMENT = 2_000_000
Path = tuple[str | int, ...]
# The same loader in C where PyYAML was built with it: eight times faster.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Document:
    """Plain values, and the line (from 1) of each path where known."""

    value: Any
    name: str
    lines: dict[Path, int] = field(default_factory=dict)


def read_document(text: str, name: str) -> Document:
    """Read one YAML text.

    Raises:
        MappingError: it is not YAML, too long, or uses aliases or the same key twice.
    """
    if len(text) > LONGEST_DOCUMENT:
        raise MappingError(f"{name} is longer than 2 MB. A mapping is a page or two; is this the right file?")
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise MappingError(f"{name} is not valid YAML: {_first_words(error)}") from None
    if node is None:
        raise MappingError(f"{name} is empty. Start with: mapping: 1")
    lines: dict[Path, int] = {}
    seen: set[int] = set()
    value = _plain(node, (), name, lines, seen)
    return Document(value, name, lines)


def _first_words(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"line {mark.line + 1}: {problem}." if mark else f"{problem}."


def _plain(node: Any, path: Path, name: str, lines: dict[Path, int], seen: set[int]) -> Any:
    line = node.start_mark.line + 1
    lines[path] = line
    if id(node) in seen:
        raise MappingError(f"{name}, line {line}: YAML aliases (*name) are not read. Write the part out.")
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        return _plain_mapping(node, path, name, lines, seen)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, index), name, lines, seen) for index, item in enumerate(node.value)]
    try:
        value = _CONSTRUCTOR.construct_object(node, deep=True)
    except yaml.YAMLError as error:
        raise MappingError(f"{name}, line {line}: {_first_words(error)}") from None
    # Yes, no, on and off are words of a file here, not truth; and a date such as 2020-01-01 stays a text.
    if isinstance(value, bool) and node.value.lower() not in ("true", "false"):
        return node.value
    return value if isinstance(value, str | int | float | bool | None) else node.value


_CONSTRUCTOR = yaml.constructor.SafeConstructor()


def _plain_mapping(
    node: yaml.MappingNode, path: Path, name: str, lines: dict[Path, int], seen: set[int]
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        line = key_node.start_mark.line + 1
        if key in result:
            raise MappingError(f"{name}, line {line}: {key} stands here twice. Keep one.")
        result[key] = _plain(value_node, (*path, key), name, lines, seen)
        lines[(*path, key)] = line
    return result


@dataclass(frozen=True)
class Place:
    """One value of a document with its path: reads it, or says what should stand there."""

    document: Document
    path: Path = ()

    @property
    def value(self) -> Any:
        value = self.document.value
        for step in self.path:
            value = value[step]
        return value

    def at(self, *steps: str | int) -> "Place":
        return Place(self.document, (*self.path, *steps))

    def fail(self, what: str) -> MappingError:
        """Make the error that names file, line and key."""
        line = next(
            (self.document.lines[self.path[:n]] for n in range(len(self.path), -1, -1)
             if self.path[:n] in self.document.lines),
            None,
        )  # fmt: skip
        where = f", line {line}" if line else ""
        keys = " > ".join(str(step + 1) if isinstance(step, int) else step for step in self.path)
        return MappingError(f"{self.document.name}{where}{', ' + keys if keys else ''}: {what}")

    def has(self, key: str) -> bool:
        return isinstance(self.value, dict) and key in self.value

    def names(self, allowed: Iterable[str] | None = None, what: str = "key") -> list[str]:
        """The keys of a block; with `allowed`, only those may stand there."""
        if not isinstance(self.value, dict):
            raise self.fail(f"a block of 'name: value' lines must stand here, not {shown(self.value)}.")
        if allowed is not None:
            known = list(allowed)
            for key in self.value:
                if key not in known:
                    raise self.at(key).fail(unknown(what, key, known))
        return list(self.value)

    def items(self) -> Iterator["Place"]:
        if not isinstance(self.value, list):
            raise self.fail(f"a list must stand here, not {shown(self.value)}.")
        return (self.at(index) for index in range(len(self.value)))

    def text(self) -> str:
        if isinstance(self.value, str | int | float) and not isinstance(self.value, bool):
            return str(self.value)
        raise self.fail(f"a text must stand here, not {shown(self.value)}.")

    def texts(self) -> tuple[str, ...]:
        """A list of texts; one text alone counts as a list of one."""
        if isinstance(self.value, list):
            return tuple(item.text() for item in self.items())
        return (self.text(),)

    def flag(self) -> bool:
        if isinstance(self.value, bool):
            return self.value
        raise self.fail(f"write true or false here, not {shown(self.value)}.")

    def number(self) -> float:
        if isinstance(self.value, int | float) and not isinstance(self.value, bool):
            return self.value
        raise self.fail(f"a number must stand here, not {shown(self.value)}.")

    def whole(self) -> int:
        if isinstance(self.value, int) and not isinstance(self.value, bool):
            return self.value
        raise self.fail(f"a whole number must stand here, not {shown(self.value)}.")

    def choice(self, choices: Iterable[str]) -> str:
        known = list(choices)
        if self.value in known:
            return str(self.value)
        raise self.fail(unknown("value", str(self.value), known))


def shown(value: Any) -> str:
    """A value in an error text, short."""
    if isinstance(value, dict):
        return "a block"
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else repr(value)[:60]


def unknown(what: str, name: str, known: list[str]) -> str:
    """Say that a name is not known, and which one may have been meant."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    hint = f"Did you mean {close[0]}?" if close else f"Known: {', '.join(known)}."
    return f"no such {what}: {name}. {hint}"

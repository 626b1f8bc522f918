"""Reads the recipe of one column: where its value is from, and what is done to it."""

import re
from zoneinfo import available_timezones

from .conditions import read_condition
from .document import Place, shown
from .model import (
    Arithmetic,
    Bucket,
    Choose,
    Column,
    Concatenate,
    Constant,
    FirstOf,
    Lookup,
    Numbered,
    Origin,
    Recipe,
    Shift,
)

ORIGINS = (
    "column", "constant", "concatenate", "first_of", "choose", "lookup",
    "multiply", "add", "subtract", "bucket", "shift", "number_within",
)  # fmt: skip
STEPS = (
    "replace", "remove", "remove_end", "part", "letters", "values", "otherwise", "decimal", "thousands",
    "factor", "absolute", "date", "time_zone", "end_of_day", "pick", "if_wrong",
)  # fmt: skip
EXTRAS = {"concatenate": ("separator", "skip_empty")}
PICKS = ("first", "last", "most_common", "sum", "smallest", "largest", "count")
DECIMALS = ("point", "comma")
FORMAT_CODES = set("YymdHMSfpBbAaIjzZ%-")
NAMED_FORMATS = ("iso", "unix", "unix_ms", "excel")

Lists = dict[str, dict[str, str]]


def read_recipe(place: Place, lists: Lists) -> Recipe:
    """Read a column's recipe; a plain text is the name of a column.

    Raises:
        MappingError: it says nothing, too much, or something unknown.
    """
    if not isinstance(place.value, dict):
        return Recipe(Column(place.text()), place=_where(place))
    origins = [key for key in place.value if key in ORIGINS]
    allowed = (*ORIGINS, *STEPS, *(extra for key in origins for extra in EXTRAS.get(key, ())))
    place.names(allowed, "word in a column's recipe")
    if len(origins) != 1:
        raise place.fail(
            f"say once where the value is from ({', '.join(ORIGINS)}); here stand {len(origins)} of them."
        )
    origin = _origin(place, origins[0], lists)
    return Recipe(
        origin,
        replace=_replacements(place),
        remove_end=_text(place, "remove_end"),
        part=_part(place),
        letters=place.at("letters").choice(("lower", "upper", "title")) if place.has("letters") else "",
        values=_values(place, lists) if place.has("values") else None,
        otherwise=_otherwise(place),
        decimal=place.at("decimal").choice(DECIMALS) if place.has("decimal") else "",
        thousands=place.at("thousands").text() if place.has("thousands") else None,
        factor=str(place.at("factor").number()) if place.has("factor") else "",
        absolute=_flag(place, "absolute"),
        formats=read_formats(place.at("date")) if place.has("date") else (),
        time_zone=read_zone(place.at("time_zone")) if place.has("time_zone") else "",
        end_of_day=_flag(place, "end_of_day"),
        pick=place.at("pick").choice(PICKS) if place.has("pick") else "first",
        if_wrong=place.at("if_wrong").choice(("refuse", "empty")) if place.has("if_wrong") else "refuse",
        place=_where(place),
    )


def _where(place: Place) -> str:
    return str(place.fail("").args[0]).removesuffix(": ")


def _origin(place: Place, word: str, lists: Lists) -> Origin:
    at = place.at(word)
    match word:
        case "column":
            return Column(at.text())
        case "constant":
            value = at.value
            return Constant(str(value).lower() if isinstance(value, bool) else at.text())
        case "concatenate":
            return Concatenate(_recipes(at, lists), _text(place, "separator"), _flag(place, "skip_empty"))
        case "first_of":
            return FirstOf(_recipes(at, lists))
        case "choose":
            return _choose(at, lists)
        case "lookup":
            at.names(("file", "key", "value", "using"), "word in a lookup")
            names = [_needed(at, key).text() for key in ("file", "key", "value")]
            return Lookup(names[0], names[1], names[2], read_recipe(_needed(at, "using"), lists))
        case "bucket":
            return _bucket(at, lists)
        case "shift":
            return _shift(at, lists)
        case "number_within":
            return Numbered(at.texts())
        case _:
            return Arithmetic({"multiply": "*", "add": "+", "subtract": "-"}[word], _recipes(at, lists))


def _recipes(at: Place, lists: Lists) -> tuple[Recipe, ...]:
    recipes = tuple(read_recipe(item, lists) for item in at.items())
    if not recipes:
        raise at.fail("the list is empty; name at least one column.")
    return recipes


def _choose(at: Place, lists: Lists) -> Choose:
    cases = []
    otherwise = None
    for item in at.items():
        item.names(("when", "then", "otherwise"), "word in a choice")
        if item.has("otherwise"):
            otherwise = read_recipe(item.at("otherwise"), lists)
            continue
        cases.append((read_condition(_needed(item, "when")), read_recipe(_needed(item, "then"), lists)))
    if not cases:
        raise at.fail("a choice needs at least one {when: ..., then: ...}.")
    return Choose(tuple(cases), otherwise)


def _bucket(at: Place, lists: Lists) -> Bucket:
    at.names(("of", "limits", "labels"), "word in a bucket")
    limits = tuple(item.number() for item in _needed(at, "limits").items())
    labels = _needed(at, "labels").texts()
    if len(labels) != len(limits) + 1 or list(limits) != sorted(limits):
        raise at.fail(f"{len(limits)} rising limits need {len(limits) + 1} labels; here are {len(labels)}.")
    return Bucket(read_recipe(_needed(at, "of"), lists), limits, labels)


def _shift(at: Place, lists: Lists) -> Shift:
    steps = ("before_months", "after_months", "before_days", "after_days")
    at.names(("day", *steps), "word in a shift")
    given = [key for key in steps if at.has(key)]
    if len(given) != 1:
        raise at.fail(f"name one of {', '.join(steps)}.")
    by = read_recipe(at.at(given[0]), lists)
    months = by if given[0].endswith("months") else None
    sign = -1 if given[0].startswith("before") else 1
    return Shift(read_recipe(_needed(at, "day"), lists), months, None if months else by, sign)


def _needed(at: Place, key: str) -> Place:
    if not at.has(key):
        raise at.fail(f"{key} is missing here.")
    return at.at(key)


def _text(place: Place, key: str) -> str:
    return place.at(key).text() if place.has(key) else ""


def _texts(place: Place, key: str) -> tuple[str, ...]:
    return place.at(key).texts() if place.has(key) else ()


def _replacements(place: Place) -> tuple[tuple[str, str], ...]:
    pairs = read_pairs(place.at("replace")) if place.has("replace") else {}
    return (*pairs.items(), *((piece, "") for piece in _texts(place, "remove")))


def _flag(place: Place, key: str) -> bool:
    return place.at(key).flag() if place.has(key) else False


def _otherwise(place: Place) -> str:
    if not place.has("otherwise"):
        return "keep"
    if not place.has("values"):
        raise place.at("otherwise").fail("otherwise belongs to values; name the values first.")
    return place.at("otherwise").text()


def _part(place: Place) -> tuple[int, int] | None:
    if not place.has("part"):
        return None
    numbers = [item.whole() for item in place.at("part").items()]
    if len(numbers) != 2 or numbers[0] < 1 or numbers[1] < 1:
        raise place.at("part").fail("write [first character, how many], both from 1, such as [1, 4].")
    return numbers[0], numbers[1]


def _values(place: Place, lists: Lists) -> dict[str, str]:
    at = place.at("values")
    if isinstance(at.value, str):
        if at.value not in lists:
            raise at.fail(f"no list is named {at.value}; lists: {', '.join(lists) or 'none'}.")
        return lists[at.value]
    return read_pairs(at)


def read_pairs(at: Place) -> dict[str, str]:
    """A block of 'from: to' texts."""
    return {key: scalar(at.at(key)) for key in at.names()}


def scalar(at: Place) -> str:
    """One value as text; true and false become the texts that the contract's yes-or-no columns read."""
    value = at.value
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else at.text()


def read_formats(at: Place) -> tuple[str, ...]:
    """Date formats: `%` codes, or one of the named ones."""
    formats = at.texts()
    for position, text in enumerate(formats):
        where = at.at(position) if isinstance(at.value, list) else at
        if text in NAMED_FORMATS:
            if len(formats) > 1 and text != "iso":
                raise where.fail(f"{text} stands alone; it cannot be mixed with other formats.")
            continue
        codes = re.findall(r"%(.)", text)
        if not codes or set(codes) - FORMAT_CODES:
            raise where.fail(
                f"{shown(text)} is no date format. Write codes such as '%d.%m.%Y' or '%Y-%m-%d %H:%M:%S', "
                f"or one of {', '.join(NAMED_FORMATS)}."
            )
    return formats


def read_zone(at: Place) -> str:
    """A time zone of the world's usual list."""
    zone = at.text()
    known = available_timezones()
    if known and zone not in known and zone != "UTC":
        raise at.fail(f"no such time zone: {zone}. Write one such as Europe/Berlin or UTC.")
    return zone

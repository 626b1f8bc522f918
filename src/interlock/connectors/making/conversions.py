"""Text to numbers, moments and yes or no, as SQL that gives nothing where the text is wrong."""

from ..mapping.model import FileRule, Recipe
from . import sql

# Wide enough for money to 10^12 with room for products of two of them.
NUMBER = "DECIMAL(18,6)"
YES = (
    "true",
    "t",
    "yes",
    "y",
    "1",
    "1.0",
    "ja",
    "j",
    "oui",
    "o",
    "sim",
    "s",
    "si",
    "sí",
    "wahr",
    "vrai",
    "on",
    "x",
)
NO = ("false", "f", "no", "n", "0", "0.0", "nein", "non", "não", "nao", "falsch", "faux", "off", "-")
SQL_TYPES = {
    "int": "INTEGER",
    "double": "DOUBLE",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "boolean": "BOOLEAN",
}


def sql_type(kind: str, scale: int = 2) -> str:
    """The DuckDB type of a contract type."""
    if kind == "decimal":
        return f"DECIMAL(18,{scale})"
    return SQL_TYPES.get(kind, "VARCHAR")


def as_text(value: str, kind: str) -> str:
    """SQL of a typed value as text; numbers without needless zeros."""
    if kind == "text":
        return value
    if kind == "number":
        return f"regexp_replace(CAST({value} AS VARCHAR), '\\.?0+$', '')"
    return f"CAST({value} AS VARCHAR)"


def convert(recipe: Recipe, value: str, kind: str, want: str, rule: FileRule, time_zone: str) -> str:
    """SQL of a value of one kind as the wanted type."""
    if want == "VARCHAR" or want == "text":
        return as_text(value, kind)
    if want == "BOOLEAN":
        low = f"lower({as_text(value, kind)})"
        return (
            f"CASE WHEN {low} IN ({sql.texts(YES)}) THEN true WHEN {low} IN ({sql.texts(NO)}) THEN false END"
        )
    if want in ("TIMESTAMP", "DATE", "local moment"):
        return _moment(recipe, value, kind, want, time_zone)
    return _number(recipe, value, kind, want, rule)


def _number(recipe: Recipe, value: str, kind: str, want: str, rule: FileRule) -> str:
    target = want if want != "INTEGER" else NUMBER
    number = (
        _parsed_number(recipe, value, target, rule) if kind == "text" else f"try_cast({value} AS {target})"
    )
    if recipe.factor:
        number = f"try_cast({number} * {recipe.factor} AS {target})"
    if recipe.absolute:
        number = f"abs({number})"
    if want == "DOUBLE":
        return f"CASE WHEN isfinite({number}) THEN {number} END"
    if want == "INTEGER":
        return f"CASE WHEN {number} = trunc({number}) THEN try_cast({number} AS INTEGER) END"
    return number


def _parsed_number(recipe: Recipe, value: str, target: str, rule: FileRule) -> str:
    decimal = recipe.decimal or rule.decimal
    thousands = rule.thousands if recipe.thousands is None else recipe.thousands
    if decimal == "comma":
        thousands = thousands or "."
        # A point is only a thousands sign in groups of three: "12.50" in such a file is refused, not 1250.
        shape = f"[+-]?(\\d+|\\d{{1,3}}(\\x{ord(thousands[0]):02x}\\d{{3}})+)?(,\\d*)?"
        plain = f"replace(replace({value}, {sql.text(thousands)}, ''), ',', '.')"
        return (
            f"CASE WHEN regexp_full_match({value}, {sql.text(shape)}) THEN try_cast({plain} AS {target}) END"
        )
    if thousands:
        return f"try_cast(replace({value}, {sql.text(thousands)}, '') AS {target})"
    return f"try_cast({value} AS {target})"


def _moment(recipe: Recipe, value: str, kind: str, want: str, time_zone: str) -> str:
    zone = recipe.time_zone or time_zone
    local = value if kind == "moment" else _parsed_moment(recipe.formats, as_text(value, kind), zone)
    if recipe.end_of_day:
        local = f"(date_trunc('day', {local}) + INTERVAL 1 DAY - INTERVAL 1 MICROSECOND)"
    if want == "DATE":
        return f"CAST({local} AS DATE)"
    if want == "local moment":
        return local
    if zone == "UTC":
        return local
    # By way of microseconds: a second look into the calendar of UTC would take as long as the first.
    return f"make_timestamp(epoch_us(timezone({sql.text(zone)}, {local})))"


def _parsed_moment(formats: tuple[str, ...], value: str, zone: str) -> str:
    """SQL of a moment in the time zone of the source."""
    if not formats or formats == ("iso",):
        return _iso(value, zone)
    if formats == ("excel",):
        microseconds = f"CAST(try_cast({value} AS DOUBLE) * 86400000000 AS BIGINT)"
        return f"(TIMESTAMP '1899-12-30' + to_microseconds({microseconds}))"
    if formats[0] in ("unix", "unix_ms"):
        factor = "" if formats[0] == "unix_ms" else " * 1000"
        return _in_zone(f"make_timestamp_ms(CAST(try_cast({value} AS DOUBLE){factor} AS BIGINT))", zone)
    coded = [text for text in formats if text != "iso"]
    parsed = f"try_strptime({value}, [{sql.texts(coded)}])"
    if any("%z" in text for text in coded):
        parsed = _in_zone(f"timezone('UTC', {parsed})", zone)
    # ISO first where it is one of several: it is ten times faster than the coded formats.
    return f"coalesce({_iso(value, zone)}, {parsed})" if "iso" in formats else parsed


def _iso(value: str, zone: str) -> str:
    pattern = "':\\d{2}(\\.\\d+)? ?(Z|[+-]\\d{2}(:?\\d{2})?)$'"
    # The short test first: a plain 2026-11-22 14:05:00 has 19 signs and no zone.
    with_offset = f"(strlen({value}) > 19 OR ends_with({value}, 'Z')) AND regexp_matches({value}, {pattern})"
    # DuckDB reads 14:05:00+02:00 and 14:05:00+02, not 14:05:00 +0200.
    readable = f"regexp_replace({value}, ' ?([+-]\\d{{2}}):?(\\d{{2}})$', '\\1:\\2')"
    utc = _in_zone(f"timezone('UTC', try_cast({readable} AS TIMESTAMPTZ))", zone)
    # A bare number such as 20240131 or 45321 is no date unless the mapping gives its format.
    dated = f"{value} LIKE '____-%'"
    return f"CASE WHEN {with_offset} THEN {utc} WHEN {dated} THEN try_cast({value} AS TIMESTAMP) END"


def _in_zone(utc: str, zone: str) -> str:
    """A UTC moment as the clock of the source showed it; turned back to UTC with all others."""
    return utc if zone == "UTC" else f"timezone({sql.text(zone)}, timezone('UTC', {utc}))"

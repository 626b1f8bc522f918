"""What a group is called on a page: names where the records have them, short keys where not."""

from datetime import date

from interlock.analytics.finding import ContextKey, Sentence, gettext_noop
from interlock.analytics.symptoms.bench import Bench

# column of the facts -> kind of context
KINDS = {
    "team_id": "team",
    "site_id": "site",
    "family": "family",
    "region": "region",
    "channel": "channel",
    "product_id": "configuration",
    "batch_id": "batch",
    "segment": "segment",
    "use_case": "use",
    "rival": "rival",
    "kind": "kind",
    "due_month": "month",
    "account_id": "account",
}
WORDS = {
    "team_id": gettext_noop("team"),
    "site_id": gettext_noop("site"),
    "family": gettext_noop("product family"),
    "region": gettext_noop("region"),
    "channel": gettext_noop("channel"),
    "product_id": gettext_noop("product"),
    "batch_id": gettext_noop("batch"),
    "segment": gettext_noop("segment"),
    "use_case": gettext_noop("use"),
    "rival": gettext_noop("rival"),
    "kind": gettext_noop("kind of signal"),
    "due_month": gettext_noop("month"),
}
_LISTED, _AND = gettext_noop("{listed}, {word}"), gettext_noop("{listed} and {last}")
_LONGEST_KEY = 16
_SHOWN_KEY = 6


def label_of(bench: Bench, column: str, key: str) -> str:
    """Return what a page calls one key of one column."""
    if column == "due_month":
        return f"{date.fromisoformat(key + '-01'):%B %Y}"
    name = _named(bench, column).get(key)
    if name:
        return name
    if len(key) > _LONGEST_KEY and " " not in key:
        short = f"{key[:_SHOWN_KEY]}…" if any(c.isdigit() for c in key) else key.replace("_", " ")
        return f"{WORDS.get(column, column).capitalize()} {short}" if "…" in short else short
    return key.replace("_", " ") if column in ("family", "segment", "use_case") else key


def labels_of(bench: Bench, columns: tuple[str, ...], key: tuple[str, ...]) -> tuple[str, ...]:
    """Return the labels of a group, one per column."""
    return tuple(label_of(bench, column, part) for column, part in zip(columns, key, strict=True))


def context_of(bench: Bench, columns: tuple[str, ...], key: tuple[str, ...]) -> ContextKey:
    """Return the context a group is talked about in; several columns are joined by `+` and `|`."""
    return ContextKey(
        kind="+".join(KINDS.get(column, column) for column in columns),
        key="|".join(key),
        label=", ".join(labels_of(bench, columns, key)),
    )


def words_of(columns: tuple[str, ...]) -> Sentence:
    """Return the columns in words, as in "team and product family", each a msgid of its own."""
    words = [Sentence(WORDS.get(column, column)) for column in columns]
    if not words:
        return Sentence("")
    *others, last = words
    if not others:
        return last
    listed = others[0]
    for word in others[1:]:
        listed = Sentence(_LISTED, {"listed": listed, "word": word})
    return Sentence(_AND, {"listed": listed, "last": last})


def _named(bench: Bench, column: str) -> dict[str, str]:
    if column == "team_id":
        return bench.names("teams", "team_id", "name")
    if column == "site_id":
        return bench.once("site names", lambda: _site_names(bench))
    if column == "product_id":
        return bench.once("product names", lambda: _product_names(bench))
    return {}


def _site_names(bench: Bench) -> dict[str, str]:
    """Sites are called after the team that works there: production first, then operations."""
    if not bench.has("teams", "site_id", "name"):
        return {}
    teams = bench.tables.table("teams")
    rows = teams.select("site_id", "name", "function").order_by("name").to_pyarrow().to_pylist()
    order = {"operations": 1, "production": 2}
    rows.sort(key=lambda row: order.get(row["function"] or "", 0))
    return {row["site_id"]: row["name"] for row in rows if row["site_id"] and row["name"]}


def _product_names(bench: Bench) -> dict[str, str]:
    if not bench.has("products"):
        return {}
    products = bench.tables.table("products")
    wanted = [c for c in ("name", "configuration") if c in products.columns]
    rows = products.select("product_id", *wanted).to_pyarrow().to_pylist()
    return {row["product_id"]: _product_name(row) for row in rows if _product_name(row)}


def _product_name(row: dict[str, str | None]) -> str:
    name, configuration = row.get("name"), row.get("configuration")
    if name and configuration and configuration != name:
        return f"{name} ({configuration})"
    return name or ""

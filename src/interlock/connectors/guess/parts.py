"""Which contract table a file is mainly, and which others can be split off it."""

from collections.abc import Mapping as ReadOnly
from dataclasses import dataclass

from interlock.store.contract import TABLES

from ..making import sql
from .columns import Match, Profiled, match_columns
from .names import file_fits

# A file whose columns say this little is no table of ours. Checked on the shipped sets and the small ones in tests.
LEAST_SCORE = 3.0
_UNIQUE_KEYS = (
    "accounts",
    "products",
    "orders",
    "signals",
    "deals",
    "teams",
    "campaigns",
    "contacts",
    "batches",
)
# Without these a file cannot be the table, whatever its name says.
_NEEDED = {
    "order_lines": ("order_id", "product_id"),
    "orders": ("order_id", "ordered_at"),
    "signals": ("occurred_at",),
    "deals": ("deal_id", "outcome"),
    "teams": ("team_id", "function"),
    "invoices": ("invoice_id", "amount"),
    "accounts": ("account_id",),
    "products": ("product_id",),
    "contacts": ("contact_id",),
    "batches": ("batch_id",),
    "campaigns": ("campaign_id",),
}
# What can be split off a file of lines or orders, where no file of its own is there.
SPLIT_OFF = {"order_lines": ("orders", "accounts", "products"), "orders": ("accounts",)}


@dataclass(frozen=True)
class Part:
    """A file taken for a table. `split` tells that the table is split off a file that is mainly another."""

    profiled: Profiled
    table: str
    matches: ReadOnly[str, Match]
    split: bool = False

    @property
    def file(self) -> str:
        return self.profiled.staged.raw.name


def find_parts(files: list[Profiled]) -> list[Part]:
    """Every file's main table, then what is split off."""
    mains = [part for profiled in files if (part := _main(profiled)) is not None]
    mains = _without_twins(_best_of_each(mains))
    have = {part.table for part in mains}
    parts = list(mains)
    for part in mains:
        for table in SPLIT_OFF.get(part.table, ()):
            if table in have:
                continue
            matches = match_columns(part.profiled, table)
            if all(name in matches for name in _NEEDED[table]):
                parts.append(Part(part.profiled, table, matches, split=True))
                have.add(table)
    return parts


def _best_of_each(mains: list[Part]) -> list[Part]:
    """Entities are kept once: of two files of customers the fuller one; lines and signals may be many."""
    kept: dict[str, Part] = {}
    others: list[Part] = []
    for part in mains:
        if part.table not in ("accounts", "products", "teams"):
            others.append(part)
        elif part.table not in kept or len(part.matches) > len(kept[part.table].matches):
            kept[part.table] = part
    return [*kept.values(), *others]


def _without_twins(mains: list[Part]) -> list[Part]:
    """Of two tables with the same rows under the same keys, as a view beside its table, the fuller one."""
    kept: list[Part] = []
    for part in sorted(mains, key=lambda part: -len(part.matches)):
        key = "order_id" if part.table == "order_lines" else TABLES[part.table].key[0]
        twins = (
            other
            for other in kept
            if other.table == part.table
            and other.profiled.staged.rows == part.profiled.staged.rows
            and key in other.matches
            and key in part.matches
        )
        if not any(overlap(part, part.matches[key].column, o, o.matches[key].column) > 0.95 for o in twins):
            kept.append(part)
    return [part for part in mains if part in kept]


def _main(profiled: Profiled) -> Part | None:
    best: tuple[float, Part] | None = None
    for table in _NEEDED:
        matches = match_columns(profiled, table)
        if any(name not in matches for name in _NEEDED[table]):
            continue
        score = _score(profiled, table, matches)
        if score >= LEAST_SCORE and (best is None or score > best[0]):
            best = (score, Part(profiled, table, matches))
    return best[1] if best else None


def _score(profiled: Profiled, table: str, matches: ReadOnly[str, Match]) -> float:
    important = {*TABLES[table].key, *_NEEDED[table]}
    score = sum(match.confidence * (1.5 if name in important else 1.0) for name, match in matches.items())
    if file_fits(table, profiled.staged.raw.name):
        score += 3.0
    if table == "signals" and "signal_id" not in matches and "rating" not in matches:
        score -= 2.0
    if table == "order_lines" and "quantity" in matches:
        score += 2.0
    key = TABLES[table].key[0]
    if table in _UNIQUE_KEYS and key in matches and not profiled.is_unique(matches[key].column):
        score -= 4.0
    return score


def overlap(child: Part, column: str, parent: Part, key: str) -> float:
    """Share (0 to 1) of a column's different values that are keys of the other file."""
    mine, theirs = sql.name(column), sql.name(key)
    total, known = child.profiled.bench.rows(
        f"SELECT count(*), count(*) FILTER (WHERE k IN (SELECT {theirs} FROM {parent.profiled.staged.table})) "
        f"FROM (SELECT DISTINCT {mine} AS k FROM {child.profiled.staged.table} WHERE {mine} IS NOT NULL)"
    )[0]
    return known / total if total else 0.0

"""What the contract needs and a file does not say: keys, kinds, and its own words for won and lost."""

import re
from collections.abc import Mapping as ReadOnly
from dataclasses import dataclass
from typing import Any

from ..making import sql
from ..making.checks import WORDS
from .columns import Match
from .names import plain
from .parts import Part

_KINDS = (
    ("review", "review|avis|bewertung|resenas|avaliac"),
    ("complaint", "complaint|beschwerde|reklamation|reclam|plainte|quejas"),
    ("return", "return|retouren|retours|devolu"),
    ("survey", "survey|umfrage|enquete|encuesta|nps|csat"),
)
# Stems of the words that systems use for the contract's few ones.
_STEMS = {
    ("deals", "outcome"): (
        ("won", "won|win|gewonnen|gagne|ganad|ganh"),
        ("lost", "lost|lose|verloren|perdu|perdid"),
        ("none", "no_decision|abandon|cancel|disqualif|storn"),
        ("open", "open|engag|prospect|negoti|propos|qualif|offen|ouvert|abiert|abert|new|lead"),
    ),
    ("signals", "kind"): (
        ("complaint", "complain|beschwerde|reklam|reclam|plainte|queja|incident|problem"),
        ("return", "return|retour|devolu|refund"),
        ("cancel", "cancel|kuendig|storn|annul|baja"),
        ("review", "review|bewertung|avis|resena|avaliac"),
        ("survey", "survey|umfrage|nps|csat"),
        ("idea", "idea|idee|feature|suggest|wunsch"),
        ("praise", "prais|lob|complimen|thank"),
        ("ticket", "ticket|question|frage|request|anfrage|task|other"),
    ),
    ("teams", "function"): (
        ("sales", "sales|vertrieb|vente|ventas|vendas"),
        ("marketing", "marketing"),
        ("production", "produktion|production|produccion|producao|fertigung"),
        ("operations", "operation|logisti|betrieb"),
        ("service", "service|support|kundendienst|atendimento|soporte"),
        ("finance", "financ|finanz|buchhalt|accounting"),
        ("legal", "legal|recht|jurid"),
        ("people", "people|human|personal|rh|hr"),
        ("product", "product|produkt|produit|entwicklung|development"),
    ),
}
_REST = {("deals", "outcome"): "open", ("signals", "kind"): "ticket", ("teams", "function"): "service"}
MOST_WORDS = 60


@dataclass(frozen=True)
class Words:
    """A file's own words, each with the contract's; `question` names those that were not known."""

    values: ReadOnly[str, str]
    otherwise: str
    question: str


def word_values(part: Part, match: Match) -> Words | None:
    """How the words of a column become the contract's, or None where the column takes any text."""
    key = (part.table, match.target)
    if key not in WORDS:
        return None
    name = sql.name(match.column)
    found = part.profiled.bench.rows(
        f"SELECT {name}, count(*) FROM {part.profiled.staged.table} WHERE {name} IS NOT NULL "
        f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST_WORDS}"
    )
    values, unknown = {}, []
    for text, _ in found:
        word = _word(plain(text), WORDS[key], _STEMS.get(key, ()))
        if word is None:
            unknown.append(text)
        else:
            values[text] = word
    rest = _REST.get(key, WORDS[key][0])
    question = ""
    if unknown:
        question = (
            f"{part.file}, {match.column}: {', '.join(unknown[:5])} is taken as {rest}. "
            f"Name another under 'values' if that is wrong ({', '.join(WORDS[key])})."
        )
    return Words(values, rest, question)


def _word(text: str, words: tuple[str, ...], stems: tuple[tuple[str, str], ...]) -> str | None:
    if text in words:
        return text
    return next((word for word, pattern in stems if re.search(rf"(^|_)({pattern})", text)), None)


def quantity_sign(part: Part) -> int:
    """How many rows have a quantity below zero."""
    if "quantity" not in part.matches:
        return 0
    name = sql.name(part.matches["quantity"].column)
    query = f"SELECT count(*) FROM {part.profiled.staged.table} WHERE try_cast({name} AS DOUBLE) < 0"
    return int(part.profiled.bench.rows(query)[0][0])


def needs_of(part: Part) -> tuple[dict[str, Any], list[str]]:
    """Columns that are needed and not in the file, and what to ask about them."""
    if part.table == "order_lines":
        return _line_needs(part)
    if part.table == "signals":
        return _signal_needs(part)
    return {}, []


def _line_needs(part: Part) -> tuple[dict[str, Any], list[str]]:
    made: dict[str, Any] = {}
    questions = []
    if "line_id" not in part.matches:
        pair = [part.matches["order_id"].column, part.matches["product_id"].column]
        made["line_id"] = {"concatenate": [*pair, {"number_within": pair}], "separator": "-"}
    if "quantity" not in part.matches:
        made["quantity"] = {"constant": 1}
        questions.append(f"{part.file} has no quantity; each row is taken for one piece.")
    return made, questions


def _signal_needs(part: Part) -> tuple[dict[str, Any], list[str]]:
    made: dict[str, Any] = {}
    questions = []
    if "signal_id" not in part.matches:
        column = part.matches["occurred_at"].column
        made["signal_id"] = {"concatenate": [column, {"number_within": [column]}], "separator": "-"}
        questions.append(
            f"{part.file} has no number of its own for each message; its date and place in the file serve. "
            "A later export in another order would be taken for new messages."
        )
    if "kind" not in part.matches:
        made["kind"] = {"constant": _kind(part)}
    if "rating" in part.matches and "rating_max" not in part.matches:
        made["rating_max"] = {"constant": _rating_max(part)}
    return made, questions


def _kind(part: Part) -> str:
    stem = plain(part.file.rsplit("/", 1)[-1].rsplit(".", 1)[0])
    return next((kind for kind, pattern in _KINDS if re.search(pattern, stem)), "ticket")


def _rating_max(part: Part) -> int:
    name = sql.name(part.matches["rating"].column)
    query = f"SELECT max(try_cast({name} AS DOUBLE)) FROM {part.profiled.staged.table}"
    found = part.profiled.bench.rows(query)[0][0] or 5
    return next((top for top in (5, 10, 100) if found <= top), int(found))

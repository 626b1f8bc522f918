"""Writes the proposed mapping: what is sure, what is likely, what nobody can tell from the files."""

from dataclasses import replace
from typing import Any

from interlock.store.contract import TABLES

from ..errors import SourceRefused
from ..keys import REFERENCES
from ..making.workbench import Staged, Workbench
from ..mapping.model import ColumnGuess, Mapping
from ..mapping.read import mapping_from
from .columns import Match, Profiled
from .dates import MOST_READABLE, DateForms
from .names import plain
from .needs import needs_of, quantity_sign, word_values
from .parts import Part, find_parts, overlap


def guess_mapping(label: str, bench: Workbench, tables: list[Staged]) -> Mapping:
    """Propose a mapping from names and values.

    Raises:
        SourceRefused: no file looks like a table of the contract.
    """
    files = [Profiled(bench, staged) for staged in tables if staged.rows]
    parts = find_parts(files)
    if not parts:
        names = ", ".join(staged.raw.name for staged in tables)
        raise SourceRefused(
            f"{label}: no file looks like orders, customers, products or messages ({names}). "
            "Write a mapping by hand; docs/mappings.md shows one line by line."
        )
    return _Proposal(label, files, parts).mapping()


class _Proposal:
    """Gathers the document, the guesses and the questions of one proposal."""

    def __init__(self, label: str, files: list[Profiled], parts: list[Part]) -> None:
        self.label = label
        self.files = files
        self.parts = parts
        self.guesses: list[ColumnGuess] = []
        self.questions: list[str] = []
        self.aliases = _aliases(files)
        self.has_times = False

    def mapping(self) -> Mapping:
        """The finished mapping, read back so that it is valid by construction."""
        tables: dict[str, Any] = {}
        for table in TABLES:
            outputs = [self._output(part) for part in self.parts if part.table == table]
            outputs += self._returns() if table == "signals" else []
            if outputs:
                tables[table] = outputs[0] if len(outputs) == 1 else outputs
        used = {part.file for part in self.parts}
        document = {
            "mapping": 1,
            "name": plain(self.label.rsplit(".", 1)[0]) or "source",
            "title": self.label,
            "time_zone": "UTC",
            "files": {alias: {"names": [name]} for name, alias in self.aliases.items() if name in used},
            "tables": tables,
        }
        if self.has_times:
            self.questions.append(
                "Times are read as UTC. If they are a local clock's, write its zone under 'time_zone', "
                "such as Europe/Berlin."
            )
        mapping = mapping_from(document, "the proposed mapping")
        return replace(
            mapping,
            guesses=tuple(self.guesses),
            not_understood=tuple(self._not_understood()),
            questions=tuple(dict.fromkeys(self.questions)),
        )

    def _output(self, part: Part) -> dict[str, Any]:
        columns = {name: self._recipe(part, match) for name, match in self._with_references(part).items()}
        made, questions = needs_of(part)
        columns |= made
        self.questions += questions
        ordered = {name: columns[name] for name in TABLES[part.table].column_names if name in columns}
        output: dict[str, Any] = {"from": self.aliases[part.file]}
        if part.split:
            output["one_per_key"] = True
            key = part.matches[TABLES[part.table].key[0]].column
            output["leave_out"] = [{"when": {key: {"empty": True}}, "reason": f"rows without {key}"}]
        if part.table == "order_lines" and quantity_sign(part):
            output["when"] = {part.matches["quantity"].column: {"above": 0}}
        return {**output, "columns": ordered}

    def _returns(self) -> list[dict[str, Any]]:
        """Lines with a negative quantity, taken for goods that came back."""
        outputs = []
        for part in self.parts:
            orders = next((other for other in self.parts if other.split and other.table == "orders"), None)
            if part.table != "order_lines" or orders is None or not (rows := quantity_sign(part)):
                continue
            pair = [part.matches["order_id"].column, part.matches["product_id"].column]
            quantity = part.matches["quantity"].column
            columns: dict[str, Any] = {
                "signal_id": {
                    "concatenate": [*pair, {"number_within": pair}, {"constant": "back"}],
                    "separator": "-",
                },
                "kind": {"constant": "return"},
                "occurred_at": self._recipe(orders, orders.matches["ordered_at"]),
                "product_id": pair[1],
                "quantity": {"column": quantity, "absolute": True},
            }
            if "account_id" in orders.matches:
                columns["account_id"] = orders.matches["account_id"].column
            outputs.append(
                {"from": self.aliases[part.file], "when": {quantity: {"below": 0}}, "columns": columns}
            )
            self.questions.append(
                f"{part.file} has {rows:,} rows with a negative quantity; they are taken for returns. "
                "Leave them out instead if they are stock adjustments."
            )
        return outputs

    def _with_references(self, part: Part) -> dict[str, Match]:
        """The matches, judged by whether a key's values are found in the file it points to."""
        matches = dict(part.matches)
        used = {match.column for match in matches.values()}
        for parent in self.parts:
            key = TABLES[parent.table].key[0]
            if parent.split or parent.file == part.file or REFERENCES.get(key) != parent.table:
                continue
            if key not in TABLES[part.table].column_names or key not in parent.matches:
                continue
            parent_key = parent.matches[key].column
            if key in matches:
                share = overlap(part, matches[key].column, parent, parent_key)
                reason = f"{matches[key].reason}, {share:.0%} of its values are in {parent.file}"
                bonus = 0.1 if share >= 0.9 else -0.3 if share < 0.5 else 0.0
                confidence = round(min(1.0, matches[key].confidence + bonus), 2)
                matches[key] = replace(matches[key], confidence=confidence, reason=reason)
                continue
            for name, found in part.profiled.columns.items():
                if name in used or found.distinct < 4 or overlap(part, name, parent, parent_key) < 0.95:
                    continue
                matches[key] = Match(name, key, 0.85, f"its values are the keys of {parent.file}")
                used.add(name)
                break
        return matches

    def _recipe(self, part: Part, match: Match) -> Any:
        column = TABLES[part.table].column(match.target)
        recipe: dict[str, Any] = {"column": match.column}
        confidence, reason = match.confidence, match.reason
        if column.type in ("date", "timestamp"):
            self.has_times |= column.type == "timestamp"
            forms = part.profiled.forms(match.column)
            if forms is not None:
                if forms.formats != ("iso",):
                    recipe["date"] = list(forms.formats) if len(forms.formats) > 1 else forms.formats[0]
                if forms.share < MOST_READABLE:
                    confidence = min(confidence, 0.7)
                    reason = f"{forms.share:.0%} of its values are dates"
                    self.questions.append(_odd_dates(part.file, match.column, forms))
                if forms.question:
                    self.questions.append(forms.question)
                    confidence, reason = min(confidence, 0.5), f"{reason}, but day and month may be exchanged"
        elif (words := word_values(part, match)) is not None:
            recipe["values"], recipe["otherwise"] = words.values, words.otherwise
            self.questions += [words.question] if words.question else []
        elif part.profiled.columns[match.column].type == "number, decimal comma":
            recipe["decimal"] = "comma"
            reason = f"{reason} with decimal commas"
        target = f"{part.table}.{match.target}"
        self.guesses.append(ColumnGuess(part.file, match.column, target, confidence, reason))
        return recipe if len(recipe) > 1 else match.column

    def _not_understood(self) -> list[ColumnGuess]:
        used = {(guess.file, guess.column) for guess in self.guesses}
        mains = {part.file for part in self.parts}
        return [
            ColumnGuess(
                profiled.staged.raw.name,
                name,
                "",
                0.0,
                "no contract column is called so" if profiled.staged.raw.name in mains
                else "the file looks like no table of the contract",
            )
            for profiled in self.files
            for name in profiled.staged.columns
            if (profiled.staged.raw.name, name) not in used
        ]  # fmt: skip


def _odd_dates(file: str, column: str, forms: DateForms) -> str:
    return (
        f"{file}, {column}: only {forms.share:.0%} of its values are dates ('{forms.odd[:40]}' is none); rows with "
        "others are refused. Write 'if_wrong: empty' under the column to keep them without a date."
    )


def _aliases(files: list[Profiled]) -> dict[str, str]:
    aliases: dict[str, str] = {}
    for profiled in files:
        name = profiled.staged.raw.name
        stem = plain(name.rsplit("/", 1)[-1].rsplit(".", 1)[0] if "#" not in name else name.rsplit("#", 1)[1])
        alias, number = stem or "file", 2
        while alias in aliases.values():
            alias, number = f"{stem}_{number}", number + 1
        aliases[name] = alias
    return aliases

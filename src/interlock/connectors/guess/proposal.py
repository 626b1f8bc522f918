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
from .names import file_fits, plain
from .parts import Part, find_parts, overlap

_KINDS = (
    ("review", ("review*", "avis", "bewertung*", "resenas", "avaliac*")),
    ("complaint", ("complaint*", "beschwerde*", "reklamation*", "reclam*", "plainte*", "quejas")),
    ("return", ("return*", "retouren", "retours", "devolu*")),
    ("survey", ("survey*", "umfrage*", "enquete*", "encuesta*", "nps*", "csat*")),
)


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
        columns |= self._made_up(part)
        ordered = {name: columns[name] for name in TABLES[part.table].column_names if name in columns}
        output: dict[str, Any] = {"from": self.aliases[part.file]}
        if part.split:
            output["one_per_key"] = True
            key = part.matches[TABLES[part.table].key[0]].column
            output["leave_out"] = [{"when": {key: {"empty": True}}, "reason": f"rows without {key}"}]
        return {**output, "columns": ordered}

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
                if forms.question:
                    self.questions.append(forms.question)
                    confidence, reason = min(confidence, 0.5), f"{reason}, but day and month may be exchanged"
        elif part.profiled.columns[match.column].type == "number, decimal comma":
            recipe["decimal"] = "comma"
            reason = f"{reason} with decimal commas"
        target = f"{part.table}.{match.target}"
        self.guesses.append(ColumnGuess(part.file, match.column, target, confidence, reason))
        return recipe if len(recipe) > 1 else match.column

    def _made_up(self, part: Part) -> dict[str, Any]:
        """Columns that the contract needs and the file does not have."""
        made: dict[str, Any] = {}
        if part.table == "order_lines" and "line_id" not in part.matches:
            pair = [part.matches["order_id"].column, part.matches["product_id"].column]
            made["line_id"] = {"concatenate": [*pair, {"number_within": pair}], "separator": "-"}
        if part.table == "signals":
            made |= self._signal_needs(part)
        if part.table == "teams" and "function" not in part.matches:
            made["function"] = {"constant": "service"}
            self.questions.append(
                f"{part.file} does not say what the teams do; service is taken. Correct it."
            )
        return made

    def _signal_needs(self, part: Part) -> dict[str, Any]:
        made: dict[str, Any] = {}
        if "signal_id" not in part.matches:
            column = part.matches["occurred_at"].column
            made["signal_id"] = {"concatenate": [column, {"number_within": [column]}], "separator": "-"}
            self.questions.append(
                f"{part.file} has no number of its own for each message; its date and place in the file serve. "
                "A later export in another order would be taken for new messages."
            )
        if "kind" not in part.matches:
            made["kind"] = {"constant": _kind(part)}
        if "rating" in part.matches and "rating_max" not in part.matches:
            made["rating_max"] = {"constant": _rating_max(part)}
        return made

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


def _kind(part: Part) -> str:
    for kind, patterns in _KINDS:
        stem = plain(part.file.rsplit("/", 1)[-1].rsplit(".", 1)[0])
        if any(pattern.rstrip("*") in stem for pattern in patterns):
            return kind
    if "rating" in part.matches and not file_fits("signals", part.file):
        return "review"
    return "ticket"


def _rating_max(part: Part) -> int:
    column = part.matches["rating"].column.replace('"', '""')
    found = part.profiled.bench.rows(
        f'SELECT max(try_cast("{column}" AS DOUBLE)) FROM {part.profiled.staged.table}'
    )[0][0]
    return next((top for top in (5, 10, 100) if (found or 0) <= top), int(found or 5))

"""What does a source hold, and what did we understand of it? Plain values for the import page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.connectors.errors import ConnectorError
from interlock.connectors.mapping import Mapping, load_mapping, read_mapping, write_mapping
from interlock.connectors.protocol import FoundTable, Source
from interlock.connectors.recognition import fits
from interlock.connectors.records import NearKey

SAMPLES = 3
LONGEST_SAMPLE = 60
MOST_NEAR_KEYS = 50


def look(source: Source, mapping_text: str) -> tuple[dict[str, Any], str]:
    """Describe a source, and propose a mapping unless a person has already chosen one."""
    tables = source.tables()
    mapping = read_mapping(mapping_text, _("the mapping")) if mapping_text else propose(source)
    found = {
        "tables": [_table(table) for table in tables],
        "skipped": [{"name": each.name, "reason": each.reason} for each in source.skipped],
        "proposal": proposal(mapping),
        "guesses": [
            {
                "file": guess.file,
                "column": guess.column,
                "target": guess.target,
                "confidence": guess.confidence,
                "reason": guess.reason,
            }
            for guess in (*mapping.guesses, *mapping.not_understood)
        ],
        "questions": list(mapping.questions),
    }
    return found, write_mapping(mapping)


def proposal(mapping: Mapping) -> dict[str, Any]:
    """What a mapping is called, and whether it came with the product."""
    return {"title": mapping.title, "name": mapping.name, "shipped": mapping.shipped}


def propose(source: Source) -> Mapping:
    """A mapping that was saved here and fits, else what the source proposes: a shipped one or a guess."""
    saved = saved_mappings()
    if saved:
        columns = {table.name: table.column_names for table in source.tables()}
        for mapping in saved:
            if fits(mapping, columns):
                return mapping
    return source.propose()


def is_known(mapping: Mapping) -> bool:
    """Whether a proposal is more than a guess: shipped, saved by a person, or the contract's own columns."""
    if mapping.shipped or mapping.name in {saved.name for saved in saved_mappings()}:
        return True
    return mapping.name in {"contract", "deletions"} and all(
        guess.confidence == 1.0 for guess in mapping.guesses
    )


def near_keys(source: Source, mapping: Mapping | None) -> tuple[list[dict[str, Any]], list[str]]:
    """Keys that are used and do not exist: those that may mean another one, and a note on those that mean none."""
    if mapping is None:
        return [], []
    found = sorted(source.near_keys(mapping), key=lambda each: (-each.rows, each.value))
    near = [
        {
            "table": each.table,
            "column": each.column,
            "parent": each.parent,
            "value": each.value,
            "rows": each.rows,
            "candidate": each.candidate,
            "score": each.score,
            "reason": each.reason,
        }
        for each in found
        if each.candidate
    ]
    return near[:MOST_NEAR_KEYS], _unknown_keys([each for each in found if not each.candidate])


def _unknown_keys(unknown: list[NearKey]) -> list[str]:
    """One sentence for each column that names things which the export does not hold."""
    places: dict[tuple[str, str, str], list[NearKey]] = {}
    for each in unknown:
        places.setdefault((each.table, each.column, each.parent), []).append(each)
    return [
        ngettext(
            "%(table)s: one %(column)s is not among the %(parent)s (%(value)s, %(rows)s rows).",
            "%(table)s: %(n)s values of %(column)s are not among the %(parent)s (%(value)s and others, %(rows)s rows).",
            len(keys),
        )
        % {
            "table": table,
            "column": column,
            "parent": parent,
            "n": len(keys),
            "value": keys[0].value,
            "rows": f"{sum(key.rows for key in keys):,}",
        }
        for (table, column, parent), keys in places.items()
    ]


def saved_mappings() -> list[Mapping]:
    """Mappings that people of this installation saved for reuse; one that no longer reads is left out."""
    mappings = []
    for path in sorted(Path(settings.MAPPINGS_FOLDER).glob("*.yaml")):
        try:
            mappings.append(load_mapping(path))
        except (ConnectorError, OSError, UnicodeDecodeError):
            continue
    return mappings


def keep_for_reuse(mapping_text: str, name: str) -> Path:
    """Save a mapping under a name in the mappings folder, replacing an earlier one of that name."""
    mapping = read_mapping(mapping_text, name)
    folder = Path(settings.MAPPINGS_FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{slugify(name) or 'mapping'}.yaml"
    draft = path.with_suffix(".draft")
    draft.write_text(write_mapping(mapping), "utf-8")
    draft.replace(path)
    return path


def _table(table: FoundTable) -> dict[str, Any]:
    return {
        "name": table.name,
        "rows": table.rows,
        "refused": table.refused,
        "encoding": table.encoding,
        "notes": list(table.notes),
        "columns": [
            {
                "name": column.name,
                "type": column.type,
                "share_filled": column.share_filled,
                "samples": [_short(sample) for sample in column.samples[:SAMPLES]],
            }
            for column in table.columns
        ],
    }


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_SAMPLE else f"{text[: LONGEST_SAMPLE - 1]}…"

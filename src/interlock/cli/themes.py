"""`interlock themes`: what the texts of any file talk about. Needs no installation, and stores nothing."""

from __future__ import annotations

import json
import random
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from interlock.analytics.text.cleaning import LONGEST, readable
from interlock.analytics.text.duplicates import voice_groups
from interlock.analytics.text.errors import TextError
from interlock.analytics.text.own_encoder import own_encoder
from interlock.analytics.themes.corpus import Found, find_themes
from interlock.analytics.themes.errors import ThemeError
from interlock.connectors.csv_folder.files import open_files
from interlock.connectors.errors import ConnectorError, SourceRefused
from interlock.connectors.limits import DEFAULT_LIMITS
from interlock.connectors.mapping.model import FileRule
from interlock.connectors.protocol import RawTable, TornRows

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
# A whole mail archive in one cell is read too; only its beginning is compared.
LIMITS = replace(DEFAULT_LIMITS, cell_characters=40_000_000, unpacked_bytes=4_000_000_000)
MOST_SHOWN = 40
# As in the product: with fewer there is nothing that they could differ in.
FEWEST_TEXTS = 30


@click.command()
@click.argument("file", type=EXISTING)
@click.option("--text-column", required=True, help="Column with the texts.")
@click.option(
    "--id-column", default="", help="Column that names each row; without it rows are counted from 1."
)
@click.option("--encoder", type=FOLDER, help="Folder with a sentence encoder of your own.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same themes and ids.")
@click.option("--json", "as_json", is_flag=True, help="Print themes and assignments for machines.")
def themes(
    file: Path, text_column: str, id_column: str, encoder: Path | None, seed: int, as_json: bool
) -> None:
    """Find what the texts of a file (CSV, XLSX, JSON, Parquet) talk about."""
    try:
        names, texts, refused = _read(file, text_column, id_column)
        groups = voice_groups(texts)
        first = np.unique(groups, return_index=True)[1]
        voices = np.zeros(len(texts))
        voices[first] = 1.0
        own = own_encoder(encoder) if encoder else None
        found = find_themes(texts, voices, seed=seed, new_id=_ids(seed), encoder=own)
    except (ConnectorError, TextError, ThemeError) as error:
        raise click.ClickException(str(error)) from error
    if voices.sum() < FEWEST_TEXTS:
        told = "1 different text" if voices.sum() == 1 else f"{int(voices.sum())} different texts"
        click.echo(f"{file.name} has {told}; themes are told apart from {FEWEST_TEXTS} on.", err=True)
    if refused:
        click.echo(f"{refused:,} rows of {file.name} could not be read and have no theme.", err=True)
    if as_json:
        click.echo(json.dumps(_said(found, names, texts, voices), ensure_ascii=False))
        return
    Console().print(_table(found, texts, voices))


COMMANDS = (themes,)


def _ids(seed: int) -> Callable[[], str]:
    drawn = random.Random(seed)  # noqa: S311 - names that must repeat, no secrets
    return lambda: str(uuid.UUID(int=drawn.getrandbits(128), version=4))


def _read(file: Path, text_column: str, id_column: str) -> tuple[list[Any], list[str], int]:
    """Return the name and the text of every row, and how many rows could not be read.

    Raises:
        SourceRefused: it is no table, has no rows, or lacks a column.
    """
    wanted = [text_column, id_column] if id_column else [text_column]
    with tempfile.TemporaryDirectory() as folder:
        table = open_files(file, LIMITS, Path(folder))[0][0]
        try:
            columns, refused = _columns(table, wanted, careful=False)
        except TornRows:
            columns, refused = _columns(table, wanted, careful=True)
    texts = columns[text_column]
    if not texts:
        raise SourceRefused(f"{file.name} has a heading and no rows.")
    return columns[id_column] if id_column else list(range(1, len(texts) + 1)), texts, refused


def _columns(table: RawTable, wanted: list[str], *, careful: bool) -> tuple[dict[str, list[str]], int]:
    reading = table.read(FileRule("texts"), lambda _: None, careful)
    for column in wanted:
        if column not in reading.columns:
            there = ", ".join(reading.columns)
            raise SourceRefused(f"{table.name} has no column {column!r}. Its columns: {there}.")
    cells: dict[str, list[str]] = {column: [] for column in wanted}
    for batch in reading.batches:
        for column in cells:
            cells[column] += [cell or "" for cell in batch.column(column).to_pylist()]
    return cells, len(reading.unreadable)


def _said(found: Found, names: list[Any], texts: list[str], voices: Any) -> dict[str, Any]:
    model = found.model
    return {
        "themes": [
            {
                "id": model.theme_ids[number],
                "name": named.title,
                "size": int((found.assigned.theme == number).sum()),
                "voices": int(voices[found.assigned.theme == number].sum()),
                "group": model.group_ids[model.group[number]],
                "words": named.words,
                "quotes": [_quoted(texts[place]) for place in named.quotes],
            }
            for number, named in enumerate(found.names)
        ],
        "assignments": [
            {"id": name, "theme": model.theme_ids[number] if number >= 0 else None}
            for name, number in zip(names, found.assigned.theme.tolist(), strict=True)
        ],
        "encoder": found.encoder.version,
    }


def _quoted(text: str) -> str:
    """The beginning of a text in its lines, without control signs."""
    return "\n".join(readable(line) for line in text[:LONGEST].split("\n"))


def _table(found: Found, texts: list[str], voices: Any) -> Table:
    sizes = np.bincount(found.assigned.theme[found.assigned.theme >= 0], minlength=len(found.names))
    order = np.argsort(-sizes, kind="stable")
    without = int((found.assigned.theme < 0).sum())
    caption = f"{len(texts):,} texts, {int(voices.sum()):,} voices, {without:,} without a sign"
    if len(order) > MOST_SHOWN:
        caption += f"; the largest {MOST_SHOWN} are shown, --json prints all"
    table = Table("Theme", "Texts", "Voices", "For example", title=f"{len(order)} themes", caption=caption)
    for number in order[:MOST_SHOWN]:
        named = found.names[number]
        quote = " ".join(texts[named.quotes[0]].split())[:100] if named.quotes else ""
        own = voices[found.assigned.theme == number].sum()
        table.add_row(named.title, f"{sizes[number]:,}", f"{int(own):,}", quote)
    return table

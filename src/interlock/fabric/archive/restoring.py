"""An archive back into an empty installation: every row with its key, every file as it was, or nothing at all."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterator
from itertools import batched
from pathlib import Path, PurePosixPath
from typing import Any

from django.db import models, transaction

from interlock.fabric import journal, records
from interlock.fabric.archive import tables
from interlock.fabric.archive.writing import BLOCK, FORMAT, MANIFEST, folders, key_mark
from interlock.fabric.models import Invitation

# Rows that a new installation has from its migrations; those of the archive take their place.
_SEEDED = frozenset({"converse.Status", "fabric.JournalHead", "fabric.Company"})

_MARKS = ("fabric.Forgotten", "fabric.NoMail")


class ArchiveError(Exception):
    """The archive cannot be restored here; the text says why, and nothing was changed."""


def restore_archive(path: Path) -> dict[str, int]:
    """Fill this installation with an archive; return the rows by table.

    Raises:
        ArchiveError: the file is no archive, was changed, is of another version, or this installation is in use.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _checked(archive)
            _must_be_empty()
            rows = _laid_down_and_filled(archive, manifest)
    except (zipfile.BadZipFile, KeyError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ArchiveError(
            f"{path.name} is no archive of Interlock, or was damaged: {error}. Nothing was changed."
        ) from error
    records.forget()
    journal.keep_end_outside()
    return rows


def marks_lost(path: Path) -> int:
    """How many marks of who was erased, or wants no mail, mean nobody here: they were made with another secret key."""
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read(MANIFEST))
    if manifest.get("key_mark") == key_mark():
        return 0
    return sum(manifest["rows"].get(label, 0) for label in _MARKS)


def _checked(archive: zipfile.ZipFile) -> dict[str, Any]:
    """The manifest, once every file was found to be as it was written."""
    manifest = json.loads(archive.read(MANIFEST))
    if manifest["format"] != FORMAT:
        raise ArchiveError(
            f"This archive has the form {manifest['format']}, and {FORMAT} is known here. Nothing was changed."
        )
    if manifest["shape"] != tables.shape():
        raise ArchiveError(
            f"This archive was written by version {manifest['version']}, whose tables differ from those here. "
            "Restore it with that version, and then bring it up to date. Nothing was changed."
        )
    kept = {info.filename for info in archive.infolist()} - {MANIFEST}
    if kept != set(manifest["sha256"]):
        raise ArchiveError("The archive holds other files than its manifest names. Nothing was changed.")
    for name, digest in manifest["sha256"].items():
        place = PurePosixPath(name)
        if place.is_absolute() or ".." in place.parts or "\\" in name:
            raise ArchiveError(f"The archive names a place outside itself: {name}. Nothing was changed.")
        with archive.open(name) as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                raise ArchiveError(
                    f"{name} was changed after the archive was written. Nothing was changed here."
                )
    return manifest


def _must_be_empty() -> None:
    for model in tables.archived_models():
        if model._meta.label not in _SEEDED and model._base_manager.exists():
            raise ArchiveError(
                f"This installation is in use: it holds {model._meta.verbose_name_plural}. "
                "Restore into an empty INTERLOCK_HOME and an empty database. Nothing was changed."
            )
    if records.snapshot().number:
        raise ArchiveError(
            "This installation holds records already. Restore into an empty one. Nothing was changed."
        )


def _laid_down_and_filled(archive: zipfile.ZipFile, manifest: dict[str, Any]) -> dict[str, int]:
    laid: list[Path] = []
    try:
        for name, root in folders().items():
            for place in manifest["sha256"]:
                if place.startswith(f"{name}/"):
                    laid.append(root / place.removeprefix(f"{name}/"))
                    _lay_down(archive, place, laid[-1])
        return _fill(archive, manifest)
    except BaseException:
        for path in laid:
            path.unlink(missing_ok=True)
        raise


def _lay_down(archive: zipfile.ZipFile, place: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(place) as source, target.open("wb") as file:
        shutil.copyfileobj(source, file, BLOCK)


def _fill(archive: zipfile.ZipFile, manifest: dict[str, Any]) -> dict[str, int]:
    """Write all rows in one transaction; references are looked at when it ends."""
    stored: dict[str, int] = {}
    with transaction.atomic():
        Invitation.objects.all().delete()
        for model in tables.archived_models():
            if model._meta.label in _SEEDED:
                model._base_manager.all()._raw_delete(model._base_manager.db)
        for model in tables.archived_models():
            stored[model._meta.label] = _fill_table(archive, model)
        if stored != manifest["rows"]:
            raise ArchiveError(
                "The tables hold other numbers of rows than the manifest says. Nothing was changed."
            )
        tables.let_keys_go_on()
    return stored


def _fill_table(archive: zipfile.ZipFile, model: type[models.Model]) -> int:
    names = [column.attname for column in tables.columns_of(model)]
    count = 0
    for some in batched(_lines(archive, f"tables/{model._meta.label}.jsonl"), tables.CHUNK_ROWS):
        tables.store(model, names, [[row[name] for name in names] for row in some])
        count += len(some)
    return count


def _lines(archive: zipfile.ZipFile, name: str) -> Iterator[dict[str, Any]]:
    with archive.open(name) as file:
        for line in file:
            yield json.loads(line)

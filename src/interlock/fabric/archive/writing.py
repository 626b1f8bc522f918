"""One zip of everything: each table as lines of JSON, the records, the pictures, and a manifest with the hash of each file."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from interlock.fabric import records
from interlock.fabric.archive import tables

FORMAT = 1
MANIFEST = "manifest.json"
BLOCK = 1 << 20


def folders() -> dict[str, Path]:
    """What lies on disk beside the database, by its name in the archive."""
    return {
        "records": settings.RECORDS_FOLDER,
        "pictures": settings.HOME / "pictures",
        "mappings": settings.MAPPINGS_FOLDER,
    }


@dataclass
class Written:
    """What was put into the archive: rows by table, files by folder."""

    rows: dict[str, int] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)


def write_archive(path: Path, *, now: datetime) -> Written:
    """Write everything into one file, whole or not at all. Others may go on reading and writing meanwhile.

    Raises:
        LakeBusy: an import runs.
        OSError: the file cannot be written.
    """
    written, hashes = Written(), {}
    begun = path.with_name(f"{path.name}.begun")
    try:
        with zipfile.ZipFile(begun, "w", zipfile.ZIP_DEFLATED) as archive:
            # The records first: what is imported after them is in no table either.
            with records.lake().locked("archive"), _one_moment():
                for name, root in folders().items():
                    written.files[name] = _add_folder(archive, name, root, hashes)
                for model in tables.archived_models():
                    written.rows[model._meta.label] = _add_table(archive, model, hashes)
            archive.writestr(MANIFEST, json.dumps(_manifest(written, hashes, now), indent=1))
        begun.replace(path)
    finally:
        begun.unlink(missing_ok=True)
    return written


@contextmanager
def _one_moment() -> Iterator[None]:
    """Let all tables be read as of the same moment, without holding anybody up."""
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    elif connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")  # deferred: `atomic` would lock writers out
            try:
                yield
            finally:
                cursor.execute("COMMIT")
    else:
        yield


def _add_table(archive: zipfile.ZipFile, model: Any, hashes: dict[str, str]) -> int:
    name, digest, count = f"tables/{model._meta.label}.jsonl", hashlib.sha256(), 0
    names = [column.attname for column in tables.columns_of(model)]
    with archive.open(name, "w", force_zip64=True) as file:
        for row in tables.rows_of(model):
            # Sorted, since PostgreSQL keeps what is nested in an order of its own.
            named = dict(zip(names, row, strict=True))
            line = json.dumps(named, ensure_ascii=False, sort_keys=True).encode() + b"\n"
            digest.update(line)
            file.write(line)
            count += 1
    hashes[name] = digest.hexdigest()
    return count


def _add_folder(archive: zipfile.ZipFile, name: str, root: Path, hashes: dict[str, str]) -> int:
    count = 0
    for path in sorted(root.rglob("*")) if root.is_dir() else []:
        if not path.is_file() or path.name == "writer.lock":
            continue
        place, digest = f"{name}/{path.relative_to(root).as_posix()}", hashlib.sha256()
        with path.open("rb") as source, archive.open(place, "w", force_zip64=True) as target:
            while block := source.read(BLOCK):
                digest.update(block)
                target.write(block)
        hashes[place] = digest.hexdigest()
        count += 1
    return count


def key_mark() -> str:
    """By which an archive is known to be of an installation with the same secret key; it tells nothing of the key."""
    return salted_hmac("fabric.archive", "key", algorithm="sha256").hexdigest()


def _manifest(written: Written, hashes: dict[str, str], now: datetime) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": version("interlock"),
        "made_at": now.isoformat(),
        "shape": tables.shape(),
        "key_mark": key_mark(),
        "rows": written.rows,
        "left_out": tables.LEFT_OUT,
        "emptied": {label: sorted(columns) for label, columns in tables.EMPTIED.items()},
        "sha256": hashes,
    }

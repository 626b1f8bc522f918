"""What an archive holds can be put into an empty installation elsewhere, row for row, from either database to the other."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from interlock.cli.archiving import archive, export, restore
from interlock.fabric import forgotten, no_mail
from interlock.fabric.archive import restoring, tables
from interlock.fabric.archive.restoring import ArchiveError, marks_lost, restore_archive
from interlock.fabric.models import Forgotten, Invitation, NoMail

from .everything import SEAL

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def run_in(home: Path, *acts: str, database: Mapping[str, str] = MappingProxyType({})) -> None:
    """Do these acts of `everything.py` in an installation of its own."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("INTERLOCK_", "DATABASE_"))
    }
    environ = kept | {"INTERLOCK_HOME": str(home), "DJANGO_SETTINGS_MODULE": "interlock.config.settings"}
    command = [sys.executable, str(HERE / "everything.py"), *acts]
    done = subprocess.run(command, env=environ | dict(database), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def content(file: Path) -> dict[str, bytes]:
    """Every table and file of an archive; the manifest, which names the moment, apart."""
    with zipfile.ZipFile(file) as opened:
        return {name: opened.read(name) for name in opened.namelist() if name != "manifest.json"}


@pytest.mark.long
def test_every_row_of_every_table_comes_back_elsewhere(tmp_path, migrated_home):
    """From SQLite to the database of this run, and from there to SQLite again."""
    first, second, third = (tmp_path / f"{name}.zip" for name in ("first", "second", "third"))
    database = migrated_home(tmp_path / "two")
    if not database:  # else the two homes on SQLite bring themselves up to date
        migrated_home(tmp_path / "one")
        migrated_home(tmp_path / "three")

    run_in(tmp_path / "one", "fill", "", "archive", str(first))
    run_in(tmp_path / "two", "restore", str(first), "archive", str(second), database=database)
    run_in(tmp_path / "three", "restore", str(second), "archive", str(third))

    was, there, back = content(first), content(second), content(third)
    rows = {name: text.decode().splitlines() for name, text in was.items() if name.startswith("tables/")}
    assert {
        name: text.decode().splitlines() for name, text in there.items() if name.startswith("tables/")
    } == rows
    assert there == was
    assert back == was
    assert all(len(lines) >= 2 for name, lines in rows.items() if name != "tables/fabric.JournalHead.jsonl")
    assert was["pictures/ab/abc.webp"] == b"\0picture"
    assert any(name.startswith("records/") for name in was)
    assert not any(SEAL.encode() in text for text in was.values())
    assert sum(json.loads(line)["password"] != "!" for line in rows["tables/fabric.User.jsonl"]) == 0


def test_what_is_sealed_stays_behind_wherever_it_stands():
    kept = {
        "hook": SEAL,
        "all": [{"token": SEAL, "name": "Shop"}],
        "payload": f'{{"secret": "{SEAL}"}}',
        "n": 1,
    }

    assert tables.written(kept) == {
        "hook": "",
        "all": [{"token": "", "name": "Shop"}],
        "payload": '{"secret": ""}',
        "n": 1,
    }


def test_two_archives_that_differ_in_one_letter_are_told_apart(tmp_path):
    """The control of the comparison above."""
    for name, text in (("one", "a"), ("two", "b")):
        with zipfile.ZipFile(tmp_path / name, "w") as opened:
            opened.writestr("tables/x.jsonl", text)

    assert content(tmp_path / "one") != content(tmp_path / "two")


@pytest.fixture
def written(db, home, tmp_path) -> Path:
    """An archive of a new installation."""
    file = tmp_path / "new.zip"
    result = CliRunner().invoke(archive, [str(file)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return file


def rewritten(file: Path, **changes: bytes) -> Path:
    other = file.with_name("other.zip")
    parts = {**content(file), "manifest.json": zipfile.ZipFile(file).read("manifest.json")}
    with zipfile.ZipFile(other, "w") as opened:
        for name, text in (parts | {name.replace("__", "/"): text for name, text in changes.items()}).items():
            opened.writestr(name, text)
    return other


def test_a_file_that_was_changed_is_refused_before_anything_is_written(written):
    from interlock.converse.models import Status

    before = list(Status.objects.values_list("key", flat=True))

    with pytest.raises(ArchiveError, match="was changed after the archive was written"):
        restore_archive(rewritten(written, **{"tables/converse.Status.jsonl": b"{}\n"}))
    with pytest.raises(ArchiveError, match="other files than its manifest names"):
        restore_archive(rewritten(written, **{"records/more": b""}))
    (written.parent / "text.zip").write_text("none")
    with pytest.raises(ArchiveError, match="no archive of Interlock"):
        restore_archive(written.parent / "text.zip")
    assert list(Status.objects.values_list("key", flat=True)) == before


def test_an_archive_cannot_write_outside_the_installation(written):
    manifest = json.loads(zipfile.ZipFile(written).read("manifest.json"))
    manifest["sha256"]["pictures/../../evil"] = hashlib.sha256(b"x").hexdigest()

    with pytest.raises(ArchiveError, match="names a place outside itself"):
        restore_archive(
            rewritten(
                written, **{"pictures/../../evil": b"x", "manifest.json": json.dumps(manifest).encode()}
            )
        )


def test_another_version_and_an_installation_in_use_are_refused(written, person, monkeypatch):
    monkeypatch.setattr(restoring.tables, "shape", lambda: {"converse": "9999"})
    with pytest.raises(ArchiveError, match="Restore it with that version"):
        restore_archive(written)
    monkeypatch.undo()

    person("owner")
    with pytest.raises(ArchiveError, match="This installation is in use"):
        restore_archive(written)


def test_restoring_under_another_key_says_which_marks_mean_nobody(db, home, tmp_path, settings):
    forgotten.forget(names=["mail ana@example.com"], now=NOW)
    no_mail.stop(address="edda@example.com", now=NOW)
    file = tmp_path / "marks.zip"
    CliRunner().invoke(archive, [str(file)], catch_exceptions=False)
    Forgotten.objects.all().delete()
    NoMail.objects.all().delete()
    same = marks_lost(file)
    settings.SECRET_KEY = "another key of an installation elsewhere"

    restored = CliRunner().invoke(restore, [str(file)], catch_exceptions=False)

    assert (same, restored.exit_code, Forgotten.objects.count()) == (0, 0, 1)
    assert "WARNING: 2 marks of people who were erased, or who want no mail" in restored.stderr
    assert forgotten.forgotten_among(["mail ana@example.com"]) == {}


def test_after_restoring_the_owner_gets_a_link(person, db):
    from django.utils import timezone

    from interlock.fabric.invitations import first_owner_link

    owner = person("owner")
    assert first_owner_link(now=timezone.now()) is None

    owner.user.set_unusable_password()
    owner.user.save()
    assert first_owner_link(now=timezone.now())
    assert Invitation.objects.get().used_by == owner


def test_tables_leave_as_files_that_no_spreadsheet_runs(person, home, tmp_path):
    who = person("owner", name="=cmd|' /C calc'!A0")

    for kind in ("csv", "jsonl", "parquet"):
        result = CliRunner().invoke(export, [str(tmp_path / kind), "--as", kind], catch_exceptions=False)
        assert result.exit_code == 0, result.output

    assert f"'{who.name}" in (tmp_path / "csv" / "fabric.Person.csv").read_text()
    assert json.loads((tmp_path / "jsonl" / "fabric.Person.jsonl").read_text())["name"] == who.name
    assert pq.read_table(tmp_path / "parquet" / "fabric.Person.parquet")["name"].to_pylist() == [who.name]
    assert {path.name for path in (tmp_path / "csv").iterdir()} == {
        f"{model._meta.label}.csv" for model in tables.archived_models()
    }
    assert "correct horse" not in (tmp_path / "csv" / "fabric.User.csv").read_text()

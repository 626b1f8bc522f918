"""`interlock archive`, `restore` and `export`: everything in one file, back into an empty installation, or as tables.

Exit codes: 0 when all of it was written or restored, 1 when nothing was, 2 when the command was called wrongly.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from django.utils import timezone

from interlock.cli.serving import prepare_database
from interlock.fabric.archive import restoring, tabulating, writing
from interlock.store.errors import LakeError


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def archive(file: Path) -> None:
    """Write everything of this installation, without secrets, into one zip FILE."""
    prepare_database()
    try:
        written = writing.write_archive(file, now=timezone.now())
    except (LakeError, OSError) as error:
        _end_badly(f"No archive was written: {error}")
    click.echo(
        f"{file} holds {sum(written.rows.values()):,} rows of {len(written.rows)} tables and "
        f"{sum(written.files.values()):,} files of records and pictures. Passwords, keys and credentials are not in it."
    )


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Fill this empty installation with the archive in FILE."""
    prepare_database()
    try:
        rows = restoring.restore_archive(file)
    except (restoring.ArchiveError, LakeError, OSError) as error:
        _end_badly(str(error))
    click.echo(
        f"{sum(rows.values()):,} rows of {len(rows)} tables are here. Nobody has a password yet: "
        "interlock owner-link prints a link for the owner, who makes links for the others on the People page. "
        "Enter the credentials of the sources again, and stop the old installation, so that none is asked twice."
    )
    if lost := restoring.marks_lost(file):
        click.echo(
            f"WARNING: {lost:,} marks of people who were erased, or who want no mail, were made with another secret key. "
            "They protect nobody here: old files could bring the erased back. Empty this installation, give it the key "
            "of the old one (secret.key in its INTERLOCK_HOME, or INTERLOCK_SECRET_KEY), and restore again.",
            err=True,
        )


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--as", "kind", type=click.Choice(tabulating.KINDS), default="csv", help="What the files are.")
def export(folder: Path, kind: str) -> None:
    """Write each table into FOLDER, of the database and of the records, without secrets."""
    prepare_database()
    counted = tabulating.export_tables(folder, kind)
    click.echo(f"{folder} holds {sum(counted.values()):,} rows in {len(counted)} files.")


def _end_badly(error: str) -> None:
    click.echo(error, err=True)
    sys.exit(1)


COMMANDS = [archive, restore, export]

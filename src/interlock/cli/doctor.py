"""`interlock doctor`: check the installation, and say what to do about each fault."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from django.conf import settings
from django.core.checks import run_checks
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from interlock.analytics.text.errors import WeightsError
from interlock.fabric import journal, records
from interlock.fabric.models import Person, Role
from interlock.listen.themes import model_asking, model_names
from interlock.listen.themes.encoding import encoder_of_own
from interlock.store.errors import LakeError

ENOUGH_DISK_MB = 1_000


@dataclass(frozen=True)
class Check:
    """One thing looked at: whether it is well, what was seen, and what to do if it is not."""

    name: str
    well: bool
    seen: str
    remedy: str = ""


def check_python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check("Python", sys.version_info >= (3, 12), version, "Install Python 3.12 or newer.")


def check_home() -> Check:
    try:
        settings.HOME.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=settings.HOME):
            pass
    except OSError as error:
        return Check(
            "Home folder",
            False,
            f"{settings.HOME}: {error.strerror}",
            "Set INTERLOCK_HOME to a folder that this user may write.",
        )
    key = settings.HOME / "secret.key"
    if key.exists() and os.name == "posix" and key.stat().st_mode & 0o077:
        return Check("Home folder", False, f"{key} can be read by others", f"Run: chmod 600 {key}")
    return Check("Home folder", True, str(settings.HOME))


def check_disk() -> Check:
    free = shutil.disk_usage(settings.HOME if settings.HOME.exists() else Path.home()).free // 1_000_000
    return Check(
        "Free disk",
        free >= ENOUGH_DISK_MB,
        f"{free:,} MB",
        "Free some space, or move INTERLOCK_HOME to a larger disk; imports stop cleanly when it is full.",
    )


def check_database() -> Check:
    try:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return Check(
            "Database",
            False,
            str(error).strip(),
            "Check DATABASE_URL, and that the server runs and knows this user.",
        )
    if missing:
        return Check(
            "Database", False, f"{connection.vendor}, {len(missing)} changes behind", "Run: interlock migrate"
        )
    return Check("Database", True, f"{connection.vendor}, up to date")


def check_durability() -> Check:
    """An acknowledged change must survive a power cut, which SQLite promises from FULL (2) upward."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            level = cursor.execute("PRAGMA synchronous").fetchone()[0]
            return Check(
                "Durability",
                level >= 2,
                f"SQLite {sqlite3.sqlite_version}, synchronous={level}",
                "Remove what lowers PRAGMA synchronous.",
            )
        cursor.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
        fsync, commit = cursor.fetchone()
    return Check(
        "Durability",
        fsync == "on" and commit != "off",
        f"fsync {fsync}, synchronous_commit {commit}",
        "Switch fsync and synchronous_commit on in postgresql.conf.",
    )


def check_pooling() -> Check:
    """Locks of the session tell which workers live; a pooler in transaction mode lends one session to many."""
    if connection.vendor != "postgresql":
        return Check("Sessions", True, "SQLite, each process its own")
    other = connection.copy()
    try:
        shared = _share_sessions([_sessions(one) for one in (connection, other, connection, other)])
    finally:
        other.close()
    return Check(
        "Sessions",
        not shared,
        "shared between connections by a pooler in transaction mode" if shared else "one a connection",
        "Let DATABASE_URL lead to PostgreSQL itself, or set the pooler to pool_mode = session; see "
        "docs/settings.md#postgresql. Until then work of a killed worker is not taken up again.",
    )


def _sessions(one: BaseDatabaseWrapper) -> set[int]:
    """The processes of the server that answered a few statements of one connection, each outside a transaction."""
    found = set()
    with one.cursor() as cursor:
        for _statement in range(5):
            cursor.execute("SELECT pg_backend_pid()")
            found.add(cursor.fetchone()[0])
    return found


def _share_sessions(seen: list[set[int]]) -> bool:
    """Whether one of two connections, asked in turns, was answered by several processes, or both by the same."""
    first, second = seen[0] | seen[2], seen[1] | seen[3]
    return len(first) > 1 or len(second) > 1 or first == second


def check_records() -> Check:
    try:
        snapshot = records.snapshot()
    except LakeError as error:
        return Check(
            "Records",
            False,
            str(error),
            "Restore INTERLOCK_HOME/records from a backup, or import again into an empty folder.",
        )
    if not snapshot.versions:
        return Check("Records", True, "empty; run interlock import, or interlock demo")
    rows = sum(snapshot.counts.values())
    return Check(
        "Records", True, f"snapshot {snapshot.number}: {len(snapshot.versions)} tables, {rows:,} rows"
    )


def check_journal() -> Check:
    verdict = journal.verify()
    return Check(
        "Journal",
        verdict.sound,
        verdict.fault or f"{verdict.entries} entries, sound",
        "Keep the database as it is and compare it with a backup.",
    )


def check_owner() -> Check:
    owners = Person.objects.filter(role=Role.OWNER, left_at=None, user__isnull=False).count()
    return Check(
        "Owner",
        owners > 0,
        f"{owners} with an account",
        "Run: interlock owner-link, and open the link it prints.",
    )


def check_assets() -> Check:
    built = settings.PACKAGE / "web" / "static" / "built" / "app.css"
    return Check(
        "Page assets",
        built.exists(),
        "built" if built.exists() else "missing",
        "In a clone run ./do sync; an installed wheel carries them.",
    )


def check_frameworks() -> Check:
    faults = [str(message.msg) for message in run_checks() if message.level >= 30]
    return Check("Settings", not faults, "; ".join(faults) or "sound", "See docs/settings.md.")


def check_encoder() -> Check:
    """Loads the encoder that the settings name, and tries it on two sentences."""
    try:
        own = encoder_of_own()
    except WeightsError as error:
        return Check("Encoder", False, str(error), "See docs/settings.md#an-encoder-of-your-own.")
    if own is None:
        return Check("Encoder", True, "the one that comes with Interlock")
    return Check("Encoder", True, f"{settings.ENCODER}: {own.version}, {own.dimension} numbers a text")


def check_names() -> Check:
    """Asks a language model about two invented quotes, where one is named."""
    if not model_asking.is_set_up():
        return Check("Names by a model", True, "none is asked")
    trial = model_names.try_out()
    return Check(
        "Names by a model", trial.well, trial.said, "See docs/settings.md#names-by-a-language-model."
    )


def check_all() -> Iterator[Check]:
    """Run every check; a check that needs the database is left out while the database is not there."""
    before: list[Callable[[], Check]] = [
        check_python,
        check_home,
        check_disk,
        check_assets,
        check_frameworks,
        check_records,
        check_encoder,
        check_names,
    ]
    for check in before:
        yield check()
    database = check_database()
    yield database
    if database.well:
        for check in (check_durability, check_pooling, check_journal, check_owner):
            yield check()


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def doctor(as_json: bool) -> None:
    """Check this installation; exit code 1 when something needs doing."""
    checks = list(check_all())
    if as_json:
        click.echo(
            json.dumps({"well": all(c.well for c in checks), "checks": [asdict(c) for c in checks]}, indent=2)
        )
    else:
        for check in checks:
            click.echo(f"{'ok   ' if check.well else 'FAULT'}  {check.name}: {check.seen}")
            if not check.well:
                click.echo(f"       {check.remedy}")
    sys.exit(0 if all(check.well for check in checks) else 1)


@click.command("settings")
def show_settings() -> None:
    """List every setting with its default and meaning."""
    for setting in settings.ENVIRONMENT_SETTINGS:
        click.echo(f"{setting.name}\n    {setting.meaning}\n    Default: {setting.default}")


COMMANDS = [doctor, show_settings]

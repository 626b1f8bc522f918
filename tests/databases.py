"""The databases of tests: migrated once, copied wherever one is needed, put back after tests that commit.

To migrate takes each process four seconds, to copy takes a thousandth. What was migrated is kept in pytest's cache
under a hash of all sources, so it is never that of an earlier state. `flush` would empty a hundred tables one by one;
here what migrations wrote is there again as well.
"""

from __future__ import annotations

import fcntl
import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db.backends.base.base import BaseDatabaseWrapper

ROOT = Path(__file__).parent.parent
PATIENCE_SECONDS = 60
# The initial rows of these tables of PostgreSQL lie in a schema of their own; triggers, those of the journal too,
# and foreign keys rest meanwhile.
_REMEMBER = """DO $$ DECLARE name text; found boolean; BEGIN
CREATE SCHEMA at_first;
FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
  EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO found;
  IF found THEN EXECUTE format('CREATE TABLE at_first.%I AS TABLE public.%I', name, name); END IF;
END LOOP; END $$"""
_PUT_BACK = """DO $$ DECLARE name text; found boolean; BEGIN
SET LOCAL session_replication_role = replica;
FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
  EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO found;
  IF found THEN EXECUTE format('DELETE FROM public.%I', name); END IF;
END LOOP;
FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'at_first' LOOP
  EXECUTE format('INSERT INTO public.%I SELECT * FROM at_first.%I', name, name);
END LOOP; END $$"""


class Migrated:
    """One database that is migrated; the others are its copies."""

    def __init__(self, connection: BaseDatabaseWrapper, folder: Path) -> None:
        self.connection, self.folder = connection, folder
        self.name = f"migrated_{_hash_of_sources()}"
        self.is_postgresql = connection.vendor == "postgresql"
        self.file = folder / f"{self.name}.sqlite3"
        self.initially = sqlite3.connect(":memory:", check_same_thread=False)

    def fill(self) -> None:
        """Make the connection's empty database a migrated one, with a copy wherever there is one to copy."""
        with _one_at_a_time(self.folder):
            if not self._is_kept():
                call_command("migrate", verbosity=0, run_syncdb=True)
                self._keep()
            elif self.is_postgresql:
                own = self.connection.settings_dict["NAME"]
                self._beside(f'DROP DATABASE "{own}"', f'CREATE DATABASE "{own}" TEMPLATE {self.name}')
            else:
                with closing(sqlite3.connect(self.file)) as kept:
                    kept.backup(self.initially)
                self.put_back()

    def put_back(self) -> None:
        """Every table holds what migrations wrote and nothing else."""
        if self.is_postgresql:
            with self.connection.cursor() as cursor:
                cursor.execute(_PUT_BACK)
            return
        self.connection.ensure_connection()
        copy_over(self.initially, self.connection.connection)

    def copy_to(self, home: Path) -> None:
        """Give a home folder its migrated SQLite, as `interlock migrate` would have left it."""
        home.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(home / "interlock.sqlite3")) as copy:
            self.initially.backup(copy)

    def _is_kept(self) -> bool:
        if not self.is_postgresql:
            return self.file.exists()
        with self.connection._nodb_cursor() as cursor:
            cursor.execute("SELECT FROM pg_database WHERE datname = %s", [self.name])
            return cursor.fetchone() is not None

    def _keep(self) -> None:
        if self.is_postgresql:
            with self.connection.cursor() as cursor:
                cursor.execute(_REMEMBER)
            own = self.connection.settings_dict["NAME"]
            self._beside(*self._older(), f'CREATE DATABASE {self.name} TEMPLATE "{own}"')
            return
        for old in self.folder.glob("migrated_*"):
            old.unlink()
        self.connection.connection.backup(self.initially)
        half = self.folder / "half"
        half.unlink(missing_ok=True)
        with closing(sqlite3.connect(half)) as kept:
            self.initially.backup(kept)
        half.rename(self.file)

    def _older(self) -> list[str]:
        with self.connection._nodb_cursor() as cursor:
            cursor.execute(r"SELECT datname FROM pg_database WHERE datname LIKE 'migrated\_%'")
            return [f"DROP DATABASE {name}" for (name,) in cursor.fetchall()]

    def _beside(self, *statements: str) -> None:
        """Run these while nobody is connected to the database, which PostgreSQL asks for."""
        self.connection.close()
        with self.connection._nodb_cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def copy_over(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Replace all that one SQLite holds by what another holds.

    Raises:
        TimeoutError: somebody keeps the other one locked.
    """
    source.backup(target, progress=_Patience(), sleep=0.01)


class _Patience:
    """Ends a copy that waits too long for somebody's lock, which Python's `backup` does forever."""

    def __init__(self) -> None:
        self.waits = 0

    def __call__(self, status: int, _remaining: int, _total: int) -> None:
        self.waits += status in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
        if self.waits * 0.01 > PATIENCE_SECONDS:
            raise TimeoutError("The test database is still locked; does a thread of the last test go on?")


def _hash_of_sources() -> str:
    hashed = hashlib.sha256((ROOT / "locks" / "test.txt").read_bytes())
    for path in sorted((ROOT / "src").rglob("*.py")):
        hashed.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return hashed.hexdigest()[:16]


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Two workers begin together; the second waits for what the first makes."""
    with (folder / "lock").open("w") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        yield


def copied(connection: Any, folder: Path) -> Migrated:
    """Let Django's migration of the test database begin with a copy, so that it finds nothing to do."""
    migrated = Migrated(connection, folder)

    def prepare() -> None:
        del connection.prepare_database  # `migrate` asks for it once more where it does migrate
        migrated.fill()

    connection.prepare_database = prepare
    return migrated

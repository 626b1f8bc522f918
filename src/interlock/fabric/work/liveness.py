"""Which workers live? Each holds a lock under its name that falls when its process dies, however it dies.

With SQLite all workers are on one machine, and the lock is one of the operating system on a file in
`INTERLOCK_HOME/workers`. With PostgreSQL it is an advisory lock of the server on a connection of its own, so
that workers of several machines see each other; a machine that vanished is noticed by its silence within
about 10 s. There are no clocks to compare and nothing is written while all is well.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import platform
import secrets
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import connection

# "ILWK": keeps our advisory locks apart from those of other programs on the server.
LOCK_CLASS = 0x494C574B


def new_name(kind: str) -> str:
    """A name that no other worker has: what it does, where it runs, and eight digits that its lock is known by."""
    return f"{kind}@{platform.node()[:30]}:{os.getpid()}:{secrets.token_hex(4)}"


class Held:
    """A worker's lock for as long as the object lives; `keep` takes it again after a lost connection."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._file: IO[str] | None = None

    def keep(self) -> None:
        """Take the lock, or make sure that it is still held. Always call it from the same thread."""
        if connection.vendor == "postgresql":
            _keep_on_server(self.name)
        elif self._file is None:
            self._file = _lock_file(self.name)

    def let_go(self) -> None:
        if self._file is not None:
            _path(self.name).unlink(missing_ok=True)
            self._file.close()
        elif connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_CLASS, _signed(self.name)])


def living() -> set[str]:
    """The names (PostgreSQL: their last eight digits) of the workers that live now."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT objid::bigint FROM pg_locks JOIN pg_database ON pg_database.oid = database "
                "WHERE locktype = 'advisory' AND classid = %s AND datname = current_database() AND granted",
                [LOCK_CLASS],
            )
            return {f"{number:08x}" for (number,) in cursor.fetchall()}
    folder = _folder()
    return {path.stem for path in folder.glob("*.lock") if _is_locked(path)} if folder.is_dir() else set()


def lives(name: str, among: set[str]) -> bool:
    return name in among or name.rpartition(":")[2] in among


def _keep_on_server(name: str) -> None:
    signed = _signed(name)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s AND pid = pg_backend_pid()",
            [LOCK_CLASS, signed % (1 << 32)],
        )
        if cursor.fetchone() is None:
            # Ask a silent machine after 4 s, and take it for dead after two more questions.
            cursor.execute(
                "SET tcp_keepalives_idle = 4; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 2"
            )
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_CLASS, signed])


def _signed(name: str) -> int:
    """The lock's number: the server takes it signed and lists it unsigned."""
    number = int(name.rpartition(":")[2], 16)
    return number - (1 << 32) if number >= 1 << 31 else number


def _folder() -> Path:
    return settings.HOME / "workers"


def _path(name: str) -> Path:
    return _folder() / f"{name}.lock"


def _lock_file(name: str) -> IO[str]:
    """Lock a file before it appears under its name, so that nobody ever sees it unlocked."""
    _folder().mkdir(parents=True, exist_ok=True)
    draft = _folder() / f"{name}.new"
    file = draft.open("w")
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    draft.rename(_path(name))
    return file


def _is_locked(path: Path) -> bool:
    """Whether a living process holds it; a file whose process died is removed."""
    try:
        with path.open("r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return True
            with contextlib.suppress(OSError):
                path.unlink()
            return False
    except FileNotFoundError:
        return False

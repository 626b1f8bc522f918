"""Cut the power at random moments: is what was acknowledged still there?

The statements of `take_in`, recorded from the product, are played into SQLite through a file layer that writes
down every write and sync. A cut is a place in that log: what was synced before it is on the disk, and of the
rest each sector of 512 bytes is, or is not, by chance. The files are built so, opened by SQLite, and asked for
every signal that had been acknowledged before the cut. Killing a process can never show what this shows.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import tempfile
from bisect import bisect_right
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import apsw

SECTOR = 512
DATABASE = "interlock.sqlite3"


@dataclass(frozen=True)
class Commit:
    """The statements of one acknowledgement, and the keys that it acknowledges."""

    statements: tuple[str, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Write:
    """One step of the log: bytes at an offset, a truncation (`size`), or a sync (neither)."""

    file: str
    offset: int = 0
    content: bytes | None = None
    size: int | None = None


@dataclass(frozen=True)
class Verdict:
    """Cuts made, cuts after which something acknowledged was gone, the most gone at once, damaged databases."""

    cuts: int
    losing: int
    most_lost: int
    damaged: int
    commits: int
    writes: int


class _Log(apsw.VFS):
    """A file layer over the system's own that writes down what is written."""

    def __init__(self, name: str) -> None:
        self.steps: list[Write] = []
        self.registered = name
        super().__init__(name, base="")

    def xOpen(self, name, flags):  # noqa: N802 - apsw's names
        return _File(self, name, flags)


class _File(apsw.VFSFile):
    def __init__(self, log: _Log, name: object, flags: list[int]) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._name = Path(str(path)).name
        self._log = log
        super().__init__("", name, flags)

    def xWrite(self, content: bytes, offset: int) -> None:  # noqa: N802
        self._log.steps.append(Write(self._name, offset, bytes(content)))
        super().xWrite(content, offset)

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._log.steps.append(Write(self._name, size=size))
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self._log.steps.append(Write(self._name))


def simulate(
    base: Path, pragmas: str, commits: list[Commit], *, cuts: int, seed: int, synchronous: str = "FULL"
) -> Verdict:
    """Play the commits into a copy of the database at `base`, and cut the power so often.

    `pragmas` are those of the product; `synchronous` replaces theirs for the control.
    """
    with tempfile.TemporaryDirectory(prefix="interlock-power-") as folder:
        played = Path(folder) / "played"
        played.mkdir()
        shutil.copyfile(base, played / DATABASE)
        steps, acknowledged = _play(
            played / DATABASE, f"{pragmas} PRAGMA synchronous={synchronous};", commits
        )
        rng = random.Random(seed)
        verdicts = [
            _cut(base, Path(folder), steps, rng.randrange(1, len(steps)), acknowledged, commits, rng)
            for _ in range(cuts)
        ]
    lost = [number for number, _damaged in verdicts]
    return Verdict(
        cuts,
        sum(number > 0 for number in lost),
        max(lost),
        sum(damaged for _number, damaged in verdicts),
        len(commits),
        len(steps),
    )


def _play(path: Path, pragmas: str, commits: list[Commit]) -> tuple[list[Write], list[int]]:
    """Return the log, and its length at each acknowledgement."""
    log = _Log(f"log-{path}")
    database = apsw.Connection(str(path), vfs=log.registered)
    acknowledged = []
    try:
        for pragma in pragmas.split(";"):
            database.execute(pragma).fetchall()
        del log.steps[:]
        for commit in commits:
            for statement in commit.statements:
                database.execute(statement).fetchall()
            acknowledged.append(len(log.steps))
        steps = list(log.steps)
    finally:
        database.close()
        log.unregister()
    return steps, acknowledged


def _cut(
    base: Path,
    folder: Path,
    steps: list[Write],
    at: int,
    acknowledged: list[int],
    commits: list[Commit],
    rng: random.Random,
) -> tuple[int, bool]:
    """Build the files as they may be after a cut before step `at`; return the commits lost, and whether damaged."""
    after = folder / "after"
    shutil.rmtree(after, ignore_errors=True)
    after.mkdir()
    files = {DATABASE: bytearray(base.read_bytes())}
    last_sync = {
        step.file: number
        for number, step in enumerate(steps[:at])
        if step.content is None and step.size is None
    }
    for number, step in enumerate(steps[:at]):
        if number <= last_sync.get(step.file, -1):
            _apply(files, step, None)
        else:
            _apply(files, step, rng)
    for name, content in files.items():
        (after / name).write_bytes(content)
    promised = [key for commit in commits[: bisect_right(acknowledged, at)] for key in commit.keys]
    try:
        with closing(sqlite3.connect(after / DATABASE)) as database:
            there = {key for (key,) in database.execute("SELECT key FROM listen_inboxrow")}
            whole = database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    except sqlite3.DatabaseError:
        return len(promised), True
    return sum(key not in there for key in promised), not whole


def _apply(files: dict[str, bytearray], step: Write, rng: random.Random | None) -> None:
    """Do one step; with `rng`, each of its sectors only by chance."""
    file = files.setdefault(step.file, bytearray())
    if step.size is not None:
        if rng is None or rng.random() < 0.5:
            del file[step.size :]
        return
    if step.content is None:
        return
    for start in range(0, len(step.content), SECTOR):
        if rng is None or rng.random() < 0.5:
            part = step.content[start : start + SECTOR]
            place = step.offset + start
            if len(file) < place + len(part):
                file.extend(bytes(place + len(part) - len(file)))
            file[place : place + len(part)] = part

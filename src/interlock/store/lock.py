"""Who may write the records now? One process at a time; the lock falls when its holder dies.

The operating system holds the lock, not the file: a file left behind by a killed process blocks nobody.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from interlock.store.errors import LakeBusy, LakeError

if sys.platform == "win32":  # pragma: no cover - this branch runs on Windows alone
    import msvcrt

    # Windows hides locked bytes from other readers: lock one far behind the holder's name.
    _FAR_BEHIND = 1 << 30

    def _take(file: IO[str]) -> None:
        file.seek(_FAR_BEHIND)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def only_writer(path: Path, purpose: str) -> Iterator[None]:
    """Hold the lock while the block runs.

    Raises:
        LakeBusy: somebody else holds it; the message says who and for what.
        LakeError: the folder cannot be written.
    """
    try:
        file = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise LakeError(f"{path.parent} cannot be written: {error.strerror}. Nothing was changed.") from error
    with file:
        try:
            _take(file)
        except OSError as error:
            raise LakeBusy(_busy(path)) from error
        _sign(file, purpose)
        yield


def _sign(file: IO[str], purpose: str) -> None:
    try:
        file.truncate(0)
        file.write(json.dumps({"process": os.getpid(), "purpose": purpose}))
        file.flush()
    except OSError as error:
        raise LakeError(f"The records cannot be written: {error.strerror}. Nothing was changed.") from error


def _busy(path: Path) -> str:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        who = f"process {holder['process']} ({holder['purpose']})"
    except (OSError, ValueError, KeyError):
        who = "another process"
    return f"The records are being written by {who}. Try again when it is done; nothing was changed."

"""Which files lie in a folder that may be read, and which of them are left alone?"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import SourceRefused
from ..live import Reach
from ..readers.endings import may_be_read

MOST_FILES = 5_000
# Names under which programs write what is not whole yet.
UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".filepart", ".swp", "~")


@dataclass(frozen=True)
class Found:
    """One file. `changed_at` is when its content or entry last changed, in seconds; nobody can set it back."""

    name: str
    path: Path
    size: int
    modified_ns: int
    changed_at: float

    @property
    def quick_mark(self) -> str:
        return f"{self.size}-{self.modified_ns}"


@dataclass(frozen=True)
class Listing:
    """The files that can be read, the oldest first; links that lead out; how many are of other kinds."""

    files: tuple[Found, ...]
    links: tuple[str, ...]
    others: int


def allowed_folder(given: str, allowed: Sequence[Path]) -> Path:
    """The folder itself, links resolved.

    Raises:
        SourceRefused: it is not there, or not inside a folder that whoever runs the machine allows.
    """
    if not allowed:
        raise SourceRefused(
            "No folder may be watched on this machine. Whoever runs it names the allowed ones in "
            "INTERLOCK_WATCH_FOLDERS, such as /srv/exports."
        )
    folder = Path(given).expanduser().resolve()
    if not any(folder.is_relative_to(one.resolve()) for one in allowed):
        raise SourceRefused(
            f"{given} does not lie in a folder that may be watched ({', '.join(map(str, allowed))}). "
            "Whoever runs this machine names such folders in INTERLOCK_WATCH_FOLDERS."
        )
    if not folder.is_dir():
        raise SourceRefused(
            f"There is no folder {given}. Make it again, or mount it; what was read before stays."
        )
    return folder


def list_files(folder: Path, reach: Reach) -> Listing:
    """Every file below the folder. Hidden and unfinished ones are passed over; no linked folder is entered.

    Raises:
        SourceRefused: it cannot be looked into, or holds too many files.
    """
    files: list[Found] = []
    links: list[str] = []
    others = 0
    for number, entry in enumerate(_walk(folder)):
        if number % 500 == 0:
            reach.wait(0)
        name = Path(entry.path).relative_to(folder).as_posix()
        if entry.is_symlink() and not _stays_inside(entry, folder):
            links.append(name)
        elif not may_be_read(name):
            others += 1
        elif (found := _found(entry, name)) is not None:
            files.append(found)
        if len(files) > MOST_FILES:
            raise SourceRefused(
                f"{folder} holds more than {MOST_FILES:,} files. Move old ones away, or watch a folder below it."
            )
    return Listing(tuple(sorted(files, key=lambda each: (each.modified_ns, each.name))), tuple(links), others)


def _walk(folder: Path) -> Iterator["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise SourceRefused(
            f"{folder} cannot be looked into: {error.strerror}. Give Interlock's user the right to read it."
        ) from None
    for entry in ordered:
        if entry.name.startswith(".") or entry.name.lower().endswith(UNFINISHED):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
        elif entry.is_file() or entry.is_symlink():
            yield entry


def _stays_inside(entry: "os.DirEntry[str]", folder: Path) -> bool:
    target = Path(entry.path).resolve()
    return target.is_file() and target.is_relative_to(folder)


def _found(entry: "os.DirEntry[str]", name: str) -> Found | None:
    """What is known of a file; nothing when it went away while we looked."""
    try:
        state = entry.stat()
    except OSError:
        return None
    return Found(name, Path(entry.path).resolve(), state.st_size, state.st_mtime_ns, state.st_ctime)

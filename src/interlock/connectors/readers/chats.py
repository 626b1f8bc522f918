"""Exports of chats: recognised by their shape, read as one table of messages whatever program they are from.

People stand in it as ids or hashes, never with names or addresses; mentions of people become "@someone". Which
channels are customers' is the mapping's business.
"""

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from ..errors import SourceRefused
from ..limits import Limits
from ..mapping.model import FileRule
from ..protocol import Reading, Unreadable
from . import slack, teams
from .archives import checked_members, member_bytes, unpacks_by_and_by
from .messages import COLUMNS, Documents, Message
from .text_batches import text_batch

BATCH_ROWS = 20_000
_HEAD = 200_000


@dataclass(frozen=True)
class ChatTable:
    """All messages of one export. `program` is slack or teams."""

    name: str
    path: Path
    program: str
    limits: Limits

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def read(self, rule: FileRule, on_bytes: Callable[[int], None], careful: bool = False) -> Reading:
        reading = Reading((f"{self.program}_message", *COLUMNS), iter(()))
        reading.batches = self._batches(reading, on_bytes)
        return reading

    def _batches(self, reading: Reading, on_bytes: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
        rows: list[tuple[int, list[str | None]]] = []
        reader = slack.messages if self.program == "slack" else teams.messages
        with opened(self.path, self.limits) as documents:
            for number, message in enumerate(reader(documents, on_bytes), 1):
                if isinstance(message, Message):
                    rows.append((number, message.cells()))
                else:
                    reading.unreadable.append(Unreadable(number, message[:1000], "not a message"))
                if len(rows) >= BATCH_ROWS:
                    yield text_batch(rows, reading.columns)
                    rows = []
        if rows:
            yield text_batch(rows, reading.columns)


def chat_table(path: Path, limits: Limits) -> ChatTable | None:
    """The chat that a zip or JSON file is the export of, if it is one.

    Raises:
        SourceRefused: it is one, but must not be unpacked.
    """
    if path.suffix.lower() == ".json":
        with path.open("rb") as file:
            return (
                ChatTable("teams/messages", path, "teams", limits)
                if teams.begins_so(file.read(_HEAD))
                else None
            )
    try:
        with zipfile.ZipFile(path) as archive:
            if not all(map(unpacks_by_and_by, archive.infolist())):
                return None  # as below
            names = archive.namelist()
            if slack.is_export(names):
                checked_members(archive, path, _chat_limits(limits))
                return ChatTable("slack/messages", path, "slack", limits)
            documents = [name for name in names if name.lower().endswith(".json")][:20]
            for name in documents:
                with archive.open(name) as file:
                    if teams.begins_so(file.read(_HEAD)):
                        checked_members(archive, path, _chat_limits(limits))
                        return ChatTable("teams/messages", path, "teams", limits)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError):
        return None  # the usual reader says what is wrong with it
    return None


def opened(path: Path, limits: Limits) -> "_Opened":
    """The JSON documents of a zip, or the one that a file is."""
    return _Opened(path, limits)


class _Opened:
    def __init__(self, path: Path, limits: Limits) -> None:
        self._path, self._limits = path, limits
        self._archive: zipfile.ZipFile | None = None

    def __enter__(self) -> Documents:
        most = self._limits.document_bytes
        if self._path.suffix.lower() == ".json":
            if self._path.stat().st_size > most:
                raise SourceRefused(
                    f"{self._path.name} is larger than {most // 1_000_000} MB; it is not read."
                )
            return Documents([self._path.name], lambda _: self._path.read_bytes())
        self._archive = archive = zipfile.ZipFile(self._path)
        members = {
            member.filename: member
            for member in checked_members(archive, self._path, _chat_limits(self._limits))
        }
        names = sorted(name for name in members if name.lower().endswith(".json"))
        return Documents(names, lambda name: member_bytes(archive, members[name], most))

    def __exit__(self, *_: object) -> None:
        if self._archive:
            self._archive.close()


def _chat_limits(limits: Limits) -> Limits:
    return replace(limits, files=limits.chat_files)

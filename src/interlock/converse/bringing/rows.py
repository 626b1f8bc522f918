"""What every reader of another community makes of its files: posts, replies and votes, or why a row is none of these."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from interlock.connectors.readers.archives import unpacks_by_and_by

MOST_BYTES = 1 << 30
# A file is read as a whole, and takes five times its size in memory.
MOST_BYTES_OF_ONE = 256 << 20
LONGEST_KEY = 200
# What a feed, a file or a database cannot hold: control signs, and halves of letters as broken JSON has them.
_UNHEARD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Unreadable(Exception):
    """The file is none of this kind; the text says what was missing."""


# What a key begins with where a community knows somebody by name alone.
BY_NAME = "name:"


@dataclass(frozen=True)
class Author:
    """Who wrote or voted there. `staff` wrote for the company."""

    key: str
    name: str
    mail: str = ""
    account: str = ""
    staff: bool = False


@dataclass(frozen=True)
class PostRow:
    """`status` is a meaning of ours; `merged_into` the key of the post that this one became part of."""

    key: str
    title: str
    words: str
    at: datetime
    author: Author | None
    kind: str = ""
    status: str = "open"
    because: str = ""
    status_at: datetime | None = None
    product: str = ""
    address: str = ""
    merged_into: str = ""


@dataclass(frozen=True)
class ReplyRow:
    key: str
    post: str
    words: str
    at: datetime
    author: Author | None
    official: bool = False


@dataclass(frozen=True)
class VoteRow:
    post: str
    author: Author
    at: datetime

    @property
    def key(self) -> str:
        return f"{self.post}:{self.author.key}"


@dataclass(frozen=True)
class Refused:
    """A row that was not taken, and why."""

    key: str
    why: str


Row = PostRow | ReplyRow | VoteRow | Refused


def cleaned(text: str) -> str:
    """A text without signs that cannot be kept, and without blanks around."""
    return _UNHEARD.sub("", text).replace("\r\n", "\n").strip()


def key_of(row: PostRow | ReplyRow | VoteRow) -> str:
    """What a row is called there, as far as it is kept."""
    return cleaned(row.key)[:LONGEST_KEY]


def digest_of(row: PostRow | ReplyRow | VoteRow) -> str:
    return hashlib.sha256(json.dumps(asdict(row), sort_keys=True, default=str).encode()).hexdigest()


def moment(text: Any) -> datetime | None:
    """A moment as these systems write it; one without zone is UTC. None where there is none."""
    try:
        found = datetime.fromisoformat(str(text).strip().replace("Z", "+00:00"))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def json_files(path: Path) -> Iterator[tuple[str, Any]]:
    """Name and content of each JSON file: of one file, a folder or a zip.

    Raises:
        Unreadable: it is no JSON, or too large to be read at once.
    """
    if path.is_dir():
        for file in sorted(path.rglob("*.json")):
            yield file.name, _parsed(file.name, file.read_bytes())
    elif zipfile.is_zipfile(path):
        yield from _packed_files(path)
    else:
        yield path.name, _parsed(path.name, path.read_bytes())


def _packed_files(path: Path) -> Iterator[tuple[str, Any]]:
    with zipfile.ZipFile(path) as archive:
        files = [one for one in archive.infolist() if one.filename.endswith(".json")]
        largest = max(files, key=lambda one: one.file_size, default=None)
        # Sizes are those that the archive states; no byte beyond them is unpacked.
        if sum(one.file_size for one in files) > MOST_BYTES:
            raise Unreadable(f"{path.name} unpacks to over 1 GB. Bring it in parts; nothing was stored.")
        if largest and largest.file_size > MOST_BYTES_OF_ONE:
            raise Unreadable(
                f"{largest.filename} in {path.name} unpacks to over 256 MB. Split it; nothing was stored."
            )
        for one in files:
            yield Path(one.filename).name, _parsed(one.filename, _unpacked(archive, one))


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if not unpacks_by_and_by(member):
        raise Unreadable(
            f"{member.filename} is packed in an unusual way. Pack it as programs usually do (deflate), and bring it "
            "again. Nothing was stored."
        )
    with archive.open(member) as packed:
        return packed.read(member.file_size)


def _parsed(name: str, content: bytes) -> Any:
    if len(content) > MOST_BYTES_OF_ONE:
        raise Unreadable(f"{name} has over 256 MB. Split it into several files; nothing was stored.")
    try:
        return json.loads(content)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise Unreadable(
            f"{name} is no JSON: {error}. Choose the system it comes from, or export it again. Nothing was stored."
        ) from error


def table_rows(path: Path) -> list[dict[str, str]]:
    """The lines of a CSV file by the names in its first one.

    Raises:
        Unreadable: it is no CSV in UTF-8, or too large.
    """
    if path.is_dir():
        raise Unreadable(
            "A table is one CSV file, and these are several. Bring one after the other; nothing was stored."
        )
    if zipfile.is_zipfile(path):
        raise Unreadable(f"{path.name} is a zip; a table is one CSV file. Unzip it; nothing was stored.")
    if path.stat().st_size > MOST_BYTES_OF_ONE:
        raise Unreadable(f"{path.name} has over 256 MB. Split it into several files; nothing was stored.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            # Where a comma parts decimals, spreadsheets part columns by semicolons. No name of a column holds any of these.
            mark = max(",;\t", key=first.count)
            lines = csv.DictReader(file, delimiter=mark)
            return [{k: v or "" for k, v in row.items() if k} for row in lines]
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"{path.name} is not in UTF-8 (byte {error.start:,}). Save it as “CSV UTF-8” and bring it again. "
            "Nothing was stored."
        ) from error
    except csv.Error as error:
        raise Unreadable(f"{path.name} is no CSV: {error}. Nothing was stored.") from error

"""What every reader of another community makes of its files: posts, replies and votes, or why a row is none of these."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

MOST_BYTES = 1 << 30


class Unreadable(Exception):
    """The file is none of this kind; the text says what was missing."""


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


def digest_of(row: PostRow | ReplyRow | VoteRow) -> str:
    return hashlib.sha256(json.dumps(asdict(row), sort_keys=True, default=str).encode()).hexdigest()


def moment(text: Any) -> datetime | None:
    """A moment as these systems write it; one without zone is UTC. None where there is none."""
    try:
        found = datetime.fromisoformat(str(text).strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def json_files(path: Path) -> Iterator[tuple[str, Any]]:
    """Name and content of each JSON file: of one file, a folder or a zip.

    Raises:
        Unreadable: it is neither, or no JSON.
    """
    try:
        if path.is_dir():
            for file in sorted(path.rglob("*.json")):
                yield file.name, json.loads(file.read_bytes())
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                files = [one for one in archive.infolist() if one.filename.endswith(".json")]
                if sum(one.file_size for one in files) > MOST_BYTES:
                    raise Unreadable(
                        f"{path.name} unpacks to over 1 GB. Bring it in parts; nothing was stored."
                    )
                for one in files:
                    yield Path(one.filename).name, json.loads(archive.read(one))
        else:
            yield path.name, json.loads(path.read_bytes())
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path.name} is no JSON: {error}. Nothing was stored.") from error

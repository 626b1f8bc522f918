"""Where do the files of an import lie, and how do they get there without passing through memory?

One folder an import under UPLOADS_FOLDER: `given/` holds what was uploaded, `spool/` rows on their way
to the lake, `refused.csv` what was refused, and `running` is locked by the process that reads it.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest
from django.utils.translation import gettext as _

from interlock.listen.errors import UploadGone, UploadRefused, WrongState
from interlock.listen.models import Import, SourceKind

LONGEST_NAME = 120
# File systems take 255 bytes; a letter has up to four.
LONGEST_NAME_BYTES = 180
# Who sends a form is done within hours; what is older was left by a process that died.
STAGED_FOR = timedelta(days=1)


class StagedFile(UploadedFile):
    """A file already on the disk of this installation, with the hash of its bytes."""

    path: Path
    sha256: str


class StagedUpload(FileUploadHandler):
    """Writes each file of a form straight into the uploads folder, hashing it on the way."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        self.folder = settings.UPLOADS_FOLDER / f"incoming-{secrets.token_hex(8)}"

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path = self.folder / free_name(self.folder, self.file_name or "")
        self.hash = hashlib.sha256()
        self.file = self.path.open("wb+")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.file.write(raw_data)
        self.hash.update(raw_data)

    def file_complete(self, file_size: int) -> StagedFile:
        self.file.close()
        staged = StagedFile(None, self.path.name, self.content_type, file_size, self.charset)
        staged.path, staged.sha256 = self.path, self.hash.hexdigest()
        return staged

    def upload_interrupted(self) -> None:
        self.discard()

    def discard(self) -> None:
        """Remove everything that came with this form."""
        file = getattr(self, "file", None)
        if file is not None and not file.closed:
            file.close()
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder, ignore_errors=True)


def discard_staged(request: HttpRequest) -> None:
    """Remove what came with a form that was not taken."""
    for handler in getattr(request, "upload_handlers", []):
        if isinstance(handler, StagedUpload):
            handler.discard()


def forget_staged(now: datetime) -> int:
    """Remove what came with forms whose process died before they were taken or refused; return how many."""
    old = [
        folder
        for folder in Path(settings.UPLOADS_FOLDER).glob("incoming-*")
        if folder.stat().st_mtime < (now - STAGED_FOR).timestamp()
    ]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return len(old)


def free_name(folder: Path, given: str) -> str:
    """A file name that is safe and not taken: no folders, no control signs, no leading dot."""
    name = re.sub(r"[\x00-\x1f<>:\"/\\|?*]+", "_", Path(given.replace("\\", "/")).name).lstrip(". ")
    stem, suffix = Path(name or "file").stem[:LONGEST_NAME], Path(name or "file").suffix[:12]
    stem = stem.encode(errors="replace")[:LONGEST_NAME_BYTES].decode(errors="ignore")
    candidate, number = f"{stem}{suffix}", 2
    while (folder / candidate).exists():
        candidate, number = f"{stem} ({number}){suffix}", number + 1
    return candidate


def folder_of(import_: Import) -> Path:
    """The folder of one import; made when it is not there."""
    folder = Path(settings.UPLOADS_FOLDER) / str(import_.pk)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def adopt(import_: Import, files: list[StagedFile]) -> None:
    """Move staged files to their import."""
    given = folder_of(import_) / "given"
    given.mkdir(exist_ok=True)
    for file in files:
        file.path.replace(given / free_name(given, file.path.name))
    for folder in {file.path.parent for file in files}:
        shutil.rmtree(folder, ignore_errors=True)


def given_path(import_: Import) -> Path | str:
    """What to open: the one file, the folder of several, or the path or address given on the command line.

    Raises:
        UploadGone: the files were removed after the import, or expired.
    """
    if import_.location:
        return import_.location
    if import_.live:
        raise UploadGone(
            _("“%(source)s” is asked again by itself; this reading of it is not repeated.")
            % {"source": import_.source.name if import_.source else import_.title}
        )
    if import_.source and import_.source.kind == SourceKind.DATABASE:
        raise UploadGone(
            _(
                "The address of “%(title)s” is not kept, because it may hold a password. Run “interlock import "
                "ADDRESS --source '%(source)s'” again; nothing was changed."
            )
            % {"title": import_.title, "source": import_.source.name}
        )
    given = folder_of(import_) / "given"
    files = sorted(given.iterdir()) if given.is_dir() else []
    if not files:
        raise UploadGone(
            _("The files of “%(title)s” are no longer here. Upload them again; nothing was changed.")
            % {"title": import_.title}
        )
    return files[0] if len(files) == 1 else given


def drop_given(import_: Import) -> None:
    """Remove what was uploaded; the accounting and the refused rows stay."""
    shutil.rmtree(folder_of(import_) / "given", ignore_errors=True)


def remove_folder(import_: Import) -> None:
    """Remove everything that is kept of one import on disk."""
    shutil.rmtree(Path(settings.UPLOADS_FOLDER) / str(import_.pk), ignore_errors=True)


def describe_files(path: Path) -> list[dict[str, Any]]:
    """Name, size and SHA-256 of a file, or of every file in a folder."""
    files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    described = []
    for each in files:
        with each.open("rb") as file:
            mark = hashlib.file_digest(file, "sha256").hexdigest()
        described.append({"name": each.name, "bytes": each.stat().st_size, "sha256": mark})
    return described


def refused_path(import_: Import) -> Path:
    """The file of refused rows; absent when none were refused."""
    return Path(settings.UPLOADS_FOLDER) / str(import_.pk) / "refused.csv"


@contextmanager
def running(import_: Import) -> Iterator[None]:
    """Hold the mark that this process reads the import. The system lets go of it when the process dies.

    Raises:
        WrongState: another process reads it at this moment.
    """
    with (folder_of(import_) / "running").open("w") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise WrongState(
                _("“%(title)s” is being read at this moment. Wait for it, or stop it.")
                % {"title": import_.title}
            ) from error
        yield


def is_abandoned(import_: Import) -> bool:
    """Whether no living process holds the mark: the reader was killed."""
    try:
        with running(import_):
            return True
    except WrongState:
        return False


def is_full(error: OSError) -> bool:
    """Whether an error means that the disk has no room left."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}


def check_length(length: int) -> None:
    """Refuse a form that is larger than this installation takes.

    Raises:
        UploadRefused: names the limit and how to bring larger files in.
    """
    if length > settings.UPLOAD_MB * 1_000_000:
        raise UploadRefused(
            _(
                "The upload has %(given)s MB; this page takes up to %(limit)s MB. Zip the files, or run "
                "“interlock import PATH” on the machine itself. Nothing was kept."
            )
            % {"given": f"{length / 1_000_000:,.0f}", "limit": f"{settings.UPLOAD_MB:,}"}
        )

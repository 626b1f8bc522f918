"""Where the files of an import of a community lie: a folder each under UPLOADS_FOLDER, beside those of listen.

`upload/` holds what was uploaded, `refused.csv` what was refused, and `running` is locked by the process that works on it.
"""

from __future__ import annotations

import fcntl
import shutil
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from interlock.converse.bringing.rows import Refused, Unreadable, cleaned
from interlock.converse.community.errors import CommunityError
from interlock.converse.models import Bringing
from interlock.fabric.export import csv_bytes
from interlock.fabric.scrubbing import Traces
from interlock.listen.uploads import StagedFile, free_name


def folder_of(bringing: Bringing) -> Path:
    folder = Path(settings.UPLOADS_FOLDER) / f"community-{bringing.pk}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def adopt(bringing: Bringing, files: Sequence[StagedFile]) -> None:
    """Move what was uploaded to its import."""
    given = folder_of(bringing) / "upload"
    given.mkdir(exist_ok=True)
    for file in files:
        file.path.replace(given / free_name(given, file.path.name))
    for folder in {file.path.parent for file in files}:
        shutil.rmtree(folder, ignore_errors=True)


def given_path(bringing: Bringing) -> Path:
    """The one file that was uploaded, or the folder of several.

    Raises:
        Unreadable: they are no longer here.
    """
    given = folder_of(bringing) / "upload"
    files = sorted(given.iterdir()) if given.is_dir() else []
    if not files:
        raise Unreadable(_("The files are no longer here. Upload them again; nothing was stored."))
    return files[0] if len(files) == 1 else given


def has_given(bringing: Bringing) -> bool:
    """Whether what was uploaded is still here."""
    given = folder_of(bringing) / "upload"
    return given.is_dir() and any(given.iterdir())


def with_given() -> list[int]:
    """The numbers of imports whose uploads are here."""
    found = Path(settings.UPLOADS_FOLDER).glob("community-*/upload")
    return [int(path.parent.name.removeprefix("community-")) for path in found]


def drop_given(bringing: Bringing) -> None:
    """Remove what was uploaded; what was refused stays."""
    shutil.rmtree(folder_of(bringing) / "upload", ignore_errors=True)


def refused_path(bringing: Bringing) -> Path:
    """The file of refused rows; absent where there are none."""
    return folder_of(bringing) / "refused.csv"


def write_refused(bringing: Bringing, refused: Sequence[Refused]) -> None:
    """Keep the refused rows with their reasons, as a file that a spreadsheet opens and runs nothing of."""
    if not refused:
        refused_path(bringing).unlink(missing_ok=True)
        return
    rows = ((cleaned(one.key), cleaned(one.why)) for one in refused)
    refused_path(bringing).write_bytes(BOM_UTF8 + csv_bytes(("row", "why"), rows))


def forget(traces: Traces) -> None:
    """Take somebody out of what was refused; it names authors and voters. Uploads themselves go within days."""
    for path in Path(settings.UPLOADS_FOLDER).glob("community-*/refused.csv"):
        text = path.read_bytes().decode("utf-8-sig")
        without = traces.without(text)
        if without != text:
            path.write_bytes(BOM_UTF8 + without.encode())


@contextmanager
def running(bringing: Bringing) -> Iterator[None]:
    """Hold the mark that this process works on an import. The system lets go of it when the process dies.

    Raises:
        CommunityError: another process does at this moment.
    """
    with (folder_of(bringing) / "running").open("w") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CommunityError(
                _("“%(source)s” is being brought in at this moment. Wait until it is done.")
                % {"source": bringing.source}
            ) from error
        yield


def described(path: Path) -> list[dict[str, Any]]:
    """Name and bytes of a file, or of every file in a folder up to a hundred."""
    files = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())[:100]
    return [{"name": one.name, "bytes": one.stat().st_size} for one in files]

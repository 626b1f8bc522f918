"""Zip and gzip, unpacked with distrust: sizes are counted while unpacking, never believed.

Refused outright: a ratio or size of a bomb, a packing that cannot be unpacked bit by bit, a member that would leave
the folder, links, members with a password, and archives inside archives. Nothing is unpacked outside the given folder.
"""

import gzip
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

from ..errors import SourceRefused
from ..limits import Limits

BLOCK = 1_000_000
# Of these zipfile gives as many bytes as it is asked for; of others (bzip2, LZMA) a block whole, 1 KB as 1.5 GB.
_BY_AND_BY = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_PACKED = (".zip", ".gz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".tgz", ".zst")
# What reading a damaged archive raises; found by fuzzing. OSError is a seek to before its beginning.
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError, OverflowError,
    struct.error,
)  # fmt: skip
# What systems add to archives on their own.
_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


def unpack_zip(path: Path, folder: Path, limits: Limits) -> Iterator[tuple[str, Path]]:
    """Unpack the members of an archive into `folder`; yield (name in the archive, unpacked file).

    Raises:
        SourceRefused: the archive is damaged or one of its members must not be unpacked.
    """
    try:
        archive = zipfile.ZipFile(path)
    except _DAMAGED:
        raise SourceRefused(f"{path.name} is not a whole zip file. Copy or download it again.") from None
    with archive:
        members = [member for member in archive.infolist() if not _is_litter(member.filename)]
        _check_members(path, members, limits)
        left = limits.unpacked_bytes
        for number, member in enumerate(member for member in members if not member.is_dir()):
            target = folder / f"{number}{PurePosixPath(member.filename).suffix.lower()}"
            what = f"{path.name}: {member.filename}"
            with _opened(archive, member, what) as packed:
                left -= _copy(packed, target, what, member.compress_size, left, limits)
            yield member.filename, target


def checked_members(archive: zipfile.ZipFile, path: Path, limits: Limits) -> list[zipfile.ZipInfo]:
    """The members of an archive that is read in place, checked as those that are unpacked.

    Raises:
        SourceRefused: one of them must not be read.
    """
    members = [member for member in archive.infolist() if not _is_litter(member.filename)]
    _check_members(path, members, limits)
    total = sum(member.file_size for member in members)
    if total > limits.unpacked_bytes:
        raise _bomb(path.name, limits)
    return members


def member_bytes(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    """One member whole, whatever size it claims.

    Raises:
        SourceRefused: it is damaged, or larger than `most` bytes.
    """
    with _opened(archive, member, member.filename) as packed:
        raw = _read(packed, most + 1, member.filename)
    if len(raw) > most:
        raise SourceRefused(f"{member.filename} is larger than {most // 1_000_000} MB; it is not read.")
    return raw


def unpacks_by_and_by(member: zipfile.ZipInfo) -> bool:
    """Whether no more of a member is unpacked than is asked for."""
    return member.compress_type in _BY_AND_BY


def _is_litter(name: str) -> bool:
    return name.startswith(_LITTER[0]) or PurePosixPath(name).name in _LITTER[1:]


def _check_members(path: Path, members: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(members) > limits.files:
        raise SourceRefused(f"{path.name} holds {len(members):,} files; at most {limits.files} are read.")
    for member in members:
        name = member.filename
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if name.startswith(("/", "\\")) or ".." in parts or ":" in name.split("/")[0]:
            raise SourceRefused(f"{path.name}: {name} points outside the archive. Nothing was unpacked.")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise SourceRefused(
                f"{path.name}: {name} is a link; links are not followed. Pack the file itself."
            )
        if member.flag_bits & 1:
            raise SourceRefused(f"{path.name}: {name} has a password. Pack it again without one.")
        _check_packing(member, f"{path.name}: {name}")
        if name.lower().endswith(_PACKED) and not name.lower().endswith(".csv.gz"):
            raise SourceRefused(f"{path.name} holds another archive, {name}. Unpack that one first.")
        if member.file_size > limits.unpacked_bytes or member.file_size > limits.unpack_ratio * max(
            member.compress_size, BLOCK // limits.unpack_ratio
        ):
            raise _bomb(f"{path.name}: {name}", limits)


def unpack_gzip(path: Path, target: Path, limits: Limits) -> Path:
    """Unpack one gzip file to `target`.

    Raises:
        SourceRefused: it is damaged or unpacks to more than the limits allow.
    """
    with gzip.open(path) as packed:
        _copy(packed, target, path.name, path.stat().st_size, limits.unpacked_bytes, limits)
    return target


def check_workbook(path: Path, name: str, limits: Limits) -> None:
    """Refuse an XLSX file that is a bomb or declares XML entities, before anything parses it.

    Raises:
        SourceRefused: it is no workbook, too large unpacked, or uses a document type.
    """
    try:
        archive = zipfile.ZipFile(path)
    except _DAMAGED:
        raise SourceRefused(f"{name} is not a whole XLSX file. Save it again from the spreadsheet.") from None
    with archive:
        left = limits.unpacked_bytes
        for member in archive.infolist():
            left -= member.file_size
            # Sheets of repeated cells pack well: four times the usual ratio is still far from a bomb's.
            ratio = 4 * limits.unpack_ratio
            if left < 0 or member.file_size > ratio * max(member.compress_size, BLOCK // ratio):
                raise _bomb(f"{name}: {member.filename}", limits)
            if member.flag_bits & 1:
                raise SourceRefused(f"{name} has a password. Save it without one.")
            _check_packing(member, f"{name}: {member.filename}")
            if member.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in _start(archive, member, name):
                raise SourceRefused(
                    f"{name} declares a document type, which no spreadsheet does; it is not read."
                )


def _check_packing(member: zipfile.ZipInfo, what: str) -> None:
    if not unpacks_by_and_by(member):
        raise SourceRefused(
            f"{what} is packed in an unusual way. Pack it as programs usually do (deflate), and bring it again."
        )


def _start(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> bytes:
    what = f"{name}: {member.filename}"
    with _opened(archive, member, what) as packed:
        return _read(packed, 4096, what)


def _opened(archive: zipfile.ZipFile, member: zipfile.ZipInfo, what: str) -> IO[bytes]:
    _check_packing(member, what)
    try:
        return archive.open(member)
    except _DAMAGED as error:
        raise _damaged(what, error) from None


def _read(packed: IO[bytes] | Any, size: int, what: str) -> bytes:
    """Read a block; only errors of reading are taken for damage, not those of writing, such as a full disk."""
    try:
        return bytes(packed.read(size))
    except _DAMAGED as error:
        raise _damaged(what, error) from None


def _damaged(what: str, error: Exception) -> SourceRefused:
    return SourceRefused(f"{what} cannot be unpacked ({error}). Copy it again, or pack the files again.")


def _copy(
    packed: IO[bytes] | Any, target: Path, name: str, packed_size: int, left: int, limits: Limits
) -> int:
    written = 0
    with target.open("wb") as file:
        while block := _read(packed, BLOCK, name):
            written += len(block)
            if written > left or written > limits.unpack_ratio * max(
                packed_size, BLOCK // limits.unpack_ratio
            ):
                raise _bomb(name, limits)
            file.write(block)
    return written


def _bomb(name: str, limits: Limits) -> SourceRefused:
    return SourceRefused(
        f"{name} unpacks to more than {limits.unpack_ratio} times its size or over "
        f"{limits.unpacked_bytes // 1_000_000} MB. Unpack it yourself, look at it, and import the folder."
    )

"""Finds the tables in a path: which files are read, which are passed over and why."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import SourceRefused
from ..limits import Limits
from ..mapping.model import FileRule
from ..protocol import RawTable, Reading, Skipped
from ..readers.archives import unpack_gzip, unpack_zip
from ..readers.chats import chat_table
from ..readers.delimited import read_delimited
from ..readers.endings import (
    DOCUMENT_ENDINGS,
    JSON_ENDINGS,
    KNOWN,
    MAIL_ENDINGS,
    PARQUET_ENDINGS,
    SHEET_ENDINGS,
    TEXT_ENDINGS,
)
from ..readers.json_document import read_json_document
from ..readers.json_lines import read_json_lines
from ..readers.mbox import read_mbox
from ..readers.parquet import read_parquet
from ..readers.sheets import read_sheet, sheet_names


@dataclass(frozen=True)
class FileTable:
    """One file, or one sheet of a workbook, as a raw table."""

    name: str
    path: Path
    kind: str
    limits: Limits
    folder: Path
    sheet: str = ""

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def read(self, rule: FileRule, on_bytes: Callable[[int], None], careful: bool = False) -> Reading:
        if self.kind == "sheet":
            return read_sheet(self.path, self.name, self.sheet, rule, self.limits, on_bytes)
        if self.kind == "json":
            return read_json_lines(self.path, self.name, self.limits, on_bytes)
        if self.kind == "document":
            return read_json_document(self.path, self.name, self.limits, on_bytes)
        if self.kind == "mbox":
            return read_mbox(self.path, self.name, on_bytes)
        if self.kind == "parquet":
            return read_parquet(self.path, self.name, self.limits, on_bytes)
        return read_delimited(self.path, self.name, rule, self.limits, on_bytes, self.folder, careful)


def open_files(
    path: Path, limits: Limits, folder: Path, only: Sequence[str] = ()
) -> tuple[list[RawTable], list[Skipped]]:
    """List the tables of a folder, file or archive, or only some files of a folder. Unpacked copies go to `folder`.

    Raises:
        SourceRefused: there is nothing there, or nothing that can be read.
    """
    if not path.exists():
        raise SourceRefused(f"There is no file or folder {path}. Check the spelling; nothing was imported.")
    if path.is_file() and path.suffix.lower() in (".zip", *DOCUMENT_ENDINGS):
        chat = chat_table(path, limits)
        if chat:
            return [chat], []
    tables: list[RawTable] = []
    skipped: list[Skipped] = []
    for name, file in _files(path, limits, folder, skipped):
        if only and name not in only:
            continue
        try:
            tables += _tables(name, file, limits, folder)
        except SourceRefused as error:
            if path.is_file() and path.suffix.lower() != ".zip":
                raise
            skipped.append(Skipped(name, str(error)))
    if not tables:
        why = " ".join(one.reason for one in skipped[:3])
        raise SourceRefused(f"{path.name} holds nothing that can be imported ({KNOWN}). {why}".strip())
    return tables, skipped


def _files(path: Path, limits: Limits, folder: Path, skipped: list[Skipped]) -> Iterator[tuple[str, Path]]:
    if path.is_dir():
        yield from _walk(path, limits, skipped)
    elif path.suffix.lower() == ".zip":
        yield from unpack_zip(path, folder, limits)
    else:
        yield path.name, path


def _walk(path: Path, limits: Limits, skipped: list[Skipped]) -> Iterator[tuple[str, Path]]:
    count = 0
    for file in sorted(path.rglob("*")):
        name = file.relative_to(path).as_posix()
        if any(part.startswith(".") for part in file.relative_to(path).parts):
            continue
        if file.is_symlink():
            skipped.append(Skipped(name, f"{name} is a link; links are not followed."))
            continue
        if not file.is_file():
            continue
        count += 1
        if count > limits.files:
            raise SourceRefused(
                f"{path} holds more than {limits.files} files. Import a folder with the tables only."
            )
        yield name, file


def _tables(name: str, file: Path, limits: Limits, folder: Path) -> list[RawTable]:
    ending = Path(name).suffix.lower()
    if ending == ".gz":
        inner = name[:-3]
        target = folder / f"unpacked-{len(list(folder.iterdir()))}{Path(inner).suffix}"
        return _tables(inner, unpack_gzip(file, target, limits), limits, folder)
    if ending in SHEET_ENDINGS:
        sheets = sheet_names(file, name, limits)
        if not sheets:
            raise SourceRefused(f"{name} has no sheet with anything in it.")
        return [
            FileTable(name if len(sheets) == 1 else f"{name}#{sheet}", file, "sheet", limits, folder, sheet)
            for sheet in sheets
        ]
    kinds = {**dict.fromkeys(TEXT_ENDINGS, "text"), **dict.fromkeys(JSON_ENDINGS, "json")}
    kinds |= dict.fromkeys(PARQUET_ENDINGS, "parquet") | dict.fromkeys(DOCUMENT_ENDINGS, "document")
    kinds |= dict.fromkeys(MAIL_ENDINGS, "mbox")
    if ending not in kinds:
        raise SourceRefused(f"{name} is none of the kinds that are read: {KNOWN}.")
    if file.stat().st_size == 0:
        raise SourceRefused(f"{name} is empty. Export it again; nothing was read from it.")
    return [FileTable(name, file, kinds[ending], limits, folder)]

"""Reads every new or changed file of a folder, each as an import of its own; files that belong together, because
the source's mapping or a shipped one joins them, as one.

Files stay where they are: what was read is remembered by name and content. A file is left alone until it
has not changed for a while, so that one which is still being written waits. One that cannot be read does
not hold up the others, and is tried again when it or the mapping changes.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..errors import SourceRefused
from ..live import Answers, Question, Reach, ToImport
from .listing import Found, allowed_folder, list_files
from .together import joins_files, known_groups

READ_BYTES = 4_000_000
DEFAULT_SECONDS = 30


class WatchedFolder:
    """Exports that are put into a folder, as soon as they are whole."""

    kind = "folder"
    title = "Watched folder"
    purpose = "Exports that other systems write here on their own, to see where the company's parts disagree."
    ask_every = 60
    questions = (
        Question(
            "folder",
            "Folder",
            "folder",
            "A folder of the machine that Interlock runs on, inside one that INTERLOCK_WATCH_FOLDERS names.",
        ),
        Question(
            "settled_seconds",
            "Seconds without a change",
            "number",
            "A file that changed more recently is still being written, and waits.",
            required=False,
            default=str(DEFAULT_SECONDS),
        ),
    )

    def check(self, answers: Answers, reach: Reach) -> str:
        """Look into the folder, and say what is there."""
        folder = allowed_folder(answers["folder"], reach.folders)
        found = list_files(folder, reach)
        waiting = sum(not _is_settled(each, answers, reach) for each in found.files)
        parts = [f"{folder.name} holds {_files(len(found.files))} that can be read"]
        parts += [f"{_files(waiting)} of them changed just now and will wait"] if waiting else []
        parts += [f"{_files(found.others)} of other kinds stay unread"] if found.others else []
        parts += (
            [f"{_files(len(found.links))} are links that lead out of it and are not followed"]
            if found.links
            else []
        )
        return "; ".join(parts) + "."

    def lying(self, answers: Answers, reach: Reach) -> frozenset[str]:
        """Names of the files that lie there, with and without their folder. Raises as `due`."""
        files = list_files(allowed_folder(answers["folder"], reach.folders), reach).files
        return frozenset(name for each in files for name in (each.name, each.path.name))

    def due(self, answers: Answers, cursor: str, reach: Reach) -> Iterator[ToImport]:
        """Name the files that are new or changed since `cursor`, the oldest first.

        Raises:
            SourceRefused: the folder is gone, unreadable, or not among the allowed ones.
        """
        folder = allowed_folder(answers["folder"], reach.folders)
        lying = list_files(folder, reach).files
        found = [each for each in lying if _is_settled(each, answers, reach)]
        mapping = answers.get("mapping", "")
        known = _Known.read(cursor, mapping)
        here = {each.name for each in found}
        known = replace(known, files={name: mark for name, mark in known.files.items() if name in here})
        news = [each for each in found if known.is_news(each)]
        marked = []
        for each in news:
            mark = _mark(each, reach)
            if known.files.get(each.name, ["", ""])[1] == mark[1] and not known.was_refused(each.name):
                known = known.having({each.name: mark})  # touched, and the same as before
            else:
                marked.append((each, mark))
        if marked and joins_files(mapping):
            whole = known.having({each.name: mark for each, mark in marked})
            yield ToImport(
                str(folder),
                folder.name,
                whole.text(),
                whole.text([each.name for each, _ in marked]),
                files=tuple(sorted(here)),
            )
            return
        for group in known_groups([each.name for each in lying], mapping):
            mine = {each.name: mark for each, mark in marked if each.name in group}
            marked = [(each, mark) for each, mark in marked if each.name not in group]
            if mine and group <= here:  # else one of them is still being written, and the others wait for it
                known = known.having(mine)
                yield ToImport(
                    str(folder), folder.name, known.text(), known.text(list(mine)), files=tuple(sorted(group))
                )
        for each, mark in marked:
            known = known.having({each.name: mark})
            yield ToImport(str(each.path), each.name, known.text(), known.text([each.name]), in_part=True)


@dataclass(frozen=True)
class _Known:
    """What was read: for each file its quick mark (size and time), the mark of its content, and whether it
    was refused. `mapping` marks the mapping it was read with."""

    files: dict[str, list[str]]
    mapping: str

    @classmethod
    def read(cls, cursor: str, mapping: str) -> "_Known":
        now = hashlib.sha256(mapping.encode()).hexdigest()[:16]
        kept = json.loads(cursor) if cursor else {}
        files: dict[str, list[str]] = kept.get("files", {})
        if kept.get("mapping") != now:
            files = {name: mark for name, mark in files.items() if len(mark) == 2}
        return cls(files, now)

    def is_news(self, each: Found) -> bool:
        return self.files.get(each.name, [""])[0] != each.quick_mark

    def was_refused(self, name: str) -> bool:
        return len(self.files.get(name, ())) > 2

    def having(self, marks: dict[str, list[str]]) -> "_Known":
        return replace(self, files={**self.files, **marks})

    def text(self, refused: list[str] | None = None) -> str:
        marks = {
            name: [*mark[:2], "refused"] if name in (refused or ()) else mark
            for name, mark in self.files.items()
        }
        return json.dumps({"files": marks, "mapping": self.mapping})


def _mark(each: Found, reach: Reach) -> list[str]:
    """The quick mark of a file and that of its content.

    Raises:
        SourceRefused: it may not be read.
    """
    digest = hashlib.sha256()
    try:
        with each.path.open("rb") as file:
            while block := file.read(READ_BYTES):
                digest.update(block)
                reach.wait(0)
    except OSError:
        return [each.quick_mark, ""]  # the import says why it cannot be read
    return [each.quick_mark, digest.hexdigest()[:32]]


def _is_settled(each: Found, answers: Answers, reach: Reach) -> bool:
    given = answers.get("settled_seconds", "") or str(DEFAULT_SECONDS)
    if not given.isdigit():
        raise SourceRefused(f"'Seconds without a change' needs a whole number such as 30; it is {given}.")
    return reach.now().timestamp() - each.changed_at >= int(given)


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"

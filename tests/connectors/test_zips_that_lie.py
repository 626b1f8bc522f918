"""Zips whose members state another size than they unpack to: no reader takes more memory for what is said there."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from interlock.connectors import SourceRefused
from interlock.connectors.limits import DEFAULT_LIMITS
from interlock.connectors.readers.archives import check_workbook, member_bytes, unpack_zip
from interlock.connectors.readers.chats import chat_table

PACKINGS = {"deflate": zipfile.ZIP_DEFLATED, "bzip2": zipfile.ZIP_BZIP2, "lzma": zipfile.ZIP_LZMA}
STATED, MEGABYTES = 30_000, 200
ROOM = 100_000_000


def lying_zip(path: Path, name: str, packing: int, megabytes: int = MEGABYTES) -> Path:
    """One member of blanks that states a small size, in both headers."""
    with zipfile.ZipFile(path, "w", packing) as archive, archive.open(name, "w") as member:
        for _each in range(megabytes):
            member.write(b" " * 1_000_000)
    raw = bytearray(path.read_bytes())
    for at in (22, raw.rfind(b"PK\1\2") + 24):
        raw[at : at + 4] = STATED.to_bytes(4, "little")
    path.write_bytes(raw)
    return path


def in_little_memory(*works: str) -> list[str]:
    """What became of each in a process of its own that may take 100 MB more than it has after its imports."""
    lines = f"""
import resource, sys, zipfile
from pathlib import Path
from interlock.connectors import SourceRefused
from interlock.connectors.limits import DEFAULT_LIMITS
from interlock.connectors.readers.archives import member_bytes, unpack_zip
has = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (has + {ROOM},) * 2)
for work in {works!r}:
    try:
        exec(work)
        print("all of it")
    except (SourceRefused, MemoryError, zipfile.BadZipFile) as error:
        print(type(error).__name__)
"""
    done = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, timeout=120, check=False
    )
    return done.stdout.split("\n")[:-1] or [done.stderr[-300:]]


@pytest.mark.parametrize(
    "packing", ["deflate", *(pytest.param(one, marks=pytest.mark.slow) for one in ("bzip2", "lzma"))]
)
def test_no_member_takes_more_memory_than_it_states_and_would_from_zipfile_itself(tmp_path, packing):
    path = lying_zip(tmp_path / "x.zip", "a.json", PACKINGS[packing])
    opened = f"archive = zipfile.ZipFile({str(path)!r}); one = archive.infolist()[0]; "

    assert in_little_memory(
        f"{opened}member_bytes(archive, one, one.file_size)",
        f"list(unpack_zip(Path({str(path)!r}), Path({str(tmp_path)!r}), DEFAULT_LIMITS))",
        f"{opened}archive.read(one)",  # the control: it believes what is stated
    ) == ["SourceRefused", "SourceRefused", "MemoryError"]


@pytest.mark.parametrize("packing", ["bzip2", "lzma"])
def test_other_packings_are_refused_wherever_a_zip_is_looked_into(tmp_path, packing):
    path = lying_zip(tmp_path / "x.zip", "channels.json", PACKINGS[packing], megabytes=1)
    why = "packed in an unusual way. Pack it as programs usually do"

    with zipfile.ZipFile(path) as archive, pytest.raises(SourceRefused, match=why):
        member_bytes(archive, archive.infolist()[0], STATED)
    with pytest.raises(SourceRefused, match=why):
        list(unpack_zip(path, tmp_path, DEFAULT_LIMITS))
    with pytest.raises(SourceRefused, match=why):
        check_workbook(path, "x.xlsx", DEFAULT_LIMITS)
    assert chat_table(path, DEFAULT_LIMITS) is None

"""Inputs that once broke a reader, as `./do fuzz` found them: each is refused with a sentence, or read."""

from __future__ import annotations

import io
import zipfile

import pytest

from interlock.connectors.csv_folder.files import open_files
from interlock.connectors.errors import SourceRefused
from interlock.connectors.limits import Limits
from interlock.connectors.mapping.model import FileRule
from interlock.connectors.protocol import TornRows


def read(tmp_path, name: str, content: bytes):
    """Rows and refused rows of a file, read as an import does."""
    path = tmp_path / name
    path.write_bytes(content)
    table = open_files(path, Limits(), tmp_path)[0][0]
    for careful in (False, True):
        reading = table.read(FileRule("t"), lambda size: None, careful)
        try:
            rows = [row for batch in reading.batches for row in batch.to_pylist()]
        except TornRows:
            continue
        return rows, reading.unreadable
    raise AssertionError("torn twice")


def test_a_line_end_inside_a_cell_without_quotes_refuses_that_row_only(tmp_path):
    rows, refused = read(tmp_path, "a.csv", b'id,text\n1,good\n2,a\rb" c\nx,"\n3,fine\n')

    assert [row["id"] for row in rows] == ["1", "3"]
    assert [row.row for row in refused] == [3, 4]


def test_a_heading_without_any_name_is_refused(tmp_path):
    with pytest.raises(SourceRefused, match="heading row without a name"):
        read(tmp_path, "a.csv", b"\n;\n;")


@pytest.mark.parametrize("name", ["a.zip", "a.xlsx"])
def test_an_archive_whose_inside_is_damaged_is_refused(tmp_path, name):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("[Content_Types].xml" if name == "a.xlsx" else "a.csv", b"id\n1\n")
    content = bytearray(whole.getvalue())
    inside = content.index(b"id\n1\n")
    content[inside : inside + 2] = b"\xff\xff"  # the check sum of the stored member is wrong now

    with pytest.raises(SourceRefused, match="cannot be unpacked"):
        read(tmp_path, name, bytes(content))


def test_an_archive_whose_directory_points_before_its_beginning_is_refused(tmp_path):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("a.csv", b"id\n1\n")
    content = bytearray(whole.getvalue())
    directory = content.find(b"PK\x05\x06")
    content[directory + 16 : directory + 20] = (2**31).to_bytes(4, "little")

    with pytest.raises(SourceRefused):
        read(tmp_path, "a.zip", bytes(content))

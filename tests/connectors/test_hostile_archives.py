"""Broken and hostile archives and folders: each gets a message that says what to do, and nothing is unpacked."""

import zipfile
from pathlib import Path

import pytest

from interlock.connectors import SourceRefused, open_source

from .conftest import NOW
from .hostile import refused, signals

GOOD = b"id,created,text\n1,2026-01-02,a\n"


def archive(path: Path, members: dict[str, bytes], **how) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **how) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return path


def test_a_zip_is_read_and_the_litter_of_systems_passed_over(tmp_path):
    path = archive(
        tmp_path / "x.zip", {"export/tickets.csv": GOOD, "__MACOSX/._tickets.csv": b"x", "note.md": b"hello"}
    )

    with open_source(path, now=NOW) as source:
        assert [table.name for table in source.tables()] == ["export/tickets.csv"]
        assert [skipped.name for skipped in source.skipped] == ["note.md"]
    assert signals(path) == ([("1", "a")], [])


def test_a_zip_bomb_is_refused(tmp_path):
    path = archive(tmp_path / "x.zip", {"tickets.csv": b"0" * 60_000_000})

    assert "unpacks to more than 50 times its size or over 200 MB" in refused(path)


def test_a_zip_that_lies_about_its_size_is_refused_while_unpacking(tmp_path):
    path = archive(tmp_path / "x.zip", {"tickets.csv": b"0" * 30_000_000})
    raw = path.read_bytes()
    true_size, small = (30_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    path.write_bytes(raw.replace(true_size, small))

    assert "x.zip" in refused(path)


def test_a_gzip_bomb_is_refused(tmp_path):
    import gzip  # only this test packs

    path = tmp_path / "tickets.csv.gz"
    path.write_bytes(gzip.compress(b"0" * 60_000_000))

    assert "unpacks to more than 50 times its size" in refused(path)


@pytest.mark.parametrize(
    "name", ["../evil.csv", "/etc/evil.csv", "a/../../evil.csv", "..\\evil.csv", "C:/evil.csv"]
)
def test_a_member_outside_the_archive_is_refused(tmp_path, name):
    path = archive(tmp_path / "x.zip", {"tickets.csv": GOOD, name: GOOD})

    assert "points outside the archive. Nothing was unpacked." in refused(path)


def test_links_nested_archives_and_passwords_are_refused(tmp_path):
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = 0o120777 << 16
    linked = archive(tmp_path / "a.zip", {"tickets.csv": GOOD})
    with zipfile.ZipFile(linked, "a") as target:
        target.writestr(link, "/etc/passwd")
    nested = archive(tmp_path / "b.zip", {"tickets.csv": GOOD, "inner.zip": b"PK"})
    locked = archive(tmp_path / "c.zip", {"tickets.csv": GOOD})
    raw = bytearray(locked.read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    locked.write_bytes(bytes(raw))

    assert "link.csv is a link; links are not followed" in refused(linked)
    assert "holds another archive, inner.zip. Unpack that one first." in refused(nested)
    assert "tickets.csv has a password" in refused(locked)


def test_a_damaged_zip_is_refused(write):
    assert "is not a whole zip file" in refused(write("x.zip", b"PK\x03\x04 torn"))


def test_links_in_a_folder_are_not_followed(write, tmp_path):
    write("in/tickets.csv", GOOD)
    (tmp_path / "in" / "passwd.csv").symlink_to("/etc/passwd")

    with open_source(tmp_path / "in", now=NOW) as source:
        assert [(skipped.name, skipped.reason) for skipped in source.skipped] == [
            ("passwd.csv", "passwd.csv is a link; links are not followed.")
        ]


def test_an_unreadable_file_in_a_folder_is_told_and_the_others_read(write, tmp_path):
    write("in/tickets.csv", GOOD)
    write("in/page.csv", "<html></html>")

    with open_source(tmp_path / "in", now=NOW) as source:
        assert [table.name for table in source.tables()] == ["tickets.csv"]
        assert "page.csv is a web page" in source.skipped[0].reason


def test_a_path_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SourceRefused, match="There is no file or folder"):
        open_source(tmp_path / "nothing")

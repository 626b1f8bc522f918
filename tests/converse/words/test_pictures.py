"""Only the pixels of a picture are kept."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from interlock.converse.words import NotAPicture, pictures, redrawn


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 20), **options) -> bytes:
    written = BytesIO()
    Image.new("RGB", size, "teal").save(written, kind, **options)
    return written.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_a_picture_is_drawn_anew_as_webp(kind):
    drawn = redrawn(picture(kind))

    with Image.open(BytesIO(drawn.content)) as opened:
        assert (opened.format, opened.size, (drawn.width, drawn.height)) == ("WEBP", (40, 20), (40, 20))


def test_what_the_camera_noted_is_gone_and_the_picture_stands_upright():
    exif = Image.Exif()
    exif[0x010E] = "canary of a place"
    exif[0x0112] = 6  # turned by the camera
    content = picture(exif=exif, comment=b"canary of a comment") + b"canary behind the end"
    assert content.count(b"canary") == 3

    drawn = redrawn(content)

    assert b"canary" not in drawn.content
    assert (drawn.width, drawn.height) == (20, 40)


def test_a_large_picture_becomes_small_enough_for_a_page():
    drawn = redrawn(picture(size=(3_200, 800)))

    assert (drawn.width, drawn.height) == (1_600, 400)


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it unpacks to this size."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0"))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [6_000, 12_000, 60_000])
def test_a_bomb_is_refused_by_its_header(side):
    with pytest.raises(NotAPicture, match="25 million pixels"):
        redrawn(bomb(side, side))


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"%PDF-1.7", b"\xff\xd8\xff\xe0", picture()[:200]],
    ids=["empty", "cut gif", "svg", "pdf", "cut jpeg", "half a jpeg"],
)  # fmt: skip
def test_what_is_no_picture_is_refused(content):
    with pytest.raises(NotAPicture, match="no picture we can show"):
        redrawn(content)


def test_more_than_ten_megabytes_are_not_looked_at():
    with pytest.raises(NotAPicture, match="10 MB"):
        redrawn(bytes(pictures.MOST_BYTES + 1))


def test_a_picture_is_found_again_under_its_key(home):
    drawn = redrawn(picture())

    assert pictures.path_of(pictures.keep(drawn)).read_bytes() == drawn.content

"""What of an uploaded picture may be shown? Its pixels, drawn anew, and nothing else that the file held.

Decoding and writing again takes away places, cameras, names, comments and whatever was hidden behind the
pixels. A file that unpacks to more than 25 million pixels is refused by its header, before anything is unpacked.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

MOST_BYTES = 10_000_000
# A photograph of 24 million pixels passes; unpacked it takes 100 MB for a moment.
MOST_PIXELS = 25_000_000
LONGEST_SIDE = 1_600
FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
CONTENT_TYPE = "image/webp"


class NotAPicture(Exception):
    """This cannot be shown as a picture; the text says why and what can."""


@dataclass(frozen=True)
class Redrawn:
    """A picture as it is kept: WebP, upright, its longest side at most 1,600 pixels."""

    content: bytes
    width: int
    height: int


def redrawn(content: bytes) -> Redrawn:
    """Draw an uploaded picture anew.

    Raises:
        NotAPicture: too large, of another format, or broken.
    """
    if len(content) > MOST_BYTES:
        raise NotAPicture(_("This picture is larger than 10 MB. Make it smaller; nothing was kept."))
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise NotAPicture(_("This picture has more than 25 million pixels. Make it smaller."))
            opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            return _written(ImageOps.exif_transpose(opened))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise NotAPicture(_("This picture has more than 25 million pixels. Make it smaller.")) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise NotAPicture(
            _("This is no picture we can show. JPEG, PNG, GIF and WebP can be shown.")
        ) from error


def _written(image: Image.Image) -> Redrawn:
    has_holes = "A" in image.getbands() or "transparency" in image.info
    pixels = image.convert("RGBA" if has_holes else "RGB")
    pixels.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    clean = Image.new(pixels.mode, pixels.size)
    clean.paste(pixels)
    written = BytesIO()
    clean.save(written, "WEBP", quality=82)
    return Redrawn(written.getvalue(), clean.width, clean.height)


def keep(picture: Redrawn) -> str:
    """Write a picture into this installation's folder; return the key that names it."""
    key = secrets.token_urlsafe(18)
    path = path_of(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture.content)
    return key


def path_of(key: str) -> Path:
    """Where the picture of this key lies."""
    return Path(settings.HOME) / "pictures" / key[:2] / f"{key}.webp"

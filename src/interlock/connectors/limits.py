"""How large may a source be before it is taken for an accident or an attack?"""

from dataclasses import dataclass

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Limits:
    """Bounds on what is read. Every field can be raised by the one who opens the source."""

    # 50:1 is what package indexes allow; text exports pack 5 to 15 times, a bomb 1,000 times.
    unpack_ratio: int = 50
    unpacked_bytes: int = 200 * MEGABYTE
    files: int = 500
    # A chat export has a file for each channel and day.
    chat_files: int = 100_000
    # A JSON document is read whole, at some ten times its size in memory.
    document_bytes: int = 50 * MEGABYTE
    columns: int = 2_000
    row_bytes: int = 48 * MEGABYTE
    # A text longer than this is a mail archive in one cell; the row is refused, the others are read.
    cell_characters: int = 1_000_000
    memory: str = "512MB"


DEFAULT_LIMITS = Limits()

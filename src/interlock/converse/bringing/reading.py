"""Files of another community in, rows out; whatever is wrong with a file is said in words that tell what to do."""

from __future__ import annotations

import csv
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from interlock.converse.bringing import canny, discourse, fider, table
from interlock.converse.bringing.rows import Row, Unreadable

READERS: Mapping[str, Callable[[Path], Iterator[Row]]] = {
    "canny": canny.read,
    "csv": table.read,
    "discourse": discourse.read,
    "fider": fider.read,
}


def read(system: str, path: Path) -> list[Row]:
    """All rows of a file, folder or zip.

    Raises:
        Unreadable: it is none of this system, broken, or too large; nothing of it is taken then.
    """
    try:
        return list(READERS[system](path))
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise Unreadable(
            f"{path.name} is a broken zip: {error}. Export it again, or unzip it and bring the folder. "
            "Nothing was stored."
        ) from error
    except (
        RuntimeError,
        NotImplementedError,
    ) as error:  # a password, a packing we do not know; RecursionError
        raise Unreadable(
            f"{path.name} cannot be opened: {error}. Save it without password. Nothing was stored."
        ) from error
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, csv.Error) as error:
        raise Unreadable(
            f"{path.name} is not what {system} exports: something in it lacks or is no {error}. Choose the system "
            "it comes from, or export it again. Nothing was stored."
        ) from error

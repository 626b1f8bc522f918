"""Tells the address of a database from a path to files, without the library that opens databases."""

import re
from pathlib import Path

ADDRESS = re.compile(r"^(sqlite|postgres(ql)?|mysql|mariadb)(\+\w+)?:", re.IGNORECASE)
_SQLITE_ENDINGS = (".sqlite", ".sqlite3", ".db", ".db3")


def is_address(path_or_url: str) -> bool:
    """Whether this names a database rather than files: an address, or a SQLite file."""
    if ADDRESS.match(path_or_url):
        return True
    path = Path(path_or_url)
    return path.suffix.lower() in _SQLITE_ENDINGS and path.is_file()

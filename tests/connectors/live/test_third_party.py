"""The package of docs/connectors.md, as it stands there, is found by its entry point and keeps every promise."""

from __future__ import annotations

import re
import sys
from importlib import invalidate_caches
from importlib.metadata import entry_points

import pytest

from house.walls import ROOT
from interlock.connectors.conformance import broken_promises
from interlock.connectors.live_registry import GROUP, gather

DOCUMENT = ROOT / "docs" / "connectors.md"


def block(language: str, beginning: str) -> str:
    """The one fenced block of the document that holds this."""
    blocks = re.findall(rf"```{language}\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    [found] = [one for one in blocks if beginning in one]
    return found


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The documented package on the path, with the metadata that an installer writes."""
    point = block("toml", "entry-points").splitlines()[1].replace('"', "")
    (tmp_path / "interlock_acme.py").write_text(block("python", "class AcmeDesk:"))
    metadata = tmp_path / "interlock_acme-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: interlock-acme\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n{point}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    invalidate_caches()
    yield
    sys.modules.pop("interlock_acme", None)


def test_the_documented_package_is_found_by_its_entry_point(package):
    found = gather(tuple(entry_points(group=GROUP)))

    assert found.left_out == ()
    assert found.connectors["acme-desk"].title == "Acme Desk"


def test_the_documented_package_keeps_every_promise(package):
    connector = gather(tuple(entry_points(group=GROUP))).connectors["acme-desk"]
    names = {"connector": connector, "__name__": "acme_tests"}
    exec(compile(block("python", "class TestAcmeDesk"), str(DOCUMENT), "exec"), names)

    assert broken_promises(names["TestAcmeDesk"]().case()) == {}


def test_the_example_stays_short():
    lines = [line for line in block("python", "class AcmeDesk:").splitlines() if line.strip()]

    assert len(lines) <= 45

"""What the documents say about the code is taken from the code."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from house.walls import ROOT
from interlock.config.environment import SETTINGS

ROOMS = ["store", "connectors", "analytics", "fabric", "listen", "converse", "reconnect", "api", "web", "cli"]
PAGE_OF = {"analytics": "methods"}


def test_every_setting_is_documented_with_its_default():
    page = (ROOT / "docs" / "settings.md").read_text()

    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", page, re.MULTILINE)
    assert rows == [(setting.name, setting.default, setting.meaning) for setting in SETTINGS]


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_has_its_page(room):
    page = ROOT / "docs" / f"{PAGE_OF.get(room, room)}.md"

    assert len(page.read_text()) > 500


def test_the_picture_of_the_architecture_is_drawn_from_this_code():
    script = ROOT / "docs" / "draw_architecture.py"
    spec = importlib.util.spec_from_file_location("draw_architecture", script)
    drawing = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(drawing)

    assert drawing.PICTURE.read_text() == drawing.picture(), f"run ./do shell {script.relative_to(ROOT)}"


def broken_links(page: Path) -> list[str]:
    """Relative links of a page that lead nowhere."""
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text())
    return [f"{page.name}: {target}" for target in targets if not (page.parent / target).exists()]


def test_no_link_leads_nowhere():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]

    assert [fault for page in pages for fault in broken_links(page)] == []


def test_a_broken_link_is_found(tmp_path):
    (tmp_path / "page.md").write_text("[there](nowhere.md)")

    assert broken_links(tmp_path / "page.md") == ["page.md: nowhere.md"]

"""Each run-time dependency says why it is there, and none of them binds users by its licence."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import defaultdict
from importlib import metadata

import pytest

from house.walls import ROOT

PROJECT = (ROOT / "pyproject.toml").read_text()
NAMES = [re.split(r"[\[><=!~ ]", name)[0] for name in tomllib.loads(PROJECT)["project"]["dependencies"]]


def reasonless(text: str) -> list[str]:
    """Dependency lines of pyproject.toml without a comment after them."""
    block = text.split("\ndependencies = [", 1)[1].split("\n]", 1)[0]
    return [
        line.strip() for line in block.splitlines() if '"' in line and not re.search(r'",\s*# \S+ \S+', line)
    ]


def test_every_dependency_carries_its_reason():
    assert reasonless(PROJECT) == []


def test_a_dependency_without_a_reason_is_found():
    planted = PROJECT.replace("\ndependencies = [", '\ndependencies = [\n    "left-pad>=1",', 1)

    assert reasonless(planted) == ['"left-pad>=1",']


# Not imported here: the name by which a setting, a template or an address asks for it.
BY_NAME = {
    "django-htmx": '"django_htmx"',
    "psycopg": '"postgresql+psycopg"',
    "pymysql": '"mysql+pymysql"',
}


def imported_packages() -> set[str]:
    """The top-level names that the product imports."""
    found = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found


def unused(names: list[str], imported: set[str]) -> list[str]:
    """Distributions none of whose packages is imported."""
    offered: dict[str, set[str]] = defaultdict(set)
    for package, distributions in metadata.packages_distributions().items():
        for each in distributions:
            offered[re.sub(r"[-_.]+", "-", each).lower()].add(package)
    return [
        name
        for name in names
        if name not in BY_NAME and not offered[re.sub(r"[-_.]+", "-", name).lower()] & imported
    ]


def test_every_dependency_is_used():
    assert unused(NAMES, imported_packages()) == []


@pytest.mark.parametrize("name", BY_NAME)
def test_what_is_asked_for_by_name_is_asked_for(name):
    assert [path for path in (ROOT / "src").rglob("*.py") if BY_NAME[name] in path.read_text()]


def test_a_dependency_that_nobody_imports_is_found():
    assert unused(["click", "hypothesis"], imported_packages()) == ["hypothesis"]


@pytest.mark.parametrize("name", NAMES)
def test_no_dependency_is_copyleft(name):
    about = metadata.metadata(name)
    stated = " ".join(
        [about.get("License-Expression") or "", about.get("License") or "", *about.get_all("Classifier", [])]
    )[:3000]

    # LGPL is linked to, never changed (psycopg).
    assert not re.search(r"(?<!L)GPL|Affero|GNU General", stated), stated


@pytest.mark.parametrize("lock", ["locks/run.txt", "locks/test.txt", "locks/node.txt"])
def test_locks_are_hashed_and_name_no_address(lock):
    lines = (ROOT / lock).read_text().splitlines()
    pinned = [number for number, line in enumerate(lines) if re.match(r"[a-z0-9]", line)]

    assert pinned
    assert all("--hash=sha256:" in lines[number + 1] for number in pinned)
    assert not [line for line in lines if "://" in line]


def test_the_npm_lock_names_no_address():
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()

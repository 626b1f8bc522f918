"""The house stands, and every wall falls audibly when somebody leans on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps

from house import walls

CHECKS = [
    walls.too_long,
    walls.drawers,
    walls.foreign_business,
    walls.joined_connectors,
    walls.foreign_writes,
    walls.inline_code,
    walls.outbound_http,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_source_keeps_the_house_rules(check):
    assert check(walls.SOURCE) == []


PLANTED = {
    walls.too_long: ("listen/tower.py", "def tower():\n" + "    pass\n" * 51),
    walls.drawers: ("listen/utils.py", '"""A drawer."""\n'),
    walls.foreign_business: ("web/nosy.py", "from interlock.reconnect.views import disconnect\n"),
    walls.joined_connectors: (
        "connectors/demo/nosy.py",
        "from interlock.connectors.database import reading\n",
    ),
    walls.foreign_writes: (
        "reconnect/services_extra.py",
        "from interlock.listen.models import Signal\nSignal.objects.filter(pk=1).update(title='')\n",
    ),
    walls.inline_code: ("web/templates/web/planted.html", "<script>alert(1)</script>"),
    walls.outbound_http: ("listen/fetch.py", "import urllib.request\n"),
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_each_house_check_finds_a_planted_violation(check, tmp_path):
    name, content = PLANTED[check]
    for folder in ("connectors/demo", "connectors/database", Path(name).parent):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)

    (tmp_path / name).write_text(content)

    assert check(tmp_path) != []


def test_a_file_of_501_lines_is_found(tmp_path):
    (tmp_path / "long.py").write_text("x = 1\n" * 501)

    assert walls.too_long(tmp_path) == [f"{tmp_path}/long.py: 501 lines; split it by noun"]


def test_a_write_in_a_view_is_found(tmp_path):
    (tmp_path / "listen").mkdir()
    (tmp_path / "listen" / "views.py").write_text(
        "from interlock.listen.models import Signal\nSignal.objects.create(kind='ticket')\n"
    )

    assert len(walls.foreign_writes(tmp_path)) == 1


@pytest.mark.parametrize("line", ["from ..database import reading", "from .. import database"])
def test_a_connector_that_imports_another_with_dots_is_found(line, tmp_path):
    for folder in ("demo", "database"):
        (tmp_path / "connectors" / folder).mkdir(parents=True)
    (tmp_path / "connectors" / "demo" / "nosy.py").write_text(f"{line}\n")

    assert len(walls.joined_connectors(tmp_path)) >= 1


def test_a_file_may_reach_out_only_as_it_is_named_for(tmp_path):
    (tmp_path / "connectors" / "outbound").mkdir(parents=True)
    (tmp_path / "connectors" / "outbound" / "addresses.py").write_text("import socket\nimport httpx\n")

    assert walls.outbound_http(tmp_path) == [
        f"{tmp_path}/connectors/outbound/addresses.py imports httpx",
    ]


def foreign_keys() -> list[tuple[str, str, str]]:
    return [
        (model._meta.app_label, f"{model.__name__}.{field.name}", field.related_model._meta.app_label)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and field.related_model
    ]


def test_no_foreign_key_points_up():
    keys = foreign_keys()

    assert len(keys) > 10
    assert walls.upward_keys(keys, walls.ROOMS) == []


def test_a_planted_upward_key_is_found():
    planted = [*foreign_keys(), ("listen", "Signal.disconnect", "reconnect")]

    assert walls.upward_keys(planted, walls.ROOMS) == ["listen.Signal.disconnect points up to reconnect"]


def lint_imports(source: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over the tree that holds this `interlock` package."""
    return subprocess.run(
        [
            str(Path(sys.executable).with_name("lint-imports")),
            "--config",
            str(walls.ROOT / ".importlinter"),
            "--no-cache",
        ],
        env={**os.environ, "PYTHONPATH": str(source.parent)},
        cwd=source.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def test_imports_follow_the_architecture():
    result = lint_imports(walls.SOURCE)

    assert result.returncode == 0, result.stdout


IMPORT_VIOLATIONS = {
    "an import upward": ("fabric/planted.py", "import interlock.listen\n", "Floors and rooms"),
    "an unranked room": ("drawer/__init__.py", "", "Floors and rooms"),
    "Django on the ground floor": (
        "analytics/planted.py",
        "import django.conf\n",
        "The ground floor is plain Python",
    ),
    "a query that calls a service": (
        "converse/queries.py",
        "import interlock.converse.urls\n",
        "Inside a room",
    ),
}


@pytest.mark.parametrize("name", IMPORT_VIOLATIONS)
def test_the_import_contracts_find(name, tmp_path):
    path, content, contract = IMPORT_VIOLATIONS[name]
    copy = tmp_path / "interlock"
    shutil.copytree(
        walls.SOURCE, copy, ignore=lambda folder, names: [n for n in names if not _is_code(folder, n)]
    )
    (copy / path).parent.mkdir(exist_ok=True)
    file = copy / path
    file.write_text(f"{file.read_text() if file.exists() else ''}\n{content}")

    result = lint_imports(copy)

    assert result.returncode == 1
    assert any(contract in line and "BROKEN" in line for line in result.stdout.splitlines()), result.stdout


def _is_code(folder: str, name: str) -> bool:
    return name.endswith(".py") or (Path(folder) / name).is_dir()

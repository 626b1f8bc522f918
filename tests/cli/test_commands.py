"""Every command of every module is found by its name."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib import import_module

import click

from interlock import cli


def test_the_table_of_commands_names_them_all():
    found = {
        command.name: (module.name, "" if command.hidden else _first_line(command, module.name))
        for module in pkgutil.iter_modules(cli.__path__)
        for command in getattr(import_module(f"interlock.cli.{module.name}"), "COMMANDS", [])
    }

    assert found == cli.PLACES


def _first_line(command: click.Command, module: str) -> str:
    """The table's line where the command's own help begins so, else that help."""
    line, help_of = cli.PLACES.get(command.name, (module, ""))[1], " ".join((command.help or "").split())
    return line if line and help_of.startswith(line.removesuffix(".")) else help_of


def test_the_list_of_commands_loads_none_of_them():
    listed = (
        "import sys; from interlock.cli import commands; from click.testing import CliRunner as R;"
        " print(R().invoke(commands, ['--help']).output, *(one for one in sys.modules if one.startswith('interlock.')))"
    )

    said = subprocess.run(
        [sys.executable, "-c", listed], capture_output=True, text=True, check=True, timeout=300
    )

    assert "  themes       Find what the texts of a file" in said.stdout
    assert said.stdout.split("\n")[-2].split() == ["interlock.cli"]


def test_an_unknown_command_is_not_found():
    assert cli.commands.get_command(click.Context(cli.commands), "nonsense") is None

"""Every command of every module is found by its name."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import click

from interlock import cli


def test_the_table_of_commands_names_them_all():
    found = {
        command.name: module.name
        for module in pkgutil.iter_modules(cli.__path__)
        for command in getattr(import_module(f"interlock.cli.{module.name}"), "COMMANDS", [])
    }

    assert found == cli.PLACES


def test_an_unknown_command_is_not_found():
    assert cli.commands.get_command(click.Context(cli.commands), "nonsense") is None

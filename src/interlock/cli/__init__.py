"""The `interlock` command."""

from __future__ import annotations

import os
import sys

import click
import django
from django.core.exceptions import ImproperlyConfigured


@click.group()
@click.version_option(package_name="interlock")
def commands() -> None:
    """Interlock: listen, converse, reconnect."""


def main() -> None:
    """Run the command line; wrong settings end with one sentence and exit code 2."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interlock.config.settings")
    try:
        django.setup()
    except ImproperlyConfigured as error:
        click.echo(f"Interlock cannot start: {error}", err=True)
        sys.exit(2)
    register()
    commands(prog_name="interlock")


def register() -> None:
    """Add every group of commands. Their modules import models, so Django must be set up before."""
    # Models load only after django.setup().
    from interlock.cli import doctor, findings, journal, records, serving, tokens

    for module in (serving, records, findings, doctor, journal, tokens):
        for command in module.COMMANDS:
            commands.add_command(command)

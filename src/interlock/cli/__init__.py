"""The `interlock` command. A command's module is loaded when it is asked for, so that workers start quickly."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click
import django
from django.core.exceptions import ImproperlyConfigured

# Command -> module in this folder that holds it in its COMMANDS.
PLACES = {
    "archive": "archiving",
    "community": "community",
    "demo": "records",
    "disconnects": "findings",
    "doctor": "doctor",
    "drivers": "findings",
    "export": "archiving",
    "import": "records",
    "journal": "journal",
    "migrate": "serving",
    "outcry": "outcries",
    "owner-link": "serving",
    "person": "person",
    "prompt-worker": "working",
    "records": "records",
    "restore": "archiving",
    "serve": "serving",
    "settings": "doctor",
    "source": "sources",
    "stream": "streaming",
    "themes": "themes",
    "token": "tokens",
    "worker": "working",
}


class Commands(click.Group):
    """Finds a command by its name alone."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in PLACES:
            return None
        module = import_module(f"interlock.cli.{PLACES[cmd_name]}")
        return next(command for command in module.COMMANDS if command.name == cmd_name)


@click.group(cls=Commands)
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
    commands(prog_name="interlock")

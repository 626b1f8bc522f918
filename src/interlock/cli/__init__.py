"""The `interlock` command. A command's module is loaded when it is asked for, so that workers start quickly."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click
import django
from django.core.exceptions import ImproperlyConfigured

# Command -> module in this folder that holds it in its COMMANDS, and its line in the list; none for a hidden one.
PLACES = {
    "archive": ("archiving", "Write everything of this installation, without secrets, into one zip FILE."),
    "community": ("community", "The public community."),
    "demo": ("records", "Load Aldermoor, an invented maker of e-bikes, or remove it."),
    "disconnects": (
        "findings",
        "Print the disconnects, dearest and surest first, and the rules that are off.",
    ),
    "doctor": ("doctor", "Check this installation; exit code 1 when something needs doing."),
    "drivers": ("findings", "Print what moves bad outcomes, and what could not be studied."),
    "export": ("archiving", "Write each table into FOLDER, of the database and of the records."),
    "import": ("records", "Import a folder, a file, a zip or a database address."),
    "journal": ("journal", "The append-only journal of who did what."),
    "migrate": ("serving", "Bring the database to this version's shape without starting anything."),
    "outcry": ("outcries", "Find what grows or falls faster than chance in a series of counts."),
    "owner-link": ("serving", "Print a fresh one-time link for the owner's account, while there is none."),
    "person": ("person", "One person, and what is kept about them."),
    "prompt-worker": ("working", ""),
    "records": ("records", "Show what the records hold: tables, sources, the last imports, keys."),
    "restore": ("archiving", "Fill this empty installation with the archive in FILE."),
    "serve": ("serving", "Start the web server, the workers and the event stream, and keep them running."),
    "settings": ("doctor", "List every setting with its default and meaning."),
    "source": ("sources", "Connected systems: list, ask, pause, resume, check."),
    "stream": ("streaming", ""),
    "themes": ("themes", "Find what the texts of a file (CSV, XLSX, JSON, Parquet) talk about."),
    "token": ("tokens", "Keys for programs: make, list, revoke."),
    "worker": ("working", ""),
}


class Commands(click.Group):
    """Finds a command by its name alone, and lists all of them without loading any."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in PLACES:
            return None
        module = import_module(f"interlock.cli.{PLACES[cmd_name][0]}")
        return next(command for command in module.COMMANDS if command.name == cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in PLACES.items() if line])


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

"""The `interlock` command."""

from __future__ import annotations

import os
import sys

import click


@click.group()
@click.version_option(package_name="interlock")
def commands() -> None:
    """Interlock: listen, converse, reconnect."""


def main() -> None:
    """Run the command line; wrong settings end with one sentence and exit code 2."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interlock.config.settings")
    from interlock.config.environment import SettingError  # after the variable above is set

    try:
        import django  # settings are read here; --help must not need them

        django.setup()
        commands()
    except SettingError as error:
        click.echo(f"Interlock cannot start: {error}", err=True)
        sys.exit(2)

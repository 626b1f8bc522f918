"""`interlock journal`: read and verify who did what."""

from __future__ import annotations

import json
import sys

import click

from interlock.fabric import journal as chain
from interlock.fabric.models import JournalEntry


@click.group()
def journal() -> None:
    """The append-only journal of who did what."""


@journal.command()
def verify() -> None:
    """Check every entry against the chain of hashes; exit code 1 when something was changed."""
    verdict = chain.verify()
    if verdict.sound:
        click.echo(f"The journal is sound: {verdict.entries} entries, each follows from the one before.")
        return
    click.echo(
        f"The journal was tampered with: {verdict.fault}. {verdict.entries} entries before it are sound. "
        "Keep the database as it is and compare it with a backup.",
        err=True,
    )
    sys.exit(1)


@journal.command()
@click.option(
    "--last", default=20, type=click.IntRange(1, 100_000), help="How many entries, the latest last."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def show(last: int, as_json: bool) -> None:
    """Print the latest entries."""
    entries = JournalEntry.objects.select_related("actor").order_by("-number")[:last]
    for entry in reversed(entries):
        who = entry.actor.name if entry.actor else "Interlock"
        if as_json:
            line = {
                "number": entry.number,
                "at": entry.at.isoformat(),
                "actor": who,
                "verb": entry.verb,
                "about": {"kind": entry.about_kind, "key": entry.about_key},
                "detail": entry.detail,
                "hash": entry.hash,
            }
            click.echo(json.dumps(line))
        else:
            click.echo(
                f"{entry.number:>6}  {entry.at:%Y-%m-%d %H:%M}  {who} {entry.verb} {entry.about_kind} {entry.about_key}"
            )


COMMANDS = [journal]

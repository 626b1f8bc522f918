"""`interlock community import`: bring another community in.

Exit codes: 0 when every received row is accounted for, 1 when it was not read or broken off (run it again: it brings the rest), 2 when it was called wrongly.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from django.utils import timezone

from interlock.cli.serving import prepare_database
from interlock.converse.bringing import carrying, files, storing
from interlock.converse.bringing.reading import READERS, read
from interlock.converse.bringing.rows import Unreadable
from interlock.converse.bringing.tallying import Tally
from interlock.converse.community.errors import CommunityError
from interlock.converse.models import Board, Bringing, Kind
from interlock.fabric.models import Person, Role

MOST_SHOWN = 20


@click.group()
def community() -> None:
    """The public community."""


@community.command("import")
@click.argument("system", type=click.Choice(sorted(READERS)))
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--board", "board_key", required=True, help="The board that the posts come to, by its key.")
@click.option(
    "--source",
    default="",
    help="Name of the community there; another file of it updates. Default: the system.",
)
@click.option(
    "--kind", type=click.Choice(Kind.values), default=None, help="What posts are that do not say it."
)
@click.option("--dry-run", is_flag=True, help="Count exactly what would happen, and store nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the accounting for machines.")
def import_(
    system: str, file: Path, board_key: str, source: str, kind: str | None, dry_run: bool, as_json: bool
) -> None:
    """Bring in what another SYSTEM exported to FILE: posts, replies, votes, merges, status, authors and dates."""
    prepare_database()
    board = Board.objects.filter(key=board_key).first()
    owner = Person.objects.filter(role=Role.OWNER, left_at=None).order_by("pk").first()
    if board is None or owner is None:
        lacks = f"There is no board “{board_key}”" if board is None else "Nobody owns this installation yet"
        click.echo(f"{lacks}; nothing was stored. Make it under Community > Settings first.", err=True)
        sys.exit(1)
    now = timezone.now()
    bringing = Bringing(
        source=(source or system)[:80], system=system, board=board, by=owner, made_at=now,
        kind=kind or carrying.usual_kind(system), state=Bringing.State.BRINGING, files=files.described(file),
    )  # fmt: skip
    try:
        rows = read(system, file)
        if dry_run:
            tally = storing.bring(rows, bringing=bringing, by=owner, now=now, dry_run=True)
        else:
            begun = carrying.begun_or_broken_off(bringing)
            tally = carrying.carry_out(begun, rows, now=now, dry_run=False, on_batch=_progress())
    except (Unreadable, CommunityError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    _show(tally, dry_run=dry_run, as_json=as_json)


def _progress() -> storing.OnBatch:
    """Tell on a terminal, on one line, how far it is; nothing into a file or pipe."""
    if not sys.stderr.isatty():
        return lambda _done, _total: None
    return lambda done, total: click.echo(f"\r{done:,} of {total:,} rows", err=True, nl=done >= total)


def _show(tally: Tally, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        counts = {name: getattr(tally, name) for name in ("received", "stored", "updated", "duplicate")}
        refused = [{"row": one.key, "why": one.why} for one in tally.refused]
        click.echo(
            json.dumps({**counts, "refused": len(refused), "reasons": refused, "dry_run": dry_run}, indent=2)
        )
        return
    would = "would be " if dry_run else ""
    click.echo(
        f"Received {tally.received:,} = {would}stored {tally.stored:,} ({tally.updated:,} of them updated)"
        f" + duplicate {tally.duplicate:,} + refused {len(tally.refused):,}."
    )
    for one in tally.refused[:MOST_SHOWN]:
        click.echo(f"  {one.key}: {one.why}")
    if len(tally.refused) > MOST_SHOWN:
        click.echo(f"  and {len(tally.refused) - MOST_SHOWN:,} more; --json prints all of them")


COMMANDS = [community]

"""`interlock source`: what is connected, and asking, pausing, resuming and testing it."""

from __future__ import annotations

import json
import sys
from uuid import uuid4

import click
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from interlock.cli.serving import prepare_database
from interlock.connectors.live_registry import live_connectors
from interlock.fabric import work
from interlock.listen import asking, asking_tasks, live_sources, settling, source_page, trying_out
from interlock.listen.errors import ListenError
from interlock.listen.models import Source


@click.group()
def source() -> None:
    """Connected systems: list, ask, pause, resume, check."""


@source.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print for machines.")
def list_sources(as_json: bool) -> None:
    """Print every source: its state, its sums, and when it is asked next."""
    prepare_database()
    now = timezone.now()
    rows = source_page.rows_of(list(Source.objects.filter(removed_at=None)), live_connectors(), now)
    if as_json:
        click.echo(json.dumps([_line(row) for row in rows], indent=2))
        return
    if not rows:
        click.echo("There is no source. Connect one on the page Sources, or: interlock import PATH")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("source", "kind", "state"):
        table.add_column(name)
    for name in ("received", "stored", "duplicate", "refused"):
        table.add_column(name, justify="right")
    table.add_column("freshness, error", overflow="fold")
    for row in rows:
        sums = (f"{getattr(row, name):,}" for name in ("received", "stored", "duplicate", "refused"))
        said = " ".join(filter(None, [row.freshness.sentence, row.error]))
        table.add_row(row.source.name, row.kind, row.word, *sums, said)
    Console().print(table)


@source.command()
@click.argument("name")
def ask(name: str) -> None:
    """Ask a source now, in this process, and say what came."""
    one = _named(name)
    _refused_aloud(live_sources.ask_now, one)
    before = (one.stored, one.duplicate, one.refused)
    while True:
        outcome = asking.ask(source_id=one.pk, by=f"command {uuid4()}", outside=asking_tasks.outside())
        if outcome is None:
            raise click.ClickException(f"{one.name} is being asked at this moment. Try again in two minutes.")
        if outcome.error or not outcome.goes_on or outcome.wait:
            break
    settling.settle_all(now=timezone.now)
    one.refresh_from_db()
    stored, duplicate, refused = (
        after - earlier
        for after, earlier in zip((one.stored, one.duplicate, one.refused), before, strict=True)
    )
    click.echo(f"{one.name}: {stored} stored, {duplicate} duplicate, {refused} refused.")
    if outcome.error:
        click.echo(outcome.error, err=True)
        sys.exit(1)


@source.command()
@click.argument("name")
def pause(name: str) -> None:
    """Ask a source no more until it is resumed."""
    one = _named(name)
    _refused_aloud(live_sources.pause_source, one)
    click.echo(f"{one.name} is paused.")


@source.command()
@click.argument("name")
def resume(name: str) -> None:
    """Ask a source again from where it stood; the first time, this starts it."""
    one = _named(name)
    _refused_aloud(live_sources.resume_source, one)
    work.ask(asking_tasks.ask_source, one.pk)
    click.echo(f"{one.name} is asked from now on, every {one.ask_every} seconds.")


@source.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print the first hundred records for machines.")
def check(name: str, as_json: bool) -> None:
    """Test the connection and read a hundred records without storing them."""
    one = _named(name)
    trial = trying_out.try_out(source=one, outside=asking_tasks.outside(asking_tasks.TRIAL_REQUEST_SECONDS))
    if as_json:
        click.echo(json.dumps(trial.as_json(), indent=2))
    else:
        if trial.said:
            click.echo(trial.said)
        click.echo(
            f"{len(trial.rows)} records would be stored, {len(trial.refused)} refused; nothing is stored."
        )
        for refused in trial.refused:
            click.echo(f"  {refused['place']}: {refused['reason']}")
    if trial.error:
        click.echo(trial.error, err=True)
        sys.exit(1)


def _named(name: str) -> Source:
    prepare_database()
    known = Source.objects.filter(removed_at=None)
    one = known.filter(name__iexact=name).first() or known.filter(key=name).first()
    if one is None:
        raise click.ClickException(f"There is no source “{name}”. interlock source list names them.")
    if one.ask_every is None:
        raise click.ClickException(f"{one.name} is not asked: it sends by itself, or its files are uploaded.")
    return one


def _refused_aloud(service: object, one: Source) -> None:
    try:
        service(source=one, by=None, now=timezone.now())  # type: ignore[operator]  # one of the services above
    except ListenError as error:
        raise click.ClickException(str(error)) from error


def _line(row: source_page.Row) -> dict[str, object]:
    one = row.source
    return {
        "key": one.key,
        "name": one.name,
        "kind": one.kind,
        "state": row.state,
        "freshness": row.freshness.sentence,
        "received": row.received,
        "stored": row.stored,
        "duplicate": row.duplicate,
        "refused": row.refused,
        "ask_every_seconds": one.ask_every,
        "ask_at": one.ask_at.isoformat() if one.ask_at else None,
        "error": row.error,
    }


COMMANDS = [source]

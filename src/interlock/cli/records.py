"""`interlock import`, `interlock records` and `interlock demo`: bring records in, see them, take them out.

Exit codes: 0 when everything that was received is accounted for, also when rows were refused (they are
counted and kept in a file); 1 when nothing was stored; 2 when the command was called wrongly.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from interlock import connectors
from interlock.cli.serving import prepare_database
from interlock.cli.watching import watched
from interlock.connectors.errors import ConnectorError
from interlock.connectors.mapping import Mapping, load_mapping, write_mapping
from interlock.fabric import records as stored_records
from interlock.listen import following, intake, looking, opening, queries, services, signal_copies, uploads
from interlock.listen.accounting import tallies_of
from interlock.listen.errors import ListenError
from interlock.listen.models import Errand, Import, Source, State
from interlock.store.errors import LakeError

MOST_SHOWN = 10


@click.command("import")
@click.argument("path_or_url")
@click.option("--mapping", "mapping_file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A mapping (YAML) that says what the columns mean.")  # fmt: skip
@click.option(
    "--source", "source_name", default="", help="Name of the source; later imports of it update its rows."
)
@click.option("--dry-run", is_flag=True, help="Count exactly what would happen, and store nothing.")
@click.option("--yes", is_flag=True, help="Do not ask, even where a column was only guessed.")
@click.option("--json", "as_json", is_flag=True, help="Print the accounting for machines.")
def import_command(
    path_or_url: str, mapping_file: Path | None, source_name: str, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Import a folder, a file, a zip or a database address."""
    if "://" not in path_or_url and not Path(path_or_url).exists():
        raise click.UsageError(f"There is nothing at {path_or_url}.")
    prepare_database()
    intake.settle_abandoned()
    try:
        mapping = load_mapping(mapping_file) if mapping_file else None
        with connectors.open_source(path_or_url, now=timezone.now(), limits=opening.limits()) as source:
            mapping = mapping or looking.propose(source)
            _ask_about(mapping, yes=yes or as_json)
            import_ = _named(path_or_url, source_name or _title(mapping, source.label), mapping, dry_run)
            done = _run(import_, source, quiet=as_json)
    except (ConnectorError, LakeError, ListenError) as error:
        _end_badly(str(error), as_json)
    try:
        _show_outcome(done, mapping, dry_run=dry_run, as_json=as_json)
    finally:
        if dry_run:
            services.forget_trial(import_=done)
    if not dry_run and done.state == State.DONE:
        following.run_followers()


@click.command("records")
@click.option("--json", "as_json", is_flag=True, help="Print for machines.")
def records_command(as_json: bool) -> None:
    """Show what the records hold: tables, sources, the last imports, keys that almost match."""
    prepare_database()
    snapshot = stored_records.snapshot()
    sources = [_source_line(source) for source in Source.objects.filter(removed_at=None)]
    said = {
        "snapshot": snapshot.number,
        "tables": [
            {"name": name, "rows": snapshot.counts[name], "version": snapshot.versions[name]}
            for name in snapshot.versions
        ],
        "signals_copied": signal_copies.are_current(),
        "sources": sources,
    }
    if as_json:
        click.echo(json.dumps(said, indent=2))
        return
    _show_records(said)


@click.command("demo")
@click.option("--remove", is_flag=True, help="Remove the demo and everything that came with it.")
@click.option(
    "--orders", default=50_000, type=click.IntRange(100, 5_000_000), help="How many orders to invent."
)
@click.option("--json", "as_json", is_flag=True, help="Print the accounting for machines.")
def demo_command(remove: bool, orders: int, as_json: bool) -> None:
    """Load Aldermoor, an invented maker of e-bikes, or remove it."""
    prepare_database()
    intake.settle_abandoned()
    try:
        if remove:
            _remove_demo(as_json)
            return
        done = _run(services.ask_for_demo(orders=orders, by=None, now=timezone.now()), None, quiet=as_json)
    except (LakeError, ListenError) as error:
        _end_badly(str(error), as_json)
    _show_outcome(done, None, dry_run=False, as_json=as_json)
    following.run_followers()


def _remove_demo(as_json: bool) -> None:
    source = queries.demo_source()
    removed = services.remove_source(source=source, by=None, now=timezone.now()) if source else {}
    signal_copies.sync()
    following.run_followers()
    if as_json:
        click.echo(json.dumps({"removed": removed}))
    elif source:
        click.echo(f"The demo is gone: {sum(removed.values()):,} rows of {len(removed)} tables were removed.")
    else:
        click.echo("There is no demo to remove.")


def _named(path_or_url: str, source_name: str, mapping: Mapping, dry_run: bool) -> Import:
    path = Path(path_or_url)
    is_address = "://" in path_or_url
    now, kind = timezone.now(), "database" if is_address else "files"
    if dry_run:  # a source is made or taken up again by what is stored
        source = Source.objects.filter(name__iexact=source_name.strip(), removed_at=None).first()
    else:
        source = services.name_source(name=source_name, kind=kind, now=now)
    return services.name_location(
        # An address may hold a password: it is used from the command line and never kept.
        location="" if is_address else str(path.absolute()),
        title=opening.without_password(path_or_url) if is_address else path.name or str(path.absolute()),
        source=source,
        mapping=write_mapping(mapping),
        files=[] if is_address else uploads.describe_files(path),
        by=None,
        now=now,
        errand=Errand.TRY if dry_run else Errand.STORE,
        found={"proposal": looking.proposal(mapping)},
    )


def _title(mapping: Mapping, label: str) -> str:
    return mapping.title if mapping.shipped else label


def _ask_about(mapping: Mapping, *, yes: bool) -> None:
    """Show what was only guessed, and ask before it is taken for true."""
    unsure = [guess for guess in mapping.guesses if not guess.sure]
    if mapping.shipped or not (unsure or mapping.questions):
        return
    console = Console(stderr=True)
    if unsure:
        counted = "One column was" if len(unsure) == 1 else f"{len(unsure)} columns were"
        table = Table("In the file", "Means", "Why", title=f"{counted} guessed without being sure")
        for guess in unsure:
            table.add_row(f"{guess.file}: {guess.column}", guess.target, guess.reason)
        console.print(table)
    for question in mapping.questions:
        console.print(question)
    if not yes and sys.stdin.isatty() and not click.confirm("Import with these?"):
        click.echo("Nothing was imported. Write what you mean into a mapping and give it with --mapping.")
        sys.exit(1)


def _run(import_: Import, source: Any, *, quiet: bool) -> Import:
    with watched(quiet) as on_progress:
        return intake.run(import_, on_progress=on_progress, source=source)


def _show_outcome(done: Import, mapping: Mapping | None, *, dry_run: bool, as_json: bool) -> None:
    accounting = done.trial if dry_run else done.accounting
    refused = uploads.refused_path(done)
    if as_json:
        said = {
            "import": None if dry_run else done.pk,
            "source": done.source.key if done.source else "",
            "state": "tried" if dry_run and not done.error else str(done.state),
            "mapping": {"name": mapping.name, "shipped": mapping.shipped} if mapping else None,
            "refused_file": str(refused) if refused.exists() and not dry_run else "",
            "error": done.error,
            **accounting,
        }
        click.echo(json.dumps(said, indent=2))
    elif not done.error:
        _show_accounting(done, accounting, mapping, dry_run=dry_run)
    if done.error:
        _end_badly(done.error, as_json)


def _show_accounting(
    done: Import, accounting: dict[str, Any], mapping: Mapping | None, *, dry_run: bool
) -> None:
    console = Console()
    tallies = tallies_of(accounting)
    heading = "Would become of them" if dry_run else "What became of them"
    table = Table(title=f"{done.title}: {heading.lower()}")
    table.add_column("Table")
    for name in ("received", "stored", "updated", "unchanged", "deleted", "refused", "left out"):
        table.add_column(name, justify="right")
    for name, tally in tallies:
        numbers = (
            tally.received,
            tally.stored,
            tally.updated,
            tally.unchanged,
            tally.deleted,
            tally.refused,
            tally.left_out,
        )
        table.add_row(name, *(f"{number:,}" for number in numbers))
    console.print(table)
    if mapping:
        console.print(f"Mapping: {mapping.title}{' (shipped)' if mapping.shipped else ''}.")
    for left in accounting["left_out"]:
        console.print(f"Left out of {left['table']}: {left['rows']:,} rows, {left['reason']}.")
    for note in accounting["notes"]:
        console.print(note)
    for near in accounting["near_keys"][:MOST_SHOWN]:
        console.print(
            f"{near['table']}.{near['column']}: “{near['value']}” ({near['rows']:,} rows) is no key of "
            f"{near['parent']}; “{near['candidate']}” may be meant."
        )
    if done.refused_rows and not dry_run:
        console.print(
            f"The {done.refused_rows:,} refused rows, each with its reason: {uploads.refused_path(done)}"
        )


def _source_line(source: Source) -> dict[str, Any]:
    last = source.imports.exclude(state=State.DRAFT).order_by("-made_at", "-pk").first()
    line: dict[str, Any] = {"key": source.key, "name": source.name, "kind": source.kind, "last_import": None}
    if last:
        line["last_import"] = {
            "import": last.pk,
            "title": last.title,
            "state": last.state,
            "at": (last.ended_at or last.made_at).isoformat(),
            "refused_rows": last.refused_rows,
            "error": last.error,
            **last.accounting,
        }
    return line


def _show_records(said: dict[str, Any]) -> None:
    console = Console()
    if not said["tables"]:
        console.print(
            "The records are empty. Begin with: interlock import PATH, or look first: interlock demo"
        )
        return
    tables = Table("Table", title=f"Records, snapshot {said['snapshot']}")
    tables.add_column("rows", justify="right")
    tables.add_column("version", justify="right")
    for each in said["tables"]:
        tables.add_row(each["name"], f"{each['rows']:,}", str(each["version"]))
    console.print(tables)
    for source in said["sources"]:
        last = source["last_import"]
        if not last:
            continue
        total = last.get("total", {})
        console.print(
            f"{source['name']}: {last['state']} {last['at'][:16].replace('T', ' ')}, "
            f"{total.get('received', 0):,} received, {last['refused_rows']:,} refused."
        )
        for near in last.get("near_keys", [])[:MOST_SHOWN]:
            console.print(
                f"  “{near['value']}” is no key of {near['parent']}; “{near['candidate']}” may be meant."
            )


def _end_badly(error: str, as_json: bool) -> None:
    click.echo(error if not as_json else json.dumps({"error": error}), err=True)
    sys.exit(1)


COMMANDS = [import_command, records_command, demo_command]

"""`interlock person`: everything that is kept about one person, in one file for whoever asks for it; and its end.

Exit codes: 0 when it was done, 1 when nobody has this address or it was refused, 2 when it was called wrongly.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from django.utils import timezone

from interlock.cli.serving import prepare_database
from interlock.converse.community.errors import NotAllowed
from interlock.converse.moderation import erasing
from interlock.converse.moderation.kept_about import kept_about, kept_about_address
from interlock.fabric.models import Person


@click.group()
def person() -> None:
    """One person, and what is kept about them."""


@person.command()
@click.argument("mail")
@click.option("--file", type=click.Path(dir_okay=False, path_type=Path), help="Default: standard output.")
def export(mail: str, file: Path | None) -> None:
    """Write every row that names who signs in with this MAIL, or only ever wrote from it or is mentioned by it.

    Also what others wrote about them; read it before you pass it on.
    """
    prepare_database()
    found = Person.objects.filter(user__email__iexact=mail).select_related("user").first()
    now = timezone.now()
    if found:
        kept = kept_about(person=found, now=now, for_themselves=False)
    else:
        kept = kept_about_address(address=mail.strip(), now=now)
    if not kept.rows:
        click.echo(f"Nobody here signs in as {mail}, and no row mentions it; nothing was written.", err=True)
        sys.exit(1)
    text = json.dumps(kept.as_json(), ensure_ascii=False, indent=1)
    if file is None:
        click.echo(text)
        return
    file.write_text(f"{text}\n", encoding="utf-8")
    rows = sum(map(len, kept.rows.values()))
    click.echo(
        f"{file} holds {rows:,} rows of {len(kept.rows)} tables about {found.name if found else mail}."
    )


@person.command()
@click.argument("mail")
@click.confirmation_option(prompt="Nothing brings them back. Erase them?")
def erase(mail: str) -> None:
    """Erase the customer or partner who signs in with this MAIL, or who only ever wrote from it."""
    prepare_database()
    found = Person.objects.filter(user__email__iexact=mail).select_related("user").first()
    try:
        if found:
            erasing.erase(person=found, now=timezone.now())
            click.echo("They are erased. The records and indexes follow within minutes, while a worker runs.")
            return
        count = erasing.erase_address(address=mail, now=timezone.now())
    except NotAllowed as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    if not count:
        click.echo(
            "Nobody signs in with this address, and no signal came from it; see whether it is spelt as in their mails."
        )
    else:
        click.echo(f"{count:,} signals from this address are erased; the records follow while a worker runs.")
    click.echo("Old imports bring back nothing that was said from it until now.")


COMMANDS = [person]

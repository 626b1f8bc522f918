"""`interlock token`: keys for programs that send signals or read the status."""

from __future__ import annotations

from datetime import datetime, timedelta

import click
from django.utils import timezone

from interlock.api import services
from interlock.cli.serving import prepare_database
from interlock.fabric import tokens
from interlock.fabric.models import ApiToken
from interlock.listen.errors import ListenError

_CODES = [scope.code for scope in tokens.SCOPES]
_MEANINGS = "; ".join(f"{scope.code}: {scope.meaning}" for scope in tokens.SCOPES)


@click.group()
def token() -> None:
    """Keys for programs: make, list, revoke."""


@token.command()
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, required=True, type=click.Choice(_CODES), help=f"{_MEANINGS}."
)
@click.option("--expires-days", type=click.IntRange(1, 3650), help="Days until it ends; without: never.")
def create(name: str, scopes: tuple[str, ...], expires_days: int | None) -> None:
    """Make a token and print it once: the token alone on standard output, all else beside it."""
    prepare_database()
    now = timezone.now()
    ends = now + timedelta(days=expires_days) if expires_days else None
    try:
        made, text = services.give_token(name=name, scopes=scopes, by=None, now=now, expires_at=ends)
    except (tokens.TokenError, ListenError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"The token {made.name} may: {', '.join(made.scopes)}.", err=True)
    click.echo(f"It ends on {ends:%Y-%m-%d}." if ends else "It has no end.", err=True)
    click.echo("Keep it now; it is not shown again:", err=True)
    click.echo(text)


@token.command("list")
def list_tokens() -> None:
    """Print every token: how it begins, what it may do, when it was used last."""
    now = timezone.now()
    known = list(ApiToken.objects.all())
    if not known:
        click.echo("There is no token. Make one: interlock token create NAME --scope signals:write")
    for one in known:
        used = f"used {one.last_used_at:%Y-%m-%d %H:%M}" if one.last_used_at else "never used"
        click.echo(f"{one.start}…  {one.name}  {', '.join(one.scopes)}  {used}  {_state(one, now)}")


def _state(one: ApiToken, now: datetime) -> str:
    if one.revoked_at:
        return f"revoked {one.revoked_at:%Y-%m-%d}"
    if one.expires_at is None:
        return "in use"
    return f"{'ended' if one.expires_at <= now else 'ends'} {one.expires_at:%Y-%m-%d}"


@token.command()
@click.argument("name")
def revoke(name: str) -> None:
    """Take a token back: from the next request on it opens nothing. Its source and signals stay."""
    now = timezone.now()
    found = tokens.usable_tokens(now).filter(name__iexact=name.strip()).first()
    if found is None:
        raise click.ClickException(f"There is no usable token named {name}. See: interlock token list")
    tokens.revoke_token(token=found, by=None, now=now)
    click.echo(f"The token {found.name} is revoked.")


COMMANDS = [token]

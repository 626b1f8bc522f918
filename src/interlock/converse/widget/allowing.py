"""Which sites may show the widget, and the key that their servers sign with."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from interlock.converse.models import Widget
from interlock.fabric import journal
from interlock.fabric.models import Person
from interlock.fabric.secrets import sealed


def widget() -> Widget:
    """What is set; nothing is allowed until somebody sets it. One query."""
    return Widget.objects.filter(pk=1).first() or Widget(pk=1)


def is_allowed(origin: str, own: str) -> bool:
    """Whether pages of this origin may ask. Our own may, and so may who names none: browsers always name it to others."""
    return origin in {"", own} or origin in widget().sites


@transaction.atomic
def set_sites(*, sites: Sequence[str], by: Person, now: datetime) -> None:
    """Let these sites show the widget, and no others."""
    found, _made = Widget.objects.update_or_create(pk=1, defaults={"sites": list(sites)})
    journal.note(actor=by, verb="set sites of the widget", about=found, at=now, detail={"sites": found.sites})


@transaction.atomic
def make_key(*, by: Person, now: datetime) -> str:
    """Make the key anew and return it; what was signed with the one before opens nothing any more."""
    key = secrets.token_urlsafe(32)
    found, _made = Widget.objects.update_or_create(
        pk=1, defaults={"sealed_key": sealed(key), "key_made_at": now}
    )
    journal.note(actor=by, verb="made a key of the widget", about=found, at=now)
    return key

"""Useful or wrong: one vote a person and finding, changeable, with undo."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from interlock.fabric import journal
from interlock.fabric.models import Person
from interlock.reconnect.models import Disconnect, Judgement


@transaction.atomic
def judge(*, disconnect: Disconnect, by: Person, useful: bool, now: datetime) -> Judgement:
    """Vote, or change the vote."""
    before = Judgement.objects.select_for_update().filter(disconnect=disconnect, person=by).first()
    if before and before.useful == useful and not before.by_dismissal:
        return before
    judgement, _made = Judgement.objects.update_or_create(
        disconnect=disconnect,
        person=by,
        defaults={"rule": disconnect.rule, "useful": useful, "by_dismissal": False, "at": now},
    )
    detail = {"useful": useful, "before": before.useful if before else None}
    journal.note(actor=by, verb="judged", about=disconnect, at=now, detail=detail)
    return judgement


@transaction.atomic
def undo_judgement(*, disconnect: Disconnect, by: Person, now: datetime) -> None:
    """Take one's vote back."""
    removed, _rows = Judgement.objects.filter(disconnect=disconnect, person=by).delete()
    if removed:
        journal.note(actor=by, verb="took vote back", about=disconnect, at=now)

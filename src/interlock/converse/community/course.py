"""Where a post stands, in the six steps that a customer and staff read alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.converse.models import Meaning, Post, StatusChange
from interlock.listen.models import ThemedSignal

_DECIDED = {Meaning.PLANNED, Meaning.DONE, Meaning.DECLINED}


def steps(post: Post, changes: Sequence[StatusChange]) -> list[dict[str, str]]:
    """Heard, grouped, decided, done, told, confirmed. One query, of the theme."""
    decided = next((one.at for one in changes if one.after.meaning in _DECIDED), None)
    done = next((one.at for one in changes if one.after.meaning == Meaning.DONE), None)
    group = _group(post)
    reached = [
        (_("Heard"), day(post.said_at), True),
        (group or _("Grouped"), "", bool(group)),
        (_("Decided"), day(decided), decided is not None),
        (_("Done"), day(done), done is not None),
        (_("Told"), day(post.answered_at), post.answered_at is not None),
        (_("Confirmed"), "", False),
    ]
    last = max(place for place, (_name, _note, is_done) in enumerate(reached) if is_done)
    found = []
    for place, (name, note, is_done) in enumerate(reached):
        state = "now" if place == last else "done" if is_done else ""
        found.append({"name": name, "note": note, "is": state})
    return found


def day(at: datetime | None) -> str:
    return date_format(timezone.localtime(at), "j F", use_l10n=False) if at else ""


def _group(post: Post) -> str:
    """How many others the post's theme holds; empty while it is in none."""
    if not post.signal_key:
        return ""
    themed: QuerySet[ThemedSignal] = ThemedSignal.objects.filter(
        signal__key=post.signal_key, cluster__isnull=False
    )
    voices = themed.values_list("cluster__theme__figures__voices", flat=True).first()
    others = max(0, (voices or 0) - 1)
    if voices is None:
        return ""
    return ngettext("Grouped with %(n)d other", "Grouped with %(n)d others", others) % {"n": others}

"""What people say of an alarm: that it is no outcry, or that it is over; and taking that back.

Either ends the alarm and lets its streams, and their themes, stand quiet again; the detector keeps the bar it raised, so
that the same matter rings again only when it becomes ten times less likely still.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from interlock.fabric import events, journal
from interlock.fabric.models import Person
from interlock.listen.errors import EditRefused
from interlock.listen.models import Alarm, StreamState, Verdict, WatchedStream
from interlock.listen.outcry import alarms


@transaction.atomic
def judge(*, alarm: Alarm, verdict: str, reason: str, by: Person, now: datetime) -> Alarm:
    """Keep what somebody says of an event, for all its streams; a false one counts against the budget, once.

    Raises:
        EditRefused: it was judged before, it is over already, or no reason is given for a false alarm.
    """
    rows = _locked(alarm)
    first = rows[0]
    if first.verdict:
        raise EditRefused(
            _("%(name)s has judged this alarm already. Take that back first; nothing was changed.")
            % {"name": first.judged_by}
        )
    if verdict == Verdict.OVER and all(one.ended_at for one in rows):
        raise EditRefused(_("It is over already; nothing was changed."))
    if verdict == Verdict.FALSE and not reason.strip():
        raise EditRefused(_("Say why it is not an outcry, so that others can learn from it."))
    for one in rows:
        one.verdict, one.reason = Verdict(verdict), reason.strip()[:300]
        one.judged_by, one.judged_at = by, now
        if one.ended_at is None:
            one.ended_at = now
            _stand(one, StreamState.QUIET, now)
        one.save(update_fields=["verdict", "reason", "judged_by", "judged_at", "ended_at"])
    _tell(first, "judged", by, now, {"verdict": first.verdict, "reason": first.reason})
    return first


@transaction.atomic
def take_back(*, alarm: Alarm, by: Person, now: datetime) -> Alarm:
    """Forget what was said of an event; where that had ended it, it goes on.

    Raises:
        EditRefused: nobody judged it, or one of its streams rang again since.
    """
    rows = _locked(alarm)
    first = rows[0]
    if not first.verdict:
        raise EditRefused(_("Nobody has judged this alarm, or that was taken back already."))
    detail = {"verdict": first.verdict, "reason": first.reason}
    ended = [one for one in rows if one.ended_at == one.judged_at]
    if Alarm.objects.filter(stream__in=[one.stream_id for one in ended], ended_at=None).exists():
        raise EditRefused(_("It rang again since, and that alarm goes on; nothing was changed."))
    for one in ended:
        one.ended_at = None
        _stand(one, one.state, now)
    for one in rows:
        one.verdict = one.reason = ""
        one.judged_by = one.judged_at = None
        one.save(update_fields=["verdict", "reason", "judged_by", "judged_at", "ended_at"])
    _tell(first, "judgement taken back", by, now, detail)
    return first


def _locked(alarm: Alarm) -> list[Alarm]:
    """The alarms of an event as they stand, the first in front, and their streams, locked as the watch writes them."""
    of_event = Q(pk=alarm.pk) | Q(event=alarm.pk)
    streams = Alarm.objects.filter(of_event).values("stream")
    list(WatchedStream.objects.select_for_update().filter(pk__in=streams).order_by("pk"))
    rows = (
        Alarm.objects.select_for_update(of=("self",)).select_related("stream", "judged_by").filter(of_event)
    )
    return sorted(rows.order_by("pk"), key=lambda one: one.pk != alarm.pk)


def _stand(alarm: Alarm, state: str, now: datetime) -> None:
    stream = alarm.stream
    stream.state, stream.state_since = state, now
    stream.save(update_fields=["state", "state_since"])
    alarms.turn_theme(stream, state, now)


def _tell(alarm: Alarm, verb: str, by: Person, now: datetime, detail: dict[str, str]) -> None:
    journal.note(actor=by, verb=verb, about=alarm, at=now, detail=detail)
    events.tell(topic=alarms.TOPIC, verb=verb, keys=[str(alarm.pk)], at=now, detail={"kind": "alarm"})

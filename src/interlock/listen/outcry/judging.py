"""What people say of an alarm: that it is no outcry, or that it is over; and taking that back.

Either ends the alarm and lets its stream, and its theme, stand quiet again; the detector keeps the bar it raised, so
that the same matter rings again only when it becomes ten times less likely still.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.fabric import events, journal
from interlock.fabric.models import Person
from interlock.listen.errors import EditRefused
from interlock.listen.models import Alarm, StreamState, Verdict, WatchedStream
from interlock.listen.outcry import alarms


@transaction.atomic
def judge(*, alarm: Alarm, verdict: str, reason: str, by: Person, now: datetime) -> Alarm:
    """Keep what somebody says of an alarm; a false one counts against the budget.

    Raises:
        EditRefused: it was judged before, it is over already, or no reason is given for a false alarm.
    """
    locked = _locked(alarm)
    if locked.verdict:
        raise EditRefused(
            _("%(name)s has judged this alarm already. Take that back first; nothing was changed.")
            % {"name": locked.judged_by}
        )
    if verdict == Verdict.OVER and locked.ended_at:
        raise EditRefused(_("It is over already; nothing was changed."))
    if verdict == Verdict.FALSE and not reason.strip():
        raise EditRefused(_("Say why it is not an outcry, so that others can learn from it."))
    locked.verdict, locked.reason = Verdict(verdict), reason.strip()[:300]
    locked.judged_by, locked.judged_at = by, now
    if locked.ended_at is None:
        locked.ended_at = now
        _stand(locked, StreamState.QUIET, now)
    locked.save(update_fields=["verdict", "reason", "judged_by", "judged_at", "ended_at"])
    _tell(locked, "judged", by, now, {"verdict": locked.verdict, "reason": locked.reason})
    return locked


@transaction.atomic
def take_back(*, alarm: Alarm, by: Person, now: datetime) -> Alarm:
    """Forget what was said of an alarm; where that had ended it, it goes on.

    Raises:
        EditRefused: nobody judged it, or its stream rang again since.
    """
    locked = _locked(alarm)
    if not locked.verdict:
        raise EditRefused(_("Nobody has judged this alarm, or that was taken back already."))
    detail = {"verdict": locked.verdict, "reason": locked.reason}
    if locked.ended_at == locked.judged_at:
        if Alarm.objects.filter(stream=locked.stream, ended_at=None).exists():
            raise EditRefused(_("It rang again since, and that alarm goes on; nothing was changed."))
        locked.ended_at = None
        _stand(locked, locked.state, now)
    locked.verdict = locked.reason = ""
    locked.judged_by = locked.judged_at = None
    locked.save(update_fields=["verdict", "reason", "judged_by", "judged_at", "ended_at"])
    _tell(locked, "judgement taken back", by, now, detail)
    return locked


def _locked(alarm: Alarm) -> Alarm:
    """The alarm as it stands, and its stream, locked in the order in which the watch writes them."""
    WatchedStream.objects.select_for_update().get(pk=alarm.stream_id)
    return (
        Alarm.objects.select_for_update(of=("self",)).select_related("stream", "judged_by").get(pk=alarm.pk)
    )


def _stand(alarm: Alarm, state: str, now: datetime) -> None:
    stream = alarm.stream
    stream.state, stream.state_since = state, now
    stream.save(update_fields=["state", "state_since"])
    alarms.turn_theme(stream, state, now)


def _tell(alarm: Alarm, verb: str, by: Person, now: datetime, detail: dict[str, str]) -> None:
    journal.note(actor=by, verb=verb, about=alarm, at=now, detail=detail)
    events.tell(topic=alarms.TOPIC, verb=verb, keys=[str(alarm.pk)], at=now, detail={"kind": "alarm"})

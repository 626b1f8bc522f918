"""Tell people of alarms by mail, one message a look and receiver, each sent at most once; chats are told by `fabric/chats`.

A notice is written with the alarm, in its transaction, and sent by a task. It is marked as being sent before it goes
out; where a worker is killed just then, or a server breaks off after it had the whole message, the notice is doubtful
and not sent again. What was surely not taken is tried again for some hours, as long as the alarm goes on.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from interlock.connectors.live import NotSent, PerhapsSent
from interlock.fabric import work
from interlock.fabric.chats import outbox
from interlock.fabric.models import Function, Topic
from interlock.listen.models import Alarm, Notice, NoticeState, OutcryWatch
from interlock.listen.outcry import messages, posting
from interlock.listen.outcry.one_event import GOES_ON, whole


def receivers(row: OutcryWatch) -> list[str]:
    """Mail addresses of all who are told, each once. One query."""
    here = row.told.filter(left_at=None, user__is_active=True).order_by("pk")
    mails = dict.fromkeys([*here.values_list("user__email", flat=True), *row.mails])
    return [one for one in mails if one]


def note(alarms: Collection[Alarm], *, at: datetime) -> None:
    """Let everybody who is told have one message about these alarms, inside the caller's transaction."""
    if not alarms:
        return
    for to in receivers(OutcryWatch.objects.defer("state").get(pk=1)):
        notice, made = Notice.objects.get_or_create(at=at, to=to)
        if made:
            notice.alarms.set(alarms)
            work.ask(send_notice, notice.pk)
    everybody = [*Function.values]
    outbox.note(Topic.ALARM, {f"{one.pk}-{at:%Y%m%d%H%M}": everybody for one in alarms}, at=at)


@work.task(
    queue="sources",
    attempts=8,
    first_wait=15,
    key=lambda notice_id: f"notice {notice_id}",
    title=gettext_lazy("Tell people of an outcry"),
)
def send_notice(notice_id: int) -> None:
    """Send one notice, if it still is to be sent."""
    send(notice_id, now=timezone.now())


def send(notice_id: int, *, now: datetime) -> None:
    """Send one notice once.

    Raises:
        NotSent: it was surely not taken and waits for another try.
        GiveUp: likewise, and another try would not help.
    """
    claimed = Notice.objects.filter(pk=notice_id, state=NoticeState.WAITING)
    if not claimed.update(state=NoticeState.SENDING):
        killed = _("The worker ended while it was being sent, so nobody knows whether it arrived.")
        _keep(notice_id, NoticeState.DOUBTFUL, killed, only_if=NoticeState.SENDING)
        return
    notice = Notice.objects.get(pk=notice_id)
    alarms = list(whole(notice.alarms.filter(GOES_ON).select_related("stream")))
    if not alarms:  # it is over before anybody could be told
        notice.delete()
        return
    try:
        reference = f"outcry-{notice.pk}"
        posting.by_mail(messages.about(alarms), to=notice.to, reference=reference, now=now)
    except PerhapsSent as error:
        _keep(notice_id, NoticeState.DOUBTFUL, str(error))
    except NotSent as error:
        _keep(notice_id, NoticeState.FAILED if error.for_good else NoticeState.WAITING, str(error))
        if error.for_good:
            raise work.GiveUp(str(error)) from error
        raise
    else:
        _keep(notice_id, NoticeState.SENT, "", now=now)


@transaction.atomic
def _keep(
    notice_id: int, state: NoticeState, error: str, *, only_if: str = "", now: datetime | None = None
) -> None:
    """Keep how far a notice came, and show it with its alarms."""
    found = Notice.objects.filter(pk=notice_id)
    if only_if:
        found = found.filter(state=only_if)
    if not found.update(state=state, error=error[:300], sent_at=now):
        return
    for alarm in Alarm.objects.filter(notices=notice_id):
        wrong = alarm.notices.exclude(error="").order_by("-pk").values_list("error", flat=True).first()
        alarm.told_error = wrong or ""
        alarm.told_at = now or alarm.told_at
        alarm.save(update_fields=["told_at", "told_error"])


def try_out(row: OutcryWatch) -> str:
    """Send everybody who is told a trial message now, and say in a sentence how that went."""
    to_all, wrong = receivers(row), []
    now = timezone.now()
    for place, to in enumerate(to_all):
        reference = f"trial-{now:%Y%m%d%H%M%S%f}-{place}"
        try:
            posting.by_mail(messages.trial(), to=to, reference=reference, now=now)
        except (NotSent, PerhapsSent) as error:
            wrong.append(_("%(to)s: %(error)s") % {"to": to, "error": error})
    if not to_all:
        return _("Nobody is told yet. Enter an address first.")
    sent = len(to_all) - len(wrong)
    said = ngettext("One trial message was sent.", "%(n)d trial messages were sent.", sent) % {"n": sent}
    return " ".join([said, *wrong])

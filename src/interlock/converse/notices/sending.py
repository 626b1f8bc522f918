"""Send one mail at most once.

It is marked as being sent before it goes out; where a worker is killed just then, or a server breaks off after it had
the whole mail, it is doubtful and not sent again. What was surely not taken is tried again.
"""

from __future__ import annotations

import time
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from interlock.connectors.imap_mailbox.notices import Note, PostOffice, post
from interlock.connectors.live import NotSent, PerhapsSent
from interlock.converse.models import Notice
from interlock.converse.notices import stopping
from interlock.converse.notices.letters import letter_of
from interlock.fabric import company, no_mail, work

State = Notice.State


@work.task(queue="prompt", attempts=6, title=later("Mail somebody what concerns them"))
def send_notice(notice_id: int) -> None:
    """Send one mail, if it still is to be sent."""
    send(notice_id, now=timezone.now())


def send(notice_id: int, *, now: datetime) -> None:
    """Send one mail once.

    Raises:
        NotSent: it was surely not taken and waits for another try.
        GiveUp: likewise, and another try would not help.
    """
    if not Notice.objects.filter(pk=notice_id, state=State.WAITING).update(state=State.SENDING):
        killed = _("The worker ended while it was being sent, so nobody knows whether it arrived.")
        Notice.objects.filter(pk=notice_id, state=State.SENDING).update(state=State.DOUBTFUL, error=killed)
        return
    notice = Notice.objects.select_related("person__user").get(pk=notice_id)
    try:
        _keep(notice, _sent(notice, now), now)
    except PerhapsSent as error:
        _keep(notice, State.DOUBTFUL, now, str(error))
    except NotSent as error:
        _keep(notice, State.FAILED if error.for_good else State.WAITING, now, str(error))
        if error.for_good:
            raise work.GiveUp(str(error)) from error
        raise


def _sent(notice: Notice, now: datetime) -> State:
    user = notice.person.user
    try:
        letter = letter_of(notice)
    except Exception as error:  # nothing went out, so that another try may
        _keep(notice, State.WAITING, now, type(error).__name__)
        raise
    if letter is None or user is None or not (settings.MAIL_SERVER and no_mail.may_mail(user.email)):
        return State.EMPTY
    note = Note(
        user.email, letter.subject, letter.text, f"notice-{notice.pk}",
        author=str(company.company()), stop=stopping.address_of(notice.person),
        reply_to=letter.reply_to,
    )  # fmt: skip
    post(PostOffice(**settings.MAIL_SERVER), note, now=now, wait=time.sleep)
    return State.SENT


def _keep(notice: Notice, state: State, now: datetime, error: str = "") -> None:
    notice.state, notice.error = state, error[:300]
    notice.sent_at = now if state == State.SENT else None
    notice.save(update_fields=["state", "error", "sent_at"])

"""Who sent a mail that was refused hears why, once, and never in a circle of two machines."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from interlock.connectors.imap_mailbox.account import is_address
from interlock.connectors.imap_mailbox.notices import Note, PostOffice, post
from interlock.connectors.live import NotSent, PerhapsSent
from interlock.converse.by_mail import addresses
from interlock.converse.models import MailReply
from interlock.fabric import company, work

# A person who tries a third time reads what came back before; a machine never does.
MOST_A_DAY = 3


def may_tell(sender: str, person_id: int, now: datetime) -> bool:
    """Whether one more refusal may be told today to this sender, at an address made for this person. One query.

    Senders are made up easily, so who has such an address could else have us write to anybody.
    """
    either = Q(sender=sender) | Q(token__contains=f".{person_id}.")
    told = MailReply.objects.filter(either, told_at__gt=now - timedelta(days=1)).count()
    return bool(settings.MAIL_SERVER) and is_address(sender) and told < MOST_A_DAY


@work.task(queue="prompt", attempts=5, title=later("Tell somebody why their mail was refused"))
def tell_refused(number: int) -> None:
    """Tell the sender of one refused mail, at most once."""
    tell(number, now=timezone.now())


def tell(number: int, *, now: datetime) -> None:
    """Mail the reason. It is marked before it goes out; what was surely not taken may be tried again.

    Raises:
        NotSent: it was surely not taken and waits for another try.
    """
    row = MailReply.objects.filter(pk=number, told_at=None).first()
    place = addresses.place_of(row.token) if row else None
    if row is None or place is None or not may_tell(row.sender, place.person_id, now):
        return
    if not MailReply.objects.filter(pk=number, told_at=None).update(told_at=now):
        return
    subject = _("Your mail was not taken: %(subject)s") % {"subject": row.subject or _("without a subject")}
    note = Note(row.sender, subject, _text(row), f"refused-{row.pk}", author=str(company.company()))
    try:
        post(PostOffice(**settings.MAIL_SERVER), note, now=now, wait=time.sleep)
    except PerhapsSent:
        return
    except NotSent as error:
        MailReply.objects.filter(pk=number).update(told_at=None)
        if error.for_good:
            raise work.GiveUp(str(error)) from error
        raise


def _text(row: MailReply) -> str:
    said = _("Your mail of %(day)s does not stand in the conversation.") % {
        "day": f"{timezone.localtime(row.received_at):%Y-%m-%d %H:%M}"
    }
    return f"{said}\n{row.reason}\n\n{_('Nothing of it was passed on.')}\n"

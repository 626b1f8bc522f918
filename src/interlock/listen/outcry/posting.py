"""The way out for a mail: the installation's SMTP server, which says whether it surely went out, surely did not, or nobody knows."""

from __future__ import annotations

import time
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from interlock.connectors.imap_mailbox.notices import Note, PostOffice, post
from interlock.connectors.live import NotSent
from interlock.listen.outcry.messages import Message


def mail_is_set_up() -> bool:
    """Whether whoever runs this machine named an SMTP server."""
    return bool(settings.MAIL_SERVER)


def by_mail(message: Message, *, to: str, reference: str, now: datetime) -> None:
    """Send a mail once.

    Raises:
        NotSent, PerhapsSent: as the mail server has it.
    """
    if not mail_is_set_up():
        raise NotSent(
            _("Mail is not set up: whoever runs this machine sets INTERLOCK_MAIL_URL, then mails go out."),
            for_good=True,
        )
    note = Note(to, message.subject, message.text, reference)
    post(PostOffice(**settings.MAIL_SERVER), note, now=now, wait=time.sleep)

"""Letters by this installation's own mail, to those who spoke where nobody else delivers: in the community."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from interlock.connectors.imap_mailbox.notices import Note, PostOffice, post
from interlock.connectors.live import Answers, Letter, NotSent, PerhapsSent, Reach, Route, Sent
from interlock.fabric import no_mail


class OwnMail:
    """An answering connector whose mailbox nobody reads: whoever gets the letter answers by its links."""

    def send(self, answers: Answers, route: Route, letter: Letter, reach: Reach) -> Sent:
        """Send once; raises as `AnsweringConnector.send`."""
        if not settings.MAIL_SERVER:
            why = _("This installation sends no mail: INTERLOCK_MAIL_URL is not set.")
            raise NotSent(why, for_good=True)
        if not no_mail.may_mail(route.address):  # they said so after it was written
            raise NotSent(_("Whoever reads mail there wants none from here any more."), for_good=True)
        note = Note(
            route.address,
            f"Re: {letter.subject}".strip(),
            letter.text,
            letter.reference,
            author=letter.author,
        )
        return post(PostOffice(**settings.MAIL_SERVER), note, now=reach.now(), wait=reach.wait)

    def find(self, answers: Answers, route: Route, letter: Letter, reach: Reach) -> Sent | None:
        raise PerhapsSent("no mailbox keeps what this installation sends")

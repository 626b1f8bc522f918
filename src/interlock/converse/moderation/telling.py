"""Somebody without an account who gave an address is told by mail what became of their words; then it is forgotten."""

from __future__ import annotations

import time

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from interlock.connectors.imap_mailbox.notices import Note, PostOffice, post
from interlock.connectors.live import NotSent, PerhapsSent
from interlock.converse.models import Case
from interlock.fabric import company, no_mail, work


def tell(case: Case) -> None:
    """Let the mail be sent, inside the caller's transaction, where there is an address."""
    if case.address:
        work.ask(mail_outcome, case.pk)


@work.task(queue="prompt", attempts=4, title=later("Mail what became of a text without account"))
def mail_outcome(case_id: int) -> None:
    """Mail it and forget the address; also where no mail goes out from here, as nobody would use it."""
    case = Case.objects.select_related("post", "reply__post").filter(pk=case_id).exclude(address="").first()
    if case is None:
        return
    if settings.MAIL_SERVER and no_mail.may_mail(case.address):
        _mail(case)
    Case.objects.filter(pk=case.pk).update(address="")


def _mail(case: Case) -> None:
    about = str(company.company())
    note = Note(
        case.address, _("%(company)s: what became of your words") % {"company": about}, _text(case),
        f"case-{case.pk}", author=about,
    )  # fmt: skip
    try:
        post(PostOffice(**settings.MAIL_SERVER), note, now=timezone.now(), wait=time.sleep)
    except PerhapsSent:
        return
    except NotSent as error:
        if not error.for_good:
            raise


def _text(case: Case) -> str:
    title = case.said.title if case.post_id else case.said.post.title
    if case.outcome == Case.Outcome.PUBLIC:
        said = _("What you wrote about “%(title)s” can be read by everybody now.")
    else:
        said = _(
            "What you wrote about “%(title)s” was not let through: %(why)s Sign in by a code and write it again, or"
            " ask there why, if you think that this is wrong."
        )
    why = case.because if case.because.endswith((".", "!", "?")) else f"{case.because}."
    forgotten = _("We have forgotten your address with this mail.")
    return f"{said % {'title': title, 'why': why}}\n\n{forgotten}\n"

"""Stop all mail: signed in, or by the link in each mail: signed, good for ever, for one person only (RFC 8058)."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from interlock.converse.loop import monthly
from interlock.fabric import no_mail
from interlock.fabric.models import Person

_signer = Signer(salt="converse.notices.stopping", sep=".")


def address_of(person: Person) -> str:
    """The link for this person's mails."""
    path = reverse("notices:stop", args=[_signer.sign(str(person.pk))])
    return f"{settings.PAGES_URL.rstrip('/')}{path}"


def person_of(link: str) -> Person | None:
    """Whose link this is; None for a made-up one, and where nobody is mailed any more."""
    try:
        number = _signer.unsign(link)
    except BadSignature:
        return None
    return Person.objects.select_related("user").filter(pk=number, user__isnull=False).first()


def stop_all(*, address: str, now: datetime) -> None:
    """Send no mail there any more, nor the monthly letters that were asked for without signing in."""
    no_mail.stop(address=address, now=now)
    monthly.stop(address=address)

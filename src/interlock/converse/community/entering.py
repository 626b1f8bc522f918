"""Customers sign in by a code of six figures that is mailed to them, and have an account from then on.

The code belongs to the browser that asked for it, is good for ten minutes and five tries, and only its hash is kept.
Whatever the address is, the page says the same; only the mail differs. See decision 008.
"""

from __future__ import annotations

import secrets
import time
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from interlock.connectors.imap_mailbox.notices import Note, PostOffice, post
from interlock.connectors.live import NotSent, PerhapsSent
from interlock.converse.community import flood
from interlock.converse.community.errors import CommunityError, TooMuch
from interlock.converse.models import Entry, Post, Reply
from interlock.fabric import company, people, work
from interlock.fabric.models import Person, Role, User

GOOD_FOR = timedelta(minutes=10)
TRIES = 5
# Five tries of each of ten codes a day: one chance in 20,000 a day to guess a way into a given account.
CODES_AN_HOUR, CODES_A_DAY, CODES_OF_MACHINE = 5, 10, 20
SIGNED_IN_FOR = timedelta(days=30)
KEPT_FOR = timedelta(days=1)


class WrongCode(CommunityError):
    """The code is not the one that was mailed, or its time or tries are over; the text says what to do."""


def mail_is_set_up() -> bool:
    return bool(settings.MAIL_SERVER)


@transaction.atomic
def ask_for_code(*, address: str, name: str, caller: str, now: datetime) -> str:
    """Let a code be mailed, and return what the browser keeps to be known again.

    Raises:
        TooMuch: too many codes were asked for by this machine or for this address.
    """
    address = address.strip().lower()
    flood.count_alone(f"community code {address}", f"community machine {caller}")
    recent = Entry.objects.filter(made_at__gt=now - KEPT_FOR)
    to_address = recent.filter(address=address)
    hour = now - timedelta(hours=1)
    if (
        to_address.filter(made_at__gt=hour).count() >= CODES_AN_HOUR
        or to_address.count() >= CODES_A_DAY
        or recent.filter(caller=caller, made_at__gt=hour).count() >= CODES_OF_MACHINE
    ):
        raise TooMuch(
            _(
                "Too many codes were asked for. Use the last one, or come back in an hour; no new one was sent."
            )
        )
    key = secrets.token_urlsafe(32)
    entry = Entry.objects.create(
        key=_hash(key), address=address, name=name.strip(), caller=caller, made_at=now
    )
    work.ask(send_code, entry.pk)
    return key


@transaction.atomic
def take_code(*, key: str, code: str, now: datetime) -> Person | str:
    """The person who may come in with this code, made when new; or why not, in words.

    It returns the refusal instead of raising it, so that the try is counted.
    """
    entry = Entry.objects.select_for_update().filter(key=_hash(key), used_at=None).first()
    if entry is None or entry.made_at < now - GOOD_FOR:
        return _("This code is no longer good. Ask for a new one; your words are kept.")
    if entry.tries >= TRIES:
        return _("That was tried five times. Ask for a new code; your words are kept.")
    entry.tries += 1
    entry.save(update_fields=["tries"])
    given = "".join(sign for sign in code if sign.isdigit())
    if not entry.code_hash or not constant_time_compare(entry.code_hash, _code_hash(entry, given)):
        return _("This is not the code of the mail. Look once more, or ask for a new one.")
    entry.used_at = now
    entry.save(update_fields=["used_at"])
    return person_at(address=entry.address, name=entry.name, now=now)


@work.task(queue="prompt", attempts=4, first_wait=2, title=later("Mail a code to sign in"))
def send_code(entry_id: int) -> None:
    """Make the code and mail it. A second try makes another one, so that none is ever written down."""
    entry = Entry.objects.filter(pk=entry_id, used_at=None).first()
    now = timezone.now()
    if entry is None or entry.made_at < now - GOOD_FOR or not mail_is_set_up():
        return
    user = User.objects.filter(email__iexact=entry.address).select_related("person").first()
    if user and not user.is_active:
        return
    if user and not _comes_by_code(user):
        text = _("You have an account with a password or passkey here. Sign in with it; no code is needed.")
    else:
        code = f"{secrets.randbelow(1_000_000):06d}"
        Entry.objects.filter(pk=entry.pk).update(code_hash=_code_hash(entry, code))
        text = _(
            "Your code is %(code)s. It is good for ten minutes, in the window where you asked for it."
        ) % {"code": code}
    _mail(entry, text, now)


@work.task(title=later("Delete used and old sign-in codes"))
def forget_old_codes() -> None:
    """Addresses and marks of machines stay for a day, no longer than limits need them."""
    old = timezone.now() - KEPT_FOR
    Entry.objects.filter(made_at__lt=old).delete()
    for said in (Post, Reply):
        said.objects.filter(said_at__lt=old).exclude(caller="").update(caller="")


def mark_of(machine: str) -> str:
    """A machine's address as it is kept: recognisable for limits, readable by nobody."""
    return salted_hmac("community.caller", machine, algorithm="sha256").hexdigest()


def _mail(entry: Entry, text: str, now: datetime) -> None:
    about = str(company.company())
    unasked = _("If you did not ask for it, do nothing: nobody comes in without the code.")
    note = Note(
        entry.address,
        _("%(company)s: your code") % {"company": about},
        f"{text}\n\n{unasked}\n",
        f"code-{entry.pk}-{now:%H%M%S%f}",
        author=about,
    )
    try:
        post(PostOffice(**settings.MAIL_SERVER), note, now=now, wait=time.sleep)
    except PerhapsSent:
        return  # who has no mail asks again; a second one would take the first one's code away
    except NotSent as error:
        if error.for_good:
            raise work.GiveUp(_("The mail server does not take this address.")) from None
        raise


def _comes_by_code(user: User) -> bool:
    """Customers without a second factor; staff and partners have a password or a passkey of their own."""
    person = getattr(user, "person", None)
    if person is None or person.left_at or person.role != Role.CUSTOMER:
        return False
    return not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


def person_at(*, address: str, name: str, now: datetime) -> Person | str:
    """The customer of an address that was shown to be theirs, made when new; or why they come in another way."""
    user = people.user_at(address)
    if user:
        return (
            user.person
            if user.is_active and _comes_by_code(user)
            else _("Sign in with your password or passkey.")
        )
    return people.join_as_customer(email=address, name=name, now=now)


def _code_hash(entry: Entry, code: str) -> str:
    return salted_hmac(f"community.code.{entry.key}", code, algorithm="sha256").hexdigest()


def _hash(key: str) -> str:
    return salted_hmac("community.entry", key, algorithm="sha256").hexdigest()

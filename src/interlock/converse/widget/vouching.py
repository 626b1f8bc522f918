"""Another site's server says who its reader is: a signed note with an address, a name and an end.

    note = base64url({"address": "marta@example.com", "name": "Marta Hagen", "until": 1795305600}) "." hex(HMAC-SHA256)

The signature is of the part before the dot, as it stands there. A note is good for a day at most, and only ever for a
customer: whoever works here, or is asked for a second factor, signs in by themselves.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from interlock.converse.community import entering
from interlock.converse.community.errors import CommunityError
from interlock.converse.community.speaking import LONGEST_NAME
from interlock.converse.widget import allowing
from interlock.fabric.models import Person
from interlock.fabric.secrets import SealBroken, opened

LONGEST = timedelta(days=1)
LONGEST_NOTE = 2_000


class NotVouched(CommunityError):
    """The note does not say who somebody is; the text says why, for whoever builds the other site."""


class NoteForm(forms.Form):
    """What a note says."""

    address = forms.EmailField(max_length=200)
    name = forms.CharField(max_length=LONGEST_NAME)
    until = forms.IntegerField(min_value=0, max_value=10**11)


def person_of(note: str, now: datetime) -> Person:
    """The customer whom a note names, made when new.

    Raises:
        NotVouched: the note is not ours, past its end, or names somebody who signs in by themselves.
    """
    said = _said(note, now)
    person = entering.person_at(address=said["address"].lower(), name=said["name"], now=now)
    if not isinstance(person, Person):
        raise NotVouched(person)
    return person


def _said(note: str, now: datetime) -> dict[str, Any]:
    payload, _dot, signature = note[:LONGEST_NOTE].partition(".")
    right = hmac.new(_key().encode(), payload.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right.encode(), signature.encode()):
        raise NotVouched(_("The site did not sign who you are with the key of this installation."))
    form = NoteForm(_read(payload))
    if not form.is_valid():
        wrong = ", ".join(form.errors)
        raise NotVouched(
            _("The site's note of who you are lacks or misspells: %(wrong)s.") % {"wrong": wrong}
        )
    until = form.cleaned_data["until"]
    if not now.timestamp() < until <= (now + LONGEST).timestamp() + 60:  # clocks differ
        raise NotVouched(
            _(
                "The site's note of who you are is past its end, or good for more than a day. Load the page again."
            )
        )
    return form.cleaned_data


def _key() -> str:
    sealed_key = allowing.widget().sealed_key
    if not sealed_key:
        raise NotVouched(_("No key was made here, so no site can say who you are."))
    try:
        return opened(sealed_key)
    except SealBroken as error:
        raise NotVouched(str(error)) from error


def _read(payload: str) -> dict[str, Any]:
    try:
        said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}

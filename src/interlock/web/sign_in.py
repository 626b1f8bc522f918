"""Nobody signs up uninvited: accounts are made from one-time links only."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from interlock.fabric import callers

BY_MAIL = [
    "email/",
    "confirm-email/",
    "confirm-email/<path:rest>",
    "password/reset/",
    "password/reset/<path:rest>",
]


class InvitedOnly(DefaultAccountAdapter):
    """Closes allauth's open sign-up; `web/invitations` makes accounts."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The machine itself, and not the TLS proxy: else one stranger's failed sign-ins would shut the door on everybody."""
        return callers.address_of(request)

    def is_safe_url(self, url: str | None) -> bool:
        """Nor is what cannot be read as an address, such as `http://[`, on which allauth's own check breaks."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False


@login_not_required
def by_no_mail(request: HttpRequest, **_place: str) -> HttpResponse:
    """Stands before allauth's pages that change a password or an address by mail.

    The owner sends a new link instead. Without a mail server theirs printed the link where the server's words are kept,
    and an address that nobody has shown to be theirs could become the one that is signed in with.
    """
    return redirect("web:today" if request.user.is_authenticated else "account_login")


class AddPasskeyForm(AddWebAuthnForm):
    """Adding a key makes a passkey, one that also signs in alone, unless the person unticks it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("What you call it")
        alone = self.fields["passwordless"]
        alone.initial, alone.label = True, _("It signs me in alone, without a password")
        alone.help_text = _("Else it is asked for beside the password.")

"""The welcome behind a one-time link: an account is made, and its owner is in."""

from __future__ import annotations

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from interlock.fabric import invitations
from interlock.fabric.models import STAFF_ROLES, Person, Role
from interlock.web.directory.forms import WelcomeForm


@never_cache
@login_not_required
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """Make an account from a one-time link. Opening the page uses nothing up."""
    now = timezone.now()
    try:
        invitation = invitations.open_invitation(token, now=now)
    except invitations.InvitationUnusable as error:
        return _closed(request, error)
    # An invitation names the function already; only the first owner and colleagues asked in without one choose.
    ask_function = invitation.role in STAFF_ROLES and not invitation.functions
    form = WelcomeForm(
        request.POST or None,
        email=invitation.email,
        ask_function=ask_function,
        may_use_codes=invitation.role == Role.CUSTOMER and bool(settings.MAIL_SERVER),
    )
    if request.method == "POST" and form.is_valid():
        proof = form.cleaned_data.pop("proof")
        try:
            person = invitations.accept(token=token, now=now, by_code=proof == "code", **form.cleaned_data)
        except invitations.AddressTaken as error:
            form.add_error("email", str(error))
        except invitations.InvitationUnusable as error:  # used by another form since this page was opened
            return _closed(request, error)
        else:
            return _enter(request, person, proof)
    page = {"form": form, "invitation": invitation, "is_guest": invitation.role not in STAFF_ROLES}
    return render(request, "web/welcome.html", page, status=422 if form.errors else 200)


def _closed(request: HttpRequest, error: invitations.InvitationUnusable) -> HttpResponse:
    return render(request, "web/welcome_closed.html", {"reason": str(error)}, status=410)


def _enter(request: HttpRequest, person: Person, proof: str) -> HttpResponse:
    """Sign the new person in; somebody who chose a passkey goes on to make it."""
    perform_login(request, person.user)
    # Following the link is this session's proof, so that adding a passkey does not ask for a password.
    record_authentication(request, person.user, method="invitation")
    return redirect("mfa_add_webauthn" if proof == "passkey" else "web:today")

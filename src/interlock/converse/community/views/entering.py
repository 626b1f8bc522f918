"""The door of customers: who are you, the code of the mail, and out again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from interlock.converse.community import entering
from interlock.converse.community.errors import TooMuch
from interlock.converse.community.forms import CodeForm, WhoForm
from interlock.converse.community.views import drafts
from interlock.converse.community.views.frame import back_to, machine_of
from interlock.fabric.access import person_of
from interlock.fabric.models import Person

KEY, NEXT = "community_entry", "community_next"


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """Ask who somebody is, and mail a code. The answer is the same whether the address is known or not."""
    if person_of(request):
        return redirect(back_to(request))
    form = WhoForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and begin(request, form, back_to(request)):
        return redirect("community:code")
    context = {"form": form, "next": back_to(request), "by_mail": entering.mail_is_set_up()}
    return render(request, "converse/community/enter.html", context, status=422 if form.errors else 200)


def begin(request: HttpRequest, form: Any, address: str) -> bool:
    """Let a code be mailed to whom the form names; false with the error on the form."""
    if not entering.mail_is_set_up():
        form.add_error(
            None, _("No mail goes out from here yet, so there is no code. Write without an account.")
        )
        return False
    who = form.cleaned_data
    try:
        key = entering.ask_for_code(
            address=who["address"], name=who["name"], caller=machine_of(request), now=timezone.now()
        )
    except TooMuch as error:
        form.add_error(None, str(error))
        return False
    request.session[KEY], request.session[NEXT] = key, address
    return True


def begin_with(draft: drafts.Draft, request: HttpRequest, form: Any, address: str) -> bool:
    """As `begin`, and keep what was written until they are in. Who gets no code leaves nothing here that was not here."""
    begun = begin(request, form, address)
    if begun or KEY in request.session:
        drafts.keep(request.session, draft)
    return begun


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Take the code, sign in, and send off what was written before."""
    key = request.session.get(KEY, "")
    if person_of(request) or not key:
        return redirect("community:enter" if not key else "community:list")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        taken = entering.take_code(key=key, code=form.cleaned_data["code"], now=timezone.now())
        if isinstance(taken, Person):
            return _come_in(request, taken, timezone.now())
        form.add_error("code", taken)
    return render(request, "converse/community/code.html", {"form": form}, status=422 if form.errors else 200)


def _come_in(request: HttpRequest, person: Person, now: datetime) -> HttpResponse:
    draft, address = drafts.kept(request.session), request.session.get(NEXT, "")
    answer = perform_login(request, person.user)
    if person_of(request) is None:  # a second factor is asked for first
        return answer
    request.session.pop(KEY, None)
    request.session.pop(NEXT, None)
    # The code is this session's proof, so that adding a passkey does not ask for a password.
    record_authentication(request, person.user, method="code")
    request.session.set_expiry(now + entering.SIGNED_IN_FOR)
    sent = drafts.send(draft, person, now) if draft else None
    if sent is None:
        return redirect(address or "community:list")
    if sent.done:  # else the form it came from shows it again
        drafts.forget(request.session)
    messages.info(request, sent.said)
    return redirect(sent.address)


@require_POST
@login_not_required
def leave(request: HttpRequest) -> HttpResponse:
    """Sign out."""
    logout(request)
    return redirect("community:list")

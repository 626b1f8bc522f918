"""Asking people in: who is asked and has not come, a new invitation, renewing and withdrawing one."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from interlock.fabric import invitations, organisations
from interlock.fabric.access import Act, needs, person_of
from interlock.fabric.models import Person
from interlock.web.directory.forms import InviteForm

# Who waits for more than this has asked in more people than a list can help with.
MOST_SHOWN = 200


@needs(Act.ANSWER)
def pending(request: HttpRequest) -> HttpResponse:
    """Who was asked in and has not come yet, and asking one more."""
    me = person_of(request)
    given = {"organisation": request.GET.get("organisation", ""), "role": request.GET.get("role", "")}
    form = InviteForm(
        request.POST or None, person=me, initial={key: one for key, one in given.items() if one}
    )
    link = ""
    if request.method == "POST" and form.is_valid():
        link = _invite(request, me, form)
        if link or not form.errors:
            form = InviteForm(person=me)
    return _page(request, me, form, link)


def _invite(request: HttpRequest, me: Person, form: InviteForm) -> str:
    """The link to hand over; empty where it is mailed, or where the form says what is wrong."""
    try:
        token = invitations.invite(by=me, now=timezone.now(), **form.cleaned_data)
    except invitations.AddressTaken as error:
        form.add_error("email", str(error))
    except invitations.NotYourRole as error:
        form.add_error("role", str(error))
    except organisations.NotOne as error:
        form.add_error("organisation", str(error))
    else:
        return _handed(request, token, form.cleaned_data["email"])
    return ""


def _handed(request: HttpRequest, token: str, address: str) -> str:
    if token:
        return request.build_absolute_uri(reverse("web:welcome", args=[token]))
    messages.info(request, _("A link is on its way to %(address)s.") % {"address": address})
    return ""


def _page(request: HttpRequest, me: Person, form: InviteForm, link: str) -> HttpResponse:
    waiting = list(invitations.pending_visible_to(me)[: MOST_SHOWN + 1])
    now = timezone.now()
    named = organisations.names_of({one.account_key for one in waiting})
    page = {
        "form": form,
        "link": link,
        "rows": [
            {"one": one, "organisation": named.get(one.account_key, ""), "is_over": one.expires_at < now}
            for one in waiting[:MOST_SHOWN]
        ],
        "more": len(waiting) > MOST_SHOWN,
        "by_mail": bool(settings.MAIL_SERVER),
    }
    return render(request, "web/invitations.html", page, status=422 if form.errors else 200)


@require_POST
@needs(Act.ANSWER)
def renew(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """A new link for seven more days, mailed or to hand over."""
    me = person_of(request)
    invitation = get_object_or_404(invitations.pending_visible_to(me), pk=invitation_id)
    by_mail = bool(settings.MAIL_SERVER) and "by_mail" in request.POST
    try:
        token = invitations.renew_invitation(
            invitation=invitation, by=me, now=timezone.now(), by_mail=by_mail
        )
    except invitations.InvitationUnusable as error:
        messages.warning(request, str(error))
        return redirect("web:invitations")
    link = _handed(request, token, invitation.email)
    return _page(request, me, InviteForm(person=me), link) if link else redirect("web:invitations")


@require_POST
@needs(Act.ANSWER)
def withdraw(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Close a link that nobody used."""
    me = person_of(request)
    invitation = get_object_or_404(invitations.pending_visible_to(me), pk=invitation_id)
    invitations.withdraw(invitation=invitation, by=me, now=timezone.now())
    messages.info(request, _("Withdrawn: the link opens nothing any more."))
    return redirect("web:invitations")

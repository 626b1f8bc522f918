"""Pages of people: the welcome behind a one-time link, the list of people, their roles."""

from __future__ import annotations

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from interlock.fabric import invitations, people
from interlock.fabric.access import Act, may, needs, person_of
from interlock.fabric.models import STAFF_ROLES, Person, Role
from interlock.web.invitation_forms import AwayForm, InviteForm, PersonForm, WelcomeForm


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
    form = WelcomeForm(request.POST or None, email=invitation.email, ask_function=ask_function)
    if request.method == "POST" and form.is_valid():
        proof = form.cleaned_data.pop("proof")
        try:
            person = invitations.accept(token=token, now=now, **form.cleaned_data)
        except invitations.AddressTaken as error:
            form.add_error("email", str(error))
        except invitations.InvitationUnusable as error:  # used by another form since this page was opened
            return _closed(request, error)
        else:
            return _enter(request, person, proof)
    page = {"form": form, "invitation": invitation}
    return render(request, "web/welcome.html", page, status=422 if form.errors else 200)


def _closed(request: HttpRequest, error: invitations.InvitationUnusable) -> HttpResponse:
    return render(request, "web/welcome_closed.html", {"reason": str(error)}, status=410)


def _enter(request: HttpRequest, person: Person, proof: str) -> HttpResponse:
    """Sign the new person in; somebody who chose a passkey goes on to make it."""
    perform_login(request, person.user)
    # Following the link is this session's proof, so that adding a passkey does not ask for a password.
    record_authentication(request, person.user, method="invitation")
    return redirect("mfa_add_webauthn" if proof == "passkey" else "web:today")


@needs(Act.READ)
def people_list(request: HttpRequest) -> HttpResponse:
    """Who is here, and for those who may: asking more people in."""
    me = person_of(request)
    form = InviteForm(request.POST or None)
    link = ""
    if request.method == "POST":
        if not may(me, Act.INVITE):
            raise PermissionDenied(
                _("Your role does not include asking people in. A function lead or an owner can.")
            )
        if form.is_valid():
            link = _invite(request, me, form)
    page = {
        # Customers who came to the community by a code are many, and nobody invited them.
        "people": people.people_visible_to(me)
        .exclude(role=Role.CUSTOMER, invitation__isnull=True)
        .order_by("left_at", "name", "pk"),
        "form": form,
        "link": link,
        "may_invite": may(me, Act.INVITE),
        "may_change": may(me, Act.OWN),
        "away_form": AwayForm(person=me) if may(me, Act.ANSWER) else None,
        "now": timezone.now(),
    }
    return render(request, "web/people.html", page, status=422 if form.errors else 200)


def _invite(request: HttpRequest, me: Person, form: InviteForm) -> str:
    """Return the link to hand over, or put the error on the form. Only owners make owners."""
    chosen = form.cleaned_data
    if chosen["role"] == Role.OWNER and not may(me, Act.OWN):
        form.add_error("role", _("Only an owner can invite an owner."))
        return ""
    try:
        token = invitations.invite(by=me, now=timezone.now(), **chosen)
    except invitations.AddressTaken as error:
        form.add_error("email", str(error))
        return ""
    return request.build_absolute_uri(reverse("web:welcome", args=[token]))


@require_POST
@needs(Act.ANSWER)
def away(request: HttpRequest, person_id: int) -> HttpResponse:
    """Say until when one is away and who answers meanwhile; owners may say it for others."""
    me = person_of(request)
    person = get_object_or_404(people.people_visible_to(me), pk=person_id)
    if person.pk != me.pk and not may(me, Act.OWN):
        raise PermissionDenied(_("Only an owner can say this for somebody else."))
    form = AwayForm(request.POST, person=person)
    if form.is_valid():
        try:
            people.set_away(person=person, by=me, now=timezone.now(), **form.cleaned_data)
        except people.NoStandIn as error:
            messages.warning(request, str(error))
        else:
            messages.info(request, _("Kept."))
    else:
        messages.warning(request, " ".join(error for errors in form.errors.values() for error in errors))
    return redirect("web:people" if person.pk == me.pk else reverse("web:person", args=[person.pk]))


@needs(Act.OWN)
def person_page(request: HttpRequest, person_id: int) -> HttpResponse:
    """Change somebody's role and functions."""
    me = person_of(request)
    person = get_object_or_404(people.people_visible_to(me), pk=person_id)
    form = PersonForm(request.POST or None, initial={"role": person.role, "functions": person.functions})
    if request.method == "POST" and form.is_valid():
        try:
            people.change_person(person=person, by=me, now=timezone.now(), **form.cleaned_data)
        except people.LastOwner as error:
            form.add_error("role", str(error))
        else:
            messages.info(
                request,
                _("%(name)s is now %(role)s.") % {"name": person.name, "role": person.get_role_display()},
            )
            return redirect("web:people")
    return render(
        request,
        "web/person.html",
        {"subject": person, "form": form, "away_form": AwayForm(person=person)},
        status=422 if form.errors else 200,
    )


@require_POST
@needs(Act.OWN)
def renew(request: HttpRequest, person_id: int) -> HttpResponse:
    """Make a link with which somebody who lost password and passkey sets new ones; shown once."""
    me = person_of(request)
    person = get_object_or_404(people.people_visible_to(me), pk=person_id)
    try:
        token = invitations.renew(person=person, by=me, now=timezone.now())
    except invitations.InvitationUnusable as error:
        return _person_page(request, person, fault=str(error), status=409)
    link = request.build_absolute_uri(reverse("web:welcome", args=[token]))
    return _person_page(request, person, link=link)


def _person_page(request: HttpRequest, person: Person, *, status: int = 200, **more: str) -> HttpResponse:
    form = PersonForm(initial={"role": person.role, "functions": person.functions})
    page = {"subject": person, "form": form, "away_form": AwayForm(person=person), **more}
    return render(request, "web/person.html", page, status=status)


@require_POST
@needs(Act.OWN)
def end_access(request: HttpRequest, person_id: int) -> HttpResponse:
    """Close somebody's account."""
    me = person_of(request)
    person = get_object_or_404(people.people_visible_to(me), pk=person_id)
    try:
        people.end_access(person=person, by=me, now=timezone.now())
    except people.LastOwner as error:
        return _person_page(request, person, fault=str(error), status=409)
    messages.info(request, _("%(name)s can no longer sign in.") % {"name": person.name})
    return redirect("web:people")

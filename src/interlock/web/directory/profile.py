"""One person: who they are to the company, what they take part in, and for owners what may be changed of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from interlock.converse import queries as talks
from interlock.converse.talks.people import leave_talks
from interlock.fabric import away as absences
from interlock.fabric import invitations, organisations, people
from interlock.fabric.access import Act, may, needs, person_of
from interlock.fabric.models import Person, Role
from interlock.fabric.personal import may_read_personal
from interlock.web.directory.forms import AwayForm, ChangeForm, CustomerTooForm
from interlock.web.directory.listing import organisation_address, rows_of

TALKS_SHOWN = 7


def own_circle(request: HttpRequest) -> Person:
    """Who asks, where that is somebody of the house or of a partner; customers do not see each other."""
    me = person_of(request)
    if not may(me, Act.READ) and (me is None or me.role != Role.PARTNER or me.left_at):
        raise PermissionDenied(_("People and organisations are shown to colleagues and partners."))
    return me


@require_GET
def person_page(request: HttpRequest, person_id: int) -> HttpResponse:
    """Somebody as this reader may know them."""
    me = own_circle(request)
    return _shown(request, me, get_object_or_404(people.people_visible_to(me), pk=person_id))


def _shown(
    request: HttpRequest,
    me: Person,
    subject: Person,
    *,
    away_form: AwayForm | None = None,
    too_form: CustomerTooForm | None = None,
) -> HttpResponse:
    """Their page; with a form that could not be kept, which stands there as it was filled in."""
    row = rows_of([subject], timezone.now())[0]
    mine = talks.conversations_visible_to(me).filter(participants__person=subject)
    may_write = subject.pk == me.pk or may(me, Act.OWN)
    page = {
        "subject": subject,
        "row": row,
        "headline": _headline(subject, row.functions, row.organisation),
        "address": subject.user.email if subject.user and _may_see_address(me, subject) else "",
        "talks": [(one, one.heading_for(me)) for one in mine.order_by("-opened_at", "-pk")[:TALKS_SHOWN]],
        "written_url": f"{reverse('web:search')}?{urlencode({'by': subject.pk})}",
        "sides": _sides(subject),
        "too_form": (too_form or CustomerTooForm()) if may(me, Act.INVITE) and not subject.left_at else None,
        "may_change": may(me, Act.OWN),
        "away_form": (away_form or AwayForm(person=subject))
        if may_write and people.can_be_away(subject)
        else None,
    }
    return render(request, "web/person.html", page, status=422 if away_form or too_form else 200)


def _headline(subject: Person, functions: str, organisation: str) -> str:
    told = {"name": subject.name, "what": functions or organisation}
    if subject.left_at:
        return _("%(name)s has left.") % told
    if subject.is_staff_side:
        return (_("%(name)s works in %(what)s.") if functions else _("%(name)s works here.")) % told
    if subject.role == Role.PARTNER:
        told["what"] = organisation
        return (
            _("%(name)s is here for %(what)s, a partner.") if organisation else _("%(name)s is a partner.")
        ) % told
    return (
        _("%(name)s is a customer, of %(what)s.") if organisation else _("%(name)s is a customer.")
    ) % told


def _may_see_address(me: Person, subject: Person) -> bool:
    """Colleagues know each other's; those of guests are personal data."""
    return (
        me.pk == subject.pk or may_read_personal(me) or (me.is_staff_side and subject.is_staff_side)
    )  # fmt: skip


def _sides(subject: Person) -> list[dict[str, Any]]:
    sides = list(subject.customer_sides.all())
    named = organisations.names_of({one.account_key for one in sides})
    return [
        {"pk": one.pk, "name": named.get(one.account_key, ""), "url": organisation_address(one.account_key)}
        for one in sides
    ]


@needs(Act.OWN)
def change_person(request: HttpRequest, person_id: int) -> HttpResponse:
    """Change somebody's role, functions and organisation."""
    me = person_of(request)
    person = get_object_or_404(people.people_visible_to(me), pk=person_id)
    form = ChangeForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        try:
            _change(person, me, form)
        except people.LastOwner as error:
            form.add_error("role", str(error))
        except (people.OtherOrganisation, organisations.NotOne) as error:
            form.add_error("organisation", str(error))
        else:
            told = {"name": person.name, "role": person.get_role_display()}
            messages.info(request, _("%(name)s is now %(role)s.") % told)
            return redirect("web:person", person.pk)
    return _change_page(request, person, form=form, status=422 if form.errors else 200)


@transaction.atomic
def _change(person: Person, me: Person, form: ChangeForm) -> None:
    now, was = timezone.now(), person.role
    people.change_person(person=person, by=me, now=now, **form.cleaned_data)
    leave_talks(person=person, was=was, by=me, now=now)


def _change_page(
    request: HttpRequest, person: Person, *, form: ChangeForm | None = None, status: int = 200, **more: str
) -> HttpResponse:
    page = {"subject": person, "form": form or ChangeForm(person=person), **more}
    return render(request, "web/change_person.html", page, status=status)


@require_POST
@needs(Act.INVITE)
def customer_too(request: HttpRequest, person_id: int) -> HttpResponse:
    """Note that somebody is a customer too."""
    me = person_of(request)
    person = get_object_or_404(people.people_visible_to(me), pk=person_id)
    form = CustomerTooForm(request.POST)
    if form.is_valid():
        try:
            people.make_customer_too(person=person, by=me, now=timezone.now(), **form.cleaned_data)
        except organisations.NotOne as error:
            form.add_error("account", str(error))
        else:
            messages.info(request, _("Kept."))
            return redirect("web:person", person.pk)
    return _shown(request, me, person, too_form=form)


@require_POST
@needs(Act.INVITE)
def customer_no_more(request: HttpRequest, person_id: int, side_id: int) -> HttpResponse:
    """Take that back."""
    me = person_of(request)
    person = get_object_or_404(people.people_visible_to(me), pk=person_id)
    side = get_object_or_404(person.customer_sides, pk=side_id)
    people.end_customer_side(side=side, by=me, now=timezone.now())
    messages.info(request, _("Taken back."))
    return redirect("web:person", person.pk)


@require_POST
def away(request: HttpRequest, person_id: int) -> HttpResponse:
    """Say from when until when one is away and who stands in; owners may say it for others."""
    me = own_circle(request)
    person = get_object_or_404(people.people_visible_to(me), pk=person_id)
    if not people.can_be_away(person) or (person.pk != me.pk and not may(me, Act.OWN)):
        raise PermissionDenied(_("Only an owner can say this for somebody else."))
    form = AwayForm(request.POST, person=person)
    if form.is_valid():
        try:
            people.set_away(person=person, by=me, now=timezone.now(), **form.cleaned_data)
        except people.NoStandIn as error:
            form.add_error("stand_in", str(error))
        else:
            messages.info(request, absences.words(person, timezone.now()) or _("Kept."))
            return redirect("web:person", person.pk)
    return _shown(request, me, person, away_form=form)


@require_POST
@needs(Act.OWN)
def renew(request: HttpRequest, person_id: int) -> HttpResponse:
    """Make a link with which somebody who lost password and passkey sets new ones; shown once."""
    me = person_of(request)
    person = get_object_or_404(people.people_visible_to(me), pk=person_id)
    try:
        token = invitations.renew(person=person, by=me, now=timezone.now())
    except invitations.InvitationUnusable as error:
        return _change_page(request, person, fault=str(error), status=409)
    link = request.build_absolute_uri(reverse("web:welcome", args=[token]))
    return _change_page(request, person, link=link)


@require_POST
@needs(Act.OWN)
def end_access(request: HttpRequest, person_id: int) -> HttpResponse:
    """Close somebody's account."""
    me = person_of(request)
    person = get_object_or_404(people.people_visible_to(me), pk=person_id)
    try:
        people.end_access(person=person, by=me, now=timezone.now())
    except people.LastOwner as error:
        return _change_page(request, person, fault=str(error), status=409)
    messages.info(request, _("%(name)s can no longer sign in.") % {"name": person.name})
    return redirect("web:people")

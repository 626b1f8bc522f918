"""Pages about mails: which ones I get, and the one behind the link that stops them all."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from interlock.converse.community.views.frame import for_signed_in, signed_in
from interlock.converse.notices import calendar, choosing, stopping
from interlock.converse.notices.forms import ChoiceForm
from interlock.fabric import company, no_mail
from interlock.fabric.access import Act, may

BOTH = require_http_methods(["GET", "POST"])


@never_cache
@for_signed_in
@BOTH
def choices(request: HttpRequest) -> HttpResponse:
    """Which mails I get, and at which hour."""
    person = signed_in(request)
    form = ChoiceForm(request.POST or None, instance=choosing.choice_of(person))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.info(request, _("Kept."))
        return redirect("notices:choices")
    address = person.user.email if person.user else ""
    context = {
        "frame": "web/base.html" if may(person, Act.READ) else "converse/customers.html",
        "company": company.company(),
        "form": form,
        "address": address,
        "is_on": no_mail.may_mail(address),
        "may_see_replies": may(person, Act.IMPORT),
        "may_see_chats": may(person, Act.INVITE),
        "calendar": calendar.address_of(person),
    }
    return render(request, "converse/notices/choices.html", context, status=422 if form.errors else 200)


@for_signed_in
@require_POST
def change_calendar(request: HttpRequest) -> HttpResponse:
    """Make the secret address of my calendar, or another one, or stop it."""
    on = request.POST.get("what") != "stop"
    calendar.change_address(person=signed_in(request), on=on)
    said = (
        _("The calendar has an address; the ones before lead nowhere.")
        if on
        else _("Nobody reads the calendar any more.")
    )
    messages.info(request, said)
    return redirect("notices:choices")


@never_cache
@login_not_required
@require_safe
def calendar_file(request: HttpRequest, signed: str) -> HttpResponse:
    """The calendar, for the program that knows its address."""
    person = calendar.person_of(signed)
    if person is None:
        raise Http404(_("This link leads nowhere."))
    today = timezone.now().astimezone(choosing.zone_of(person)).date()
    page = HttpResponse(calendar.written(calendar.days_of(person, today)), content_type=calendar.CONTENT_TYPE)
    page.headers["Referrer-Policy"] = "no-referrer"
    return page


@never_cache
@login_not_required
@csrf_exempt  # mail programs POST here by themselves (RFC 8058); the signed link is the proof
@BOTH
def stop(request: HttpRequest, signed: str) -> HttpResponse:
    """Send no mail there any more. Reading the page changes nothing, so that a scanner of mails stops none."""
    person = stopping.person_of(signed)
    if person is None or person.user is None:
        raise Http404(_("This link leads nowhere."))
    if request.method == "POST":
        stopping.stop_all(address=person.user.email, now=timezone.now())
    context = {"company": company.company(), "is_on": no_mail.may_mail(person.user.email)}
    page = render(request, "converse/notices/stop.html", context)
    # The link is a key: no other page may learn it from the address.
    page.headers["Referrer-Policy"] = "no-referrer"
    return page

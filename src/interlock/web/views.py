"""Pages of the shell that show no records: the choice of theme and keys, more doors, errors."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from interlock.fabric import people
from interlock.fabric.access import Act, may, person_of
from interlock.web import today
from interlock.web.navigation import THEME_COOKIE, THEMES, Navigation

YEAR_SECONDS = 365 * 24 * 3600


@require_GET
def front(request: HttpRequest) -> HttpResponse:
    """Today; before the first import what to give, while the rules run that they do."""
    person = person_of(request)
    if person is None:
        raise PermissionDenied
    page = today.front_page(person, timezone.now())
    if page.stage == "community":
        return redirect("community:mine")
    if page.stage != "start":
        return render(request, f"web/{page.stage}.html", {"page": page})
    brings = may(person, Act.IMPORT)
    return render(request, "web/start.html", {
        "upload_url": reverse("listen:upload") if brings else "",
        "demo_url": reverse("listen:demo") if brings else "",
    })  # fmt: skip


@require_GET
def more(request: HttpRequest) -> HttpResponse:
    """The doors that the phone's bar has no room for."""
    frame = Navigation(request)
    others = [one for one in (frame.search, frame.sources, frame.work, frame.people) if one]
    return render(request, "web/more.html", {"others": others})


@require_POST
@login_not_required
def theme(request: HttpRequest) -> HttpResponse:
    """Keep paper, ink or the system's choice: with the person, or in a cookie for a visitor."""
    chosen = request.POST.get("theme", "")
    chosen = chosen if chosen in THEMES else ""
    person = person_of(request)
    response = _back(request)
    if person:
        people.choose_theme(person=person, theme=chosen)
    # Also for the signed-in: the sign-in page after a sign-out keeps the theme.
    response.set_cookie(
        THEME_COOKIE,
        chosen,
        max_age=YEAR_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@require_POST
def shortcuts(request: HttpRequest) -> HttpResponse:
    """Switch the single-letter keys on or off."""
    person = person_of(request)
    if person:
        people.choose_shortcuts(person=person, on=request.POST.get("shortcuts") == "on")
    return _back(request)


def _back(request: HttpRequest) -> HttpResponseRedirect:
    address = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure()):
        address = reverse("web:today")
    return HttpResponseRedirect(address)

"""The company's words, the boards, who is on duty, and opening a board to the public."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from interlock.converse.community import boards, entering, looking
from interlock.converse.community.errors import CommunityError
from interlock.converse.community.forms import BoardForm, CompanyForm, RosterForm
from interlock.converse.community.views.frame import page, signed_in
from interlock.fabric import company
from interlock.fabric.access import Act, may, needs, person_of
from interlock.fabric.models import Company

# Two forms stand on one page, and both ask for a name: their fields need ids that are their own.
_HOUSE = "house_%s"


@require_GET
@needs(Act.INVITE)
def settings(request: HttpRequest) -> HttpResponse:
    """All settings of the community on one page."""
    return _page(request)


def _page(request: HttpRequest, status: int = 200, **forms: Any) -> HttpResponse:
    today = timezone.localdate()
    person = person_of(request)
    visible = list(looking.boards_visible_to(person))
    words = Company.objects.filter(pk=1).first()
    context = {
        "boards": [(one, None if one.opened_at else boards.missing(one, today)) for one in visible],
        "days": boards.days_without_host(today),
        "by_mail": entering.mail_is_set_up(),
        "company_form": CompanyForm(instance=words, auto_id=_HOUSE) if may(person, Act.OWN) else None,
        "board_form": BoardForm(),
        **forms,
    }
    return page(request, "settings", context, status)


@require_POST
@needs(Act.OWN)
def company_words(request: HttpRequest) -> HttpResponse:
    """Keep the company's name and words."""
    form = CompanyForm(request.POST, auto_id=_HOUSE)
    if not form.is_valid():
        return _page(request, 422, company_form=form)
    company.change_company(words=form.cleaned_data, by=signed_in(request), now=timezone.now())
    messages.info(request, _("Kept."))
    return redirect("community:settings")


@require_POST
@needs(Act.INVITE)
def new_board(request: HttpRequest) -> HttpResponse:
    """Make a board, which the public does not see yet."""
    form = BoardForm(request.POST)
    if form.is_valid():
        try:
            boards.make_board(by=signed_in(request), now=timezone.now(), **form.cleaned_data)
        except CommunityError as error:
            form.add_error("name", str(error))
        else:
            return redirect("community:settings")
    return _page(request, 422, board_form=form)


@require_http_methods(["GET", "POST"])
@needs(Act.INVITE)
def board(request: HttpRequest, board_id: int) -> HttpResponse:
    """Change one board."""
    found = get_object_or_404(looking.boards_visible_to(person_of(request)), pk=board_id)
    begun = {
        "name": found.name,
        "about": found.about,
        "kinds": found.kinds,
        "products": "\n".join(found.products),
    }
    form = BoardForm(request.POST or None, initial=begun)
    if request.method == "POST" and form.is_valid():
        boards.change_board(board=found, by=signed_in(request), now=timezone.now(), **form.cleaned_data)
        messages.info(request, _("Kept."))
        return redirect("community:settings")
    context = {"board": found, "form": form, "missing": boards.missing(found, timezone.localdate())}
    return page(request, "board", context, 422 if form.errors else 200)


@require_POST
@needs(Act.INVITE)
def open_board(request: HttpRequest, board_id: int) -> HttpResponse:
    """Let the public read a board."""
    found = get_object_or_404(looking.boards_visible_to(person_of(request)), pk=board_id)
    try:
        boards.open_board(board=found, by=signed_in(request), now=timezone.now())
    except CommunityError as error:
        messages.warning(request, str(error))
    else:
        messages.info(request, _("The public reads it now."))
    return redirect("community:settings")


@require_http_methods(["GET", "POST"])
@needs(Act.INVITE)
def roster(request: HttpRequest) -> HttpResponse:
    """Who is on duty in the next fourteen days."""
    today = timezone.localdate()
    days = [today + timedelta(days=number) for number in range(boards.ROSTER_DAYS)]
    duties = {duty.day: duty for duty in boards.duties(today)}
    form = RosterForm(request.POST or None, days=days, duties=duties)
    if request.method == "POST" and form.is_valid():
        boards.set_duties(hosts=form.hosts(), by=signed_in(request), now=timezone.now())
        messages.info(request, _("Kept."))
        return redirect("community:roster")
    return page(
        request,
        "roster",
        {"form": form, "days": boards.days_without_host(today)},
        422 if form.errors else 200,
    )

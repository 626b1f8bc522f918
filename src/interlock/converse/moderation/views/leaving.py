"""What is kept about somebody, as a file, and leaving: no more mail, and being erased."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from interlock.converse.community.views.frame import for_signed_in, page, signed_in
from interlock.converse.moderation import erasing
from interlock.converse.moderation.kept_about import kept_about
from interlock.converse.notices import stopping
from interlock.fabric import no_mail

BOTH = require_http_methods(["GET", "POST"])


@never_cache
@for_signed_in
@BOTH
def mail(request: HttpRequest) -> HttpResponse:
    """Send me no mail any more, or again."""
    person = signed_in(request)
    address = person.user.email if person.user else ""
    if request.method == "POST":
        if request.POST.get("on") == "yes":
            no_mail.allow(address=address)
            messages.info(request, _("We mail you again."))
        else:
            stopping.stop_all(address=address, now=timezone.now())
            messages.info(request, _("No more mail goes to you."))
        return redirect("community:mail")
    return page(request, "mail", {"address": address, "is_on": no_mail.may_mail(address)})


@never_cache
@for_signed_in
@BOTH
def erase(request: HttpRequest) -> HttpResponse:
    """Erase me, after reading what that means and writing one word."""
    person = signed_in(request)
    wanted = _("erase")
    wrong = False
    if request.method == "POST" and not person.is_staff_side:
        wrong = request.POST.get("word", "").strip().lower() != wanted.lower()
        if not wrong:
            erasing.erase(person=person, now=timezone.now())
            logout(request)
            return render(request, "converse/community/erased.html")
    context = {"kept": erasing.kept_of(person), "wanted": wanted, "wrong": wrong}
    return page(request, "erase", context, 422 if wrong else 200)


@never_cache
@for_signed_in
@require_GET
def kept_copy(request: HttpRequest) -> HttpResponse:
    """Everything that is kept about me, as a file; what colleagues wrote is the company's."""
    person = signed_in(request)
    if person.is_staff_side:
        return redirect("community:kept")
    kept = kept_about(person=person, now=timezone.now(), for_themselves=True)
    name = {"Content-Disposition": 'attachment; filename="what-we-keep-about-you.json"'}
    return JsonResponse(kept.as_json(), headers=name, json_dumps_params={"ensure_ascii": False, "indent": 1})

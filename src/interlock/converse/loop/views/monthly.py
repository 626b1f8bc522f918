"""You said, we did by mail: the form for an address, and the pages behind the links of its mails."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from interlock.converse.community.views.frame import asks_too_often, page
from interlock.converse.loop import monthly
from interlock.converse.loop.views.answering import rarely
from interlock.fabric import company

# A machine that asks for more letters than a household has readers asks for others.
ASKED_AN_HOUR = 10
BOTH = require_http_methods(["GET", "POST"])


class AddressForm(forms.Form):
    """Where the letters go."""

    address = forms.EmailField(
        label=later("Your mail address"),
        max_length=200,
        help_text=later("For these letters alone. Nobody sees it, and it is forgotten when you stop them."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["address"].widget.attrs["autocomplete"] = "email"


@never_cache
@login_not_required
@BOTH
def follow(request: HttpRequest) -> HttpResponse:
    """Ask for the letters. The answer is the same whether they come to the address already or not."""
    form = AddressForm(request.POST or None)
    by_mail = monthly.mail_is_set_up()
    if request.method == "POST" and by_mail and form.is_valid():
        if not asks_too_often(request, "monthly-letters", ASKED_AN_HOUR):
            monthly.ask(address=form.cleaned_data["address"], now=timezone.now())
            return redirect(f"{reverse('loop:follow')}?asked=yes")
        form.add_error(None, _("That is a lot for one hour. Come back in an hour; nothing was sent."))
    context = {"form": form, "by_mail": by_mail, "is_asked": "asked" in request.GET}
    return page(request, "follow_letters", context, status=422 if form.errors else 200)


@never_cache
@login_not_required
@rarely
@BOTH
def start(request: HttpRequest, signed: str) -> HttpResponse:
    """Start the letters. Reading the page changes nothing, so that a scanner of mails starts none."""
    reader = monthly.waiting_by(signed)
    if reader is None:
        return _leads_nowhere(request, _("Links are good for two days. Ask for a new one."))
    if request.method == "POST":
        monthly.start(reader=reader, now=timezone.now())
        reader.refresh_from_db()
    context = {"company": company.company(), "reader": reader}
    return render(request, "converse/loop/start_letters.html", context)


def _leads_nowhere(request: HttpRequest, why: str) -> HttpResponse:
    """Say what became of a link, and where to ask for another one; the same for one that is made up."""
    context = {"company": company.company(), "why": why}
    return render(request, "converse/loop/no_letters.html", context, status=404)


@never_cache
@login_not_required
@rarely
@csrf_exempt  # mail programs POST here by themselves (RFC 8058); the signed link is the proof
@BOTH
def stop(request: HttpRequest, signed: str) -> HttpResponse:
    """Stop them and forget the address."""
    reader = monthly.reader_by(signed)
    if reader is None:
        return _leads_nowhere(
            request, _("No letters come for it: they are stopped, and the address is forgotten.")
        )
    if request.method == "POST":
        monthly.stop(address=reader.address)
    context = {"company": company.company(), "is_stopped": request.method == "POST"}
    return render(request, "converse/loop/stop_letters.html", context)

"""The page behind the links of a letter: two buttons, for whoever holds the link, without signing in.

Reading it counts nothing, so that a scanner of mails answers for nobody; only a press of a button does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from interlock.converse.community.views.frame import asks_too_often
from interlock.converse.loop import replying
from interlock.fabric import company

# A household or an office behind one address answers some dozens of letters an hour; guessing needs 10 to the 40.
AN_HOUR = 120


def rarely(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let one machine ask so often an hour and no more."""

    @wraps(view)
    def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if asks_too_often(request, "loop", AN_HOUR):
            words = {"company": company.company()}
            return render(request, "converse/loop/too_often.html", words, status=429)
        return view(request, *args, **kwargs)

    return counted


@never_cache
@login_not_required
@rarely
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, link: str) -> HttpResponse:
    """What was told, and the two buttons; which one the letter's link named only decides which stands first."""
    person = replying.told_by(link)
    if person is None:
        raise Http404(_("This link leads nowhere."))
    if request.method == "POST":
        said = request.POST.get("say")
        if said in {"yes", "no"}:
            words = request.POST.get("words", "")
            replying.say(person=person, solved=said == "yes", words=words, now=timezone.now())
            messages.info(request, _("Thank you. You may change it here at any time."))
        return redirect("loop:answer", link)
    closure = person.closure
    context = {
        "company": company.company(),
        "told": person,
        "text": closure.texts.get(person.language, ""),
        "first": "no" if request.GET.get("say") == "no" else "yes",
        "day": person.told_at or closure.round.sends_at,
    }
    # The link is a key: no other site learns it from the address, since SECURE_REFERRER_POLICY is same-origin.
    # Stricter (no-referrer) browsers would send the form with the origin null, which is refused as forged.
    return render(request, "converse/loop/answer.html", context)

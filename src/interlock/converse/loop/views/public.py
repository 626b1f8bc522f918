"""You said, we did, for everybody: the page, its feed, and the parts that other pages embed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.csp import CSP
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_GET, require_POST

from interlock.converse.community.views.frame import for_signed_in, page, signed_in
from interlock.converse.loop import monthly, own_feedback, stories
from interlock.converse.loop.stories import Shown
from interlock.converse.loop.views.answering import rarely
from interlock.fabric import company
from interlock.fabric.atom import Feed

EMBEDDED = 5
# Other sites may frame this one part, which holds neither form nor session.
FRAMED = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": ["*"],
}


@login_not_required
@require_GET
def you_said(request: HttpRequest) -> HttpResponse:
    """What customers said and what was done, by month and product."""
    month, product = request.GET.get("month", ""), request.GET.get("product", "")
    found, months = stories.public(), stories.months()
    first = next((one for one in months if f"{one:%Y-%m}" == month), None)
    if month and first is None:
        found = found.none()
    if first:
        found = found.filter(decided_at__year=first.year, decided_at__month=first.month)
    if product:
        found = found.filter(product=product)
    shown = stories.with_figures(list(found[: stories.SHOWN]))
    context: dict[str, Any] = {
        "shown": shown,
        "headline": _headline(shown),
        "told": _told(shown),
        "months": months,
        "month": first,
        "products": stories.products(),
        "product": product,
        "by_mail": monthly.mail_is_set_up(),
        "canonical": f"{settings.PAGES_URL}{reverse('loop:you_said')}",
    }
    return page(request, "you_said", context)


def _headline(shown: list[Shown]) -> str:
    """You told us about four things. We did three of them; one is not done, and we say why."""
    if not shown:
        return _("What you say, and what we do about it, will stand here.")
    not_done = sum(one.story.is_no for one in shown)
    done = len(shown) - not_done
    told = ngettext("You told us about one thing.", "You told us about %(n)d things.", len(shown)) % {
        "n": len(shown)
    }
    if not not_done:
        return _("%(told)s This is what we did.") % {"told": told}
    if not done:
        return _("%(told)s We are not doing it, and say why.") % {"told": told}
    did = ngettext("We did one of them", "We did %(n)d of them", done) % {"n": done}
    left = ngettext("one is not done, and we say why", "%(n)d are not done, and we say why", not_done)
    return f"{told} {did}; {left % {'n': not_done}}."


def _told(shown: list[Shown]) -> stories.Told:
    return stories.Told(
        sum(one.told.told for one in shown),
        sum(one.told.yes for one in shown),
        sum(one.told.no for one in shown),
    )


@login_not_required
@require_GET
def feed(request: HttpRequest) -> HttpResponse:
    """The newest as Atom."""
    about, address = company.company(), f"{settings.PAGES_URL}{reverse('loop:you_said')}"
    made = Feed(_("%(company)s: you said, we did") % {"company": about}, address, about.about)
    for one in stories.with_figures(list(stories.public()[:50])):
        story = one.story
        made.add_item(
            story.said,
            f"{address}#story-{story.pk}",
            f"{story.did} {_verdict(one)}".strip(),
            pubdate=story.decided_at,
            updateddate=story.shown_at,
            unique_id=f"{address}#story-{story.pk}",
        )
    return HttpResponse(made.writeString("utf-8"), content_type=made.content_type)


@login_not_required
@require_GET
def rows(request: HttpRequest) -> HttpResponse:
    """The newest as JSON, which any site may read."""
    shown = stories.with_figures(list(stories.public()[:50]))
    answer = JsonResponse({"stories": [_row(one) for one in shown]})
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _row(one: Shown) -> dict[str, Any]:
    story = one.story
    return {
        "you_said": story.said,
        "we_did": story.did,
        "not_done": story.is_no,
        "product": story.product,
        "decided_on": timezone.localdate(story.decided_at).isoformat(),
        "customers": story.customers,
        "told": one.told.told,
        "say_solved": one.told.yes,
        "say_not_solved": one.told.no,
    }


@login_not_required
@xframe_options_exempt
@csp_override(FRAMED)
@require_GET
def part(request: HttpRequest) -> HttpResponse:
    """The newest few as a page for a frame on the company's own site."""
    shown = stories.with_figures(list(stories.public()[:EMBEDDED]))
    context = {"shown": shown, "address": f"{settings.PAGES_URL}{reverse('loop:you_said')}"}
    return render(request, "converse/loop/part.html", context)


def _verdict(one: Shown) -> str:
    if not one.told.told:
        return ""
    return _("%(yes)d of %(told)d who were told say: solved.") % {"yes": one.told.yes, "told": one.told.told}


@for_signed_in
@rarely
@require_POST
def say(request: HttpRequest, signal_id: int) -> HttpResponse:
    """A signed-in customer's yes or no to one thing of theirs."""
    signal = own_feedback.own(signed_in(request), signal_id)
    if signal is None:
        raise Http404
    said = request.POST.get("say")
    if said in {"yes", "no"}:
        own_feedback.say(signal=signal, solved=said == "yes", now=timezone.now())
        messages.info(request, _("Thank you. You may change it here at any time."))
    return redirect("community:mine")

"""Is a language model asked for names of themes, which, where, and what exactly is it told?"""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from interlock.fabric.access import Act, may, needs, person_of
from interlock.listen.themes import model_asking, model_names
from interlock.web import figures

ASKED_SHOWN = 40


@require_GET
@needs(Act.READ)
def theme_names(request: HttpRequest) -> HttpResponse:
    """What is sent, to where, and what came back."""
    context = {
        "headline": _headline(),
        "is_set_up": model_asking.is_set_up(),
        "address": model_asking.address(),
        "model": settings.NAMES_MODEL,
        "instructions": model_asking.INSTRUCTIONS,
        "example": model_names.example(),
        "asked": model_names.asked_lately(ASKED_SHOWN),
        "most": model_names.MOST_A_RUN,
        "may_own": may(person_of(request), Act.OWN),
    }
    return render(request, "web/theme_names.html", context)


@require_POST
@needs(Act.OWN)
def try_model(request: HttpRequest) -> HttpResponse:
    """Ask the model about invented quotes, and say how that went."""
    if model_asking.is_set_up():
        trial = model_names.try_out()
        (messages.success if trial.well else messages.warning)(request, trial.said)
    return redirect("web:theme_names")


def _headline() -> str:
    if not model_asking.is_set_up():
        return _("No language model is asked for names; themes are named in their customers’ own words.")
    named = model_names.named_count()
    return ngettext(
        "%(model)s at %(host)s has named one theme.", "%(model)s at %(host)s has named %(n)s themes.", named
    ) % {"model": settings.NAMES_MODEL, "host": model_asking.host(), "n": figures.count(named)}

"""Where does this signal belong? Themes that it is like, a search among all of them, and one press to put it there."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from interlock.fabric.access import Act, needs, person_of
from interlock.fabric.models import Person
from interlock.listen import queries
from interlock.listen.errors import ListenError
from interlock.listen.models import Signal
from interlock.listen.themes import choosing, editing

LONGEST = 120


@require_http_methods(["GET", "POST"])
@needs(Act.SORT)
def place(request: HttpRequest, signal_id: int) -> HttpResponse:
    """The page that puts a signal into a theme."""
    person = person_of(request)
    signal = get_object_or_404(queries.signals_visible_to(person).select_related("source"), pk=signal_id)
    if request.method == "POST" and person is not None:
        return _placed(request, signal, person)
    words = request.GET.get("q", "").strip()[:LONGEST]
    among = choosing.choices(person)
    context = {
        "signal": signal,
        "words": words,
        "now_in": choosing.theme_of(signal),
        "found": choosing.themes_named(words, among) if words else choosing.themes_like(signal, among),
    }
    return render(request, "web/place_signal.html", context)


def _placed(request: HttpRequest, signal: Signal, person: Person) -> HttpResponse:
    theme = get_object_or_404(choosing.choices(person), key=request.POST.get("theme", ""))
    back = reverse("listen:signal", args=[signal.pk])
    try:
        done = editing.move(signals=[signal], to=theme, by=person, now=timezone.now())
    except ListenError as error:
        messages.warning(request, str(error))
        return redirect(back)
    undo = f"undo:{reverse('web:undo_theme_change', args=[done.pk])}"
    messages.info(request, _("It belongs to “%(name)s” now.") % {"name": theme.name}, extra_tags=undo)
    return redirect(back)

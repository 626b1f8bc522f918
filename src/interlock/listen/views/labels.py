"""Correcting what was understood of one signal."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from interlock.fabric.access import Act, needs, person_of
from interlock.listen import queries
from interlock.listen.label_form import LabelForm
from interlock.listen.understanding import correcting


@require_POST
@needs(Act.SORT)
def correct(request: HttpRequest, signal_id: int) -> HttpResponse:
    """Keep what this person says of the signal."""
    person = person_of(request)
    signal = get_object_or_404(queries.signals_visible_to(person), pk=signal_id)
    form = LabelForm(request.POST)
    if form.is_valid():
        correcting.correct(signal=signal, by=person, now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Kept. The next version learns from it."))
    else:
        messages.warning(request, _("Choose how the customer feels; nothing was changed."))
    return redirect("listen:signal", signal_id)

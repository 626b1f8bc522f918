"""Correcting what was understood of one signal, and taking that back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from interlock.fabric.access import Act, needs, person_of
from interlock.listen import queries
from interlock.listen.errors import NothingToTakeBack
from interlock.listen.label_form import LabelForm, LanguageForm
from interlock.listen.languages import language_name
from interlock.listen.models import Correction, LanguageCorrection
from interlock.listen.understanding import correcting


@require_POST
@needs(Act.SORT)
def correct(request: HttpRequest, signal_id: int) -> HttpResponse:
    """Keep what this person says of feeling and intents."""
    person = person_of(request)
    signal = get_object_or_404(queries.signals_visible_to(person), pk=signal_id)
    form = LabelForm(request.POST)
    if form.is_valid():
        correcting.correct(signal=signal, by=person, now=timezone.now(), **form.cleaned_data)
        undo = f"undo:{reverse('listen:undo_correction', args=[signal_id])}"
        messages.success(request, _("Kept. The next version learns from it."), extra_tags=undo)
    else:
        messages.warning(request, _("Choose how the customer feels; nothing was changed."))
    return redirect("listen:signal", signal_id)


@require_POST
@needs(Act.SORT)
def correct_language(request: HttpRequest, signal_id: int) -> HttpResponse:
    """Keep what this person says of the language."""
    person = person_of(request)
    signal = get_object_or_404(queries.signals_visible_to(person), pk=signal_id)
    form = LanguageForm(request.POST)
    if "language" in request.POST and form.is_valid():
        language = form.cleaned_data["language"]
        correcting.correct_language(signal=signal, language=language, by=person, now=timezone.now())
        said = (
            _("Kept: it is read as %(language)s from now on.") % {"language": language_name(language)}
            if language
            else _("Kept: it is read as written in no language.")
        )
        undo = f"undo:{reverse('listen:undo_language', args=[signal_id])}"
        messages.success(request, said, extra_tags=undo)
    else:
        messages.warning(request, _("Choose a language of the list; nothing was changed."))
    return redirect("listen:signal", signal_id)


@require_POST
@needs(Act.SORT)
def undo_correction(request: HttpRequest, signal_id: int) -> HttpResponse:
    """Take back what was said of feeling and intents."""
    return _taken_back(request, signal_id, Correction)


@require_POST
@needs(Act.SORT)
def undo_language(request: HttpRequest, signal_id: int) -> HttpResponse:
    """Take back what was said of the language."""
    return _taken_back(request, signal_id, LanguageCorrection)


def _taken_back(
    request: HttpRequest, signal_id: int, kind: type[Correction] | type[LanguageCorrection]
) -> HttpResponse:
    person = person_of(request)
    signal = get_object_or_404(queries.signals_visible_to(person), pk=signal_id)
    try:
        correcting.take_back(kind=kind, signal=signal, by=person, now=timezone.now())
    except NothingToTakeBack as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("Taken back: what was found or said before holds again."))
    return redirect("listen:signal", signal_id)

"""What people do on the page of a disconnect: vote, dismiss, acknowledge, say that it is safe."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from interlock.fabric.access import Act, needs, person_of
from interlock.reconnect import proposals, queries, services
from interlock.reconnect.errors import DisconnectError
from interlock.reconnect.forms import DismissForm, JudgeForm, SafetyForm
from interlock.reconnect.models import Disconnect


@require_POST
@needs(Act.JUDGE)
def judge(request: HttpRequest, disconnect_id: int) -> HttpResponse:
    """Vote useful or wrong."""
    found = _found(request, disconnect_id)
    form = JudgeForm(request.POST)
    if form.is_valid():
        useful = form.cleaned_data["useful"]
        services.judge(disconnect=found, by=person_of(request), useful=useful, now=timezone.now())
        said = _("Noted: useful.") if useful else _("Noted: wrong. The rule is judged by its last 20 votes.")
        _offer_undo(request, said, "reconnect:undo_judgement", found)
    return _back(found)


@require_POST
@needs(Act.JUDGE)
def undo_judgement(request: HttpRequest, disconnect_id: int) -> HttpResponse:
    """Take the vote back."""
    found = _found(request, disconnect_id)
    services.undo_judgement(disconnect=found, by=person_of(request), now=timezone.now())
    messages.info(request, _("Your vote is taken back."))
    return _back(found)


@require_POST
@needs(Act.DISMISS)
def dismiss(request: HttpRequest, disconnect_id: int) -> HttpResponse:
    """Close it with a reason."""
    found = _found(request, disconnect_id)
    form = DismissForm(request.POST)
    if not form.is_valid():
        messages.info(request, _("Nothing was changed: choose one of the four reasons."))
        return _back(found)
    try:
        services.dismiss(disconnect=found, by=person_of(request), now=timezone.now(), **form.cleaned_data)
    except DisconnectError as error:
        messages.info(request, str(error))
    else:
        reason = Disconnect.Dismissal(form.cleaned_data["reason"]).label
        said = _("Dismissed: %(reason)s.") % {"reason": reason}
        _offer_undo(request, said, "reconnect:undo_dismissal", found)
    return _back(found)


@require_POST
@needs(Act.DISMISS)
def undo_dismissal(request: HttpRequest, disconnect_id: int) -> HttpResponse:
    """Put it back to where it stood."""
    found = _found(request, disconnect_id)
    try:
        services.undo_dismissal(disconnect=found, by=person_of(request), now=timezone.now())
    except DisconnectError as error:
        messages.info(request, str(error))
    else:
        messages.info(request, _("It is back where it stood."))
    return _back(found)


@require_POST
@needs(Act.CONVENE)
def acknowledge(request: HttpRequest, disconnect_id: int) -> HttpResponse:
    """Say for one side: we see it."""
    found = _found(request, disconnect_id)
    try:
        services.acknowledge(
            disconnect=found,
            by=person_of(request),
            function=request.POST.get("function", ""),
            now=timezone.now(),
        )
    except DisconnectError as error:
        messages.info(request, str(error))
    return _back(found)


@require_POST
@needs(Act.CONVENE)
def safety(request: HttpRequest, disconnect_id: int) -> HttpResponse:
    """Say that it is safe to talk, or name a facilitator."""
    found = _found(request, disconnect_id)
    form = SafetyForm(request.POST, facilitators=proposals.facilitators_for(found))
    if not form.is_valid():
        messages.info(request, " ".join(error for errors in form.errors.values() for error in errors))
        return _back(found)
    try:
        services.state_safety(
            disconnect=found,
            by=person_of(request),
            facilitator=form.cleaned_data["facilitator"],
            now=timezone.now(),
        )
    except DisconnectError as error:
        messages.info(request, str(error))
    return _back(found)


def _found(request: HttpRequest, disconnect_id: int) -> Disconnect:
    return get_object_or_404(queries.disconnects_visible_to(person_of(request)), pk=disconnect_id)


def _back(found: Disconnect) -> HttpResponse:
    return redirect("reconnect:disconnect", found.pk)


def _offer_undo(request: HttpRequest, said: str, url_name: str, found: Disconnect) -> None:
    messages.info(request, said, extra_tags=f"undo:{reverse(url_name, args=[found.pk])}")

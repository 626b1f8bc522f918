"""HTTP of commitments: how one ended, and that it takes longer."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from interlock.converse import queries, services
from interlock.converse.forms import PostponeForm, SettleForm
from interlock.converse.models import Commitment
from interlock.converse.talks.requests import act_and_return, back_to
from interlock.fabric.access import Act, needs, person_of


@require_POST
@needs(Act.TALK)
def settle(request: HttpRequest, commitment_id: int) -> HttpResponse:
    """Say how a commitment ended."""
    commitment = _seen(request, commitment_id)
    form = SettleForm(request.POST)
    if not form.is_valid():
        raise Http404
    return act_and_return(
        request,
        commitment.conversation,
        services.settle_commitment,
        place=f"promise-{commitment.pk}",
        commitment=commitment,
        **form.cleaned_data,
    )


@require_POST
@needs(Act.TALK)
def postpone(request: HttpRequest, commitment_id: int) -> HttpResponse:
    """Give it a later day."""
    commitment = _seen(request, commitment_id)
    form, place = PostponeForm(request.POST), f"promise-{commitment.pk}"
    if not form.is_valid():
        messages.info(request, _("Give the new day, and say why it takes longer. Nothing was changed."))
        return back_to(commitment.conversation, place)
    return act_and_return(
        request,
        commitment.conversation,
        services.postpone,
        place=place,
        commitment=commitment,
        **form.cleaned_data,
    )


def _seen(request: HttpRequest, commitment_id: int) -> Commitment:
    seen = queries.commitments_visible_to(person_of(request)).select_related("conversation")
    return get_object_or_404(seen, pk=commitment_id)

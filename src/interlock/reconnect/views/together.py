"""Bring together: who is asked, about what, until when, and whether it is safe."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from interlock.converse.errors import ConversationError
from interlock.converse.opening_form import seat_key
from interlock.fabric import invitations
from interlock.fabric.access import Act, may, needs, person_of
from interlock.fabric.models import Function, Role
from interlock.reconnect import proposals, queries, services, wording
from interlock.reconnect.errors import DisconnectError
from interlock.reconnect.forms import TogetherForm
from interlock.reconnect.models import Disconnect
from interlock.store.errors import LakeError


@require_http_methods(["GET", "POST"])
@needs(Act.CONVENE)
def together(request: HttpRequest, disconnect_id: int) -> HttpResponse:
    """The page that opens the conversation."""
    person = person_of(request)
    found = get_object_or_404(queries.disconnects_visible_to(person), pk=disconnect_id)
    seats = proposals.proposals_for(found, person)
    form = TogetherForm(
        request.POST or None,
        proposals=seats,
        today=timezone.localdate(),
        facilitators=proposals.facilitators_for(found),
        initial={"question": wording.question(found), "purpose": wording.purpose(found)},
    )
    if request.method == "POST" and form.is_valid():
        try:
            conversation = services.bring_together(
                disconnect=found,
                by=person,
                people=form.asked(),
                title=form.cleaned_data["question"],
                question=form.cleaned_data["question"],
                purpose=form.cleaned_data["purpose"],
                due=form.cleaned_data["due"],
                facilitator=form.cleaned_data["facilitator"],
                now=timezone.now(),
            )
        except (DisconnectError, ConversationError, LakeError) as error:
            form.add_error(None, str(error))
        else:
            return redirect("converse:conversation", conversation.pk)
    status = 422 if form.errors else 200
    context = _context(found, form, seats) | {"may_invite": may(person, Act.INVITE)}
    return render(request, "reconnect/together.html", context, status=status)


@require_POST
@needs(Act.INVITE)
def invite(request: HttpRequest, disconnect_id: int) -> HttpResponse:
    """Make a one-time link for somebody of a function that nobody here has yet. It is shown once."""
    person = person_of(request)
    found = get_object_or_404(queries.disconnects_visible_to(person), pk=disconnect_id)
    function = request.POST.get("function", "")
    if function not in Function.values:
        return redirect("reconnect:together", found.pk)
    token = invitations.invite(
        email="", role=Role.CONTRIBUTOR, functions=[function], by=person, now=timezone.now()
    )
    link = request.build_absolute_uri(reverse("web:welcome", args=[token]))
    context = {"disconnect": found, "link": link, "function": function}
    return render(request, "reconnect/invited.html", context)


def _context(found: Disconnect, form: TogetherForm, seats: list[proposals.Proposal]) -> dict[str, object]:
    chosen = set(form["people"].value() or [])
    rows = [
        {"seat": seat, "key": seat_key(seat.person, seat.function) if seat.person else "", "ticked": False}
        for seat in seats
    ]
    for row in rows:
        row["ticked"] = row["key"] in chosen
    return {"disconnect": found, "form": form, "rows": rows}

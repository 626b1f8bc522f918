"""What is held: the policy with a preview of what it would have done, and everything of one person taken out."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from interlock.converse.community.errors import CommunityError
from interlock.converse.community.views.frame import page, signed_in
from interlock.converse.models import Sweep
from interlock.converse.moderation import policy, sweeping, trust
from interlock.converse.moderation.forms import BecauseForm, PolicyForm
from interlock.fabric.access import Act, needs
from interlock.fabric.models import Person


@require_http_methods(["GET", "POST"])
@needs(Act.INVITE)
def rules(request: HttpRequest) -> HttpResponse:
    """The policy; "look" shows what it would have held, "keep" lets it hold from now on."""
    standing, now = policy.policy(), timezone.now()
    # A form writes into the row it is given, so the one that stands is read apart.
    form = PolicyForm(request.POST or None, instance=policy.policy())
    shown = standing
    if request.method == "POST" and form.is_valid():
        shown = form.instance
        if request.POST.get("act") == "keep":
            policy.change_policy(columns=form.cleaned_data, by=signed_in(request), now=now)
            messages.info(request, _("This holds for what comes from now on."))
            return redirect("community:policy")
    held, of = policy.would_hold(shown, now)
    context = {"form": form, "held": held, "of": of, "is_tried": shown is not standing}
    return page(request, "policy", context, 422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs(Act.ANSWER)
def doings(request: HttpRequest, person_id: int) -> HttpResponse:
    """Everything that a customer or partner did here, to be taken out in one act."""
    person = get_object_or_404(Person, pk=person_id)
    now = timezone.now()
    form = BecauseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        because = form.cleaned_data["because"]
        try:
            sweeping.sweep(person=person, because=because, by=signed_in(request), now=now)
        except CommunityError as refused:
            form.add_error(None, str(refused))
        else:
            messages.info(request, _("It is out. You can bring it back here."))
            return redirect("community:doings", person.pk)
    standing = policy.policy()
    record = trust.records_of([person.pk], now)[person.pk]
    context = {
        "whose": person,
        "did": sweeping.doings_of(person),
        "known": trust.why(record, trust.level_of_person(person, record, standing, now), standing, now),
        "sweeps": [
            (one, sweeping.rows_left(one))
            for one in Sweep.objects.filter(person=person).select_related("by").order_by("-at")[:20]
        ],
        "form": form,
    }
    return page(request, "doings", context, 422 if form.errors else 200)


@require_POST
@needs(Act.ANSWER)
def undo_sweep(request: HttpRequest, sweep_id: int) -> HttpResponse:
    """Bring everything of somebody back."""
    sweep = get_object_or_404(Sweep.objects.select_related("person"), pk=sweep_id)
    try:
        sweeping.undo(sweep=sweep, by=signed_in(request), now=timezone.now())
        messages.info(request, _("It is back as it stood."))
    except CommunityError as error:
        messages.warning(request, str(error))
    return redirect("community:doings", sweep.person_id)

"""Writing down what a customer said to a colleague, and taking it back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from interlock.fabric.access import Act, needs, person_of
from interlock.listen import capturing, queries
from interlock.listen.capture_form import MOMENT, CaptureForm
from interlock.listen.errors import ListenError
from interlock.store.errors import LakeError


@require_http_methods(["GET", "POST"])
@needs(Act.ANSWER)
def capture(request: HttpRequest) -> HttpResponse:
    """The form, and the storing of it."""
    person, now = person_of(request), timezone.now()
    start = {"at": timezone.localtime(now).strftime(MOMENT), "account": request.GET.get("account", "")}
    form = CaptureForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            arrival = capturing.capture(told=form.told(), by=person, now=now)
        except ListenError as error:
            form.add_error(None, str(error))
        else:
            undo = f"undo:{reverse('listen:undo_capture', args=[arrival.pk])}"
            messages.info(request, _("Written down."), extra_tags=undo)
            made = capturing.captured_as(arrival)
            return redirect("listen:signal", made.pk) if made else redirect("listen:signals")
    return render(request, "listen/capture.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@needs(Act.ANSWER)
def undo_capture(request: HttpRequest, arrival_id: int) -> HttpResponse:
    """Take back what oneself wrote down."""
    person = person_of(request)
    arrival = get_object_or_404(queries.arrivals_visible_to(person), pk=arrival_id)
    try:
        capturing.take_back(arrival=arrival, by=person, now=timezone.now())
    except (ListenError, LakeError) as error:
        messages.warning(request, str(error))
    else:
        messages.info(request, _("Taken back; nothing is left of it on the lists."))
    return redirect("listen:waiting")

"""What people say of an alarm, from its page: not an outcry, over; each with its undo."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from interlock.fabric.access import Act, needs, person_of
from interlock.listen.errors import ListenError
from interlock.listen.models import Verdict
from interlock.listen.outcry import judging
from interlock.web.outcries.forms import VerdictForm
from interlock.web.outcries.page import event_or_404, page_of


@require_POST
@needs(Act.SORT)
def judge(request: HttpRequest, alarm_id: int) -> HttpResponse:
    """Say that an alarm is no outcry, or over."""
    person, now = person_of(request), timezone.now()
    alarm = event_or_404(person, alarm_id)
    over = request.POST.get("verdict") == Verdict.OVER
    form = VerdictForm(request.POST)
    assert person is not None
    if over or form.is_valid():
        verdict, reason = (Verdict.OVER, "") if over else (Verdict.FALSE, form.cleaned_data["reason"])
        try:
            judging.judge(alarm=alarm, verdict=verdict, reason=reason, by=person, now=now)
        except ListenError as error:
            messages.warning(request, str(error))
        else:
            undo = f"undo:{reverse('web:undo_outcry_verdict', args=[alarm.pk])}"
            said = (
                _("It is over, you said.") if over else _("Not an outcry, you said. It counts in the budget.")
            )
            messages.info(request, said, extra_tags=undo)
        return redirect("web:one_outcry", alarm.pk)
    return render(request, "web/one_outcry.html", page_of(alarm, person, now, verdict_form=form), status=422)


@require_POST
@needs(Act.SORT)
def undo(request: HttpRequest, alarm_id: int) -> HttpResponse:
    """Take back what was said of an alarm."""
    person = person_of(request)
    alarm = event_or_404(person, alarm_id)
    assert person is not None
    try:
        judging.take_back(alarm=alarm, by=person, now=timezone.now())
    except ListenError as error:
        messages.warning(request, str(error))
    else:
        messages.info(request, _("Taken back: the alarm stands as it did."))
    return redirect("web:one_outcry", alarm.pk)

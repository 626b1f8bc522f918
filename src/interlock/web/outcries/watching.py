"""The watch's own page: its budget against what happened, what it would have said of the past, and who is told."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from interlock.fabric.access import Act, may, needs, person_of
from interlock.fabric.chats import outbox
from interlock.fabric.models import Person, Topic
from interlock.listen.errors import ListenError
from interlock.listen.outcry import looking, posting, setting, telling, trial
from interlock.web.outcries import past_words, words
from interlock.web.outcries.forms import BudgetForm, TellingForm


@require_GET
@needs(Act.READ)
def outcry_watch(request: HttpRequest) -> HttpResponse:
    """The budget, the past, and who is told."""
    return render(request, "web/outcry_watch.html", _page(person_of(request)))


@require_POST
@needs(Act.OWN)
def set_budget(request: HttpRequest) -> HttpResponse:
    """Allow so many false alarms."""
    person, form = person_of(request), BudgetForm(request.POST)
    assert person is not None
    if form.is_valid():
        try:
            setting.set_budget(by=person, now=timezone.now(), **form.cleaned_data)
        except ListenError as error:
            form.add_error(None, str(error))
        else:
            messages.info(request, _("Kept. It holds from the next five minutes on."))
            return redirect("web:outcry_watch")
    return render(request, "web/outcry_watch.html", _page(person, budget_form=form), status=422)


@require_POST
@needs(Act.OWN)
def set_telling(request: HttpRequest) -> HttpResponse:
    """Say who is on duty and who is told where."""
    person = person_of(request)
    form = TellingForm(request.POST)
    assert person is not None
    if form.is_valid():
        setting.set_telling(
            host=form.cleaned_data["host"],
            told=list(form.cleaned_data["told"]),
            mails=form.cleaned_data["mails"],
            by=person,
            now=timezone.now(),
        )
        messages.info(request, _("Kept. Send a trial message to see whether it arrives."))
        return redirect("web:outcry_watch")
    return render(request, "web/outcry_watch.html", _page(person, telling_form=form), status=422)


@require_POST
@needs(Act.OWN)
def try_telling(request: HttpRequest) -> HttpResponse:
    """Send everybody who is told a trial message, and say how that went."""
    messages.info(request, telling.try_out(setting.watch_row()))
    return redirect("web:outcry_watch")


@require_POST
@needs(Act.OWN)
def go_through_past(request: HttpRequest) -> HttpResponse:
    """Let the trial on the past begin, or stop it."""
    person, now = person_of(request), timezone.now()
    assert person is not None
    if request.POST.get("what") == "stop":
        trial.stop(by=person, now=now)
        messages.info(request, _("It stops at its next step."))
    else:
        trial.ask_for(by=person, now=now)
        messages.info(request, _("It runs in the background; this page may be left."))
    return redirect("web:outcry_watch")


def _page(person: Person | None, **more: Any) -> dict[str, Any]:
    watch = setting.watch_row()
    now = timezone.now()
    account = looking.account(days=watch.days, now=now)
    return {
        "watch": watch,
        "budget": words.budget(watch.false_alarms, watch.days),
        "account": words.account(account),
        "unjudged": account.unjudged,
        "past": past_words.of(watch, is_alive=trial.is_under_way()),
        "may_own": may(person, Act.OWN),
        "host": setting.host_on_duty(now),
        "chats": [one.name for one in outbox.listening() if Topic.ALARM in one.hears],
        "told": list(watch.told.all()),
        "has_mail": posting.mail_is_set_up(),
        "budget_form": BudgetForm(initial=BudgetForm.kept(watch)),
        "telling_form": TellingForm(initial=TellingForm.kept(watch)),
        **more,
    }

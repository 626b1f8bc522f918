"""What people do about one signal: answer it, look after it, set it aside, note what the customer says now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from interlock.fabric.access import Act, needs, person_of
from interlock.listen import queries, signal_page, stages, waiting
from interlock.listen.answer_forms import AnswerForm, HowForm, WhereForm
from interlock.listen.answers import sending, writing
from interlock.listen.errors import AlreadyAnswered, ListenError
from interlock.listen.models import Answer, Clock, Sending, Signal, Stage


@require_POST
@needs(Act.ANSWER)
def answer(request: HttpRequest, signal_id: int) -> HttpResponse:
    """Send an answer. What cannot be sent comes back with its reason, and with the text."""
    person, signal = person_of(request), _signal(request, signal_id)
    form = AnswerForm(request.POST, signal=signal)
    if form.is_valid():
        sent = form.cleaned_data
        try:
            written = writing.send(
                signal=signal,
                also=sent.get("also", []),
                by=person,
                text=sent["text"],
                reference=sent["reference"],
                seen=sent["seen"],
                now=timezone.now(),
            )
        except AlreadyAnswered as error:
            messages.info(request, str(error))
            return redirect(_address(signal))
        except ListenError as error:
            form.add_error(None, str(error))
        else:
            return _said_sent(request, signal, written)
    context = signal_page.page(signal, person, timezone.now(), form=form)
    return render(request, "listen/signal.html", context, status=422)


def _said_sent(request: HttpRequest, signal: Signal, written: Answer) -> HttpResponse:
    undo = f"undo:{reverse('listen:take_back', args=[written.pk])}"
    if written.state == Sending.BY_HAND:
        messages.info(request, _("Kept. Now send it by hand, then say here where."), extra_tags=undo)
    else:
        messages.info(request, _("It goes out in half a minute."), extra_tags=undo)
    return redirect(_address(signal))


@require_POST
@needs(Act.ANSWER)
def draft(request: HttpRequest, signal_id: int) -> HttpResponse:
    """Keep what was written so far; with htmx only the line that says so is swapped."""
    person, signal = person_of(request), _signal(request, signal_id)
    now = timezone.now()
    kept = writing.keep_draft(signal=signal, by=person, text=request.POST.get("text", ""), now=now)
    if request.htmx:
        return render(request, "listen/parts/answer_form.html#kept", {"kept": kept, "now": now})
    return redirect(_address(signal))


@require_POST
@needs(Act.ANSWER)
def step(request: HttpRequest, signal_id: int) -> HttpResponse:
    """Take one step with a signal."""
    signal = _signal(request, signal_id)
    act = _STEPS.get(request.POST.get("step", ""))
    clock = waiting.clocks_visible_to(person_of(request)).filter(signal_key=signal.key).first()
    if act is None or clock is None:
        raise Http404(_("There is no such step for this signal."))
    form = HowForm(request.POST)
    more = {"how": form.cleaned_data.get("how", "") if form.is_valid() else ""}
    try:
        act(request, clock, more)
    except ListenError as error:
        messages.warning(request, str(error))
    back = request.POST.get("back", "")
    # Only to our own queue: an address from a form is never followed elsewhere.
    return redirect(reverse("listen:waiting") if back == "queue" else _address(signal))


@require_POST
@needs(Act.ANSWER)
def take_up_again(request: HttpRequest, signal_id: int) -> HttpResponse:
    """Undo that a signal was set aside; an address of its own, for the message that offers it."""
    signal = _signal(request, signal_id)
    clock = get_object_or_404(waiting.clocks_visible_to(person_of(request)), signal_key=signal.key)
    try:
        stages.take_up_again(clock=clock, by=person_of(request), now=timezone.now())
    except ListenError as error:
        messages.warning(request, str(error))
    return redirect(_address(signal))


@require_POST
@needs(Act.ANSWER)
def take_back(request: HttpRequest, answer_id: int) -> HttpResponse:
    """Make a draft of an answer again."""
    found = get_object_or_404(waiting.answers_visible_to(person_of(request)), pk=answer_id)
    try:
        writing.take_back(answer=found, by=person_of(request), now=timezone.now())
    except ListenError as error:
        messages.warning(request, str(error))
    return redirect(_address_of(found))


@require_POST
@needs(Act.ANSWER)
def settle(request: HttpRequest, answer_id: int) -> HttpResponse:
    """Say that an answer was sent by hand or arrived, or let it be sent again."""
    person = person_of(request)
    found = get_object_or_404(waiting.answers_visible_to(person), pk=answer_id)
    try:
        if request.POST.get("act") == "again":
            sending.try_again(answer=found, by=person, now=timezone.now())
        else:
            form = WhereForm(request.POST)
            where = form.cleaned_data["where"] if form.is_valid() else ""
            sending.note_by_hand(answer=found, by=person, where=where, now=timezone.now())
    except ListenError as error:
        messages.warning(request, str(error))
    return redirect(_address_of(found))


def _signal(request: HttpRequest, signal_id: int) -> Signal:
    visible = queries.signals_visible_to(person_of(request)).select_related("source")
    return get_object_or_404(visible, pk=signal_id)


def _address(signal: Signal) -> str:
    return reverse("listen:signal", args=[signal.pk])


def _address_of(found: Answer) -> str:
    key = found.signals.order_by("pk").values_list("signal_key", flat=True).first()
    numbers = queries.signal_ids([key] if key else [])
    return reverse("listen:signal", args=[numbers[key]]) if key in numbers else reverse("listen:waiting")


def _aside(stage: str) -> Callable[..., None]:
    def act(request: HttpRequest, clock: Clock, more: dict[str, Any]) -> None:
        stages.set_aside(clock=clock, stage=stage, by=person_of(request), now=timezone.now())
        signal = queries.signal_ids([clock.signal_key])[clock.signal_key]
        messages.info(
            request,
            _("Set aside: %(stage)s.") % {"stage": Stage(stage).label},
            extra_tags=f"undo:{reverse('listen:take_up_again', args=[signal])}",
        )

    return act


def _plain(service: Callable[..., Any]) -> Callable[..., None]:
    def act(request: HttpRequest, clock: Clock, more: dict[str, Any]) -> None:
        service(clock=clock, by=person_of(request), now=timezone.now())

    return act


def _with_how(service: Callable[..., Any]) -> Callable[..., None]:
    def act(request: HttpRequest, clock: Clock, more: dict[str, Any]) -> None:
        service(clock=clock, by=person_of(request), now=timezone.now(), **more)

    return act


_STEPS: dict[str, Callable[..., None]] = {
    "acknowledge": _plain(stages.acknowledge),
    "let_go": _plain(stages.let_go),
    "duplicate": _aside(Stage.DUPLICATE),
    "spam": _aside(Stage.SPAM),
    "confirm": _with_how(stages.confirm),
    "reopen": _with_how(stages.reopen),
}

"""HTTP of choices: a question is put, people consent or object, an option is taken; decisions are corrected and taken back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from interlock.converse import choice_forms, queries, services
from interlock.converse.models import Choice, Conversation, Decision, Ground, Option, Stance
from interlock.converse.talks import audiences, shown_choices
from interlock.converse.talks.requests import act_and_return, back_to, reader_of, seen_conversation
from interlock.fabric.access import Act, needs


@require_POST
@needs(Act.CONVENE)
def ask(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Put a question with its options."""
    found = get_object_or_404(queries.whole_conversation(reader_of(request)), pk=conversation_id)
    circles = audiences.circles(list(found.participants.all()), reader_of(request))
    form = choice_forms.ChoiceForm(request.POST, conversation=found, circles=circles)
    return _act(request, found, form, services.ask_choice, "choices", conversation=found)


@require_POST
@needs(Act.CONVENE)
def add_option(request: HttpRequest, choice_id: int) -> HttpResponse:
    """One more way to go."""
    choice = _choice(request, choice_id)
    form = choice_forms.OptionForm(request.POST)
    return _act(request, choice.conversation, form, services.add_option, f"choice-{choice.pk}", choice=choice)


@require_POST
@needs(Act.CONVENE)
def amend_option(request: HttpRequest, option_id: int) -> HttpResponse:
    """Say better what an option is and costs."""
    option = _option(request, option_id)
    return _of_option(request, option, choice_forms.OptionForm(request.POST), services.amend_option)


@require_POST
@needs(Act.TALK)
def take_stance(request: HttpRequest, option_id: int) -> HttpResponse:
    """Consent or object."""
    option = _option(request, option_id)
    return _of_option(request, option, choice_forms.StanceForm(request.POST), services.take_stance)


@require_POST
@needs(Act.CONVENE)
def answer(request: HttpRequest, stance_id: int) -> HttpResponse:
    """Say what is done about an objection."""
    seen = Stance.objects.filter(
        audience__in=queries.audiences_read_by(reader_of(request)),
        option__choice__in=queries.choices_visible_to(reader_of(request)),
    )
    stance = get_object_or_404(seen.select_related("option__choice__conversation"), pk=stance_id)
    form = choice_forms.AnswerForm(request.POST)
    return _of_option(request, stance.option, form, services.answer_objection, stance=stance)


@require_POST
@needs(Act.CONVENE)
def add_ground(request: HttpRequest, option_id: int) -> HttpResponse:
    """Put evidence beside an option."""
    option = _option(request, option_id)
    offered = [number for number, _words in shown_choices.quotable(_talk(option), reader_of(request))]
    attached = queries.exhibits_visible_to(reader_of(request)).filter(conversation=_talk(option))
    form = choice_forms.GroundForm(request.POST, signals=offered, exhibits=attached)
    return _of_option(request, option, form, services.add_ground)


@require_POST
@needs(Act.CONVENE)
def remove_ground(request: HttpRequest, ground_id: int) -> HttpResponse:
    """Take evidence away again."""
    seen = Ground.objects.filter(option__choice__in=queries.choices_visible_to(reader_of(request)))
    ground = get_object_or_404(seen.select_related("option__choice__conversation"), pk=ground_id)
    return act_and_return(
        request,
        _talk(ground.option),
        services.remove_ground,
        place=f"option-{ground.option_id}",
        ground=ground,
    )


@require_POST
@needs(Act.CONVENE)
def choose(request: HttpRequest, option_id: int) -> HttpResponse:
    """Decide for an option."""
    option = _option(request, option_id)
    form = choice_forms.ChooseForm(request.POST)
    return _of_option(request, option, form, services.decide, conversation=_talk(option), option=option)


@require_POST
@needs(Act.CONVENE)
def leave(request: HttpRequest, choice_id: int) -> HttpResponse:
    """Choose nothing, with the reason."""
    choice = _choice(request, choice_id)
    form = choice_forms.BecauseForm(request.POST)
    return _act(
        request, choice.conversation, form, services.leave_choice, f"choice-{choice.pk}", choice=choice
    )


@require_POST
@needs(Act.CONVENE)
def take_decision_back(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Let a decision hold no more."""
    form = choice_forms.BecauseForm(request.POST)
    return _of_decision(request, decision_id, form, services.take_decision_back)


@require_POST
@needs(Act.CONVENE)
def correct_decision(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Say anew what was decided."""
    form = choice_forms.CorrectForm(request.POST)
    return _of_decision(request, decision_id, form, services.correct_decision)


def _choice(request: HttpRequest, choice_id: int) -> Choice:
    seen = queries.choices_visible_to(reader_of(request)).select_related("conversation__context")
    return get_object_or_404(seen, pk=choice_id)


def _option(request: HttpRequest, option_id: int) -> Option:
    seen = Option.objects.filter(choice__in=queries.choices_visible_to(reader_of(request)))
    return get_object_or_404(seen.select_related("choice__conversation__context"), pk=option_id)


def _talk(option: Option) -> Conversation:
    return option.choice.conversation


def _of_option(
    request: HttpRequest, option: Option, form: forms.Form, service: Any, /, **what: Any
) -> HttpResponse:
    about = what or {"option": option}
    return _act(request, _talk(option), form, service, f"option-{option.pk}", **about)


def _of_decision(request: HttpRequest, decision_id: int, form: forms.Form, service: Any) -> HttpResponse:
    decision: Decision = get_object_or_404(queries.decisions_visible_to(reader_of(request)), pk=decision_id)
    found = seen_conversation(request, decision.conversation_id)
    return _act(request, found, form, service, "decided", decision=decision)


def _act(
    request: HttpRequest, found: Conversation, form: forms.Form, service: Any, place: str, **what: Any
) -> HttpResponse:
    """Run a service with what a form holds; what is wrong with it is told on the page."""
    if not form.is_valid():
        said = " ".join(f"{form[name].label}: {text}" if name in form.fields else str(text)
                        for name, texts in form.errors.items() for text in texts)  # fmt: skip
        messages.info(request, f"{said} {_('Nothing was changed.')}")
        return back_to(found, place)
    return act_and_return(request, found, service, place=place, **what, **form.cleaned_data)

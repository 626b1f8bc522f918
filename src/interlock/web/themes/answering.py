"""Answer everybody who waits about a theme: who gets it and who does not, a look at it, the sending, and its undo."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from interlock.fabric.access import Act, may, needs, person_of
from interlock.fabric.models import Person
from interlock.listen import waiting
from interlock.listen.answers import rounds
from interlock.listen.answers.rounds import REASONS, Addressee, Plan
from interlock.listen.answers.writing import LONGEST_ANSWER
from interlock.listen.errors import ListenError
from interlock.listen.models import AnswerRound, Sending
from interlock.listen.themes import looking
from interlock.web import figures

SHOWN = 60


class RoundForm(forms.Form):
    """The words for everybody, and the signals that they answer."""

    text = forms.CharField(
        label=later("Your answer to all of them"),
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    to = forms.TypedMultipleChoiceField(coerce=int, required=False)
    reference = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, planned: Plan, **kwargs: Any) -> None:
        kwargs["initial"] = {"reference": uuid.uuid4()}
        super().__init__(*args, **kwargs)
        numbers = [one.signal.pk for one in planned.people]
        self.fields["to"].choices = [(number, number) for number in numbers]  # type: ignore[attr-defined]
        self.ticked = set(numbers)

    def clean_to(self) -> set[int]:
        """Those still ticked; who waits no longer has left the choices, and is no mistake of the reader's."""
        self.ticked = set(self.cleaned_data["to"])
        if not self.ticked:
            raise forms.ValidationError(_("Tick at least one person; nothing was sent."))
        return self.ticked


@require_http_methods(["GET", "POST"])
@needs(Act.ANSWER)
def answer_all(request: HttpRequest, key: str) -> HttpResponse:
    """Write one answer, look at it with those who get it, and send it."""
    person = person_of(request)
    theme = get_object_or_404(looking.themes_visible_to(person), key=key, ended_at=None, is_broad=False)
    assert person is not None
    planned = rounds.plan(theme, person)
    form = RoundForm(_still_planned(request, planned), planned=planned)
    looked_at = request.method == "POST" and form.is_valid()
    if looked_at and request.POST.get("act") == "send":
        try:
            made = rounds.begin(theme=theme, by=person, now=timezone.now(), **form.cleaned_data)
        except ListenError as error:
            form.add_error(None, str(error))
        else:
            return redirect("web:answer_round", made.pk)
    context = {
        "theme": theme,
        "form": form,
        "looked_at": looked_at,
        "people": [(one, one.signal.pk in form.ticked) for one in planned.people],
        "passed_over": [(figures.count(number), REASONS[why]) for why, number in planned.passed_over.items()],
        "left": planned.left,
        "through": _through([one for one in planned.people if one.signal.pk in form.ticked]),
        "waiting_url": f"{reverse('listen:waiting')}?theme={theme.key}",
        "minutes": rounds.SENDS_AFTER.seconds // 60,
    }
    return render(request, "web/answer_theme.html", context, status=422 if form.errors else 200)


def _still_planned(request: HttpRequest, planned: Plan) -> Any:
    """What was posted, without those who wait no longer: a form field would refuse them all for one."""
    if request.method != "POST":
        return None
    posted = request.POST.copy()
    numbers = {str(one.signal.pk) for one in planned.people}
    posted.setlist("to", [number for number in posted.getlist("to") if number in numbers])
    return posted


def _through(people: list[Addressee]) -> str:
    """How many go by which channel, as words: 30 through Zendesk, 7 through Mail."""
    counted: dict[str, int] = {}
    for one in people:
        counted[one.channel.source.name] = counted.get(one.channel.source.name, 0) + 1
    return ", ".join(
        _("%(n)s through %(source)s") % {"n": figures.count(number), "source": name}
        for name, number in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    )


@require_GET
@needs(Act.READ)
def answer_round(request: HttpRequest, round_id: int) -> HttpResponse:
    """How far one round is."""
    person = person_of(request)
    made = get_object_or_404(_visible(person), pk=round_id)
    states = dict(made.answers.values_list("state").annotate(n=Count("pk")).order_by())
    answers = list(made.answers.order_by("pk")[:SHOWN])
    context = {
        "made": made,
        "people": len(made.recipients),
        "states": [(Sending(state).label, number) for state, number in sorted(states.items())],
        "sent": states.get(Sending.SENT, 0),
        "to_write": 0
        if made.written_at or made.taken_back_at
        else len(made.recipients) - sum(states.values()),
        "rows": waiting.signals_answered(answers),
        "more": max(0, sum(states.values()) - SHOWN),
        "may_take_back": may(person, Act.ANSWER)
        and (not made.written_at or any(states.get(one) for one in rounds.NEVER_SENT))
        and not made.taken_back_at,
    }
    return render(request, "web/answer_round.html", context)


@require_POST
@needs(Act.ANSWER)
def take_round_back(request: HttpRequest, round_id: int) -> HttpResponse:
    """Take back what has not left yet."""
    person = person_of(request)
    made = get_object_or_404(_visible(person), pk=round_id)
    try:
        assert person is not None
        number = rounds.take_back(made=made, by=person, now=timezone.now())
    except ListenError as error:
        messages.warning(request, str(error))
    else:
        said = ngettext("Taken back: one answer.", "Taken back: %(n)s answers.", number)
        messages.info(request, said % {"n": figures.count(number)})
    return redirect("web:answer_round", round_id)


def _visible(person: Person | None) -> QuerySet[AnswerRound]:
    visible = looking.themes_visible_to(person)
    return AnswerRound.objects.filter(theme__in=visible).select_related("theme", "by")

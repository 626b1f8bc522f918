"""Tell the customers: who gets it and who does not, what each language reads, a look at it, the sending."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.views.decorators.http import require_http_methods

from interlock.converse.loop import closing
from interlock.converse.loop.closing import Plan
from interlock.converse.loop.errors import NothingToTell
from interlock.fabric.access import Act, needs, person_of
from interlock.listen.answers.writing import LONGEST_ANSWER
from interlock.listen.errors import ListenError
from interlock.listen.languages import language_name
from interlock.listen.models import Theme
from interlock.listen.themes import looking


class TellForm(forms.Form):
    """The words in each language that is spoken among the readers, and who of them gets it."""

    to = forms.TypedMultipleChoiceField(coerce=int, required=False)
    reference = forms.UUIDField(widget=forms.HiddenInput)
    decided_at = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, planned: Plan, draft: str, **kwargs: Any) -> None:
        kwargs["initial"] = {"reference": uuid.uuid4(), "decided_at": planned.course.decided_at.isoformat()}
        super().__init__(*args, **kwargs)
        self.languages = planned.languages
        for code in self.languages:
            first = code == closing.HOUSE
            self.fields[f"text_{code}"] = forms.CharField(
                label=language_name(code).capitalize(),
                max_length=LONGEST_ANSWER,
                required=first,
                initial=draft if first else "",
                help_text=later("Everybody without words in their own language reads this.")
                if first
                else later("Left empty, they read the first one."),
                widget=forms.Textarea(attrs={"rows": 8 if first else 5, "lang": code}),
            )
        numbers = [one.signal.pk for one in planned.people]
        self.fields["to"].choices = [(number, number) for number in numbers]  # type: ignore[attr-defined]  # of ChoiceField
        self.ticked = set(numbers)

    @property
    def written(self) -> list[Any]:
        """The fields of the words, as bound to what was typed."""
        return [self[f"text_{code}"] for code in self.languages]

    @property
    def texts(self) -> dict[str, str]:
        return {code: self.cleaned_data.get(f"text_{code}", "") for code in self.languages}

    def clean_to(self) -> set[int]:
        self.ticked = set(self.cleaned_data["to"])
        if not self.ticked:
            raise forms.ValidationError(_("Tick at least one person; nothing was sent."))
        return self.ticked


@require_http_methods(["GET", "POST"])
@needs(Act.ANSWER)
def tell(request: HttpRequest, key: str) -> HttpResponse:
    """Write what the customers are told, look at it with those who get it, and send it."""
    person = person_of(request)
    theme = get_object_or_404(looking.themes_visible_to(person), key=key, ended_at=None, is_broad=False)
    assert person is not None
    course = closing.course_of(theme)
    if course is None:
        return render(request, "converse/loop/tell.html", {"theme": theme, "course": None})
    planned = closing.plan(course)
    form = TellForm(_still_planned(request, planned), planned=planned, draft=closing.drafted(course))
    looked_at = request.method == "POST" and form.is_valid()
    if looked_at and request.POST.get("act") == "send":
        sent = _send(form, theme, person)
        if sent:
            return sent
    context = {
        "theme": theme,
        "course": course,
        "form": form,
        "looked_at": looked_at and not form.errors,
        "letters": _letters(form, planned) if looked_at else [],
        "people": [(one, one.signal.pk in form.ticked) for one in planned.people],
        "passed_over": [(number, closing.REASONS[why]) for why, number in planned.passed_over.items()],
        "planned": planned,
        "minutes": closing.rounds.SENDS_AFTER.seconds // 60,
    }
    return render(request, "converse/loop/tell.html", context, status=422 if form.errors else 200)


def _send(form: TellForm, theme: Theme, person: Any) -> HttpResponse | None:
    """Send it; None with the reason on the form."""
    told = form.cleaned_data
    try:
        closure = closing.tell(
            theme=theme,
            decided_at=datetime.fromisoformat(told["decided_at"]),
            by=person,
            texts=form.texts,
            to=told["to"],
            reference=told["reference"],
            now=timezone.now(),
        )
    except (NothingToTell, ListenError) as error:
        form.add_error(None, str(error))
        return None
    except ValueError:
        form.add_error(None, _("Something else is decided by now. Look at it again; nothing was sent."))
        return None
    return redirect("web:answer_round", closure.round_id)


def _letters(form: TellForm, planned: Plan) -> list[tuple[str, int, str]]:
    """What is read in each language that somebody wrote, and by how many of those ticked."""
    texts = form.texts
    counted: dict[str, int] = {}
    for one in planned.people:
        if one.signal.pk in form.ticked:
            code = one.language if texts.get(one.language, "").strip() else closing.HOUSE
            counted[code] = counted.get(code, 0) + 1
    return [
        (language_name(code), number, texts[code].strip() + closing.links("-", code))
        for code, number in counted.items()
    ]


def _still_planned(request: HttpRequest, planned: Plan) -> Any:
    """What was posted, without those who were told meanwhile: a form field would refuse them all for one."""
    if request.method != "POST":
        return None
    posted = request.POST.copy()
    numbers = {str(one.signal.pk) for one in planned.people}
    posted.setlist("to", [number for number in posted.getlist("to") if number in numbers])
    return posted

"""What people write when something is chosen: the question with options, stances, evidence, the choice and its correction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from interlock.converse.forms import audience_choices
from interlock.converse.models import Conversation, Exhibit
from interlock.converse.talks.audiences import Circle
from interlock.fabric.day_fields import DayField
from interlock.fabric.models import Function
from interlock.listen.models import Signal

_DAY = {"format": "%Y-%m-%d", "attrs": {"type": "date"}}


class ChoiceForm(forms.Form):
    """A question, an option a line, and whom it is put to."""

    question = forms.CharField(label=_("What is to be chosen"), max_length=500)
    options = forms.CharField(
        label=_("The options, one a line"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Two at least. What each costs, and what speaks for it, can follow."),
    )
    asked = forms.MultipleChoiceField(
        label=_("Who is asked"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Who was heard and who was silent will stand in the decision."),
    )
    audience = forms.ChoiceField(label=_("Who reads it"), required=False)

    def __init__(
        self, *args: Any, conversation: Conversation, circles: Sequence[Circle], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        there = list(conversation.participants.all())
        seated = {one.function for one in there}
        self._people = {str(one.person_id): one.person for one in there}
        functions = [
            (one.value, gettext("%(function)s, everybody") % {"function": one.label})
            for one in Function
            if one in seated
        ]
        people = [(key, person.name) for key, person in self._people.items()]
        self.fields["asked"].choices = functions + people  # type: ignore[attr-defined]  # of MultipleChoiceField
        self.fields["audience"].choices = audience_choices(circles)  # type: ignore[attr-defined]  # of ChoiceField

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        asked = cleaned.pop("asked", [])
        cleaned["people"] = [self._people[one] for one in asked if one in self._people]
        cleaned["functions"] = [one for one in asked if one not in self._people]
        cleaned["options"] = cleaned.get("options", "").splitlines()
        return cleaned


class OptionForm(forms.Form):
    """One way to go, and what it costs."""

    words = forms.CharField(max_length=300)
    costs = forms.CharField(max_length=300, required=False)


class StanceForm(forms.Form):
    """Consent, or objection with its reason."""

    stance = forms.ChoiceField(choices=[("consent", ""), ("object", "")])
    reason = forms.CharField(max_length=500, required=False)
    audience = forms.CharField(max_length=8, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["consents"] = cleaned.pop("stance", "") == "consent"
        return cleaned


class AnswerForm(forms.Form):
    """What is done about an objection."""

    answer = forms.CharField(max_length=500)


class GroundForm(forms.Form):
    """What a customer said, what is attached to the talk, a link, or a few words beside an option."""

    signal = forms.ModelChoiceField(queryset=Signal.objects.none(), required=False)
    exhibit = forms.ModelChoiceField(queryset=Exhibit.objects.none(), required=False)
    link = forms.URLField(max_length=500, required=False, assume_scheme="https")
    note = forms.CharField(max_length=300, required=False)

    def __init__(
        self, *args: Any, signals: Sequence[int], exhibits: QuerySet[Exhibit], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["exhibit"].queryset = exhibits  # type: ignore[attr-defined]  # of ModelChoiceField
        self.fields["signal"].queryset = Signal.objects.filter(pk__in=signals)  # type: ignore[attr-defined]  # of ModelChoiceField


class ChooseForm(forms.Form):
    """Why this option is taken, and why although somebody objects."""

    because = forms.CharField(max_length=1000)
    despite = forms.CharField(max_length=500, required=False)
    revisit_on = DayField(required=False)
    is_no = forms.BooleanField(required=False)
    audience = forms.CharField(max_length=8, required=False)


class BecauseForm(forms.Form):
    """The reason for leaving a choice, or for taking a decision back."""

    because = forms.CharField(max_length=500)


class CorrectForm(forms.Form):
    """What was decided, said anew."""

    chosen = forms.CharField(max_length=500)
    because = forms.CharField(max_length=1000)
    instead_of = forms.CharField(max_length=4000, required=False)
    revisit_on = DayField(required=False)
    is_no = forms.BooleanField(required=False)

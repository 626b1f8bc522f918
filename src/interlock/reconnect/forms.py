"""What people choose and write about disconnects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from interlock.converse.opening_form import OpeningForm, seat_key
from interlock.fabric.contexts import kind_name
from interlock.fabric.models import Function, Person
from interlock.reconnect.models import Disconnect


class FilterForm(forms.Form):
    """Narrows the list; every field may stay empty."""

    tab = forms.CharField(required=False, widget=forms.HiddenInput)
    view = forms.CharField(required=False, widget=forms.HiddenInput)
    function = forms.ChoiceField(label=_("Function"), required=False)
    other = forms.ChoiceField(label=_("and"), required=False)
    rule = forms.ChoiceField(label=_("Rule"), required=False)
    kind = forms.ChoiceField(label=_("About"), required=False)
    text = forms.CharField(label=_("Words"), required=False, max_length=100)

    def __init__(self, data: Any, *, rules: Sequence[tuple[str, str]], kinds: Sequence[str]) -> None:
        super().__init__(data)
        functions = [("", _("all")), *Function.choices]
        self.fields["function"].choices = functions
        self.fields["other"].choices = [("", _("any other")), *Function.choices]
        self.fields["rule"].choices = [("", _("all")), *rules]
        self.fields["kind"].choices = [("", _("anything")), *((kind, kind_name(kind)) for kind in kinds)]

    def chosen(self) -> dict[str, str]:
        """What was chosen and is valid; a foreign value narrows nothing."""
        self.is_valid()
        return {name: str(value) for name, value in self.cleaned_data.items() if value}


class DismissForm(forms.Form):
    """Why a disconnect is closed without talk."""

    reason = forms.ChoiceField(choices=Disconnect.Dismissal.choices)
    note = forms.CharField(required=False, max_length=500)


class JudgeForm(forms.Form):
    """Useful or wrong."""

    useful = forms.TypedChoiceField(choices=[("yes", "yes"), ("no", "no")], coerce=lambda said: said == "yes")


class SafetyForm(forms.Form):
    """A named person says that it is safe to talk, or names a facilitator."""

    safety = forms.ChoiceField(
        label=_("Is it safe to talk?"),
        choices=[("stated", _("Yes, I say so")), ("facilitated", _("With a facilitator"))],
        widget=forms.RadioSelect,
    )
    facilitator = forms.ModelChoiceField(
        label=_("Facilitator, of neither function"),
        queryset=Person.objects.none(),
        required=False,
        empty_label=_("nobody"),
    )

    def __init__(self, *args: Any, facilitators: Sequence[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["facilitator"].queryset = Person.objects.filter(pk__in=[one.pk for one in facilitators])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("safety") == "facilitated" and not cleaned.get("facilitator"):
            self.add_error("facilitator", _("Name the facilitator, or say that it is safe without one."))
        if cleaned.get("safety") != "facilitated":
            cleaned["facilitator"] = None
        return cleaned


class TogetherForm(OpeningForm, SafetyForm):
    """Who is asked, about what, until when, and whether it is safe."""

    field_order = ["people", "question", "purpose", "due", "safety", "facilitator"]

    def __init__(self, *args: Any, proposals: Sequence[Any], today: date, **kwargs: Any) -> None:
        there = [one for one in proposals if one.person]
        seats = [(one.person, one.function) for one in there]
        super().__init__(*args, seats=seats, today=today, **kwargs)
        # Whoever opens it takes part; whether both functions are there is for the service to say.
        self.fields["people"].required = False
        self.fields["people"].initial = [seat_key(one.person, one.function) for one in there if one.chosen]
        self.fields["due"].initial = today + timedelta(days=14)

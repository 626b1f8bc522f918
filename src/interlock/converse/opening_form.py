"""The form that opens a conversation, whatever it is about: who is asked in, what about, until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from interlock.fabric.day_fields import DayField
from interlock.fabric.models import Function, Person


class OpeningForm(forms.Form):
    """`seats` are the people who can be asked, each with the function they would speak for."""

    people = forms.MultipleChoiceField(label=later("Who is asked"), widget=forms.CheckboxSelectMultiple)
    question = forms.CharField(
        label=later("The question to answer"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )
    purpose = forms.CharField(
        label=later("To move"),
        max_length=500,
        help_text=later("The figure that should be better afterwards."),
    )
    due = DayField(
        label=later("Answer needed by"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, seats: Sequence[tuple[Person, str]], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self._seats = {seat_key(*seat): seat for seat in seats}
        self.fields["people"].choices = [  # type: ignore[attr-defined]  # of MultipleChoiceField
            (key, f"{person.name}, {Function(function).label}")
            for key, (person, function) in self._seats.items()
        ]

    def clean_due(self) -> date:
        due: date = self.cleaned_data["due"]
        if due < self.today:
            raise forms.ValidationError(_("Give a day that is still to come."))
        return due

    def asked(self) -> list[tuple[Person, str]]:
        """The people ticked, each with the function they speak for."""
        return [self._seats[key] for key in self.cleaned_data["people"]]


def seat_key(person: Person, function: str) -> str:
    """The value under which somebody is ticked."""
    return f"{person.pk}:{function}"

"""What the lists of the directory can be narrowed by."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from interlock.fabric import organisations
from interlock.fabric.directory import Side, Wanted
from interlock.fabric.organisations import Accounts
from interlock.web.directory.forms import STAFF_FUNCTIONS


class PeopleFilters(forms.Form):
    """Whom to show. What is no choice of ours narrows nothing."""

    side = forms.ChoiceField(
        required=False, choices=[(side.value, side.value) for side in Side], widget=forms.HiddenInput
    )
    q = forms.CharField(
        label=_("Name"), required=False, max_length=120, widget=forms.TextInput(attrs={"type": "search"})
    )
    function = forms.ChoiceField(
        label=_("Function"), required=False, choices=[("", _("All")), *STAFF_FUNCTIONS]
    )
    who = forms.ChoiceField(
        label=_("Who"),
        required=False,
        choices=[("", _("Who takes part")), ("away", _("Who is away")), ("left", _("Who has left"))],
    )

    def wanted(self) -> Wanted:
        asked = self.asked()
        side = Side(asked["side"] or Side.EMPLOYEE)
        if side == Side.CUSTOMER:  # customers work in no function of ours, and nobody waits for them
            del self.fields["function"]
            asked["function"] = ""
        return Wanted(side=side, words=asked["q"], function=asked["function"], who=asked["who"])

    def asked(self) -> dict[str, str]:
        return _valid(self, ("side", "q", "function", "who"))


class AccountFilters(forms.Form):
    """Which accounts to show."""

    q = forms.CharField(
        label=_("Name or key"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    segment = forms.ChoiceField(label=_("Segment"), required=False)
    region = forms.ChoiceField(label=_("Region"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = organisations.choices()
        for name, values in (("segment", found.segments), ("region", found.regions)):
            self.fields[name].choices = [("", _("All")), *((value, value) for value in values)]
            if not values:
                del self.fields[name]

    def wanted(self, after: tuple[str, str] | None) -> Accounts:
        asked = self.asked()
        return Accounts(asked["q"].strip(), asked["segment"], asked["region"], after)

    def asked(self) -> dict[str, str]:
        return _valid(self, ("q", "segment", "region"))


def _valid(form: forms.Form, names: tuple[str, ...]) -> dict[str, str]:
    """What was asked for and is a choice; the rest is empty, as an address typed by hand may hold anything."""
    form.is_valid()
    return {name: form.cleaned_data.get(name, "") for name in names}

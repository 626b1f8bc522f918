"""What people fill in to change a theme."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from interlock.fabric.day_fields import DayField
from interlock.fabric.long_select import LongSelect
from interlock.fabric.models import STAFF_ROLES, Function, Person
from interlock.listen.models import Theme


class NameForm(forms.Form):
    """A theme's own name."""

    name = forms.CharField(label=_("Name"), max_length=120)


class MergeForm(forms.Form):
    """Which theme takes this one in."""

    into = forms.ChoiceField(label=_("Merge it into"), widget=LongSelect)

    def __init__(self, *args: Any, theme: Theme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Theme.objects.filter(ended_at=None, is_broad=theme.is_broad).exclude(pk=theme.pk)
        # Keys and names alone: 2,000 themes as objects took longer than the rest of the page.
        named = others.order_by("name").values_list("key", "name")
        self.fields["into"].choices = [("", _("choose a theme")), *named]  # type: ignore[attr-defined]  # of ChoiceField


class SplitForm(forms.Form):
    """The name of what is split off; the examples come as ticked signals."""

    name = forms.CharField(label=_("Name of the new theme"), max_length=120)


class BroadForm(forms.Form):
    """The broader theme it belongs under."""

    under = forms.ModelChoiceField(
        Theme.objects.none(),
        label=_("Broader theme"),
        to_field_name="key",
        required=False,
        empty_label=_("none"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        broad = Theme.objects.filter(ended_at=None, is_broad=True).order_by("name")
        self.fields["under"].queryset = broad  # type: ignore[attr-defined]  # of ModelChoiceField


class DecisionForm(forms.Form):
    """What has to be decided, by whom and by when."""

    question = forms.CharField(
        label=_("Question to decide"),
        max_length=300,
        required=False,
        help_text=_("One that somebody can answer."),
    )
    decider = forms.ModelChoiceField(
        Person.objects.none(), label=_("Who decides"), required=False, empty_label=_("nobody yet")
    )
    decide_by = DayField(
        label=_("By when"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    function = forms.ChoiceField(label=_("Where it begins"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Person.objects.filter(role__in=STAFF_ROLES, left_at=None).order_by("name")
        self.fields["decider"].queryset = people  # type: ignore[attr-defined]  # of ModelChoiceField
        self.fields["function"].choices = [("", _("not known")), *Function.choices]  # type: ignore[attr-defined]

"""What people fill in about alarms: a verdict, the budget, and who is told where."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from interlock.fabric.models import Person
from interlock.listen.models import OutcryWatch
from interlock.listen.outcry import setting

MOST_MAILS = 20


class VerdictForm(forms.Form):
    """Why an alarm is not an outcry."""

    reason = forms.CharField(
        label=later("Why it is none"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=later("For whoever looks at the budget: a mailing of ours, a test, a known fault."),
    )


class BudgetForm(forms.Form):
    """How many false alarms are allowed."""

    false_alarms = forms.IntegerField(
        label=later("False alarms at most"), min_value=1, max_value=setting.MOST_ALLOWED
    )
    span = forms.ChoiceField(
        label=later("in"),
        choices=[("month", later("a month")), ("quarter", later("a quarter")), ("year", later("a year"))],
    )

    @staticmethod
    def kept(watch: OutcryWatch) -> dict[str, Any]:
        """What the form shows of the budget in force."""
        return {"false_alarms": round(watch.false_alarms), "span": setting.span_of(watch.days)}


class TellingForm(forms.Form):
    """Who is on duty, who is written to."""

    host = forms.ModelChoiceField(
        Person.objects.none(),
        label=later("Host on duty"),
        required=False,
        empty_label=later("who leads service"),
        help_text=later("Asked into every conversation about an alarm; the stand-in, while away."),
    )
    told = forms.ModelMultipleChoiceField(
        Person.objects.none(),
        label=later("Colleagues who get a mail"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    mails = forms.CharField(
        label=later("Further mail addresses"),
        required=False,
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=later("One a line: a list of your team, somebody outside."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = setting.people_to_tell()
        self.fields["host"].queryset = people  # type: ignore[attr-defined]  # of ModelChoiceField
        self.fields["told"].queryset = people  # type: ignore[attr-defined]

    @staticmethod
    def kept(watch: OutcryWatch) -> dict[str, Any]:
        """What the form shows of the settings in force."""
        told = list(watch.told.values_list("pk", flat=True))
        return {
            "host": watch.host_id,
            "told": told,
            "mails": "\n".join(watch.mails),
        }

    def clean_mails(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["mails"].replace(",", "\n").splitlines()]
        found = [line for line in lines if line]
        for one in found:
            try:
                validate_email(one)
            except ValidationError as error:
                raise ValidationError(_("%(one)s is not a mail address.") % {"one": one}) from error
        if len(found) > MOST_MAILS:
            raise ValidationError(
                _("Name %(n)d addresses at most; a mailing list takes more.") % {"n": MOST_MAILS}
            )
        return found

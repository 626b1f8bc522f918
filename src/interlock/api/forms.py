"""What people fill in to let programs in: a token, a webhook, the fields of its messages."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from interlock.api.webhooks.fields import FieldsUnreadable, fields_of
from interlock.fabric.tokens import LONGEST_NAME, SCOPES


class TokenForm(forms.Form):
    """A new token."""

    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        help_text=_("Of the program; its signals are counted under it."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may"),
        choices=[(scope.code, scope.meaning) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,  # none is ticked: a token opens what somebody chose, no more
    )
    days = forms.IntegerField(
        label=_("Days until it ends"),
        required=False,
        min_value=1,
        max_value=3650,
        help_text=_("Empty: it holds until somebody revokes it."),
    )


class FieldsForm(forms.Form):
    """Which part of a foreign message becomes which field of a signal."""

    fields_text = forms.CharField(
        label=_("Fields of foreign messages"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=_(
            "One a line, such as <code>body = ticket.text</code>, <code>signal_id = ticket.id</code> or "
            '<code>kind = "ticket"</code>. Not needed for messages in the contract\'s own fields.'
        ),
    )

    def clean_fields_text(self) -> dict[str, str]:
        try:
            return fields_of(self.cleaned_data["fields_text"])
        except FieldsUnreadable as error:
            raise forms.ValidationError(str(error)) from error


class WebhookForm(FieldsForm):
    """A new webhook."""

    name = forms.CharField(label=_("Name of the system that sends"), max_length=LONGEST_NAME)
    field_order = ["name", "fields_text"]

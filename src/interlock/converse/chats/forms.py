"""What people fill in about a function's chat: whose it is, its address, what it hears."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from interlock.connectors import chats
from interlock.fabric.chats import keeping, posting
from interlock.fabric.models import Chat, Function, Person, Topic

# In the form, so that nobody hears of every function by leaving a field as it stands.
EVERY = "every"


class ChatForm(forms.Form):
    """One chat. A kept address never comes back; what was just typed is not lost with another field's mistake."""

    function = forms.ChoiceField(label=later("Whose chat it is"))
    name = forms.CharField(
        label=later("What you call it"),
        max_length=80,
        help_text=later("As people know it there, such as #service-desk."),
    )
    address = forms.CharField(
        label=later("Address of its webhook"),
        max_length=2_000,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
        help_text=later(
            "Slack, Teams, Mattermost, Rocket.Chat and Google Chat give you one for a channel. It is kept as a secret "
            "and never shown again."
        ),
    )
    form = forms.ChoiceField(
        label=later("Kind of chat"),
        required=False,
        choices=[("", later("as its address says")), *chats.NAMES.items()],
    )
    hears = forms.MultipleChoiceField(
        label=later("What it is told"),
        choices=Topic.choices,
        initial=keeping.FIRST_HEARS,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": later("Choose at least one; a chat that is to be quiet can be paused.")},
    )

    def __init__(self, *args: Any, person: Person, chat: Chat | None = None, **kwargs: Any) -> None:
        if chat:
            kwargs["initial"] = {"name": chat.name, "form": chat.form, "hears": chat.hears}
        super().__init__(*args, **kwargs)
        self.fields["address"].widget.render_value = self.is_bound  # type: ignore[attr-defined]  # of PasswordInput
        if chat:
            del self.fields["function"]
            self.fields["address"].required = False
            self.fields["address"].help_text = _(
                "It is kept and not shown; it leads to %(host)s. Fill it in only to replace it."
            ) % {"host": chat.host}
            return
        codes = sorted(keeping.functions_of(person), key=lambda code: not code)
        self.fields["function"].choices = [  # type: ignore[attr-defined]  # of ChoiceField
            (code, Function(code).label) if code else (EVERY, _("every function")) for code in codes
        ]

    def clean_function(self) -> str:
        code: str = self.cleaned_data["function"]
        return "" if code == EVERY else code

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"].strip()
        if address and not posting.is_chat(address):
            raise ValidationError(
                _(
                    "Give the whole address; it begins with https://. By http:// only hosts are told that "
                    "INTERLOCK_PRIVATE_HOSTS names."
                )
            )
        return address

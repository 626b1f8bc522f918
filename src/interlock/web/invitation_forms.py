"""Forms of invitations and people."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from interlock.fabric.models import Function, Person, Role, User
from interlock.fabric.people import stand_ins_for

STAFF_FUNCTIONS = [choice for choice in Function.choices if choice[0] not in {"customer", "rival"}]


class WelcomeForm(forms.Form):
    """Who is joining, and with which proof: a long password or a passkey."""

    name = forms.CharField(label=_("Your name"), max_length=120)
    email = forms.EmailField(label=_("E-mail, your name at sign-in"))
    proof = forms.ChoiceField(
        label=_("How will you sign in?"),
        choices=[("password", _("With a password")), ("passkey", _("With a passkey"))],
        widget=forms.RadioSelect,
        initial="password",
    )
    password = forms.CharField(
        label=_("Password"),
        required=False,
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("15 characters or more. Three or four words are easy to keep in mind."),
    )

    function = forms.ChoiceField(
        label=_("What you work in"),
        choices=[("", _("Choose")), *STAFF_FUNCTIONS],
        help_text=_("Disconnects are between functions; you are proposed where yours is one of the two."),
    )
    field_order = ["name", "email", "function", "proof", "password"]

    def __init__(self, *args: Any, email: str = "", ask_function: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not ask_function:
            del self.fields["function"]
        if email:
            self.fields["email"].initial = email
            self.fields["email"].disabled = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("proof") == "password":
            try:
                validate_password(cleaned.get("password") or "", User(email=cleaned.get("email", "")))
            except ValidationError as error:
                self.add_error("password", error)
        else:
            cleaned["password"] = None
        return cleaned


class PersonForm(forms.Form):
    """A person's role and functions."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.CONTRIBUTOR)
    functions = forms.MultipleChoiceField(
        label=_("Functions"), choices=STAFF_FUNCTIONS, required=False, widget=forms.CheckboxSelectMultiple
    )


class InviteForm(PersonForm):
    """Whom to ask in."""

    email = forms.EmailField(label=_("E-mail"))
    field_order = ["email", "role", "functions"]


class AwayForm(forms.Form):
    """Until when somebody is away, and who answers meanwhile."""

    until = forms.DateField(
        label=_("Away until"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("The last day away. Empty: here."),
    )
    stand_in = forms.ModelChoiceField(
        label=_("Who answers meanwhile"),
        queryset=None,
        required=False,
        empty_label=_("Nobody: a lead of service is called"),
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        until = (
            timezone.localtime(person.away_until).date() - timedelta(days=1) if person.away_until else None
        )
        super().__init__(*args, initial={"until": until, "stand_in": person.stand_in_id}, **kwargs)
        self.fields["stand_in"].queryset = stand_ins_for(person)

    def clean_until(self) -> datetime | None:
        """The moment somebody is here again: the morning after their last day away."""
        day = self.cleaned_data["until"]
        if day is None:
            return None
        if day < timezone.localdate():
            raise ValidationError(gettext("That day is over. Leave it empty to be here."))
        return datetime.combine(day + timedelta(days=1), time(), timezone.get_current_timezone())

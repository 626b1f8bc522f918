"""What people fill in about themselves and others: joining, asking in, roles, days away."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from interlock.fabric import organisations
from interlock.fabric.access import Act, may
from interlock.fabric.day_fields import DayField
from interlock.fabric.invitations import roles_to_invite
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

    def __init__(
        self,
        *args: Any,
        email: str = "",
        ask_function: bool = True,
        may_use_codes: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if may_use_codes:
            by_code = ("code", _("With a code, mailed to me each time"))
            self.fields["proof"].choices = [by_code, *self.fields["proof"].choices]
            self.fields["proof"].initial = "code"
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
    """A person's role, functions and organisation."""

    role = forms.ChoiceField(label=_("Side and role"), choices=Role.choices, initial=Role.CONTRIBUTOR)
    functions = forms.MultipleChoiceField(
        label=_("Functions"), choices=STAFF_FUNCTIONS, required=False, widget=forms.CheckboxSelectMultiple
    )
    organisation = forms.CharField(
        label=_("Organisation"),
        required=False,
        max_length=200,
        help_text=_(
            "Of a partner: their organisation. Of a customer: name or key of their account, if they have one."
        ),
    )


class ChangeForm(PersonForm):
    """The same of somebody who is here."""

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        named = organisations.names_of([person.account_key])
        given = {
            "role": person.role,
            "functions": person.functions,
            "organisation": named.get(person.account_key, ""),
        }
        super().__init__(*args, initial=given, **kwargs)


class CustomerTooForm(forms.Form):
    """Of which account somebody is a customer too."""

    account = forms.CharField(
        label=_("Account"),
        required=False,
        max_length=200,
        help_text=_("Name or key; empty: of none we know."),
    )


class InviteForm(PersonForm):
    """Whom to ask in, as whom, and how the link reaches them."""

    email = forms.EmailField(label=_("E-mail"))
    by_mail = forms.BooleanField(label=_("Mail them the link"), required=False, initial=True)
    field_order = ["email", "role", "organisation", "functions", "by_mail"]

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed = roles_to_invite(person)
        self.fields["role"].choices = [choice for choice in Role.choices if choice[0] in allowed]
        if not may(person, Act.INVITE):  # customers work in no function of ours
            del self.fields["functions"]
        if not settings.MAIL_SERVER:
            del self.fields["by_mail"]

    def clean(self) -> dict[str, Any]:
        return {"functions": [], "by_mail": False, **(super().clean() or {})}


class AwayForm(forms.Form):
    """From when until when somebody is away, and who stands in."""

    since = DayField(
        label=_("Away from"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("The first day away. Empty: from now on."),
    )
    until = DayField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("The last day away. Empty: here."),
    )
    stand_in = forms.ModelChoiceField(
        label=_("Who stands in"),
        queryset=None,
        required=False,
        empty_label=_("Nobody"),
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        until = person.away_until and timezone.localtime(person.away_until).date() - timedelta(days=1)
        since = person.away_from and timezone.localtime(person.away_from).date()
        given = {"since": since, "until": until, "stand_in": person.stand_in_id}
        super().__init__(*args, initial=given, **kwargs)
        self.fields["stand_in"].queryset = stand_ins_for(person)
        if person.is_staff_side:
            self.fields["stand_in"].empty_label = _("Nobody: a lead of service is called")

    def clean_since(self) -> datetime | None:
        day = self.cleaned_data["since"]
        return _morning(day) if day else None

    def clean_until(self) -> datetime | None:
        """The moment somebody is here again: the morning after their last day away."""
        day = self.cleaned_data["until"]
        if day is None:
            return None
        if day < timezone.localdate():
            raise ValidationError(gettext("That day is over. Leave it empty to be here."))
        return _morning(day + timedelta(days=1))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and not until and "until" not in self.errors:
            self.add_error("until", gettext("Say until when, too."))
        if since and until and since >= until:
            self.add_error("until", gettext("The last day away is not before the first."))
        return cleaned


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())

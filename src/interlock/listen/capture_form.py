"""The form in which a colleague writes down what a customer said."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from interlock.fabric.day_fields import MomentField
from interlock.listen import capturing
from interlock.listen.capturing import Known, Told

KINDS = [
    ("ticket", later("A question or a problem")),
    ("complaint", later("A complaint")),
    ("idea", later("An idea")),
    ("cancel", later("Wants to leave")),
    ("return", later("Sends something back")),
    ("loss", later("Bought elsewhere")),
    ("praise", later("Praise")),
]
# What sales tells product to improve, in the words of the field note.
REASONS = [
    ("", later("None of these")),
    ("functionality", later("What it does")),
    ("usability", later("How it is used")),
    ("economies", later("What it costs to own")),
]
MOMENT = "%Y-%m-%dT%H:%M"


class CaptureForm(forms.Form):
    """Who said what, when, to whom, and about which product."""

    account = forms.CharField(
        label=later("Customer"),
        required=False,
        max_length=400,
        help_text=later("Name or key, as the records have it."),
        widget=forms.TextInput(attrs={"list": "accounts", "autocomplete": "off"}),
    )
    contact = forms.CharField(label=later("Their key as a contact"), required=False, max_length=400)
    at = MomentField(
        label=later("Said when"),
        input_formats=[MOMENT, "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(format=MOMENT, attrs={"type": "datetime-local"}),
    )
    way = forms.ChoiceField(label=later("Through"), choices=[])
    is_verbatim = forms.ChoiceField(
        label=later("Whose words are these?"),
        choices=[("yes", later("The customer's, word for word")), ("no", later("My note of it"))],
        initial="yes",
        widget=forms.RadioSelect,
    )
    words = forms.CharField(
        label=later("What was said"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 6})
    )
    kind = forms.ChoiceField(label=later("What it is"), choices=KINDS)
    reason = forms.ChoiceField(label=later("What would make it better"), choices=REASONS, required=False)
    product = forms.CharField(
        label=later("Product"),
        required=False,
        max_length=400,
        widget=forms.TextInput(attrs={"list": "products", "autocomplete": "off"}),
    )
    rating = forms.TypedChoiceField(
        label=later("Stars they gave"),
        required=False,
        choices=[("", later("None")), *((str(n), str(n)) for n in range(1, 6))],
        coerce=float,
        empty_value=None,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["way"].choices = [(way, capfirst(str(words))) for way, words in capturing.WAYS.items()]
        self.accounts, self.products = capturing.accounts_to_offer(), capturing.products_to_offer()

    def clean_account(self) -> str:
        return _one(self.cleaned_data["account"], capturing.accounts_like)

    def clean_product(self) -> str:
        return _one(self.cleaned_data["product"], capturing.products_like)

    def clean_at(self) -> datetime:
        at = self.cleaned_data["at"]
        if at > timezone.now():
            raise forms.ValidationError(_("That lies ahead; write when it was said."))
        return at

    def told(self) -> Told:
        """What was filled in, once it is valid."""
        values = dict(self.cleaned_data)
        return Told(**{**values, "is_verbatim": values["is_verbatim"] == "yes"})


def _one(text: str, like: Any) -> str:
    """The key of the one record that was meant; an error that names the candidates otherwise."""
    if not text:
        return ""
    found: list[Known] = like(text)
    if len(found) == 1:
        return found[0].key
    if not found:
        raise forms.ValidationError(
            _("The records hold nothing called “%(text)s”. Take one from the list, or leave it empty.")
            % {"text": text}
        )
    names = "; ".join(f"{one.name} ({one.key})" for one in found)
    raise forms.ValidationError(
        _("Several are called like that: %(names)s. Write the key of one.") % {"names": names}
    )

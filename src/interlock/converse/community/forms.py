"""What people fill in: a post, a reply, who they are, an answer, a status, a board, a roster."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from django import forms
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from interlock.converse.community import boards
from interlock.converse.community.speaking import LONGEST_NAME
from interlock.converse.models import Board, Duty, Kind, Post, Status
from interlock.fabric.models import Company, Person

LONGEST_WORDS = 10_000


class WhoForm(forms.Form):
    """Who somebody is: a name, and an address that a code is mailed to.

    Without a code (`by_code` off) the address may be left out; it is told what became of the text.
    """

    name = forms.CharField(
        label=_("Your name"),
        max_length=LONGEST_NAME,
        help_text=_("Others read your first name and one letter."),
    )
    address = forms.EmailField(
        label=_("Your mail address"),
        max_length=200,
        help_text=_("We mail you a code, or what became of your text. Nobody sees the address."),
    )

    def __init__(self, *args: Any, by_code: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["address"].widget.attrs["autocomplete"] = "email"
        self.by_code = by_code
        self.fields["address"].required = by_code

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        if "@" in name or not any(sign.isalpha() for sign in name):
            raise forms.ValidationError(now_("Write a name, not an address; others read it."))
        return name


class CodeForm(forms.Form):
    """The code of the mail."""

    code = forms.CharField(label=_("Code of six figures"), max_length=20)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= {"inputmode": "numeric", "autocomplete": "one-time-code"}


class TellForm(forms.Form):
    """A post: what it is, where, and the words."""

    kind = forms.ChoiceField(label=_("What is it"), choices=Kind.choices, widget=forms.RadioSelect)
    board = forms.ModelChoiceField(label=_("About"), queryset=Board.objects.none(), empty_label=None)
    product = forms.ChoiceField(label=_("Product"), required=False)
    title = forms.CharField(label=_("In one line"), max_length=160)
    words = forms.CharField(
        label=_("Your words"), max_length=LONGEST_WORDS, widget=forms.Textarea(attrs={"rows": 6})
    )

    def __init__(self, *args: Any, boards: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["board"].queryset = boards
        names = sorted({name for board in boards for name in board.products})
        if names:
            self.fields["product"].choices = [("", "–"), *((name, name) for name in names)]
        else:
            del self.fields["product"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        board, product = cleaned.get("board"), cleaned.setdefault("product", "")
        if board and product and product not in board.products:
            self.add_error("product", now_("This product is not on that board."))
        return cleaned


class BehalfForm(forms.Form):
    """For whom a colleague writes a post down."""

    whose = forms.ChoiceField(
        label=_("Whose words are they"),
        choices=[("behalf", _("A customer's")), ("house", _("Ours: many ask it"))],
        widget=forms.RadioSelect,
        initial="behalf",
    )
    name = forms.CharField(label=_("Name of the customer"), max_length=LONGEST_NAME, required=False)
    quoted_from = forms.CharField(
        label=_("Where they said it"), max_length=200, required=False,
        help_text=_("Such as: in a call on 12 March. Everybody reads it."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("whose") == "behalf":
            for field, said in (
                ("name", now_("Whose words are they?")),
                ("quoted_from", now_("Where did they say it?")),
            ):
                if not cleaned.get(field):
                    self.add_error(field, said)
        if "@" in cleaned.get("name", ""):
            self.add_error("name", now_("Write a name, not an address; others read it."))
        return cleaned


class ReplyForm(forms.Form):
    """A reply, or one's own words for the same matter."""

    words = forms.CharField(
        label=_("Add a reply"), max_length=LONGEST_WORDS, widget=forms.Textarea(attrs={"rows": 3})
    )


class AnswerForm(forms.Form):
    """What the company answers, and what who answers does there."""

    words = forms.CharField(
        label=_("Answer for the company"), max_length=LONGEST_WORDS, widget=forms.Textarea(attrs={"rows": 4})
    )
    what_i_do = forms.CharField(
        label=_("What you do here"), max_length=120,
        help_text=_("Stands beside your name, such as: makes the displays at Aldermoor."),
    )  # fmt: skip


class StatusForm(forms.Form):
    """Where a post stands from now on, and why."""

    to = forms.ModelChoiceField(label=_("It stands as"), queryset=Status.objects.none(), empty_label=None)
    because = forms.CharField(label=_("Because"), max_length=500, required=False)

    def __init__(self, *args: Any, post: Post, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Status.objects.exclude(pk=post.status_id)
        fitting = [one.pk for one in others if post.kind in one.kinds]
        self.fields["to"].queryset = others.filter(pk__in=fitting)


class BoardForm(forms.Form):
    """A board's name, sentence, kinds and products."""

    name = forms.CharField(label=_("Name"), max_length=80)
    about = forms.CharField(label=_("In one sentence"), max_length=300, required=False)
    kinds = forms.MultipleChoiceField(
        label=_("What may be posted"), choices=Kind.choices, widget=forms.CheckboxSelectMultiple,
        initial=Kind.values,
    )  # fmt: skip
    products = forms.CharField(
        label=_("Products to choose from, one a line"), required=False, max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip

    def clean_products(self) -> list[str]:
        lines = (line.strip() for line in self.cleaned_data["products"].splitlines())
        names = list(dict.fromkeys(line for line in lines if line))
        if any(len(name) > 80 for name in names):
            raise forms.ValidationError(now_("A product's name has at most 80 letters here."))
        return names


class CompanyForm(forms.ModelForm):
    """The company as its customers read it."""

    class Meta:
        model = Company
        fields = ("name", "second_word", "about", "customer_word", "customers_word", "partner_word")
        help_texts = dict.fromkeys(fields, "")
        labels = {
            "name": _("Name of the company"),
            "second_word": _("Word after it, in italics"),
            "about": _("In one sentence"),
            "customer_word": _("What one customer is called"),
            "customers_word": _("What many are called"),
            "partner_word": _("What one partner is called"),
        }


class RosterForm(forms.Form):
    """Who is on duty on each of these days, and until when."""

    def __init__(self, *args: Any, days: list[date], duties: dict[date, Duty], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.days = days
        people = boards.may_be_on_duty()
        for day in days:
            duty = duties.get(day)
            self.fields[f"person_{day:%Y%m%d}"] = forms.ModelChoiceField(
                queryset=people, required=False, initial=duty.person_id if duty else None, empty_label=now_("Nobody"),
                label=now_("On duty"),
            )  # fmt: skip
            self.fields[f"until_{day:%Y%m%d}"] = forms.TimeField(
                required=False, initial=duty.until if duty else time(18), label=now_("Until"),
                widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
            )  # fmt: skip

    def rows(self) -> list[tuple[date, Any, Any]]:
        """Each day with its two fields."""
        return [(day, self[f"person_{day:%Y%m%d}"], self[f"until_{day:%Y%m%d}"]) for day in self.days]

    def hosts(self) -> dict[date, tuple[Person | None, time]]:
        """What was filled in, by day."""
        cleaned = self.cleaned_data
        return {
            day: (cleaned[f"person_{day:%Y%m%d}"], cleaned[f"until_{day:%Y%m%d}"] or time(18))
            for day in self.days
        }

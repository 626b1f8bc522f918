"""What people write in a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from interlock.converse import queries
from interlock.converse.models import Audience, Commitment, Conversation, Decision, Message
from interlock.converse.talks.audiences import Circle, is_wider
from interlock.fabric.day_fields import DayField
from interlock.fabric.models import Person


class SayForm(forms.Form):
    """A line, who reads it, and the line it answers if any."""

    body = forms.CharField(
        label=_("Your line"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 3}), strip=True
    )
    picture = forms.FileField(required=False)
    # Empty is the narrowest, never the last one used.
    audience = forms.ChoiceField(choices=Audience.choices, required=False)
    kind = forms.ChoiceField(choices=Message.Kind.choices, initial=Message.Kind.SAY, required=False)
    reply_to = forms.ModelChoiceField(queryset=Message.objects.none(), required=False)

    def __init__(self, *args: Any, conversation: Conversation, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        readable = queries.messages_visible_to(person, conversation)
        self.fields["reply_to"].queryset = readable.filter(removed_at=None)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["kind"] = Message.Kind.ANSWER if cleaned.get("reply_to") else cleaned.get("kind") or "say"
        return cleaned


class EditForm(forms.Form):
    """A corrected line."""

    body = forms.CharField(label=_("Your line"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 3}))


class FrameForm(forms.Form):
    """What a talk is for, and what it answers by when."""

    purpose = forms.CharField(
        label=_("To move"), max_length=500, help_text=_("The figure that should be better afterwards.")
    )
    question = forms.CharField(
        label=_("The question to answer"),
        max_length=500,
        help_text=_("Everybody in the talk reads it above the lines."),
    )
    due = DayField(
        label=_("Answer needed by"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_due(self) -> date | None:
        due: date | None = self.cleaned_data["due"]
        if due and due < self.today:
            raise forms.ValidationError(gettext("Give a day that is still to come."))
        return due


class DecideForm(forms.Form):
    """What was chosen, and why."""

    chosen = forms.CharField(label=_("What is decided"), max_length=500)
    because = forms.CharField(label=_("Because"), max_length=1000)
    instead_of = forms.CharField(label=_("Instead of"), max_length=500, required=False)
    revisit_on = DayField(
        label=_("Looked at again on"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    is_no = forms.BooleanField(label=_("Not done: we tell customers why"), required=False)
    audience = forms.ChoiceField(label=_("Who reads it"), required=False)

    def __init__(self, *args: Any, circles: Sequence[Circle], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["audience"].choices = audience_choices(circles)


class LookAgainForm(forms.Form):
    """When a decision that still holds is looked at next, if it is."""

    revisit_on = DayField(required=False)


class DecisionField(forms.ModelChoiceField):
    """A decision with those who read it, since who reads the promise reads it too."""

    def label_from_instance(self, obj: Decision) -> str:
        return f"{obj.chosen} ({obj.get_audience_display()})"


class CommitForm(forms.Form):
    """Who does what by when."""

    what = forms.CharField(label=_("What"), max_length=500)
    owner = forms.ChoiceField(label=_("Who"))
    due = DayField(label=_("By"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    link = forms.URLField(
        label=_("Where it can be seen"),
        required=False,
        max_length=500,
        assume_scheme="https",
        help_text=_("A link to another system, with https. Interlock does not look whether it is there."),
    )
    decision = DecisionField(
        label=_("To carry out"),
        required=False,
        queryset=Decision.objects.none(),
        empty_label=_("no decision"),
        help_text=_("Who reads the promise reads the decision with it."),
    )
    audience = forms.ChoiceField(label=_("Who reads it"), required=False)

    def __init__(
        self, *args: Any, conversation: Conversation, circles: Sequence[Circle], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["audience"].choices = audience_choices(circles)
        self._people = {str(one.person_id): one.person for one in conversation.participants.all()}
        if any(one.stands for one in conversation.decisions.all()):
            self.fields["decision"].queryset = conversation.decisions.filter(
                taken_back_at=None, pk__in=[one.pk for one in conversation.decisions.all()]
            )
        else:
            del self.fields["decision"]
        self.fields["owner"].choices = [(key, person.name) for key, person in self._people.items()]

    def clean_owner(self) -> Any:
        return self._people[self.cleaned_data["owner"]]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        decision, audience = cleaned.get("decision"), cleaned.get("audience")
        if decision and audience and is_wider(audience, decision.audience):
            self.add_error(
                "decision",
                gettext(
                    "Of those who are to read the promise, some do not read this decision. Narrow who reads it, or choose no decision."
                ),
            )
        return cleaned


class SettleForm(forms.Form):
    """How a commitment ended."""

    state = forms.ChoiceField(choices=Commitment.State.choices)
    why = forms.CharField(max_length=500, required=False)


class PostponeForm(forms.Form):
    """A later day for a commitment."""

    due = DayField()
    why = forms.CharField(max_length=500)


class ParkForm(forms.Form):
    """Why a talk is laid aside."""

    reason = forms.CharField(label=_("Why it is parked"), max_length=500)
    until = DayField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("On this day it is taken up again by itself; without one, by somebody."),
    )


class CloseForm(forms.Form):
    """Why a resting talk is closed. One that is acted needs no reason: what was kept says it."""

    reason = forms.CharField(label=_("Why it is closed"), max_length=500, required=False)


def audience_choices(circles: Sequence[Circle]) -> list[tuple[str, str]]:
    """The audiences of this talk, each with its readers, the narrowest first."""
    return [(one.audience, f"{Audience(one.audience).label} ({one.readers})") for one in circles]

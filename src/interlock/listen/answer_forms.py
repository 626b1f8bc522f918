"""What people fill in around an answer: the words, how they know, where it went, and filters of the queue."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from interlock.fabric.long_select import LongSelect
from interlock.listen.answers.together import answerable_together, surely_same_person
from interlock.listen.answers.writing import LONGEST_ANSWER
from interlock.listen.clocks import ANSWER_HOURS
from interlock.listen.models import Signal, Source
from interlock.listen.waiting import WaitingFilters


class WaitingForm(forms.Form):
    """What the queue can be narrowed by. Every field may be empty."""

    show = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[
            ("", _("Who waits")),
            ("overdue", _("Who waits too long")),
            ("in_time", _("Answered in time, last 30 days")),
            ("late", _("Late, last 30 days")),
        ],
    )
    whose = forms.ChoiceField(
        label=_("Looked after by"),
        required=False,
        choices=[("", _("Anybody")), ("mine", _("Me")), ("nobody", _("Nobody yet"))],
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False, widget=LongSelect)
    source = forms.ChoiceField(label=_("Source"), required=False, widget=LongSelect)
    theme = forms.CharField(required=False, max_length=36, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("Any")), *((kind, kind) for kind in sorted(ANSWER_HOURS))]
        sources = Source.objects.filter(removed_at=None).values_list("key", "name")
        self.fields["source"].choices = [("", _("Any")), *sources]

    def filters(self) -> WaitingFilters:
        """The filters that could be understood."""
        self.is_valid()
        return WaitingFilters(**{name: value for name, value in self.cleaned_data.items() if value})


class AnswerForm(forms.Form):
    """The words of an answer, and which other waiting signals of the customer they also answer."""

    text = forms.CharField(
        label=_("Your answer"), max_length=LONGEST_ANSWER, widget=forms.Textarea(attrs={"rows": 8})
    )
    also = forms.MultipleChoiceField(
        label=_("It also answers"), required=False, widget=forms.CheckboxSelectMultiple
    )
    reference = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, signal: Signal, seen: int = 0, text: str = "", **kwargs: Any) -> None:
        self.together = answerable_together(signal)
        kwargs["initial"] = {
            "text": text,
            "also": [one.key for one in surely_same_person(signal, self.together)],
            "reference": uuid.uuid4(),
            "seen": seen,
        }
        super().__init__(*args, **kwargs)
        if not self.together:
            del self.fields["also"]
            return
        self.fields["also"].choices = [(one.key, _short(one)) for one in self.together]


class HowForm(forms.Form):
    """From where we know what the customer says now."""

    how = forms.CharField(label=_("How do you know?"), max_length=400)


class WhereForm(forms.Form):
    """Where an answer was sent by hand, or seen."""

    where = forms.CharField(label=_("Where can others find it?"), max_length=400)


def _short(signal: Signal) -> str:
    words = signal.title or signal.body or signal.reason or signal.kind
    return f"{signal.occurred_at:%-d %b}: {words[:90]}"

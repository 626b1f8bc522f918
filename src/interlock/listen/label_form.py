"""How does the customer feel, what do they want, in which language? Filled in by somebody who knows better than the judge."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from interlock.listen.languages import choices
from interlock.listen.models import Intent, Sentiment, Understood


class LabelForm(forms.Form):
    """The labels of one signal; all intents may be empty."""

    sentiment = forms.ChoiceField(label=_("The customer feels"), choices=Sentiment.choices)
    intents = forms.MultipleChoiceField(
        label=_("What they want"), choices=Intent.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    @classmethod
    def of(cls, found: Understood) -> LabelForm:
        """The form as the labels stand."""
        return cls(initial={"sentiment": found.sentiment, "intents": [str(one) for one in found.intents]})


class LanguageForm(forms.Form):
    """The language that a signal is written in."""

    language = forms.ChoiceField(label=_("It is written in"), choices=choices, required=False)

    @classmethod
    def of(cls, found: Understood) -> LanguageForm:
        """The form as the language stands."""
        return cls(initial={"language": found.language})

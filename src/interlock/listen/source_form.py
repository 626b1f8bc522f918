"""The forms of a source: what a person decides about it, and for one that is asked its connector's own questions."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, count
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from interlock.connectors.live import Question
from interlock.connectors.live_registry import AnyConnector
from interlock.listen.live_sources import LEAST_ASK_EVERY, Terms, kept_secrets
from interlock.listen.models import Source, SourceKind

ASKED = "asked_"
_MINUTE, _HOUR = 60, 3600
LONGEST_ANSWER = 20_000


class TermsForm(forms.Form):
    """What a person decides about any live source; all of it for one that sends by itself."""

    name = forms.CharField(
        label=later("Name of the source"), max_length=120, help_text=later("As your colleagues call it.")
    )
    purpose = forms.CharField(
        label=later("What we collect it for"),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=later("Shown to everybody who asks why we have their words."),
    )
    silent_hours = forms.FloatField(
        label=later("Silent too long (hours)"),
        required=False,
        min_value=0.1,
        max_value=24 * 365,
        help_text=later("Empty: learnt from its own gaps."),
    )
    answer_hours = forms.IntegerField(
        label=later("Answered within (hours)"),
        required=False,
        min_value=1,
        max_value=24 * 60,
        help_text=later("Nights and weekends count, as they do for customers. Empty: by the kind of signal."),
    )

    def __init__(self, *args: Any, source: Source | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = _decided(source) | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        # A program goes by the name of its token, and a new token of that name goes on with the source.
        if source is not None and source.kind == SourceKind.API:
            del self.fields["name"]

    def terms(self) -> Terms:
        hours = self.cleaned_data["silent_hours"]
        return Terms(
            name=self.cleaned_data.get("name", ""),
            purpose=self.cleaned_data["purpose"],
            freshness_limit=round(hours * _HOUR) if hours else None,
            answer_hours=self.cleaned_data["answer_hours"],
        )


class SourceForm(TermsForm):
    """Fields `asked_NAME` for the questions; secret ones come back empty and are then left as they are kept."""

    minutes = forms.IntegerField(
        label=later("Asked every (minutes)"),
        min_value=LEAST_ASK_EVERY // _MINUTE,
        max_value=7 * 24 * 60,
    )

    def __init__(
        self, connector: AnyConnector, *args: Any, source: Source | None = None, **kwargs: Any
    ) -> None:
        self.connector = connector
        kwargs["initial"] = _answered(connector, source) | (kwargs.get("initial") or {})
        super().__init__(*args, source=source, **kwargs)
        kept = kept_secrets(source) if source else set()
        for question in connector.questions:
            self.fields[ASKED + question.name] = _field(question, kept=question.name in kept)
        self.order_fields(["name", *(ASKED + question.name for question in connector.questions)])

    @property
    def questions(self) -> list[forms.BoundField]:
        return [self[ASKED + question.name] for question in self.connector.questions]

    def answers(self) -> dict[str, str]:
        """The answers as the connector takes them; an empty one is left to its default."""
        return {
            question.name: str(self.cleaned_data.get(ASKED + question.name) or "")
            for question in self.connector.questions
            if question.kind == "secret" or self.cleaned_data.get(ASKED + question.name) not in (None, "")
        }

    def terms(self) -> Terms:
        return replace(super().terms(), ask_every=self.cleaned_data["minutes"] * _MINUTE)


def _decided(source: Source | None) -> dict[str, Any]:
    if source is None:
        return {}
    return {
        "name": source.name,
        "purpose": source.purpose,
        "silent_hours": source.freshness_limit / _HOUR if source.freshness_limit else None,
        "answer_hours": source.answer_hours,
    }


def _answered(connector: AnyConnector, source: Source | None) -> dict[str, Any]:
    asked = {ASKED + question.name: question.default for question in connector.questions}
    if source is None:
        minutes = max(1, connector.ask_every // _MINUTE)
        return asked | {"name": _free_name(connector.title), "purpose": connector.purpose, "minutes": minutes}
    answers = {ASKED + name: value for name, value in source.connection.items()}
    return asked | answers | {"minutes": max(1, (source.ask_every or 0) // _MINUTE)}


def _free_name(title: str) -> str:
    """The title, with a number where a source has it already: one that did not work at first may still be there."""
    names = Source.objects.filter(name__istartswith=title).values_list("name", flat=True)
    taken = {name.lower() for name in names}
    numbered = (f"{title} {number}" for number in count(2))
    return next(name for name in chain([title], numbered) if name.lower() not in taken)


def _field(question: Question, *, kept: bool) -> forms.Field:
    more: dict[str, Any] = {
        "label": question.label,
        "help_text": question.help,
        "required": question.required,
    }
    if question.kind == "choice":
        empty = [] if question.required else [("", _("As usual"))]
        return forms.ChoiceField(choices=[*empty, *question.choices], **more)
    if question.kind == "number":
        return forms.IntegerField(**more)
    more["max_length"] = LONGEST_ANSWER
    if question.kind == "secret":
        if kept:
            more["help_text"] = _("Kept, and not shown. Fill it in only to replace it.")
            more["required"] = False
        # No browser may offer somebody's own password here, nor keep this one.
        widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"})
        return forms.CharField(widget=widget, strip=False, **more)
    return forms.CharField(
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}), **more
    )

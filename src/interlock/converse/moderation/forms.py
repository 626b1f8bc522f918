"""What moderators, authors and readers fill in."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from interlock.converse.community.forms import LONGEST_WORDS
from interlock.converse.models import Kind, Policy, Report

_HOST = re.compile(r"(?:[\w-]{1,63}\.)+[\w-]{2,63}")
LONGEST_LIST = 500


class Lines(forms.CharField):
    """A list, one entry a line."""

    widget = forms.Textarea(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        entries = [" ".join(line.lower().split()) for line in str(value or "").splitlines()]
        return list(dict.fromkeys(entry for entry in entries if entry))[:LONGEST_LIST]


class Hosts(Lines):
    """Names of hosts; an address that was pasted is cut down to its host."""

    def to_python(self, value: Any) -> Any:
        cut = [re.sub(r"^(?:https?://)?(?:www\.)?|[/?#:].*$", "", line) for line in super().to_python(value)]
        wrong = [host for host in cut if not _HOST.fullmatch(host)]
        if wrong:
            raise forms.ValidationError(
                now_("“%(host)s” is no name of a host, such as example.com.") % {"host": wrong[0][:60]}
            )
        return list(dict.fromkeys(cut))


class PolicyForm(forms.ModelForm):
    """What is held before others read it."""

    allowed_hosts = Hosts(label=_("Hosts whose links are not counted, one a line"), required=False)
    held_hosts = Hosts(label=_("Hosts that a person looks at first"), required=False)
    refused_hosts = Hosts(label=_("Hosts that we do not link to"), required=False)
    held_words = Lines(label=_("Words that a person reads first"), required=False)
    promotion = Lines(label=_("Phrases of advertisements"), required=False)

    class Meta:
        model = Policy
        exclude = ()
        labels = {
            "least_letters": _("Letters at least"),
            "most_links": _("Links at most"),
            "hold_praise": _("Hold praise that names nothing"),
            "hold_first": _("Hold the first text of everybody"),
            "known_after": _("Known after so many texts"),
            "known_days": _("and so many days"),
            "trusted_after": _("Trusted after so many texts"),
            "trusted_days": _("and so many days"),
            "reports_hide": _("Different people whose reports hide a text"),
        }
        help_texts = dict.fromkeys(labels, "")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, most in (("most_links", 50), ("least_letters", 500), ("reports_hide", 50), ("known_after", 1000),
                           ("known_days", 365), ("trusted_after", 1000), ("trusted_days", 365)):  # fmt: skip
            field = self.fields[name]
            field.min_value, field.max_value = (2 if name == "reports_hide" else 0), most
            field.widget.attrs |= {"min": field.min_value, "max": most}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, field in self.fields.items():
            most = getattr(field, "max_value", None)
            value = cleaned.get(name)
            if isinstance(value, int) and most is not None and not field.min_value <= value <= most:
                self.add_error(
                    name, now_("From %(least)d to %(most)d.") % {"least": field.min_value, "most": most}
                )
        return cleaned


class BecauseForm(forms.Form):
    """Why everything of somebody is taken out."""

    because = forms.CharField(label=_("Why; they read it"), max_length=300)


class ReportForm(forms.Form):
    """What is wrong with a text."""

    why = forms.ChoiceField(label=_("What is wrong"), choices=Report.Why.choices, widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("In your words"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class AppealForm(forms.Form):
    """Why it belongs here."""

    words = forms.CharField(
        label=_("Why it belongs here"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4})
    )


class RewordForm(forms.Form):
    """Other words; a reply has no title, and its author gives no reason."""

    title = forms.CharField(label=_("In one line"), max_length=160)
    words = forms.CharField(
        label=_("The words"), max_length=LONGEST_WORDS, widget=forms.Textarea(attrs={"rows": 8})
    )
    because = forms.CharField(label=_("Why; everybody reads it"), max_length=300)

    def __init__(self, *args: Any, has_title: bool, is_author: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_title:
            del self.fields["title"]
        if is_author:
            del self.fields["because"]


class SplitForm(forms.Form):
    """The post that a reply becomes."""

    title = forms.CharField(label=_("In one line"), max_length=160)
    kind = forms.ChoiceField(label=_("What is it"), choices=Kind.choices, widget=forms.RadioSelect)

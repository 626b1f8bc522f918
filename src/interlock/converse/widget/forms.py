"""What a reader of another site fills in, and what we set for the widget."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from interlock.converse.community.forms import LONGEST_WORDS, WhoForm
from interlock.converse.models import Board, Kind

LONGEST_TITLE = 100
MOST_SITES = 100


class FeedbackForm(WhoForm):
    """Words of any kind; a name and an address may be left out."""

    kind = forms.ChoiceField(choices=Kind.choices)
    board = forms.ModelChoiceField(queryset=Board.objects.none(), to_field_name="key")
    words = forms.CharField(
        max_length=LONGEST_WORDS, error_messages={"required": _("Write a few words first.")}
    )

    def __init__(self, *args: Any, boards: Any, **kwargs: Any) -> None:
        super().__init__(*args, by_code=False, **kwargs)
        self.fields["board"].queryset = boards
        self.fields["name"].required = False

    def clean_name(self) -> str:
        return super().clean_name() if self.cleaned_data["name"].strip() else ""

    @property
    def title(self) -> str:
        """The first line, cut at a word."""
        line = " ".join(self.cleaned_data["words"].strip().splitlines()[0].split())
        if len(line) <= LONGEST_TITLE:
            return line
        cut = line[: LONGEST_TITLE - 1]
        return f"{cut.rpartition(' ')[0] or cut}…"


class SitesForm(forms.Form):
    """The sites that may show the widget."""

    sites = forms.CharField(
        label=_("Sites that may show it, one a line"), required=False, max_length=10_000,
        help_text=_("Such as https://www.example.com; other sites can neither read nor send."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip

    def clean_sites(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["sites"].splitlines() if line.strip()]
        if len(lines) > MOST_SITES:
            raise forms.ValidationError(now_("At most %(n)d sites can be named.") % {"n": MOST_SITES})
        return list(dict.fromkeys(_origin(line) for line in lines))


def _origin(text: str) -> str:
    """The origin as browsers write it: scheme, host and a port that is not the usual one."""
    wrong = forms.ValidationError(
        now_("“%(text)s” is no address of a site. Write it as https://www.example.com.") % {"text": text}
    )
    try:
        url = urlsplit(text)
        host, port = url.hostname, url.port
    except ValueError:
        raise wrong from None
    if url.scheme not in {"http", "https"} or not host or url.username or not host.isascii() or "*" in host:
        raise wrong
    usual = {"http": 80, "https": 443}[url.scheme]
    shown = f"[{host}]" if ":" in host else host
    return f"{url.scheme}://{shown}" + (f":{port}" if port and port != usual else "")


class LookForm(forms.Form):
    """How the widget looks on one site: what the tag says."""

    label = forms.CharField(label=_("Words on the button"), max_length=40, required=False)
    board = forms.ModelChoiceField(
        label=_("About"), queryset=Board.objects.none(), to_field_name="key", required=False,
        empty_label=_("Let readers choose"),
    )  # fmt: skip
    side = forms.ChoiceField(
        label=_("At which side"), choices=[("", _("right")), ("left", _("left"))], required=False
    )
    theme = forms.ChoiceField(
        label=_("Light or dark"),
        choices=[("", _("As the reader's system")), ("paper", _("Light")), ("ink", _("Dark"))],
        required=False,
    )

    def __init__(self, *args: Any, boards: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["board"].queryset = boards

    @property
    def options(self) -> list[tuple[str, str]]:
        """What the tag says beside its address."""
        if not self.is_valid():
            return []
        said = {**self.cleaned_data, "board": getattr(self.cleaned_data["board"], "key", "")}
        return [(name, said[name]) for name in ("label", "board", "side", "theme") if said[name]]

"""What people fill in: files to upload, the name of a source, a mapping as YAML, filters of the signals."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from interlock.connectors.errors import ConnectorError
from interlock.connectors.mapping import read_mapping
from interlock.fabric.day_fields import DayField, MomentField
from interlock.fabric.long_select import LongSelect
from interlock.listen import queries
from interlock.listen.models import Intent, Sentiment, Source, SourceKind
from interlock.listen.selection import Selection
from interlock.listen.themes.echoing import NEARNESS


class SeveralFiles(forms.ClearableFileInput):
    """A file field that takes more than one."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One or more files, cleaned to a list."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list | tuple) else [data]
        # An empty file is refused by the service, which can say how many bytes came.
        return [super(FilesField, self).clean(each, initial) for each in files]


class UploadForm(forms.Form):
    """What to read."""

    file = FilesField(
        label=_("Files"),
        allow_empty_file=True,
        help_text=_("CSV, TSV, Excel, JSON lines, Parquet, a SQLite file, or a zip of them."),
    )


class StartForm(forms.Form):
    """Which source this is: one that is known, or a new name."""

    name = forms.CharField(
        label=_("Name of the source"),
        max_length=120,
        help_text=_("Reading the same source again updates its rows and never doubles them."),
    )


class MappingForm(forms.Form):
    """The mapping as text, for those who want more than the lines can say."""

    mapping = forms.CharField(
        label=_("Mapping"),
        max_length=2_000_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 28, "spellcheck": "false", "wrap": "off"}),
    )

    def clean_mapping(self) -> str:
        text = self.cleaned_data["mapping"].replace("\r\n", "\n")
        try:
            read_mapping(text, str(_("the mapping")))
        except ConnectorError as error:
            raise forms.ValidationError(str(error)) from error
        return text


class ReuseForm(forms.Form):
    """A name under which a mapping is kept."""

    name = forms.CharField(label=_("Keep this mapping as"), max_length=80)


class SignalFilters(forms.Form):
    """What the list of signals can be narrowed by. Every field may be empty."""

    q = forms.CharField(
        label=_("Words"), required=False, max_length=200, widget=forms.TextInput(attrs={"type": "search"})
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False, widget=LongSelect)
    product = forms.ChoiceField(label=_("Product"), required=False, widget=LongSelect)
    region = forms.ChoiceField(label=_("Region"), required=False, widget=LongSelect)
    rating = forms.ChoiceField(
        label=_("Rating"),
        required=False,
        choices=[
            ("", _("Any")),
            ("low", _("Two fifths or less")),
            ("middle", _("Between")),
            ("high", _("Four fifths or more")),
            ("none", _("Without")),
        ],
    )
    sentiment = forms.ChoiceField(
        label=_("Feeling"), required=False, choices=[("", _("Any")), *Sentiment.choices]
    )
    intent = forms.ChoiceField(label=_("Wants"), required=False, choices=[("", _("Any")), *Intent.choices])
    since = DayField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = DayField(label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    answered = forms.ChoiceField(
        label=_("Answered"),
        required=False,
        choices=[("", _("Either")), ("no", _("Not yet")), ("yes", _("Yes")), ("unknown", _("Not recorded"))],
    )
    source = forms.ChoiceField(label=_("Source"), required=False, widget=LongSelect)
    account = forms.CharField(required=False, max_length=400, widget=forms.HiddenInput)
    order = forms.CharField(required=False, max_length=400, widget=forms.HiddenInput)
    product_key = forms.CharField(required=False, max_length=400, widget=forms.HiddenInput)
    theme = forms.CharField(required=False, max_length=36, widget=forms.HiddenInput)
    meaning = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    language = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    driver = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)
    worth = forms.CharField(required=False, max_length=1, widget=forms.HiddenInput)
    nearness = forms.ChoiceField(
        required=False, choices=[(name, name) for name in NEARNESS], widget=forms.HiddenInput
    )
    like = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)
    channel = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    from_at = MomentField(required=False, widget=forms.HiddenInput)
    to_at = MomentField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        facets = queries.all_facets()
        names = dict(Source.objects.values_list("key", "name"))
        for name in ("kind", "product", "region", "source"):
            chosen = self.data.get(name, "")
            values = [value for value, _count in facets.get(name, [])]
            # A value that came by link and is not among the most frequent is offered as well.
            known = values if not chosen or chosen in values else [chosen, *values]
            labels = names if name == "source" else {}
            self.fields[name].choices = [
                ("", _("Any")),
                *((value, labels.get(value, value)) for value in known),
            ]

    def selection(self) -> Selection:
        """The filters that could be understood; a wrong date is left out and shown as an error."""
        self.is_valid()
        known = {name: value for name, value in self.cleaned_data.items() if value}
        return Selection(**known | {name: str(known[name]) for name in ("like", "driver") if name in known})


def known_sources() -> list[str]:
    """Names of sources to offer when a new import is named."""
    return list(
        Source.objects.exclude(kind=SourceKind.DEMO).filter(removed_at=None).values_list("name", flat=True)
    )

"""What somebody says when they bring another community in: which system, its files, the board, what posts are."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from interlock.converse.models import Board, Kind

SYSTEMS = (
    ("discourse", _("Discourse: topics as JSON")),
    ("fider", _("Fider: backup, or export as CSV")),
    ("canny", _("Canny: lists of its API as JSON")),
    ("csv", _("A table of rows (CSV)")),
)


class SeveralFiles(forms.ClearableFileInput):
    """A file field that takes more than one."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One or more files, cleaned to a list."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data or [None]
        return [super(FilesField, self).clean(each, initial) for each in files]


class BringForm(forms.Form):
    """Files of another community, and where they go."""

    system = forms.ChoiceField(label=_("Where it comes from"), choices=SYSTEMS)
    file = FilesField(label=_("Files"), help_text=_("JSON, CSV or a zip of JSON files, in UTF-8."))
    board = forms.ModelChoiceField(
        Board.objects.none(), label=_("Board that the posts come to"), empty_label=None
    )
    kind = forms.ChoiceField(
        label=_("What posts are that do not say it"),
        choices=[("", _("Usual for the system")), *Kind.choices],
        required=False,
    )
    source = forms.CharField(
        label=_("Name of the community there"),
        max_length=80,
        required=False,
        help_text=_("Another file under the same name updates and never doubles."),
    )

    def __init__(self, *args: Any, boards: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        board = self.fields["board"]
        assert isinstance(board, forms.ModelChoiceField)
        board.queryset = boards

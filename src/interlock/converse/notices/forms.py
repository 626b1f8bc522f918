"""Which mails somebody wants, and when."""

from __future__ import annotations

from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from interlock.converse.models import NoticeChoice


class ChoiceForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """What each person sets for themselves."""

    hour = forms.TypedChoiceField(
        label=_("From which hour on"),
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
        coerce=int,
    )

    class Meta:
        model = NoticeChoice
        fields = ["daily", "at_once", "hour", "zone"]
        labels = {
            "daily": _("One mail a day with what is new where I take part"),
            "at_once": _("A mail at once when somebody names me, and on the day an answer of mine is due"),
            "zone": _("Time zone"),
        }
        help_texts = {"zone": _("Such as Europe/Berlin."), "at_once": ""}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["zone"].widget.attrs["placeholder"] = settings.TIME_ZONE

    def clean_zone(self) -> str:
        zone: str = self.cleaned_data["zone"].strip()
        if zone and zone not in available_timezones():
            raise ValidationError(
                gettext("There is no time zone %(zone)s. Write it like Europe/Berlin.") % {"zone": zone}
            )
        return zone

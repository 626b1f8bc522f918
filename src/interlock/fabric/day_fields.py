"""Days and moments in forms."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

FIRST, LAST = 1900, 2999
_WHY = _("Give a day of the years 1900 to 2999.")


class DayField(forms.DateField):
    """A day that somebody can mean: there are days before it and after it, in all time zones, which 9999-12-31 has not."""

    default_validators = [
        MinValueValidator(date(FIRST, 1, 1), _WHY),
        MaxValueValidator(date(LAST, 12, 31), _WHY),
    ]


class MomentField(forms.DateTimeField):
    """A moment of such a day."""

    default_validators = [
        MinValueValidator(datetime(FIRST, 1, 1, tzinfo=UTC), _WHY),
        MaxValueValidator(datetime(LAST, 12, 31, tzinfo=UTC), _WHY),
    ]

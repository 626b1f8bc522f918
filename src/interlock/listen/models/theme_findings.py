"""What was found about a theme in the background, beside its figures: a shift of what is said."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from interlock.listen.models.themes import Theme


class ThemeShift(models.Model):
    """What is said in this theme has moved lately: more of one saying, less of another.

    `rose` and `fell` hold of each saying: quote (key of the signal that says it best), x of the newest voices, before
    of those of the quarter before, and of the one that rose examples (numbers of its newest signals).
    """

    theme = models.OneToOneField(Theme, models.CASCADE, primary_key=True, related_name="shift")
    since = models.DateField(help_text=_("Monday of the first of the newest weeks"))
    q = models.FloatField(help_text=_("at most this share of the shifts that are shown may be chance"))
    newest = models.PositiveIntegerField(help_text=_("voices of the newest weeks"))
    before = models.PositiveIntegerField(help_text=_("voices of the quarter before"))
    rose = models.JSONField()
    fell = models.JSONField()
    found_at = models.DateTimeField()


class ThemeDrivers(models.Model):
    """That a theme was looked at for what goes with it among orders: how many were compared, how many spoken of."""

    theme = models.OneToOneField(Theme, models.CASCADE, primary_key=True, related_name="drivers_looked")
    orders = models.PositiveIntegerField(help_text=_("fulfilled orders that could have been spoken of"))
    spoken = models.PositiveIntegerField(help_text=_("of them those that signals of the theme name"))
    compared = models.PositiveIntegerField(help_text=_("facts that had orders enough to be judged"))
    found_at = models.DateTimeField()


class ThemeDriver(models.Model):
    """One fact that makes an order's being spoken of in this theme more frequent."""

    theme = models.ForeignKey(Theme, models.CASCADE, related_name="drivers")
    figures = models.JSONField(help_text=_("the comparison, as analytics/drivers reports it"))
    orders = models.JSONField(
        help_text=_("keys of the orders with the fact that were spoken of, at most 2,000")
    )

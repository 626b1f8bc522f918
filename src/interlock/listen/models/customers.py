"""What customers are worth: their band by what they bought in a year, and the bounds of the bands."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class CustomerWorth(models.Model):
    """In which band one customer is. `customer` is the hash that themed signals carry."""

    customer = models.BigIntegerField(primary_key=True)
    account_key = models.CharField(max_length=400, unique=True)
    band = models.CharField(max_length=1, help_text=_("place of the band, 0 for those who bought least"))


class WorthBands(models.Model):
    """One row: the bounds between the bands, lowest first, in major units of the currency; none where `customers` are too few."""

    snapshot_number = models.BigIntegerField(help_text=_("of the records they were worked out of"))
    week = models.PositiveSmallIntegerField(help_text=_("the newest week of signals, where the year ends"))
    bounds = models.JSONField(default=list)
    currency = models.CharField(max_length=10, blank=True)
    customers = models.PositiveIntegerField(help_text=_("who bought anything in that year"))

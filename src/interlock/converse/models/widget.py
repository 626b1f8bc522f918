"""The widget: which other sites may show it, and the key by which their servers say who their reader is."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Widget(models.Model):
    """One row, made when first set."""

    sites = models.JSONField(
        default=list, help_text=_("origins that may show it, such as https://example.com")
    )
    sealed_key = models.TextField(blank=True, help_text=_("signs who a reader is; empty: nobody is known"))
    key_made_at = models.DateTimeField(null=True, blank=True)

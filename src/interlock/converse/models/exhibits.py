"""A table or chart as somebody saw it, kept in a talk. What it shows never changes; the page it is from may."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from interlock.converse.models.conversations import Conversation
from interlock.converse.models.lines import Audience
from interlock.fabric.models import Person


class Exhibit(models.Model):
    """Columns and rows as they stood on a page at one moment. For staff: the figures of the company are."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="exhibits")
    title = models.CharField(max_length=300)
    note = models.CharField(max_length=500, blank=True)
    columns = models.JSONField()
    rows = models.JSONField()
    left_out = models.PositiveIntegerField(default=0)
    drawing = models.JSONField(default=dict, help_text=_("the figures of the chart it was; empty: a table"))
    address = models.CharField(max_length=500)
    seen_at = models.DateTimeField()
    sha256 = models.CharField(max_length=64)
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.STAFF, editable=False)
    attached_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    attached_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["conversation", "sha256"], name="exhibit_once")]

    def __str__(self) -> str:
        return self.title

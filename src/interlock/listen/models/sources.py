"""Sources: the places that records and signals come from."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from interlock.fabric.models import ApiToken


class SourceKind(models.TextChoices):
    """Where records come from, besides the live connectors, which name their own kinds."""

    FILES = "files", _("Files")
    DATABASE = "database", _("Database")
    DEMO = "demo", _("Demo")
    API = "api", _("API")
    WEBHOOK = "webhook", _("Webhook")
    CAPTURED = "captured", _("Told to a colleague")
    COMMUNITY = "community", _("Community")
    CLOSURES = "closures", _("Answers to what we told")


class Source(models.Model):
    """One place that records come from. `key` marks its rows in the lake and never changes.

    A live source is asked every `ask_every` seconds from `cursor` on; a pushing source (API, webhook) is
    never asked. The tallies hold for all time: received = stored + duplicate + refused, at any moment.
    """

    key = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=40, default=SourceKind.FILES)
    mapping = models.TextField(blank=True, help_text=_("YAML of the last import, offered for the next one"))
    made_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)
    purpose = models.TextField(
        blank=True, help_text=_("why the company collects this; shown to those who ask")
    )
    token = models.OneToOneField(
        ApiToken,
        models.PROTECT,
        null=True,
        blank=True,
        help_text=_("the key by which a pushing source is known"),
    )

    connection = models.JSONField(default=dict, help_text=_("answers to the connector's fields, none secret"))
    secrets = models.TextField(blank=True, help_text=_("the secret answers, encrypted"))
    ask_every = models.PositiveIntegerField(null=True, blank=True, help_text=_("seconds; empty: never asked"))
    ask_at = models.DateTimeField(null=True, blank=True, help_text=_("when it is asked next"))
    asked_by = models.CharField(max_length=64, blank=True, help_text=_("the worker that asks it now"))
    asked_until = models.DateTimeField(null=True, blank=True, help_text=_("until then nobody else asks it"))
    cursor = models.TextField(
        blank=True, help_text=_("where the next asking goes on; opaque to all but the connector")
    )
    paused_at = models.DateTimeField(null=True, blank=True)
    freshness_limit = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("seconds without a signal that are too many; empty: learnt")
    )
    answer_hours = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("hours within which its customers are answered; empty: by kind")
    )

    last_tried_at = models.DateTimeField(null=True, blank=True)
    last_ok_at = models.DateTimeField(null=True, blank=True)
    last_signal_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(
        blank=True, help_text=_("what went wrong last, as a sentence; empty when all is well")
    )
    failures = models.PositiveIntegerField(default=0, help_text=_("failed askings in a row"))

    received = models.BigIntegerField(default=0)
    stored = models.BigIntegerField(default=0)
    duplicate = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(received=models.F("stored") + models.F("duplicate") + models.F("refused")),
                name="source_adds_up",
            )
        ]

    def __str__(self) -> str:
        return self.name

"""Imports: one reading of one source into the lake, with its accounting."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from interlock.fabric.models import Person
from interlock.listen.models.sources import Source


class State(models.TextChoices):
    """Where an import stands. `draft` is an upload whose columns are still looked at."""

    DRAFT = "draft", _("being prepared")
    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    STOPPED = "stopped", _("stopped")
    UNDONE = "undone", _("undone")


class Errand(models.TextChoices):
    """What a waiting or running import is to do."""

    LOOK = "look", _("look at the columns")
    TRY = "try", _("try without storing")
    STORE = "store", _("read and store")


class Import(models.Model):
    """One reading of one source, from the upload to the accounting. Files are gone when `files_kept` is false."""

    source = models.ForeignKey(Source, models.PROTECT, null=True, blank=True, related_name="imports")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    errand = models.CharField(max_length=10, choices=Errand, default=Errand.LOOK)
    title = models.CharField(max_length=200, help_text=_("what was given, as a person would call it"))
    location = models.CharField(max_length=1000, help_text=_("path or address, never with a password"))
    files = models.JSONField(default=list, help_text=_("name, bytes and SHA-256 of each file"))
    files_kept = models.BooleanField(default=True)
    mapping = models.TextField(blank=True, help_text=_("YAML, frozen when the import starts"))
    found = models.JSONField(
        default=dict, help_text=_("columns, first values and guesses, as the page shows them")
    )
    trial = models.JSONField(default=dict, help_text=_("accounting of the dry run"))

    live = models.BooleanField(
        default=False, db_default=False, help_text=_("a source that is asked again and again brought it")
    )

    doing = models.CharField(max_length=200, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    rows_done = models.BigIntegerField(default=0)
    stop_asked = models.BooleanField(default=False)
    accounting = models.JSONField(default=dict)
    refused_rows = models.BigIntegerField(default=0)
    snapshot_number = models.BigIntegerField(null=True, blank=True)
    error = models.TextField(blank=True)

    made_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="imports")
    made_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at", "-pk"]
        indexes = [models.Index(fields=["state"], name="import_state")]

    def __str__(self) -> str:
        return self.title

    @property
    def batch_id(self) -> str:
        """The mark of this import's rows in the lake."""
        return f"import-{self.pk}"

    @property
    def is_moving(self) -> bool:
        return self.state in {State.WAITING, State.RUNNING}

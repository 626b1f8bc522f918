"""What the room keeps: sources, imports with their accounting, and a searchable copy of every signal.

The records themselves lie in the lake. A signal is copied here as well because somebody must answer it:
the copy carries the names a reader needs (account, product, region) and nothing that is not in the lake.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from interlock.fabric.models import Person

LONGEST_READABLE_KEY = 20


class SourceKind(models.TextChoices):
    """Where records come from."""

    FILES = "files", _("Files")
    DATABASE = "database", _("Database")
    DEMO = "demo", _("Demo")


class Source(models.Model):
    """One place that records come from. `key` marks its rows in the lake and never changes."""

    key = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=SourceKind, default=SourceKind.FILES)
    mapping = models.TextField(blank=True, help_text=_("YAML of the last import, offered for the next one"))
    made_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


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


class Signal(models.Model):
    """The copy of one signal. `copy_hash` covers every other column, so that a sync writes only what changed."""

    key = models.CharField(max_length=400, unique=True)
    source = models.ForeignKey(Source, models.PROTECT, related_name="signals", db_index=False)
    kind = models.CharField(max_length=20)
    occurred_at = models.DateTimeField()
    account_key = models.CharField(max_length=400, blank=True)
    account_label = models.CharField(max_length=400, blank=True)
    product_key = models.CharField(max_length=400, blank=True)
    product_label = models.CharField(max_length=400, blank=True)
    order_key = models.CharField(max_length=400, blank=True)
    line_key = models.CharField(max_length=400, blank=True)
    region = models.CharField(max_length=200, blank=True)
    rating = models.FloatField(null=True, blank=True)
    rating_max = models.FloatField(null=True, blank=True)
    rating_share = models.FloatField(
        null=True, blank=True, help_text=_("rating divided by the best that could be given")
    )
    title = models.TextField(blank=True)
    body = models.TextField(blank=True)
    reason = models.CharField(max_length=400, blank=True)
    resolution = models.CharField(max_length=400, blank=True)
    channel = models.CharField(max_length=200, blank=True)
    lang = models.CharField(max_length=20, blank=True)
    first_reply_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    answered = models.BooleanField(
        null=True, help_text=_("empty: this source never says whether somebody answered")
    )
    url = models.CharField(max_length=2000, blank=True)
    copy_hash = models.BigIntegerField()

    class Meta:
        # Every list is newest first. One index holds every column that few values share, so that any filters
        # together are answered by walking it, without reading one signal: 300,000 took 50 ms at worst. What
        # narrows to few signals has an index of its own, in the same order.
        indexes = [
            models.Index(
                fields=[
                    "-occurred_at", "-id", "kind", "region", "product_label", "rating_share", "answered", "source",
                ],
                name="signal_listed",
            ),
            models.Index(fields=["product_key", "-occurred_at", "-id"], name="signal_product"),
            models.Index(fields=["product_label", "-occurred_at", "-id"], name="signal_product_label"),
            models.Index(fields=["account_key", "-occurred_at", "-id"], name="signal_account"),
            models.Index(fields=["order_key"], name="signal_order"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title or self.body[:80] or self.key

    @property
    def account_name(self) -> str:
        """The account as a reader would call it; a long key without a name is cut, since nobody reads it."""
        return self.account_label if self.account_label != self.account_key else _short_key(self.account_key)

    @property
    def product_name(self) -> str:
        """The product as a reader would call it, likewise."""
        return self.product_label if self.product_label != self.product_key else _short_key(self.product_key)

    @property
    def order_name(self) -> str:
        """The order's key, cut when it is longer than anybody reads."""
        return _short_key(self.order_key)


def _short_key(key: str) -> str:
    return f"{key[:8]}…" if len(key) > LONGEST_READABLE_KEY and " " not in key else key


class SignalsCopied(models.Model):
    """One row: the snapshot of the lake that the copies show. Behind the lake means: the copy is not complete."""

    snapshot_number = models.BigIntegerField(default=0)
    signals = models.BigIntegerField(default=0)
    latest_at = models.DateTimeField(null=True)
    words_behind = models.BooleanField(
        default=False, help_text=_("the search index is rebuilt when copying ends")
    )
    recent = models.JSONField(
        default=dict, help_text=_("counts of the newest 90 days, for the list's headline")
    )


class Facet(models.Model):
    """One value that the list of signals can be filtered by, with its count as of the last copying."""

    name = models.CharField(max_length=20)
    value = models.CharField(max_length=400)
    signals = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "value"], name="facet_once")]

"""The searchable copy of every signal, and what lists need beside it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from interlock.listen.models.sources import Source

LONGEST_READABLE_KEY = 20


class Signal(models.Model):
    """The copy of one signal. `copy_hash` covers every other column, so that a sync writes only what changed."""

    key = models.CharField(max_length=400, unique=True)
    source = models.ForeignKey(Source, models.PROTECT, related_name="signals", db_index=False)
    kind = models.CharField(max_length=20)
    occurred_at = models.DateTimeField()
    account_key = models.CharField(max_length=400, blank=True)
    account_label = models.CharField(max_length=400, blank=True)
    contact_key = models.CharField(max_length=400, blank=True)
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
    # Not part of the copy, so that no copying writes over them.
    received_at = models.DateTimeField(
        null=True, blank=True, help_text=_("when it came in live; empty: it came with an import")
    )
    in_records = models.BooleanField(
        default=True, db_default=True, help_text=_("false: it came in live and is not in the lake yet")
    )

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
            models.Index(
                fields=["contact_key", "-occurred_at", "-id"], name="signal_contact",
                condition=~models.Q(contact_key=""),
            ),
            models.Index(
                fields=["received_at", "occurred_at", "rating_share", "answered"], name="signal_live",
                condition=models.Q(in_records=False),
            ),
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
    at = models.DateTimeField(null=True, help_text=_("when they were counted"))
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

"""What the API remembers: responses given under an Idempotency-Key, and webhook messages seen."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from interlock.fabric.models import ApiToken
from interlock.listen.models import Source


class StoredResponse(models.Model):
    """The answer to the first request with a key, given again to every later one with the same body."""

    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=255)
    body_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.TextField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="response_once")]


class SeenMessage(models.Model):
    """A webhook message that was taken in, so that its repetition changes nothing."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="+", db_index=False)
    message_id = models.CharField(max_length=255)
    at = models.DateTimeField(db_index=True, help_text=_("kept as long as a sender may repeat it"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "message_id"], name="message_once")]

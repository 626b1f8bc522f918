"""What an import of another community brought in: which row there became what here."""

from __future__ import annotations

from django.db import models

from interlock.converse.models.community import Post, Reply
from interlock.fabric.models import Person


class Brought(models.Model):
    """One row of another system. The same digest again is a duplicate, another one an update."""

    source = models.CharField(max_length=80)
    kind = models.CharField(max_length=8)
    foreign = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    address = models.CharField(max_length=400, blank=True, db_index=True)
    post = models.ForeignKey(Post, models.CASCADE, null=True, blank=True, related_name="+")
    reply = models.ForeignKey(Reply, models.CASCADE, null=True, blank=True, related_name="+")
    person = models.ForeignKey(Person, models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "kind", "foreign"], name="brought_once")]

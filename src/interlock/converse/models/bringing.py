"""What an import of another community brought in: each import, and which row there became what here."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from interlock.converse.models.community import Board, Kind, Post, Reply
from interlock.fabric.models import Person


class Bringing(models.Model):
    """One import of another community, from its files to the end: tried, brought, or taken back."""

    class State(models.TextChoices):
        TRYING = "trying", _("being tried")
        TRIED = "tried", _("tried, nothing stored")
        BRINGING = "bringing", _("being brought in")
        DONE = "done", _("brought in")
        FAILED = "failed", _("not read")
        UNDOING = "undoing", _("being taken back")
        UNDONE = "undone", _("taken back")

    source = models.CharField(
        max_length=80, help_text=_("the community there; another file of it updates by the same keys")
    )
    system = models.CharField(max_length=12)
    board = models.ForeignKey(Board, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind, help_text=_("what posts are that do not say it"))
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.TRYING)
    files = models.JSONField(default=list, help_text=_("name and bytes of each"))
    done = models.PositiveIntegerField(default=0, help_text=_("rows looked at so far"))
    total = models.PositiveIntegerField(default=0)
    tally = models.JSONField(default=dict, help_text=_("what became of the rows, or would"))
    kept = models.JSONField(default=dict, help_text=_("what stayed when it was taken back, by kind"))
    trouble = models.TextField(blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.source

    @property
    def is_moving(self) -> bool:
        return self.state in {self.State.TRYING, self.State.BRINGING, self.State.UNDOING}


class Brought(models.Model):
    """One row of another system. The same digest again is a duplicate, another one an update."""

    source = models.CharField(max_length=80)
    kind = models.CharField(max_length=8)
    foreign = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    bringing = models.ForeignKey(
        Bringing, models.SET_NULL, null=True, blank=True, related_name="brought", help_text=_("that made it")
    )
    address = models.CharField(max_length=400, blank=True, db_index=True)
    post = models.ForeignKey(Post, models.CASCADE, null=True, blank=True, related_name="+")
    reply = models.ForeignKey(Reply, models.CASCADE, null=True, blank=True, related_name="+")
    person = models.ForeignKey(Person, models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "kind", "foreign"], name="brought_once")]

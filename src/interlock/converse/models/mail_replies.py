"""Mails that answered one of ours, each once: waiting, stored as a line or reply, or refused with its reason."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from interlock.converse.models.community import Reply
from interlock.converse.models.lines import Message
from interlock.fabric.models import Person


class MailReply(models.Model):
    """One mail. `raw` is emptied once it was read; of a refused one the words stay for the team for a while."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waits to be read")
        STORED = "stored", _("stands in the conversation")
        REFUSED = "refused", _("refused")

    key = models.CharField(
        max_length=64, unique=True, help_text=_("of the mail: the same again is a duplicate")
    )
    token = models.CharField(max_length=80, help_text=_("of the address it was sent to"))
    place = models.CharField(max_length=200, help_text=_("mailbox, folder and number"))
    received_at = models.DateTimeField()
    again = models.PositiveIntegerField(
        default=0, help_text=_("how often the mailbox handed it over once more")
    )
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    whole = models.BooleanField(default=True)
    raw = models.BinaryField(default=bytes)

    person = models.ForeignKey(Person, models.CASCADE, null=True, blank=True, related_name="+")
    sender = models.CharField(max_length=400, blank=True)
    subject = models.CharField(max_length=500, blank=True)
    words = models.TextField(blank=True, help_text=_("of one that was refused"))
    reason = models.CharField(max_length=400, blank=True)
    told_at = models.DateTimeField(null=True, blank=True, help_text=_("when its sender heard the reason"))
    line = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="+")
    said = models.ForeignKey(Reply, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-received_at", "-pk"]
        indexes = [
            models.Index(fields=["state", "-received_at"], name="mail_reply_by_state"),
            models.Index(fields=["sender", "-told_at"], name="mail_reply_told"),
        ]

"""Which mails somebody gets about what they take part in, and how each went."""

from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from interlock.converse.models.conversations import Conversation
from interlock.converse.models.lines import Message
from interlock.fabric.models import Chat, Person


class NoticeChoice(models.Model):
    """How somebody wants to be told; who has no row has not changed what stands here."""

    person = models.OneToOneField(Person, models.CASCADE, primary_key=True, related_name="notice_choice")
    daily = models.BooleanField(default=True)
    at_once = models.BooleanField(default=True, help_text=_("when named, and when an answer is due"))
    hour = models.PositiveSmallIntegerField(default=8, validators=[MaxValueValidator(23)])
    zone = models.CharField(max_length=64, blank=True, help_text=_("empty: that of the installation"))
    calendar_on = models.BooleanField(default=False)
    calendar_number = models.PositiveIntegerField(
        default=0, help_text=_("in the secret address of the calendar; a new one voids those of before")
    )


class Notice(models.Model):
    """One mail to one person. What it says is asked for when it is sent, so that nothing is kept here of its text."""

    class Why(models.TextChoices):
        NAMED = "named", _("named in a line")
        DUE = "due", _("an answer is due")
        DAILY = "daily", _("what came since the last mail")
        CHAT = "chat", _("a chat is not told any more")

    class State(models.TextChoices):
        WAITING = "waiting", _("waits")
        SENDING = "sending", _("is being sent")
        SENT = "sent", _("sent")
        EMPTY = "empty", _("not sent: nothing to say any more")
        DOUBTFUL = "doubtful", _("perhaps sent")
        FAILED = "failed", _("not sent")

    person = models.ForeignKey(Person, models.CASCADE, related_name="notices")
    why = models.CharField(max_length=8, choices=Why)
    message = models.ForeignKey(Message, models.CASCADE, null=True, blank=True, related_name="+")
    conversation = models.ForeignKey(Conversation, models.CASCADE, null=True, blank=True, related_name="+")
    chat = models.ForeignKey(Chat, models.CASCADE, null=True, blank=True, related_name="+")
    day = models.DateField(null=True, blank=True, help_text=_("of the person, by their own clock"))
    at = models.DateTimeField(help_text=_("a daily mail tells what came up to then"))
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["person", "why", "-at"], name="notice_latest")]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "message"], condition=Q(why="named"), name="notice_named_once"
            ),
            models.UniqueConstraint(
                fields=["person", "conversation", "day"], condition=Q(why="due"), name="notice_due_once"
            ),
            models.UniqueConstraint(
                fields=["person", "day"], condition=Q(why="daily"), name="notice_one_a_day"
            ),
            models.UniqueConstraint(
                fields=["person", "chat", "day"], condition=Q(why="chat"), name="notice_chat_once"
            ),
        ]

"""The lines of a talk, and what belongs to one: earlier wordings, mentions, pictures, reactions, drafts."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from interlock.converse.models.conversations import Conversation
from interlock.fabric.models import Function, Person


class Audience(models.TextChoices):
    """Who reads a line. Each circle holds the ones before it."""

    STAFF = "staff", _("Staff only")
    PARTNER = "partner", _("Staff and shop")
    CUSTOMER = "customer", _("Customer reads this")


class Message(models.Model):
    """One line somebody wrote, for an audience chosen before. Corrected for ten minutes; later taken away, visibly."""

    class Kind(models.TextChoices):
        SAY = "say", _("says")
        ASK = "ask", _("asks")
        ANSWER = "answer", _("answers")

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    author = models.ForeignKey(Person, models.PROTECT, related_name="messages")
    function = models.CharField(max_length=20, choices=Function)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.SAY)
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.STAFF)
    body = models.TextField(max_length=10_000, help_text=_("Markdown, as it was written"))
    reply_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="replies")
    sent_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    widened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["sent_at", "pk"]
        indexes = [models.Index(fields=["conversation", "sent_at"], name="message_in_order")]

    def __str__(self) -> str:
        return self.body[:80]


class Wording(models.Model):
    """What a line said before a correction, read by those who could read the line then."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="wordings")
    body = models.TextField()
    audience = models.CharField(max_length=8, choices=Audience)
    until = models.DateTimeField()

    class Meta:
        ordering = ["pk"]


class Mention(models.Model):
    """Somebody named in a line with @; who may not read the line cannot be named in it."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="mentions")
    person = models.ForeignKey(Person, models.CASCADE, related_name="mentions")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "person"], name="mention_once")]


class Reaction(models.Model):
    """One word of one person on one line. No vote: it counts for nothing."""

    class Word(models.TextChoices):
        SEEN = "seen", _("seen")
        THANKS = "thanks", _("thanks")
        AGREE = "agree", _("I agree")
        UNSURE = "unsure", _("I am not sure")

    message = models.ForeignKey(Message, models.CASCADE, related_name="reactions")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    word = models.CharField(max_length=8, choices=Word)
    audience = models.CharField(max_length=8, choices=Audience, help_text=_("who read the line then"))
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["message", "person", "word"], name="reaction_once")]


class Picture(models.Model):
    """A picture, drawn anew from what was uploaded. The one who brought it sees it; with its line, all its readers."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="pictures")
    message = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="pictures")
    brought_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    brought_at = models.DateTimeField()
    key = models.CharField(max_length=32, unique=True, help_text=_("its name on disk and in addresses"))
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField(help_text=_("bytes on disk"))


class Draft(models.Model):
    """What somebody has begun to write in one talk, with the audience they had chosen for it."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="drafts")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    body = models.TextField(max_length=10_000)
    audience = models.CharField(max_length=8, choices=Audience)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "person"], name="draft_once")]

"""What every signal says by itself: its language, how the customer feels, what they want; and what people said instead."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from interlock.fabric.models import Person
from interlock.listen.models.signals import Signal


class Sentiment(models.TextChoices):
    """How a customer feels."""

    NEGATIVE = "negative", _("negative")
    NEUTRAL = "neutral", _("neutral")
    POSITIVE = "positive", _("positive")


class Intent(models.TextChoices):
    """What a customer wants; several may hold."""

    COMPLAINT = "complaint", _("complaint")
    REQUEST = "request", _("request")
    QUESTION = "question", _("question")
    PRAISE = "praise", _("praise")
    THREAT = "threat", _("threat to leave")
    LEGAL = "legal", _("legal threat")
    SAFETY = "safety", _("safety")


class Understood(models.Model):
    """The labels of one signal, found by a judge of this `version`, with people's corrections already in them.

    No foreign key holds the signal: copies of signals are taken out in bulk, and `understanding.reading` clears up behind.
    """

    signal = models.OneToOneField(
        Signal, models.DO_NOTHING, primary_key=True, related_name="understood", db_constraint=False
    )
    copy_hash = models.BigIntegerField(help_text=_("of the signal as it was read"))
    version = models.CharField(max_length=40)
    language = models.CharField(max_length=8, blank=True, help_text=_("empty: unknown"))
    language_chance = models.FloatField(default=0)
    also = models.CharField(max_length=40, blank=True, help_text=_("further languages, by commas"))
    language_by = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text=_("who said which language it is; empty: automatic"),
    )
    sentiment = models.CharField(max_length=8, choices=Sentiment)
    complaint = models.BooleanField()
    request = models.BooleanField()
    question = models.BooleanField()
    praise = models.BooleanField()
    threat = models.BooleanField()
    legal = models.BooleanField()
    safety = models.BooleanField()
    chances = models.JSONField(default=dict, help_text=_("of each sentiment and intent, 0 to 1"))
    corrected_by = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text=_("who said so; empty: automatic"),
    )

    @property
    def intents(self) -> list[Intent]:
        """The intents that hold."""
        return [intent for intent in Intent if getattr(self, intent)]


class Correction(models.Model):
    """A person said how a customer feels and what they want. The latest of a signal holds for ever, and teaches."""

    signal_key = models.CharField(max_length=400)
    sentiment = models.CharField(max_length=8, choices=Sentiment)
    intents = models.JSONField(default=list)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    taken_back_at = models.DateTimeField(null=True, help_text=_("what was said before holds again"))

    class Meta:
        indexes = [models.Index(fields=["signal_key", "-id"], name="correction_of_signal")]


class LanguageCorrection(models.Model):
    """A person said in which language a signal is written. The latest of a signal holds for ever."""

    signal_key = models.CharField(max_length=400)
    language = models.CharField(max_length=8, blank=True, help_text=_("empty: in none that can be told"))
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    taken_back_at = models.DateTimeField(null=True, help_text=_("what was said before holds again"))

    class Meta:
        indexes = [models.Index(fields=["signal_key", "-id"], name="language_of_signal")]


class LearntFeeling(models.Model):
    """A model learnt from the company's own texts, and whether it took the place of the word lists."""

    subject = models.CharField(max_length=10, help_text=_("sentiment, or one intent"))
    version = models.CharField(max_length=12)
    learnt_at = models.DateTimeField()
    learnt_from = models.PositiveIntegerField()
    adopted = models.BooleanField()
    verdict = models.JSONField(help_text=_("what the comparison with the word lists found"))
    model = models.BinaryField(null=True, help_text=_("empty when it was not adopted"))

    class Meta:
        indexes = [models.Index(fields=["subject", "-id"], name="learnt_of_subject")]

"""The outcry watch: what is watched, where each stream stands, and every alarm with what was known then."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from interlock.fabric.models import Person


class StreamKind(models.TextChoices):
    """What the signals of a stream have in common."""

    SOURCE = "source", _("source")
    CHANNEL = "channel", _("channel")
    PRODUCT = "product", _("product")
    THEME = "theme", _("theme")


class StreamState(models.TextChoices):
    """Where a stream stands (domain.md, 5.2). The last is a fall: its people fell silent while its sources speak."""

    QUIET = "quiet", _("quiet")
    EMERGING = "emerging", _("above its limit")
    OUTCRY = "outcry", _("outcry")
    FALLEN = "fallen", _("fallen silent")


class OutcryWatch(models.Model):
    """One row: the budget, how far was listened, and what the detector remembers of all streams.

    State and `listened_until` are written in one transaction, so that a killed worker goes on where it was.
    """

    false_alarms = models.FloatField(default=1, help_text=_("allowed in `days`, over all streams together"))
    days = models.FloatField(default=91.25)
    set_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    set_at = models.DateTimeField(null=True, blank=True)
    host = models.ForeignKey(
        Person,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("who is on duty: asked in first"),
    )
    told = models.ManyToManyField(Person, related_name="+", help_text=_("who is written to"))
    mails = models.JSONField(default=list, help_text=_("further mail addresses that are written to"))
    listened_until = models.DateTimeField(null=True, blank=True)
    state = models.BinaryField(null=True, help_text=_("arrays of the detector, a row a stream"))
    past = models.JSONField(default=dict, help_text=_("the back-test on the company's own past"))


class Verdict(models.TextChoices):
    """What a person said of an alarm."""

    FALSE = "false", _("not an outcry")
    OVER = "over", _("over")


class WatchedStream(models.Model):
    """One stream. `number` is its row in the state; it is never given to another."""

    kind = models.CharField(max_length=10, choices=StreamKind)
    key = models.CharField(max_length=400)
    number = models.PositiveIntegerField(unique=True)
    began_at = models.DateTimeField(help_text=_("when its first signal was heard live"))
    state = models.CharField(max_length=10, choices=StreamState, default=StreamState.QUIET)
    state_since = models.DateTimeField(null=True, blank=True)
    learnt_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text=_("when its usual was last learnt from the past; themes alone have one"),
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="stream_once")]


class Alarm(models.Model):
    """A stream rang: from then until it is quiet again, or until somebody said that it is none, or over.

    `known` is what was known when it last changed. A verdict ended the alarm where `ended_at` is `judged_at`. Streams
    that ring for one event are one alarm to people: the first heard is its `event`, with one address and one notice.
    """

    stream = models.ForeignKey(WatchedStream, models.PROTECT, related_name="alarms")
    event = models.ForeignKey(
        "self",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="parts",
        help_text=_("the alarm first heard of the same event; empty: this is the first"),
    )
    joined_at = models.DateTimeField(
        null=True, blank=True, help_text=_("when it was found to be the same event")
    )
    apart_from = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("the event that somebody took it out of; it is joined to none any more"),
    )
    label = models.CharField(max_length=400)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=StreamState, help_text=_("the highest it reached"))
    outcry_at = models.DateTimeField(null=True, blank=True)
    strength = models.FloatField()
    times = models.FloatField(help_text=_("the usual, over six hours"))
    known = models.JSONField(default=dict)
    usual = models.JSONField(
        default=dict, help_text=_("limits of people an hour by hour of the week, as they were when it rang")
    )
    verdict = models.CharField(max_length=10, choices=Verdict, blank=True)
    reason = models.CharField(max_length=300, blank=True, help_text=_("why it is not an outcry"))
    judged_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    judged_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True, help_text=_("when the last receiver was told"))
    told_error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-began_at", "-id"], name="alarm_listed")]
        constraints = [
            models.UniqueConstraint(
                fields=["stream"], condition=models.Q(ended_at=None), name="one_alarm_a_stream"
            )
        ]

    @property
    def is_fall(self) -> bool:
        """Whether people fell silent, rather than spoke up."""
        return self.state == StreamState.FALLEN


class NoticeState(models.TextChoices):
    """How far a notice came."""

    WAITING = "waiting", _("waiting")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("not sent")
    DOUBTFUL = "doubtful", _("perhaps sent")


class Notice(models.Model):
    """One message about what changed at one moment, to one receiver; `to` is a mail address.

    It is noted as being sent before it goes out, so that whatever breaks nobody is told the same twice.
    """

    at = models.DateTimeField()
    to = models.CharField(max_length=320)
    alarms = models.ManyToManyField(Alarm, related_name="notices")
    state = models.CharField(max_length=10, choices=NoticeState, default=NoticeState.WAITING)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["at", "to"], name="notice_once")]

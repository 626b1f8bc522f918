"""Disconnects as the rules found them and people moved them, and what people said of them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from interlock.converse.models import Conversation
from interlock.fabric.models import Context, Evidence, Function, Person
from interlock.listen.models import Theme


class State(models.TextChoices):
    """Where a disconnect stands; `moves.py` holds the allowed moves, `services` their guards."""

    SUSPECTED = "suspected", _("Suspected")
    DETECTED = "detected", _("Detected")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    SAFETY_CHECK = "safety_check", _("Safe to talk")
    CONVENED = "convened", _("Brought together")
    AGREED = "agreed", _("Agreed")
    MEASURING = "measuring", _("Measuring")
    RESOLVED = "resolved", _("Resolved")
    RECURRED = "recurred", _("Came back")
    DISMISSED = "dismissed", _("Dismissed")
    FADED = "faded", _("Faded")


class Detection(models.Model):
    """One run of the rules over one snapshot of the records."""

    snapshot_number = models.PositiveBigIntegerField(unique=True)
    versions = models.JSONField()
    ran_at = models.DateTimeField()
    as_of = models.DateTimeField(null=True)
    window_from = models.DateField(null=True)
    window_to = models.DateField(null=True)
    rules_run = models.JSONField(default=list)
    rules_off = models.JSONField(default=list)
    found = models.PositiveIntegerField(default=0)
    shared_work = models.JSONField(default=list, help_text=_("pairs of functions with the cases they share"))

    class Meta:
        ordering = ["-snapshot_number"]

    def __str__(self) -> str:
        return f"snapshot {self.snapshot_number}, {self.found} found"


class DriverReport(models.Model):
    """What moves bad outcomes, as computed once over one snapshot; pages only read it."""

    snapshot_number = models.PositiveBigIntegerField(unique=True)
    made_at = models.DateTimeField()
    content = models.JSONField()

    class Meta:
        ordering = ["-snapshot_number"]

    def __str__(self) -> str:
        return f"snapshot {self.snapshot_number}"


class Disconnect(models.Model):
    """Harm that customers feel between two functions, with its statistic, money and rows."""

    class Safety(models.TextChoices):
        UNKNOWN = "unknown", _("unknown")
        STATED = "stated", _("a named person says so")
        FACILITATED = "facilitated", _("with a facilitator")

    class Dismissal(models.TextChoices):
        WRONG_DATA = "wrong_data", _("Wrong data")
        KNOWN = "known", _("Known")
        NOT_US = "not_us", _("Not us")
        NOT_WORTH_IT = "not_worth_it", _("Not worth it")

    rule = models.CharField(max_length=10)
    function_a = models.CharField(max_length=20, choices=Function)
    function_b = models.CharField(max_length=20, choices=Function)
    context = models.ForeignKey(Context, models.PROTECT, related_name="disconnects")
    state = models.CharField(max_length=14, choices=State)
    state_since = models.DateTimeField()
    state_before = models.CharField(max_length=14, choices=State, blank=True)
    tier = models.CharField(max_length=10)

    # The statistic: x of n against what would be usual.
    n = models.PositiveBigIntegerField()
    x = models.PositiveBigIntegerField()
    rate = models.FloatField()
    baseline = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    probability = models.FloatField()

    # Money a year in minor units; the three are null together, and then the refusal says why.
    currency = models.CharField(max_length=3, blank=True)
    money_low = models.BigIntegerField(null=True)
    money_mid = models.BigIntegerField(null=True)
    money_high = models.BigIntegerField(null=True)
    money_basis = models.CharField(max_length=10, blank=True)
    money_terms = models.JSONField(default=list)
    money_caveat = models.CharField(max_length=1000, blank=True)
    money_refusal = models.CharField(max_length=1000, blank=True)
    worth = models.BigIntegerField(default=0, help_text=_("money in the middle times probability; the order"))

    # Sentences are msgid and values, put together in the reader's language.
    consequence = models.JSONField()
    lead = models.JSONField()
    why = models.JSONField(null=True)
    words = models.TextField(help_text=_("the sentence and the context in lower case, for the text filter"))
    siblings = models.JSONField(default=list)
    periods = models.JSONField(default=list)
    quotes = models.JSONField(default=list)
    bring = models.JSONField(default=list)

    # The way back to the rows.
    row_query = models.JSONField()
    sample = models.JSONField(default=dict, help_text=_("the first rows that stand behind it, and how many"))
    snapshot_number = models.PositiveBigIntegerField()
    versions = models.JSONField()
    window_from = models.DateField()
    window_to = models.DateField()
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    missed_windows = models.PositiveSmallIntegerField(default=0)
    missed_to = models.DateField(null=True)
    records_gone_at = models.DateTimeField(null=True, help_text=_("its rows were taken out of the records"))

    safety = models.CharField(max_length=12, choices=Safety, default=Safety.UNKNOWN)
    safety_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    safety_at = models.DateTimeField(null=True)
    dismissal = models.CharField(max_length=14, choices=Dismissal, blank=True)
    dismissal_note = models.CharField(max_length=500, blank=True)
    measuring_from = models.DateField(null=True)
    conversation = models.ForeignKey(Conversation, models.PROTECT, null=True, related_name="disconnects")
    evidence = models.ForeignKey(Evidence, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "context"], name="disconnect_once"),
            models.CheckConstraint(
                condition=models.Q(money_low=None, money_mid=None, money_high=None)
                | models.Q(money_low__lte=models.F("money_mid"), money_mid__lte=models.F("money_high")),
                name="disconnect_money_in_order",
            ),
            models.CheckConstraint(condition=models.Q(x__lte=models.F("n")), name="disconnect_x_of_n"),
        ]
        indexes = [models.Index(fields=["state", "-worth", "-id"], name="disconnect_order")]

    def __str__(self) -> str:
        return f"{self.rule} {self.context}"

    @property
    def pair(self) -> tuple[str, str]:
        return self.function_a, self.function_b


class CitedTheme(models.Model):
    """A theme of which the customers behind a disconnect's rows speak more than others do.

    Of `n` voices about these rows `x` belong to the theme; of all voices of that time `usual` (0 to 1).
    """

    disconnect = models.ForeignKey(Disconnect, models.CASCADE, related_name="cited_themes")
    theme = models.ForeignKey(Theme, models.CASCADE, related_name="+")
    x = models.PositiveIntegerField()
    n = models.PositiveIntegerField()
    low = models.FloatField(help_text=_("of the share x of n, as the upper end: 95 in 100"))
    high = models.FloatField()
    usual = models.FloatField()
    counted_at = models.DateTimeField()

    class Meta:
        ordering = ["-x", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["disconnect", "theme"], name="theme_cited_once"),
            models.CheckConstraint(condition=models.Q(x__lte=models.F("n")), name="cited_x_of_n"),
        ]

    def __str__(self) -> str:
        return f"{self.theme}: {self.x} of {self.n}"

    @property
    def share(self) -> float:
        return self.x / self.n

    @property
    def today(self) -> Theme:
        """The theme, or what it became since."""
        return self.theme.became if self.theme.ended_at and self.theme.became else self.theme


class Acknowledgement(models.Model):
    """A named person says for one side: we see it."""

    disconnect = models.ForeignKey(Disconnect, models.CASCADE, related_name="acknowledgements")
    function = models.CharField(max_length=20, choices=Function)
    person = models.ForeignKey(Person, models.PROTECT, related_name="acknowledgements")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["disconnect", "function"], name="one_a_side")]

    def __str__(self) -> str:
        return f"{self.person} for {self.get_function_display()}"


class Judgement(models.Model):
    """One person's vote on one finding: useful, or wrong. It can be changed and taken back."""

    disconnect = models.ForeignKey(Disconnect, models.CASCADE, related_name="judgements")
    rule = models.CharField(max_length=10)
    person = models.ForeignKey(Person, models.PROTECT, related_name="judgements")
    useful = models.BooleanField()
    by_dismissal = models.BooleanField(default=False, help_text=_("given by dismissing, undone with it"))
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["disconnect", "person"], name="one_vote_a_person")]
        indexes = [models.Index(fields=["rule", "-at"], name="judgement_by_rule")]

    def __str__(self) -> str:
        return f"{self.person}: {'useful' if self.useful else 'wrong'}"

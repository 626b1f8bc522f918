"""The nouns that every verb shares: people, teams, contexts, evidence and the journal."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _


class Function(models.TextChoices):
    """What a team does for the customer. The order is the order of every chart."""

    CUSTOMER = "customer", _("Customers")
    SALES = "sales", _("Sales")
    MARKETING = "marketing", _("Marketing")
    PRODUCT = "product", _("Product")
    PRODUCTION = "production", _("Production")
    OPERATIONS = "operations", _("Operations")
    SERVICE = "service", _("Service")
    FINANCE = "finance", _("Finance")
    LEGAL = "legal", _("Legal")
    PEOPLE = "people", _("People")
    PARTNER = "partner", _("Partners")
    RIVAL = "rival", _("Rivals")


class Role(models.TextChoices):
    """What somebody may do; `fabric/access.py` holds the table."""

    OWNER = "owner", _("Owner")
    LEAD = "lead", _("Function lead")
    CONTRIBUTOR = "contributor", _("Contributor")
    PARTNER = "partner", _("Partner")
    CUSTOMER = "customer", _("Customer")
    OBSERVER = "observer", _("Observer")


# Those who work here; partners and customers are guests.
STAFF_ROLES = frozenset({Role.OWNER, Role.LEAD, Role.CONTRIBUTOR, Role.OBSERVER})


class UserManager(BaseUserManager["User"]):
    """Makes users by e-mail address; there are no user names."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A sign-in. What somebody is to the company stands in Person."""

    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []
    # Nobody has powers outside the access table, so the admin's notions are constants.
    is_staff = False
    is_superuser = False

    objects = UserManager()

    def __str__(self) -> str:
        return self.email


class SignOn(models.Model):
    """An account of the company's own single sign-on that leads to one here, by what never changes of it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="sign_ons")
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="sign_on_once")]


class Team(models.Model):
    """A team of the company, as the records name it or as the owner adds it."""

    key = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=200)
    function = models.CharField(max_length=20, choices=Function)
    site = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """Somebody who takes part: an employee, a partner or a customer."""

    user = models.OneToOneField(User, models.SET_NULL, null=True, blank=True, related_name="person")
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=20, choices=Role, default=Role.CONTRIBUTOR)
    functions = models.JSONField(default=list, help_text=_("codes of Function; the first is the home"))
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="members")
    account_key = models.CharField(
        max_length=200, blank=True, help_text=_("for customers and partners: their account")
    )
    theme = models.CharField(max_length=10, blank=True, choices=[("paper", _("Paper")), ("ink", _("Ink"))])
    shortcuts = models.BooleanField(default=True)
    left_at = models.DateTimeField(null=True, blank=True)
    away_from = models.DateTimeField(null=True, blank=True, help_text=_("empty: since it was said"))
    away_until = models.DateTimeField(null=True, blank=True)
    stand_in = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", help_text=_("who answers meanwhile")
    )

    class Meta:
        ordering = ["name", "pk"]
        indexes = [
            models.Index(fields=["name", "id"], name="person_by_name"),
            models.Index(fields=["role", "name", "id"], name="person_of_role"),
            models.Index(fields=["account_key"], name="person_of_account"),
            # Every page asks who is away; of a community's hundred thousand customers nobody is.
            models.Index(
                fields=["away_until"], name="person_away", condition=models.Q(away_until__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_staff_side(self) -> bool:
        return self.role in STAFF_ROLES


class CustomerSide(models.Model):
    """Somebody is a customer too: a colleague or partner who buys, or a customer of one more account.

    A role says what somebody may do, so it is the widest of their sides; being a customer adds to any.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="customer_sides")
    account_key = models.CharField(max_length=200, blank=True, help_text=_("empty: of no account we know"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "account_key"], name="customer_side_once")]
        indexes = [models.Index(fields=["account_key"], name="customer_side_of_account")]


class Organisation(models.Model):
    """A partner's organisation that no record names; accounts of customers stand in the records alone."""

    key = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


class Company(models.Model):
    """The company as its customers see it: one row, shown on the pages that are theirs."""

    name = models.CharField(max_length=80, blank=True)
    second_word = models.CharField(
        max_length=40, blank=True, help_text=_("stands after the name in italics, such as Riders")
    )
    about = models.CharField(max_length=500, blank=True, help_text=_("one sentence, for search engines"))
    customer_word = models.CharField(max_length=40, blank=True, help_text=_("one customer, such as rider"))
    customers_word = models.CharField(
        max_length=40, blank=True, help_text=_("many customers, such as riders")
    )
    partner_word = models.CharField(max_length=40, blank=True, help_text=_("one partner, such as shop"))

    def __str__(self) -> str:
        return f"{self.name or _('Community')} {self.second_word}".strip()


class Invitation(models.Model):
    """A one-time link to create an account. Only the hash of its token is kept."""

    token_hash = models.CharField(max_length=64, unique=True)
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=20, choices=Role)
    functions = models.JSONField(default=list)
    account_key = models.CharField(max_length=200, blank=True)
    invited_by = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="invitations_sent"
    )
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    by_mail = models.BooleanField(default=False, help_text=_("its link is mailed, not handed over"))
    mailed_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text=_("opens nothing any more: withdrawn, or used by one who comes by codes"),
    )
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.OneToOneField(Person, models.PROTECT, null=True, blank=True, related_name="invitation")


class Topic(models.TextChoices):
    """What a chat can be told of. The order is that of every list of them."""

    NAMED = "named", _("Named in a conversation")
    DUE = "due", _("Answers due or overdue")
    AGAIN = "again", _("Customers let down again")
    REOPENED = "reopened", _("Themes opened again")
    ALARM = "alarm", _("Outcry alarms")


class Chat(models.Model):
    """A channel of a chat outside that is told of what concerns a function. Whoever is in the channel reads it."""

    function = models.CharField(
        max_length=20, blank=True, choices=Function, help_text=_("empty: told of every function's")
    )
    name = models.CharField(max_length=80)
    address = models.TextField(help_text=_("of its webhook, encrypted; it is never shown again"))
    host = models.CharField(max_length=255, help_text=_("the machine of that address, which is no secret"))
    form = models.CharField(max_length=10, help_text=_("how its messages are written"))
    hears = models.JSONField(default=list, help_text=_("codes of Topic"))
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True, blank=True, help_text=_("somebody paused it"))
    stopped_at = models.DateTimeField(
        null=True, blank=True, help_text=_("it took nothing for so long that it is not tried any more")
    )
    failures = models.PositiveSmallIntegerField(default=0, help_text=_("one after the other, until now"))
    try_at = models.DateTimeField(null=True, blank=True, help_text=_("not before; empty: at once"))
    told_at = models.DateTimeField(null=True, blank=True, help_text=_("when it last took a message"))
    error = models.CharField(
        max_length=300, blank=True, help_text=_("why it did not take the last one, and what to do")
    )
    failed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["function", "name", "pk"]

    def __str__(self) -> str:
        return self.name


class ChatNotice(models.Model):
    """One thing that one chat is told, once. What it says is asked for when it leaves: nothing of its text is kept.

    It is noted as being sent before it goes out, so that whatever breaks no chat is told the same twice.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waits")
        SENDING = "sending", _("is being sent")
        SENT = "sent", _("sent")
        EMPTY = "empty", _("not sent: nothing to say any more")
        DOUBTFUL = "doubtful", _("perhaps sent")
        FAILED = "failed", _("not sent")

    chat = models.ForeignKey(Chat, models.CASCADE, related_name="notices")
    topic = models.CharField(max_length=10, choices=Topic)
    key = models.CharField(max_length=80, help_text=_("what of that kind: numbers and days, no words"))
    at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    taken_at = models.DateTimeField(null=True, blank=True, help_text=_("when a worker began to send it"))

    class Meta:
        indexes = [
            models.Index(
                fields=["chat", "id"],
                name="chat_notice_open",
                condition=models.Q(state__in=["waiting", "sending"]),
            ),
            models.Index(fields=["at"], name="chat_notice_old"),
        ]
        constraints = [models.UniqueConstraint(fields=["chat", "topic", "key"], name="chat_told_once")]


class NoMail(models.Model):
    """An address that wants no mail, as a mark that nobody can read the address from."""

    mark = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField()


class Forgotten(models.Model):
    """What somebody who was erased was known by, as a mark that nobody can read it from."""

    mark = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField()


class Context(models.Model):
    """A thin pointer to what a talk is about: a record, a group of records, a metric or a process element."""

    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=400)
    label = models.CharField(max_length=400)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="context_once")]

    def __str__(self) -> str:
        return self.label


class Evidence(models.Model):
    """A frozen query: the question, the versions of the tables, and the hash of the rows it gave."""

    context = models.ForeignKey(Context, models.PROTECT, related_name="evidence")
    title = models.CharField(max_length=300)
    query = models.JSONField()
    versions = models.JSONField()
    columns = models.JSONField()
    row_count = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    taken_at = models.DateTimeField()
    taken_by = models.ForeignKey(Person, models.PROTECT, null=True)


class JournalEntry(models.Model):
    """One line of who did what to what, chained by hash. Rows are never changed; triggers refuse it."""

    number = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey(Person, models.PROTECT, null=True, related_name="journal_entries")
    verb = models.CharField(max_length=40)
    about_kind = models.CharField(max_length=40)
    about_key = models.CharField(max_length=400)
    detail = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["about_kind", "about_key", "number"], name="journal_about")]


class JournalHead(models.Model):
    """The one row that writers of the journal lock, so that the chain never forks."""

    number = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="")


class ApiToken(models.Model):
    """A key for programs. Only its SHA-256 is kept; the token itself is shown once."""

    name = models.CharField(max_length=120)
    start = models.CharField(max_length=12, help_text=_("the first letters, to tell tokens apart"))
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    made_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Event(models.Model):
    """Something that open pages should hear of at once. Holds names of things, never their content.

    Numbers become visible in their order (`fabric/events.py` sees to it), so that a reader who asks for all
    after N misses none.
    """

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    topic = models.CharField(max_length=40)
    verb = models.CharField(max_length=40)
    about_key = models.CharField(max_length=400, blank=True)
    detail = models.JSONField(default=dict)


class EventHead(models.Model):
    """The one row that writers of events lock, so that numbers have no gap and no overtaking."""

    number = models.BigIntegerField(default=0)


class Schedule(models.Model):
    """When a task that repeats runs next. What repeats, and how often, stands in code beside the task."""

    path = models.CharField(max_length=200, unique=True, help_text=_("the task's module path"))
    next_at = models.DateTimeField()
    last_at = models.DateTimeField(null=True, blank=True)


class Attempt(models.Model):
    """One try of a task that may be tried again. `key` lets the same work be asked for once only."""

    task_id = models.UUIDField(unique=True, help_text=_("of the task's own row in the queue"))
    path = models.CharField(max_length=200)
    key = models.CharField(max_length=200, blank=True, db_index=True)
    number = models.PositiveSmallIntegerField(default=1)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    given_up = models.BooleanField(default=False)

"""What is a chat told? Who, where and how many, with the address to read it at; asked for when it leaves.

A channel has readers whom we do not know, so that no line of a conversation and no words or name of a customer go
there. What staff wrote as the question of a talk or the name of a theme goes with personal data masked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.converse.chats import naming
from interlock.converse.models import Conversation, Message, Participant
from interlock.converse.queries import LIVE_STATES
from interlock.fabric.chats.keeping import FUNCTIONS
from interlock.fabric.models import Chat, ChatNotice, Function, Role, Topic
from interlock.fabric.personal import masked_for_all
from interlock.listen.models import Alarm, ChangeKind, Clock, Signal, ThemeChange
from interlock.listen.outcry import messages
from interlock.listen.outcry.one_event import GOES_ON, whole

# Google Chat takes 4,096 letters, which is the least of all; signs that are escaped are longer.
MOST_PARAGRAPHS, MOST_LETTERS, LONGEST_NAME = 10, 3_000, 160
# More customers than these who are let down again are one line with their number.
MOST_NAMED_ALONE = 3
# Controls, ends of lines, and signs that let a text read from the other side.
_NO_LETTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+")


def text_for(chat: Chat, notices: Iterable[ChatNotice], *, now: datetime) -> str:
    """The one message of these notices, by topic, as things stand now; empty where there is nothing to say any more."""
    keys: dict[str, list[str]] = {}
    for one in notices:
        keys.setdefault(one.topic, []).append(one.key)
    said = [
        paragraph for topic in Topic if topic in keys for paragraph in _SAID[topic](chat, keys[topic], now)
    ]
    return _fitting(said)


def trial(chat: Chat) -> str:
    """What is sent to see whether messages arrive."""
    said = _("This is a test. From now on notices of %(function)s come here.") % {
        "function": function_of(chat)
    }
    return _paragraph(said, "notices:chat", chat.pk) if chat.pk else said


def sample(chat: Chat, topic: str) -> str:
    """What a notice of this kind looks like, with names that are made up."""
    day = timezone.localdate() + timedelta(days=1)
    function = function_of(chat)
    heading, theme = _("Which date may we promise?"), _("Parcels come late")
    told = {
        Topic.NAMED: lambda: named_words("Marta Hagen", function, heading, "/conversations/1/"),
        Topic.DUE: lambda: due_words(function, heading, day, is_late=False, path="/conversations/1/"),
        Topic.AGAIN: lambda: again_words(_("complaint"), _("Panniers"), is_no=False, path="/signals/1/"),
        Topic.REOPENED: lambda: reopened_words(theme, "/signals/themes/parcels/"),
        Topic.ALARM: lambda: messages.sample(theme, timezone.now()),
    }
    return told[Topic(topic)]()


def function_of(chat: Chat) -> str:
    """Whose chat it is, in words."""
    return str(Function(chat.function).label) if chat.function else _("every function")


def named_words(who: str, whom: str, heading: str, path: str) -> str:
    said = _("%(who)s names %(whom)s in “%(heading)s”.") % {"who": who, "whom": whom, "heading": heading}
    return f"{said}\n{_address(path)}"


def due_words(function: str, heading: str, day: date, *, is_late: bool, path: str) -> str:
    values = {"function": function, "heading": heading, "day": date_format(day, "j F", use_l10n=False)}
    said = (
        _("An answer of %(function)s was due on %(day)s and has not come: “%(heading)s”.")
        if is_late
        else _("An answer of %(function)s is due on %(day)s: “%(heading)s”.")
    )
    return f"{said % values}\n{_address(path)}"


def again_words(kind: str, product: str, *, is_no: bool, path: str) -> str:
    about = f"{kind}, {product}" if product else kind
    said = (
        _(
            "A customer says once more that what we did does not solve it (%(about)s). A lead was called to it."
        )
        if is_no
        else _("A customer is let down a second time within 30 days (%(about)s) and waits before all others.")
    )
    return f"{said % {'about': about}}\n{_address(path)}"


def reopened_words(name: str, path: str) -> str:
    said = _(
        "Customers say that what we decided about “%(name)s” does not solve it. The theme is open again."
    )
    return f"{said % {'name': name}}\n{_address(path)}"


def _named(chat: Chat, keys: Sequence[str], _now: datetime) -> list[str]:
    lines = (
        Message.objects.filter(pk__in=keys, removed_at=None)
        .select_related("author", "conversation")
        .prefetch_related("mentions__person")
        .order_by("pk")
    )
    said = []
    for line in lines:
        called = naming.called(line, [one.person for one in line.mentions.all()])
        here = [one.name for one in called.people if not chat.function or chat.function in one.functions]
        functions = [
            str(Function(one).label) for one in called.functions if chat.function in {"", one}
        ]  # fmt: skip
        if here or functions:
            path = f"{reverse('converse:conversation', args=[line.conversation_id])}#message-{line.pk}"
            names = _line(", ".join([*functions, *here]))
            said.append(named_words(_who(line), names, _heading(line.conversation), path))
    return said


def _who(line: Message) -> str:
    """Colleagues by name; guests are nobody's business in a channel."""
    if line.author.is_staff_side:
        return _line(line.author.name)
    return _("A partner") if line.author.role == Role.PARTNER else _("A customer")


def _due(chat: Chat, keys: Sequence[str], now: datetime) -> list[str]:
    said = []
    for key in keys:
        what, which, rest = key.split("-", 2)
        if what == "customers":
            said += _customers(which, now)
        else:
            number, day = rest.split("-", 1)
            said += _talk_due(chat, int(number), date.fromisoformat(day), is_late=which == "late")
    return list(dict.fromkeys(said))


def _talk_due(chat: Chat, number: int, day: date, *, is_late: bool) -> list[str]:
    """Of each function of this chat that owes its answer still; nothing where the day was moved meanwhile."""
    owed = owing().filter(conversation=number, conversation__due=day)
    codes = dict.fromkeys(owed.order_by("pk").values_list("function", flat=True))
    talk = Conversation.objects.filter(pk=number).first()
    here = [one for one in codes if one in set(FUNCTIONS) and chat.function in {"", one}]
    if talk is None or not here:
        return []
    names = ", ".join(str(Function(one).label) for one in here)
    path = reverse("converse:conversation", args=[number])
    return [due_words(names, _heading(talk), day, is_late=is_late, path=path)]


def owing() -> QuerySet[Participant]:
    """Everybody who was asked into a talk that goes on and has not written there."""
    live = Participant.objects.filter(replied_at=None, conversation__state__in=LIVE_STATES)
    return live.exclude(invited_by=F("person"))


def _customers(which: str, now: datetime) -> list[str]:
    running = Clock.objects.filter(stopped_at=None)
    if which == "late":
        count = running.filter(due_at__lte=now).count()
        said = ngettext(
            "A customer waits beyond the hour that we promise.",
            "%(n)d customers wait beyond the hour that we promise.",
            count,
        )
    else:
        count = running.filter(due_at__gt=now, reminded_at__isnull=False).count()
        said = ngettext(
            "The hour of a customer who waits is nearly up.",
            "The hour of %(n)d customers who wait is nearly up.",
            count,
        )
    return [_paragraph(said % {"n": count}, "listen:waiting")] if count else []


def _again(_chat: Chat, keys: Sequence[str], _now: datetime) -> list[str]:
    how = {int(number): what for what, number in (key.split("-") for key in keys)}
    waits = Clock.objects.filter(stopped_at=None, urgency__gt=0).values("signal_key")
    found = list(Signal.objects.filter(pk__in=how, key__in=waits).order_by("pk"))
    if len(found) > MOST_NAMED_ALONE:
        count = _("%(n)d customers are let down a second time, and wait before all others.") % {
            "n": len(found)
        }
        return [_paragraph(count, "listen:waiting")]
    return [
        again_words(
            _line(one.kind), _line(one.product_name), is_no=how[one.pk] == "no",
            path=reverse("listen:signal", args=[one.pk]),
        )
        for one in found
    ]  # fmt: skip


def _reopened(_chat: Chat, keys: Sequence[str], _now: datetime) -> list[str]:
    changes = ThemeChange.objects.filter(pk__in=keys, kind=ChangeKind.REOPENED, undone_at=None)
    return [
        reopened_words(_line(one.theme.name), reverse("web:one_theme", args=[one.theme.key]))
        for one in changes.select_related("theme").order_by("pk")
    ]


def _alarms(_chat: Chat, keys: Sequence[str], _now: datetime) -> list[str]:
    numbers = {int(key.partition("-")[0]) for key in keys}
    going_on = Alarm.objects.filter(GOES_ON, pk__in=numbers).select_related("stream")
    alarms = list(whole(going_on))
    return [messages.about(alarms).text] if alarms else []


_SAID: dict[str, Callable[[Chat, Sequence[str], datetime], list[str]]] = {
    Topic.NAMED: _named,
    Topic.DUE: _due,
    Topic.AGAIN: _again,
    Topic.REOPENED: _reopened,
    Topic.ALARM: _alarms,
}


def _fitting(paragraphs: Sequence[str]) -> str:
    """As many as a chat takes in one message, and how many more there are."""
    shown: list[str] = []
    for one in paragraphs[:MOST_PARAGRAPHS]:
        if shown and sum(map(len, shown)) + len(one) > MOST_LETTERS:
            break
        shown.append(one)
    if more := len(paragraphs) - len(shown):
        said = ngettext(
            "One more notice stands on the pages.", "%(n)d more notices stand on the pages.", more
        )
        shown.append(f"{said % {'n': more}}\n{_address('/')}")
    return "\n\n".join(shown)


def _heading(talk: Conversation) -> str:
    """Its question; a title is often the first sentence of a line, which may be for colleagues alone."""
    return _line(talk.question) or _("a conversation without a question yet")


def _line(text: str) -> str:
    """One line, short, without personal data: a line of its own that is an address would become a button in Teams."""
    plain = " ".join(masked_for_all(_NO_LETTERS.sub(" ", text)).split())
    return plain if len(plain) <= LONGEST_NAME else f"{plain[: LONGEST_NAME - 1].rstrip()}…"


def _paragraph(said: str, name: str, *args: object) -> str:
    return f"{said}\n{_address(reverse(name, args=args))}"


def _address(path: str) -> str:
    return f"{settings.PAGES_URL.rstrip('/')}{path}"

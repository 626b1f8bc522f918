"""The cards of Today beside the disconnects: what goes on now, what waits for this person, what moves an outcome.

Each is one sentence with a number, a why and one button; the rooms have computed everything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.converse import queries as talks
from interlock.converse.chats.wording import function_of
from interlock.converse.models import Commitment, Conversation
from interlock.fabric.access import Act, may
from interlock.fabric.chats.keeping import chats_of
from interlock.fabric.models import Person
from interlock.fabric.personal import shown
from interlock.listen import source_page
from interlock.listen.models import StreamState, ThemeState
from interlock.listen.outcry.looking import loudest_now
from interlock.listen.outcry.one_event import leading
from interlock.listen.themes import deciding
from interlock.listen.waiting import customers, due_for, rows_of
from interlock.reconnect import queries
from interlock.web import figures
from interlock.web.driver_words import driver_card_text
from interlock.web.outcries import words as alarm_words
from interlock.web.themes.listing import address as theme_address

MOST_TALKS = 2
MOST_NAMED = 20  # themes that wait for a decision are counted to here


@dataclass(frozen=True)
class TodayCard:
    """One sentence with a number, a why and one button."""

    icon: str
    kind: str
    about: str
    sentence: Any
    why: str
    act: str
    url: str
    rows: Mapping[str, str] = field(default_factory=dict)
    mark: str = ""
    groups: Sequence[Any] = ()
    baseline: float | None = None
    more: str = ""
    more_url: str = ""
    chart_title: str = ""
    chart_note: str = ""
    is_urgent: bool = False


def answer_cards(person: Person, now: datetime) -> list[TodayCard]:
    """The customers whose answer this person owes now, as one card."""
    due = due_for(person, now)
    owed = customers(due)
    first = rows_of(due[:1], now)
    if not first or first[0].signal is None:
        return []
    row = first[0]
    who = row.signal.account_name
    said = {"n": figures.in_words(owed).capitalize(), "who": who}
    return [
        TodayCard(
            icon="alarm-clock",
            kind=_("Answer due"),
            about=row.due,
            sentence=_customers_wait(owed, named=bool(who)) % said,
            why=shown(row.clock.because, person) or shown(str(row.signal), person)[:140],
            act=_("Answer %(name)s") % {"name": who} if who else _("Answer the customer"),
            url=reverse("listen:signal", args=[row.signal.pk]),
            more=ngettext("See it in the queue", "See all %(n)s", owed) % {"n": owed},
            more_url=f"{reverse('listen:waiting')}?whose=mine",
        )
    ]


def _customers_wait(owed: int, *, named: bool) -> str:
    if named:
        return ngettext(
            "%(who)s waits for your answer.", "%(n)s customers wait for your answer, %(who)s first.", owed
        )
    return ngettext("A customer waits for your answer.", "%(n)s customers wait for your answer.", owed)


def outcry_card(person: Person) -> TodayCard | None:
    """The event that says most of those that go on, and how many there are beside it."""
    alarms = loudest_now(person)
    if not alarms:
        return None
    first, more = leading(alarms[0]), len(alarms) - 1
    beside = ngettext("One more alarm goes on.", "%(n)s more alarms go on.", more) % {
        "n": figures.in_words(more).capitalize()
    }
    return TodayCard(
        icon="audio-lines",
        kind=alarm_words.state_words(first),
        about=first.stream.get_kind_display(),
        sentence=alarm_words.headline(first),
        why=" ".join(
            one
            for one in (alarm_words.spread(first), alarm_words.elsewhere(alarms[0]), beside if more else "")
            if one
        ),
        act=_("See what is known"),
        url=reverse("web:one_outcry", args=[alarms[0].pk]),
        more=_("All alarms"),
        more_url=reverse("web:outcries"),
        is_urgent=first.state == StreamState.OUTCRY,
    )


def decision_cards(person: Person) -> list[TodayCard]:
    """The question about a theme that this person is to decide; else what nobody decides, for those who may name one."""
    themes = list(deciding.asking(person)[: MOST_NAMED + 1])
    if not themes:
        return []
    first, more = themes[0], len(themes) - 1
    name, is_mine = {"name": first.name}, first.decider_id == person.pk and first.state == ThemeState.DECIDING
    if is_mine and first.decide_by:
        why = _("“%(name)s” is above its limit. A decision is due by %(day)s.") % {
            **name, "day": figures.day(first.decide_by),
        }  # fmt: skip
    elif first.state == ThemeState.REOPENED:
        why = _("A customer says that what we did does not solve it. It asks for a decision anew.")
    else:
        why = _("It is above its limit, and asks for a question, somebody who decides, and a date.")
    return [
        TodayCard(
            icon="scale",
            kind=_("Yours to decide") if is_mine else _("Nobody decides"),
            about=first.name,
            sentence=first.question if is_mine else _("Nobody decides about “%(name)s”.") % name,
            why=why,
            act=_("Decide it") if is_mine else _("Name who decides"),
            url=f"{theme_address(first)}#decision",
            more=ngettext("One more theme", "%(n)s more themes", more) % {"n": more} if more else "",
            more_url=f"{reverse('web:themes')}?show=now" if more else "",
        )
    ]


def source_cards(person: Person, now: datetime) -> list[TodayCard]:
    """The first source that cannot be asked, or is silent for longer than is usual for it, as one card."""
    rows = source_page.needing_somebody(person, now)
    if not rows:
        return []
    row, more = rows[0], len(rows) - 1
    one = row.source
    kind, sentence, why = _of_source(row)
    return [
        TodayCard(
            icon="database",
            kind=kind,
            about=row.kind,
            sentence=sentence,
            why=why,
            act=_("Look at %(name)s") % {"name": one.name},
            url=reverse("listen:source", args=[one.pk]),
            more=ngettext("One more source", "%(n)s more sources", more) % {"n": more} if more else "",
            more_url=reverse("listen:sources") if more else "",
        )
    ]


def _of_source(row: source_page.Row) -> tuple[str, str, str]:
    """What a card says of a source that needs somebody: of what kind it is, the sentence, and why."""
    if row.state == "late":
        why = _("Its customers speak and we do not hear them.")
        return _("A source went silent"), row.freshness.sentence, why
    if row.state == "unread":
        return _("Files are not read"), row.unread_sentence, _("Each failed batch says why.")
    if row.state == "locked":
        sentence = _("Messages of %(name)s are turned away.") % {"name": row.source.name}
        return _("A source is turned away"), sentence, row.error
    sentence = _("%(name)s cannot be asked.") % {"name": row.source.name}
    return _("A source cannot be asked"), sentence, row.error[:240]


def chat_cards(person: Person) -> list[TodayCard]:
    """The first chat of this person's functions that is not told any more, as one card. One query, none for most people."""
    if not may(person, Act.INVITE):
        return []
    stopped = list(chats_of(person).filter(stopped_at__isnull=False, paused_at=None))
    if not stopped:
        return []
    one, more = stopped[0], len(stopped) - 1
    return [
        TodayCard(
            icon="messages-square",
            kind=_("A chat is not told"),
            about=function_of(one),
            sentence=_("%(name)s is not told any more: it took nothing since %(day)s.")
            % {"name": one.name, "day": figures.day(one.told_at or one.made_at)},
            why=one.error,
            act=_("Look at %(name)s") % {"name": one.name},
            url=reverse("notices:chat", args=[one.pk]),
            more=ngettext("One more chat", "%(n)d more chats", more) % {"n": more} if more else "",
            more_url=reverse("notices:chats") if more else "",
        )
    ]


def talk_cards(person: Person, others: Collection[int]) -> list[TodayCard]:
    """The talks that wait for this person, or for one of those they stand in for."""
    return [_talk_card(one, person) for one in talks.waiting_for(person, others)[:MOST_TALKS]]


def _talk_card(conversation: Conversation, person: Person) -> TodayCard:
    due = conversation.due
    return TodayCard(
        icon="messages-square",
        kind=_("Waits for you"),
        about=conversation.context.label if person.is_staff_side else "",
        sentence=conversation.heading_for(person),
        why=_("%(name)s asked you in on %(day)s.")
        % {"name": conversation.opened_by.name, "day": figures.day(conversation.opened_at)}
        + (" " + _("An answer is due by %(day)s.") % {"day": figures.day(due)} if due else ""),
        act=_("Answer %(name)s") % {"name": conversation.opened_by.name},
        url=reverse("converse:conversation", args=[conversation.pk]),
    )


def promise_cards(person: Person, others: Collection[int], now: datetime) -> list[TodayCard]:
    """What this person, or one they stand in for, promised and is due within a week, or was missed and asks why: one card."""
    today = timezone.localdate(now)
    owed = list(talks.promises_owed(person, today, others)[: MOST_NAMED + 1])
    if not owed:
        return []
    first, more = owed[0], len(owed) - 1
    missed = first.state == Commitment.State.MISSED
    day = {"day": figures.day(first.due), "name": first.owner.name}
    if first.owner_id != person.pk:
        why = _("%(name)s promised it by %(day)s and is away; you stand in.") % day
    elif missed:
        why = _("You promised it by %(day)s. Say why it was missed, or give it a later day.") % day
    else:
        why = _("You promised it by %(day)s.") % day
    beside = ngettext("One more promise of yours is due.", "%(n)s more promises of yours are due.", more)
    return [
        TodayCard(
            icon="handshake",
            kind=_promised(missed, mine=first.owner_id == person.pk),
            about=_("today") if first.due == today else figures.day(first.due),
            sentence=first.what,
            why=f"{why} {beside % {'n': figures.in_words(more).capitalize()}}" if more else why,
            act=_("Say why") if missed else _("Say how it went"),
            url=f"{reverse('converse:conversation', args=[first.conversation_id])}#promise-{first.pk}",
        )
    ]


def _promised(missed: bool, *, mine: bool) -> str:
    if mine:
        return _("Missed by you") if missed else _("Promised by you")
    return _("Missed, you stand in") if missed else _("Promised, you stand in")


def revisit_cards(person: Person, now: datetime) -> list[TodayCard]:
    """What this person decided and wanted to look at again by today: one card."""
    due = list(talks.to_look_at_again(person, timezone.localdate(now))[: MOST_NAMED + 1])
    if not due:
        return []
    first, more = due[0], len(due) - 1
    why = _("You decided it on %(day)s, and wanted to look at it again on %(again)s.") % {
        "day": figures.day(first.decided_at),
        "again": figures.day(first.revisit_on),
    }
    beside = ngettext("So it is with one more decision.", "So it is with %(n)s more decisions.", more)
    return [
        TodayCard(
            icon="gavel",
            kind=_("To look at again"),
            about="",
            sentence=first.chosen,
            why=f"{why} {beside % {'n': figures.in_words(more)}}" if more else why,
            act=_("Look at it again"),
            url=f"{reverse('converse:conversation', args=[first.conversation_id])}#decision-{first.pk}",
        )
    ]


def driver_cards() -> list[TodayCard]:
    report = queries.latest_drivers()
    found = (report.content.get("drivers") or []) if report else []
    words = driver_card_text(found[0]) if found else None
    if words is None:
        return []
    sentence, why = words
    return [
        TodayCard(
            icon="chart-no-axes-column",
            kind=_("What moves it"),
            about=_("all orders"),
            sentence=sentence,
            why=why,
            act=_("See what moves it"),
            url=reverse("reconnect:drivers"),
        )
    ]

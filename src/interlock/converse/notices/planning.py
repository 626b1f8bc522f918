"""Who is to be told by mail, and when? At once who is named and who owes an answer today, others once a day.

A mail is planned here and written when it is sent: only then it is asked what its reader may see.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import DateTimeField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from interlock.converse.chats import naming
from interlock.converse.models import (
    Conversation,
    Follow,
    Mention,
    Message,
    Notice,
    Participant,
    Post,
    Reply,
    Standing,
    StatusChange,
)
from interlock.converse.notices import choosing, sending
from interlock.converse.notices.since import A_DAY, LONGEST_BACK, last_told
from interlock.converse.queries import LIVE_STATES
from interlock.fabric import away, work
from interlock.fabric.chats import outbox
from interlock.fabric.chats.keeping import responsible_for
from interlock.fabric.models import Chat, Person, Topic


def tell_named(message: Message, named: Iterable[Person]) -> None:
    """Let those named in a line, and who stands in for them, have a mail, in the caller's transaction.

    Nobody has one for their own line.
    """
    at = message.edited_at or message.sent_at
    named = list(named)
    functions = naming.concerned(naming.called(message, named))
    outbox.note(Topic.NAMED, {str(message.pk): functions} if functions else {}, at=at)
    called = {person.pk: person for person in named}
    helping = away.helpers(at) if called and settings.MAIL_SERVER else {}
    called |= Person.objects.in_bulk({helping[one] for one in called if one in helping} - set(called))
    for person in called.values():
        if person.pk != message.author_id:
            _plan(person=person, why=Notice.Why.NAMED, message=message, at=at)


def tell_stopped(chat: Chat, *, now: datetime) -> None:
    """Let those who look after a chat that is not told any more have a mail, in the caller's transaction."""
    for person in responsible_for(chat):
        _plan(person=person, why=Notice.Why.CHAT, chat=chat, day=now.date(), at=now)


def plan(*, now: datetime) -> int:
    """Plan the mails of all whose hour has come, each once; return how many. A fixed number of reads."""
    if not settings.MAIL_SERVER:
        return 0
    return _plan_due(now) + _plan_daily(now)


def _plan_due(now: datetime) -> int:
    today = now.date()
    owed = (
        Participant.objects.filter(
            replied_at=None,
            conversation__state__in=LIVE_STATES,
            conversation__due__range=(today - A_DAY, today + A_DAY),
            person__in=choosing.reachable(),
        )
        .exclude(invited_by=F("person"))
        .select_related("conversation", "person__notice_choice")
    )
    owed = list(owed)
    helping = away.helpers(now)
    wanted = {helping[one.person_id] for one in owed if one.person_id in helping}
    helpers = choosing.reachable().select_related("notice_choice").in_bulk(wanted) if wanted else {}
    made = 0
    for one in owed:
        person = helpers.get(helping.get(one.person_id, 0), one.person)
        day, hour_has_come = choosing.clock_of(person, now)
        if hour_has_come and one.conversation.due == day:
            made += _plan(person=person, why=Notice.Why.DUE, conversation=one.conversation, day=day, at=now)
    return made


def _plan_daily(now: datetime) -> int:
    known = set(
        Notice.objects.filter(why=Notice.Why.DAILY, at__gt=now - 3 * A_DAY).values_list("person", "day")
    )
    made = 0
    with_news = choosing.reachable().filter(pk__in=_with_news(now)).select_related("notice_choice")
    for person in with_news.order_by("pk"):
        day, hour_has_come = choosing.clock_of(person, now)
        if hour_has_come and choosing.choice_of(person).daily and (person.pk, day) not in known:
            made += _plan(person=person, why=Notice.Why.DAILY, day=day, at=now)
    return made


def _with_news(now: datetime) -> set[int]:
    """Who may have something to read that came since their last mail.

    Generous: whether they may see it, and have not read it, is asked when the mail is written.
    """
    week = now - LONGEST_BACK
    last = last_told(OuterRef("person")).order_by("-at").values("at")[:1]
    since = Coalesce(Subquery(last), Value(now - A_DAY), output_field=DateTimeField())
    line = Message.objects.filter(conversation=OuterRef("conversation"), removed_at=None)
    new_line = line.filter(sent_at__gt=OuterRef("since")).exclude(author=OuterRef("person"))
    reply = Reply.objects.filter(post=OuterRef("post"), standing=Standing.PUBLIC)
    new_reply = reply.filter(said_at__gt=OuterRef("since"))
    step = StatusChange.objects.filter(post=OuterRef("post"), at__gt=OuterRef("since"))
    asked: list[QuerySet[Any]] = [
        Participant.objects.filter(conversation__last_message_at__gt=week)
        .annotate(since=since)
        .filter(Exists(new_line)),
        Mention.objects.filter(message__sent_at__gt=week, message__removed_at=None)
        .annotate(since=since)
        .filter(message__sent_at__gt=F("since")),
        Follow.objects.filter(post__changed_at__gt=week)
        .annotate(since=since)
        .filter(Q(Exists(new_reply)) | Q(Exists(step))),
        _posts_with_news(week, now),
    ]
    return {person for one in asked for person in one.order_by().values_list("person", flat=True)}


def _posts_with_news(week: datetime, now: datetime) -> QuerySet[Post]:
    """Posts of which their author, as `person`, may have something to read."""
    last = last_told(OuterRef("author")).order_by("-at").values("at")[:1]
    since = Coalesce(Subquery(last), Value(now - A_DAY), output_field=DateTimeField())
    reply = Reply.objects.filter(post=OuterRef("pk"), standing=Standing.PUBLIC, said_at__gt=OuterRef("since"))
    step = StatusChange.objects.filter(post=OuterRef("pk"), at__gt=OuterRef("since"))
    written = Post.objects.filter(author__isnull=False, changed_at__gt=week, standing=Standing.PUBLIC)
    return written.annotate(since=since, person=F("author")).filter(Q(Exists(reply)) | Q(Exists(step)))


@transaction.atomic
def _plan(
    *,
    person: Person,
    why: Notice.Why,
    at: datetime,
    message: Message | None = None,
    conversation: Conversation | None = None,
    chat: Chat | None = None,
    day: Any = None,
) -> bool:
    """Keep one mail and ask for its sending; False when it is planned already, here or by another worker."""
    if not settings.MAIL_SERVER:
        return False
    what = {"person": person, "why": why, "message": message, "conversation": conversation, "chat": chat}
    if why != Notice.Why.NAMED:
        what["day"] = day
    notice, made = Notice.objects.get_or_create(**what, defaults={"at": at})
    if made:
        work.ask(sending.send_notice, notice.pk)
    return made

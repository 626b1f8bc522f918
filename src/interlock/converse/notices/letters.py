"""What does a mail say? Only what its reader may see at this moment and has not read; nothing then, no mail.

Grouped by talk and post, the newest first, with the words themselves. Whoever wrote a line is not told of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.template.defaultfilters import date as written_date
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import override as in_zone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.converse import queries
from interlock.converse.by_mail import addresses as by_mail
from interlock.converse.community import looking
from interlock.converse.models import (
    Audience,
    Conversation,
    Follow,
    Message,
    Notice,
    Post,
    ReadMark,
    Reply,
    Standing,
    StatusChange,
)
from interlock.converse.notices import choosing, stopping
from interlock.converse.notices.since import since_when
from interlock.converse.talks import audiences
from interlock.converse.words import plain
from interlock.fabric import away, company
from interlock.fabric.chats.keeping import chats_of
from interlock.fabric.models import Person

# A mail is read in some minutes: the rest stands on the pages, and is counted.
MOST_PIECES, MOST_LETTERS = 60, 2_000


@dataclass(frozen=True)
class Letter:
    subject: str
    text: str
    reply_to: str = ""


@dataclass
class Matter:
    """A talk or a post with what is new there: when, who, words. A reply by mail goes to `back`, and `readers` read it."""

    heading: str
    url: str
    back: str
    readers: str
    pieces: list[tuple[datetime, str, str]] = field(default_factory=list)

    @property
    def newest(self) -> datetime:
        return max((at for at, _who, _words in self.pieces), default=datetime.min.replace(tzinfo=UTC))

    def how_to_reply(self, *, alone: bool) -> str:
        """In a mail about this alone one replies to the mail; empty where nobody reads replies."""
        if not self.back:
            return ""
        to = _("Reply to this mail.") if alone else _("Reply to: %(address)s") % {"address": self.back}
        return f"{to}\n{self.readers}"


def letter_of(notice: Notice) -> Letter | None:
    """The mail of one notice; None when there is nothing to say to its reader, or they do not want it."""
    person = choosing.reachable().select_related("notice_choice").filter(pk=notice.person_id).first()
    if person is None:
        return None
    choice = choosing.choice_of(person)
    if not (choice.daily if notice.why == Notice.Why.DAILY else choice.at_once):
        return None
    with in_zone(choosing.zone_of(person)):
        match notice.why:
            case Notice.Why.NAMED:
                return _named(notice, person)
            case Notice.Why.DUE:
                return _due(notice, person)
            case Notice.Why.CHAT:
                return _chat(notice, person)
            case _:
                return _daily(notice, person)


def _named(notice: Notice, person: Person) -> Letter | None:
    others = away.stood_in_for(person, notice.at)
    lines = unread_lines(person).filter(pk=notice.message_id, mentions__person__in=[person.pk, *others])
    line = lines.distinct().first()
    if line is None:
        return None
    told = {"name": line.author.name, "heading": line.conversation.heading_for(person)}
    named = list(line.mentions.select_related("person"))
    if any(one.person_id == person.pk for one in named):
        subject = _("%(name)s names you: %(heading)s") % told
    else:
        told["absent"] = next(one.person.name for one in named if one.person_id in others)
        subject = _("%(name)s names %(absent)s, for whom you stand in: %(heading)s") % told
    return _letter(subject, matters_of([line], person), person)


def _due(notice: Notice, person: Person) -> Letter | None:
    others = away.stood_in_for(person, notice.at)
    waiting = queries.waiting_for(person, others).filter(pk=notice.conversation_id, due=notice.day)
    talk = waiting.first()
    if talk is None:
        return None
    mine = talk.participants.filter(person=person).exists()
    heading = {"heading": talk.heading_for(person)}
    said = (
        _("Your answer is due today: %(heading)s")
        if mine
        else _("An answer for which you stand in is due today: %(heading)s")
    ) % heading
    narrowest = audiences.allowed(talk, person, "")
    return _letter(said, [_talk_matter(talk, narrowest, person, said)], person)


def _chat(notice: Notice, person: Person) -> Letter | None:
    """Nothing where somebody else has mended it by now."""
    chat = chats_of(person).filter(pk=notice.chat_id, stopped_at__isnull=False).first()
    if chat is None:
        return None
    subject = _("The chat %(name)s is not told any more") % {"name": chat.name}
    why = _("It took nothing for hours, so that we stopped trying. Last it was: %(error)s") % {
        "error": chat.error
    }
    do = _("Send a test from its page once it is mended; then it is told again.")
    return Letter(subject, "\n\n".join([f"{why} {do}\n{_address('notices:chat', chat.pk)}", _foot(person)]))


def _daily(notice: Notice, person: Person) -> Letter | None:
    since = since_when(person, notice.at)
    matters = [*_talks(person, since, notice.at), *_posts(person, since, notice.at)]
    if not matters:
        return None
    count = sum(len(one.pieces) for one in matters)
    said = ngettext("%(n)d new line for you", "%(n)d new lines for you", count) % {"n": count}
    return _letter(f"{company.company()}: {said}", matters, person)


def _letter(subject: str, matters: list[Matter], person: Person) -> Letter:
    """The mail, with an address to reply to where a mailbox brings what comes there."""
    if not by_mail.are_read():
        for matter in matters:
            matter.back = ""
    back = matters[0].back if len(matters) == 1 else ""
    if len(matters) > 1 and any(matter.back for matter in matters):
        back = by_mail.of_several(person)
    return Letter(subject, _text(matters, person), back)


def unread_lines(person: Person) -> QuerySet[Message]:
    """Lines that this person may see now, did not write and has not read."""
    read = ReadMark.objects.filter(
        conversation=OuterRef("conversation"), person=person, last_line__gte=OuterRef("pk")
    )
    lines = queries.messages_visible_to(person).filter(removed_at=None).exclude(author=person)
    return lines.exclude(Exists(read)).select_related("author", "conversation")


def _talks(person: Person, since: datetime, until: datetime) -> list[Matter]:
    told = Notice.objects.filter(person=person, why=Notice.Why.NAMED, state=Notice.State.SENT)
    mine = Q(conversation__in=person.participations.values("conversation")) | Q(
        pk__in=person.mentions.values("message")
    )
    lines = unread_lines(person).filter(mine, sent_at__gt=since, sent_at__lte=until)
    return matters_of(lines.exclude(pk__in=told.values("message")), person)


def matters_of(lines: Iterable[Message], person: Person) -> list[Matter]:
    """Lines by their talk. A reply is read by no more people than any of the lines that it answers."""
    by_talk: dict[int, list[Message]] = {}
    for line in lines:
        by_talk.setdefault(line.conversation_id, []).append(line)
    matters = []
    for those in by_talk.values():
        narrowest = min((line.audience for line in those), key=audiences.WIDENING.index)
        matter = _talk_matter(those[0].conversation, narrowest, person)
        matter.pieces = [(line.sent_at, line.author.name, plain(line.body)) for line in those]
        matters.append(matter)
    return matters


def _talk_matter(talk: Conversation, audience: str, person: Person, heading: str = "") -> Matter:
    readers = {
        Audience.STAFF: _("Only staff will read it."),
        Audience.PARTNER: _("Staff and the partner will read it."),
        Audience.CUSTOMER: _("Everybody in the conversation will read it."),
    }
    return Matter(
        heading or talk.heading_for(person),
        _address("converse:conversation", talk.pk),
        by_mail.of_talk(talk, audience, person),
        readers[Audience(audience)],
    )


def _posts(person: Person, since: datetime, until: datetime) -> list[Matter]:
    """Replies and new states of posts that this person wrote or follows, where the post can be seen by them."""
    followed = Follow.objects.filter(person=person, post__changed_at__gt=since).values_list("post", flat=True)
    own = Post.objects.filter(author=person, changed_at__gt=since).values_list("pk", flat=True)
    public = looking.posts_visible_to(person).filter(standing=Standing.PUBLIC, pk__in={*followed, *own})
    posts = {post.pk: post for post in public}
    replies = Reply.objects.filter(
        post__in=posts, standing=Standing.PUBLIC, said_at__gt=since, said_at__lte=until
    ).exclude(author=person)
    steps = StatusChange.objects.filter(post__in=posts, at__gt=since, at__lte=until).exclude(by=person)
    pieces = [(one.post_id, (one.said_at, one.author_name, plain(one.words))) for one in replies]
    for step in steps.exclude(after=F("before")).select_related("after"):
        now_at = _("It is now: %(state)s.") % {"state": step.after}
        pieces.append((step.post_id, (step.at, str(company.company()), f"{now_at} {step.because}".strip())))
    matters: dict[int, Matter] = {}
    for key, piece in pieces:
        post = posts[key]
        url, back = _address("community:post", post.pk, post.slug), by_mail.of_post(post, person)
        matter = matters.setdefault(key, Matter(post.title, url, back, _("Everybody can read it.")))
        matter.pieces.append(piece)
    return list(matters.values())


def _text(matters: list[Matter], person: Person) -> str:
    parts, left = [], MOST_PIECES
    for matter in sorted(matters, key=lambda one: one.newest, reverse=True):
        parts.append(f"{_line(matter.heading)}\n{matter.url}")
        newest_first = sorted(matter.pieces, key=lambda piece: piece[0], reverse=True)
        for at, who, words in newest_first[:left]:
            day = written_date(timezone.localtime(at), "j F, H:i")
            parts.append(f"{_line(who)}, {day}:\n{_quoted(words)}")
        if reply := matter.how_to_reply(alone=len(matters) == 1):
            parts.append(reply)
        left -= min(left, len(newest_first))
        if not left:
            parts.append(_("More has come; it stands on the pages."))
            break
    return "\n\n".join([*parts, _foot(person)])


def _line(text: str) -> str:
    return " ".join(text.split())


def _quoted(words: str) -> str:
    """Each line marked as quoted, so that nobody's words pass for another's, or for ours."""
    return "\n".join(f"> {line}".rstrip() for line in _short(words).splitlines())


def _short(words: str) -> str:
    return words if len(words) <= MOST_LETTERS else f"{words[:MOST_LETTERS].rstrip()} …"


def _foot(person: Person) -> str:
    return "-- \n" + "\n".join(
        [
            _("Which mails you get: %(url)s") % {"url": _address("notices:choices")},
            _("Stop all mail: %(url)s") % {"url": stopping.address_of(person)},
            "",
        ]
    )


def _address(name: str, *args: object) -> str:
    return f"{settings.PAGES_URL.rstrip('/')}{reverse(name, args=args)}"

"""The lines of a talk as one reader's page shows them: in threads, the newest fifty, what is new marked.

Answers stand under the line they answer; beyond three the earlier ones are folded. Whose line an answer
answers is said only to those who may read that line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.safestring import SafeString

from interlock.converse import queries
from interlock.converse.corrections import may_edit, may_take_back
from interlock.converse.models import Audience, Conversation, Message, Participant, Reaction
from interlock.converse.talks import audiences
from interlock.converse.words import rendered
from interlock.fabric import away
from interlock.fabric.models import Person

MOST_LINES = 50
UNFOLDED = 3


@dataclass(frozen=True)
class Said:
    """One word of reaction, with the names of those who put it."""

    word: str
    name: str
    people: list[str]
    mine: bool


@dataclass(frozen=True)
class Line:
    """One message with what this reader may know of it and do with it."""

    message: Message
    html: SafeString
    readers: str
    answers: str
    mine: bool
    new: bool
    corrected: bool
    editable: bool
    undoable: bool
    retractable: bool
    restorable: bool
    widenable: bool
    away: str
    """That its author is away, and who stands in; on the last line of each."""
    reactions: list[Said]


@dataclass
class Thread:
    """A line and its answers; the earlier of many are folded."""

    line: Line
    answers: list[Line] = field(default_factory=list)
    first_new: bool = False

    @property
    def folded(self) -> list[Line]:
        """Nothing new is folded away."""
        keep = max(UNFOLDED, sum(line.new for line in self.answers))
        return self.answers[:-keep]

    @property
    def open(self) -> list[Line]:
        return self.answers[len(self.folded) :]


@dataclass(frozen=True)
class Window:
    """A stretch of a talk. `earlier` is the line before which more can be read; `newest` the last one shown."""

    threads: list[Thread]
    earlier: int | None
    later: bool
    newest: int


def window(
    conversation: Conversation,
    participants: Sequence[Participant],
    person: Person,
    now: datetime,
    *,
    before: int | None = None,
    last_read: int | None = None,
) -> Window:
    """The fifty lines before one, or the newest fifty. Three queries."""
    lines = queries.lines_of(person, conversation).order_by("-pk")
    found = list((lines.filter(pk__lt=before) if before else lines)[: MOST_LINES + 1])
    shown = found[:MOST_LINES][::-1]
    threads = _threads(lines_for(shown, participants, person, now, last_read=last_read))
    earlier = shown[0].pk if len(found) > MOST_LINES else None
    return Window(threads, earlier, before is not None, shown[-1].pk if shown else 0)


def lines_for(
    messages: Iterable[Message],
    participants: Sequence[Participant],
    person: Person,
    now: datetime,
    *,
    last_read: int | None = None,
) -> list[Line]:
    """Each line with its readers in words and the rights of this reader."""
    readers = {one: audiences.readers(participants, one) for one in Audience.values}
    offered = [one.audience for one in audiences.circles(participants, person)]
    shown = list(messages)
    last_of = {one.author_id: one.pk for one in shown}
    return [
        _line(
            one,
            readers[one.audience],
            offered,
            person,
            now,
            last_read,
            is_last=last_of[one.author_id] == one.pk,
        )
        for one in shown
    ]


def _line(
    message: Message,
    readers: str,
    offered: Sequence[str],
    person: Person,
    now: datetime,
    last_read: int | None,
    *,
    is_last: bool,
) -> Line:
    mine = message.author_id == person.pk
    stands = message.removed_at is None
    answered = message.reply_to
    may_know = answered is not None and answered.audience in queries.audiences_read_by(person)
    editable = may_edit(message, person, now)
    # What was corrected while fewer people read it is nothing to those who read it since, and not undone for them.
    corrected = message.edited_at is not None
    by_all = message.edited_at is not None and (
        message.widened_at is None or message.edited_at > message.widened_at
    )
    return Line(
        message=message,
        html=rendered(message.body, mentions={one.person.name: "" for one in message.mentions.all()}),
        readers=readers,
        answers=answered.author.name if answered is not None and may_know else "",
        mine=mine,
        new=last_read is not None and message.pk > last_read and not mine,
        corrected=stands and (corrected if person.is_staff_side else by_all),
        editable=editable,
        undoable=editable and by_all,
        retractable=may_take_back(message, person, now),
        restorable=mine and not stands,
        widenable=mine and stands and any(audiences.is_wider(one, message.audience) for one in offered),
        away=away.words(message.author, now) if is_last else "",
        reactions=_reactions(message, person) if stands else [],
    )


def _reactions(message: Message, person: Person) -> list[Said]:
    """All four words, so that each has its button; those nobody put have no names."""
    put = list(message.reactions.all())
    return [
        Said(
            word.value,
            str(word.label),
            [one.person.name for one in put if one.word == word],
            any(one.word == word and one.person_id == person.pk for one in put),
        )
        for word in Reaction.Word
    ]


def _threads(lines: list[Line]) -> list[Thread]:
    """Lines in their order; an answer joins the thread of the line it answers when that one is on the page."""
    threads: list[Thread] = []
    of_line: dict[int, Thread] = {}
    for line in lines:
        thread = of_line.get(line.message.reply_to_id or 0)
        if thread is None or not line.answers:
            thread = Thread(line)
            threads.append(thread)
        else:
            thread.answers.append(line)
        of_line[line.message.pk] = thread
    first = next((thread for thread in threads if thread.line.new), None)
    if first:
        first.first_new = True
    return threads

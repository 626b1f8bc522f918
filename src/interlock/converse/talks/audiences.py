"""Who reads a line? Staff only, staff and the partner in the talk, or everybody in it.

The audience is chosen before writing and starts at the narrowest. It can be widened later, as an act of its
own; it is never narrowed, since what was read was read. Partners of two organisations never share a talk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.converse import queries
from interlock.converse.errors import NotForThem, WallStands
from interlock.converse.models import Audience, Conversation, Participant
from interlock.fabric.models import Person, Role

WIDENING = (Audience.STAFF, Audience.PARTNER, Audience.CUSTOMER)


@dataclass(frozen=True)
class Circle:
    """An audience that can be chosen in one talk, and its readers in words."""

    audience: str
    readers: str

    @property
    def name(self) -> str:
        return str(Audience(self.audience).label)


def is_wider(audience: str, than: str) -> bool:
    """Whether more people read the one than the other."""
    return WIDENING.index(Audience(audience)) > WIDENING.index(Audience(than))


def circles(participants: Sequence[Participant], writer: Person) -> list[Circle]:
    """What this writer may choose from here, the narrowest first: only audiences that somebody is there for.

    Who left or was erased stands in the talk, and reads nothing any more.
    """
    participants = [one for one in participants if one.person.left_at is None]
    present = {one.person.role for one in participants}
    there = [
        Audience.STAFF,
        *([Audience.PARTNER] if Role.PARTNER in present or writer.role == Role.PARTNER else []),
        *([Audience.CUSTOMER] if Role.CUSTOMER in present or writer.role == Role.CUSTOMER else []),
    ]
    mine = queries.audiences_read_by(writer)
    return [Circle(one, readers(participants, one, writer)) for one in there if one in mine]


def allowed(conversation: Conversation, writer: Person, audience: str) -> str:
    """The audience asked for, or the narrowest when none is.

    Raises:
        NotForThem: it is not among those this writer may choose in this talk.
    """
    offered = [
        one.audience for one in circles(list(conversation.participants.select_related("person")), writer)
    ]
    if not audience:
        return offered[0]
    if audience not in offered:
        raise NotForThem(
            _("Nobody in this conversation is there for “%(audience)s”. Nothing was sent.")
            % {"audience": Audience(audience).label if audience in Audience.values else audience}
        )
    return audience


def readers(participants: Iterable[Participant], audience: str, writer: Person | None = None) -> str:
    """The readers of an audience in words: colleagues are counted, guests are named. A guest who writes is no reader."""
    people = [one.person for one in participants]
    staff = sum(person.is_staff_side for person in people)
    if audience == Audience.STAFF:
        return ngettext("%(n)d person", "%(n)d people", staff) % {"n": staff}
    roles = [Role.CUSTOMER, Role.PARTNER] if audience == Audience.CUSTOMER else [Role.PARTNER]
    names = [person.name for role in roles for person in people if person.role == role and person != writer]
    # That staff read what a customer reads goes without saying, but not to the customer.
    if audience == Audience.PARTNER or (writer is not None and not writer.is_staff_side):
        names.insert(0, _("%(n)d staff") % {"n": staff})
    return get_text_list(names, _("and"))


def require_reader(person: Person, audience: str) -> None:
    """Somebody who promises something must be able to read what.

    Raises:
        NotForThem: the person is outside the audience.
    """
    if audience not in queries.audiences_read_by(person):
        raise NotForThem(_("%(name)s would not read this. Choose a wider audience.") % {"name": person.name})


def keep_walls(conversation: Conversation, asked: Person) -> None:
    """Refuse to bring a second partner organisation into one talk.

    Raises:
        WallStands: naming who is there already; that is said to staff only, since only staff ask people in.
    """
    if asked.role != Role.PARTNER:
        return
    there: Collection[Participant] = (
        conversation.participants.filter(person__role=Role.PARTNER)
        .exclude(person=asked)
        .select_related("person")
    )
    for one in there:
        if not asked.account_key or one.person.account_key != asked.account_key:
            raise WallStands(
                _(
                    "%(there)s is in this conversation for another partner. Partners do not meet here; "
                    "open a conversation of its own with %(name)s. Nothing was changed."
                )
                % {"there": one.person.name, "name": asked.name}
            )

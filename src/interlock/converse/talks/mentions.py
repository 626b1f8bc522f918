"""Who is named in a line? @Name, for those who may read it; naming anybody else is refused, aloud.

A guest can name those they see in the talk. Whether somebody else is of the house they do not learn: for them
any other name is only text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from interlock.converse import queries
from interlock.converse.errors import NotForThem
from interlock.converse.models import Conversation, Mention, Message
from interlock.fabric.models import STAFF_ROLES, Person

MOST_SUGGESTED = 8
_AT = re.compile(r"(?<!\w)@(?=\w)")


def readers_of(conversation: Conversation, audience: str, asked_by: Person) -> QuerySet[Person]:
    """Those who may read a line of this audience here, as far as the asker may know them, by name."""
    here = Q(participations__conversation=conversation)
    staff = Q(role__in=STAFF_ROLES) if asked_by.is_staff_side else Q(role__in=STAFF_ROLES) & here
    guests = here & Q(role__in=[role for role in queries.GUESTS if audience in queries.GUESTS[role]])
    return Person.objects.filter(staff | guests, left_at=None).distinct().order_by("name", "pk")


def suggested(conversation: Conversation, audience: str, asked_by: Person, start: str) -> list[Person]:
    """The first few whose name, or a later part of it, starts like this."""
    readers = readers_of(conversation, audience, asked_by).exclude(pk=asked_by.pk)
    if start:
        readers = readers.filter(Q(name__istartswith=start) | Q(name__icontains=f" {start}"))
    return list(readers[:MOST_SUGGESTED])


def named_in(body: str, conversation: Conversation, audience: str, by: Person) -> list[Person]:
    """Who is named. One query, and a second only when a name is not among the readers.

    Raises:
        NotForThem: somebody known to the writer is named who may not read the line.
    """
    if not _AT.search(body):
        return []
    readers = _by_name(readers_of(conversation, audience, by))
    found, unknown = _found(body, readers)
    if unknown and by.is_staff_side:
        everybody = _by_name(Person.objects.filter(left_at=None))
        outside, _nobody = _found("\n".join(unknown), everybody)
        if outside:
            raise NotForThem(
                _("%(name)s would not read this line. Choose a wider audience, or leave the name out.")
                % {"name": outside[0].name}
            )
    return found


def note_mentions(message: Message, people: list[Person]) -> None:
    """Keep who is named in a line, in place of who was named before."""
    message.mentions.exclude(person__in=people).delete()
    Mention.objects.bulk_create(
        [Mention(message=message, person=person) for person in people], ignore_conflicts=True
    )


def _by_name(people: QuerySet[Person]) -> dict[str, Person]:
    return {person.name.casefold(): person for person in people}


def _found(body: str, people: Mapping[str, Person]) -> tuple[list[Person], list[str]]:
    """Those named with their whole name, the longest first; and what stands after each other @."""
    found: dict[int, Person] = {}
    unknown = []
    longest = max((len(name) for name in people), default=0)
    for at in _AT.finditer(body):
        rest = body[at.end() : at.end() + longest + 1]
        person = next((people[name] for name in _starts(rest.casefold()) if name in people), None)
        if person:
            found[person.pk] = person
        else:
            unknown.append(f"@{body[at.end() : at.end() + 120]}")
    return list(found.values()), unknown


def _starts(rest: str) -> list[str]:
    """Every start of a text that ends with a word, the longest first."""
    ends = {end.end() for end in re.finditer(r"\w\b|[.)]", rest)}
    return [rest[:end] for end in sorted(ends, reverse=True)]

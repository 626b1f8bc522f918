"""Who is named in a line? @Name, for those who may read it; naming anybody else is refused, aloud.

A guest can name those they see in the talk. Whether somebody else is of the house they do not learn: for them
any other name is only text.
"""

from __future__ import annotations

import re
from collections import Counter
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
        NotForThem: a name is that of two readers, or of a guest of the house who may not read the line.
    """
    if not _AT.search(body):
        return []
    readers = _by_name(readers_of(conversation, audience, by))
    found, unknown = _found(body, readers)
    if unknown and by.is_staff_side:
        # Customers of the community who were never asked into a talk took what name they liked; they are nobody here.
        guests = Person.objects.filter(role__in=queries.GUESTS, participations__isnull=False, left_at=None)
        outside, _nobody = _found("\n".join(unknown), _by_name(guests.distinct()))
        if outside:
            raise NotForThem(
                _("%(name)s would not read this line. Choose a wider audience, or leave the name out.")
                % {"name": outside[0].name}
            )
    _refuse_namesakes(found)
    return found


def note_mentions(message: Message, people: list[Person]) -> None:
    """Keep who is named in a line, in place of who was named before."""
    message.mentions.exclude(person__in=people).delete()
    Mention.objects.bulk_create(
        [Mention(message=message, person=person) for person in people], ignore_conflicts=True
    )


def _refuse_namesakes(found: list[Person]) -> None:
    names = Counter(person.name.casefold() for person in found)
    for person in found:
        if names[person.name.casefold()] > 1:
            raise NotForThem(
                _(
                    "More than one person here is called %(name)s. Leave the @ out, and say which one you mean."
                )
                % {"name": person.name}
            )


def _by_name(people: QuerySet[Person]) -> dict[str, list[Person]]:
    by_name: dict[str, list[Person]] = {}
    for person in people:
        by_name.setdefault(person.name.casefold(), []).append(person)
    return by_name


def _found(body: str, people: Mapping[str, list[Person]]) -> tuple[list[Person], list[str]]:
    """All of each whole name, the longest name first; and what stands after each other @."""
    found: dict[int, Person] = {}
    unknown = []
    longest = max((len(name) for name in people), default=0)
    for at in _AT.finditer(body):
        rest = body[at.end() : at.end() + longest + 1]
        named = next((people[name] for name in _starts(rest.casefold()) if name in people), [])
        if named:
            found |= {person.pk: person for person in named}
        else:
            unknown.append(f"@{body[at.end() : at.end() + 120]}")
    return list(found.values()), unknown


def _starts(rest: str) -> list[str]:
    """Every start of a text that ends with a word, the longest first."""
    ends = {end.end() for end in re.finditer(r"\w\b|[.)]", rest)}
    return [rest[:end] for end in sorted(ends, reverse=True)]

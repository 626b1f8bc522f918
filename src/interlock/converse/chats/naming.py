"""Which functions does a line name: by one of their people, or by the function itself, as in @Service?"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from interlock.converse.models import Message
from interlock.fabric.chats.keeping import FUNCTIONS
from interlock.fabric.models import Person


@dataclass(frozen=True)
class Called:
    """Who is named, without who wrote it; and which functions, by their code."""

    people: list[Person]
    functions: list[str]


def called(message: Message, named: Collection[Person]) -> Called:
    """Who and what a line names. Only colleagues name a function: a guest learns of none."""
    functions: list[str] = []
    if message.author.is_staff_side and "@" in message.body:
        body = message.body
        for person in named:  # a colleague may be called like a function, such as a Service Desk
            body = re.sub(rf"@{re.escape(person.name)}", "", body, flags=re.IGNORECASE)
        functions = [str(one) for one in FUNCTIONS if _at(str(one.label), body)]
    others = [one for one in named if one.pk != message.author_id and one.is_staff_side]
    return Called(others, functions)


def concerned(who: Called) -> set[str]:
    """The functions whose chats hear of it."""
    return {*who.functions, *(one for person in who.people for one in person.functions)}


def _at(name: str, body: str) -> bool:
    return bool(re.search(rf"(?<!\w)@{re.escape(name)}(?!\w)", body, re.IGNORECASE))

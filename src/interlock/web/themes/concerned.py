"""Which functions does a theme concern? Who was named, whom the disconnects that rest on it lie between, who talks.
Customers, whom every theme concerns, are none of them.

No source says whose work a signal touches, so this is what people and tested evidence say, and where from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.converse import queries as talks
from interlock.converse.models import Conversation
from interlock.fabric.models import Function
from interlock.listen.models import Theme
from interlock.reconnect.models import CitedTheme
from interlock.web import figures


@dataclass
class Concerned:
    """One function, and what says that it is concerned."""

    name: str
    because: list[str] = field(default_factory=list)


def functions(
    theme: Theme, citing: Sequence[CitedTheme], conversations: Sequence[Conversation]
) -> list[Concerned]:
    """Every function with its reasons, in the order of the functions. One query where there are conversations."""
    wrote = talks.functions_writing(conversations)
    found = []
    for code, name in Function.choices:
        if code == Function.CUSTOMER:
            continue
        said = [
            *([_("it begins there")] if theme.function == code else []),
            *_from_disconnects(code, citing),
            *_from_talk(code, conversations, wrote),
        ]
        if said:
            found.append(Concerned(str(name), said))
    return found


def _from_disconnects(code: str, citing: Sequence[CitedTheme]) -> list[str]:
    own = [one for one in citing if code in one.disconnect.pair]
    if not own:
        return []
    said = ngettext("a disconnect that rests on it", "%(n)s disconnects that rest on it", len(own))
    return [said % {"n": figures.in_words(len(own))}]


def _from_talk(code: str, conversations: Sequence[Conversation], wrote: set[str]) -> list[str]:
    if code in wrote:
        return [_("has written about it")]
    asked = any(code in one.functions for one in conversations)
    return [_("was asked and has not written yet")] if asked else []

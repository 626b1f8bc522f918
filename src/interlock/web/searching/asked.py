"""What a reader searches for: words, and the chips that narrow them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import cached_property

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from interlock.converse.models import Audience, Board
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person
from interlock.listen.search import Part, parts_of, signs_of

LONGEST = 200
SINCE = {"7": _("in the last week"), "30": _("in the last 30 days"), "365": _("in the last year")}
_QUOTES = '"“”„'


@dataclass(frozen=True)
class Asked:
    """Empty ones do not narrow. `kind` is the kind of thing, `by` the number of who said it, `since` days back."""

    q: str = ""
    kind: str = ""
    audience: str = ""
    board: str = ""
    by: str = ""
    since: str = ""

    @cached_property
    def parts(self) -> Sequence[Part]:
        return parts_of(self.q)

    @cached_property
    def signs(self) -> Sequence[str]:
        """What is looked for as it stands, where there are no words."""
        return signs_of(self.q)

    @property
    def phrases(self) -> list[str]:
        """The words or signs, each of which a name has to hold."""
        return [" ".join(part.words) for part in self.parts] or list(self.signs)

    @property
    def in_quotes(self) -> str:
        """The words as a heading puts them in quotes, which one phrase has already."""
        inner = self.q[1:-1]
        is_phrase = self.q[:1] in _QUOTES and self.q[-1:] in _QUOTES and not set(inner) & set(_QUOTES)
        return inner if inner and is_phrase else self.q

    @property
    def narrowed_by(self) -> set[str]:
        """The chips that are set, besides the kind."""
        return {
            each.name for each in fields(self) if each.name not in {"q", "kind"} and getattr(self, each.name)
        }

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """All but the words, to go along with a new search."""
        return [
            (each.name, value)
            for each in fields(self)
            if each.name != "q" and (value := getattr(self, each.name))
        ]

    def from_moment(self, now: datetime) -> datetime | None:
        return now - timedelta(days=int(self.since)) if self.since else None

    def as_query(self, **changed: str) -> str:
        """The address's end that asks for this, with some of it changed."""
        query = QueryDict(mutable=True)
        asked = replace(self, **{name: value for name, value in changed.items() if name != "after"})
        for each in fields(asked):
            if getattr(asked, each.name):
                query[each.name] = getattr(asked, each.name)
        if changed.get("after"):
            query["after"] = changed["after"]
        return f"?{query.urlencode()}"


def asked_in(query: QueryDict, person: Person | None, boards: Sequence[Board]) -> Asked:
    """What an address asks for, as far as this reader may ask; what is not known is left out.

    Guests do not narrow by person: others are "Marta H." to them, and what one person wrote would tell them apart.
    """
    by = query.get("by", "")
    return Asked(
        q=query.get("q", "").replace("\0", "").strip()[:LONGEST],
        kind=query.get("kind", "")[:20],
        audience=query["audience"] if query.get("audience") in Audience.values else "",
        board=query["board"] if query.get("board") in {one.key for one in boards} else "",
        by=by if may(person, Act.READ) and by.isdecimal() and len(by) < 10 else "",
        since=query["since"] if query.get("since") in SINCE else "",
    )

"""The page of the search: the first few of each kind, or one kind page by page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from interlock.converse.community.looking import boards_visible_to
from interlock.converse.hits import Hit, Hits
from interlock.converse.models import Audience, Board
from interlock.converse.queries import audiences_read_by
from interlock.fabric.access import Act, may, person_of
from interlock.fabric.models import Person
from interlock.listen.search import SIGNS_AMONG
from interlock.web.searching import known, said
from interlock.web.searching.asked import SINCE, Asked, asked_in

FEW, PAGE_ROWS = 5, 30
BOTH = frozenset({Act.READ, Act.TALK})


@dataclass(frozen=True)
class Kind:
    """One kind of thing: who may ask for it, by which chips it can be narrowed, whether it has more than one page."""

    key: str
    name: Any
    ask: Callable[[Person, Asked, str, int, datetime], Hits]
    acts: frozenset[Act] = frozenset({Act.READ})
    chips: frozenset[str] = frozenset()
    paged: bool = True


KINDS = (
    Kind("things", _("In the records"), known.things, paged=False),
    Kind("people", _("People"), known.people, paged=False),
    Kind("themes", _("Themes"), known.themes, paged=False),
    Kind("disconnects", _("Disconnects"), known.disconnects, paged=False),
    Kind("decisions", _("Decisions"), said.decisions, BOTH, frozenset({"by", "since", "audience"})),
    Kind("choices", _("To choose"), said.choices, BOTH, frozenset({"by", "since", "audience"})),
    Kind("talks", _("Conversations"), said.talks, BOTH, frozenset({"by", "since"})),
    Kind("lines", _("Lines"), said.lines, BOTH, frozenset({"by", "since", "audience"})),
    Kind("exhibits", _("Charts and tables"), said.exhibits, chips=frozenset({"by", "since", "audience"})),
    Kind("posts", _("Posts"), said.posts, BOTH, frozenset({"by", "since", "board"})),
    Kind("replies", _("Replies"), said.replies, BOTH, frozenset({"by", "since", "board"})),
    Kind("signals", _("Signals"), known.signals, chips=frozenset({"since"})),
)


@dataclass(frozen=True)
class Group:
    """The hits of one kind on this page; `url` leads to all of them, where there are more."""

    kind: Kind
    hits: list[Hit]
    url: str


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """One box over everything this person may see; without words only the box."""
    person = person_of(request)
    if person is None:
        raise PermissionDenied
    boards = list(boards_visible_to(person))
    asked = asked_in(request.GET, person, boards)
    kinds = [one for one in KINDS if any(may(person, act) for act in one.acts)]
    chosen = next((one for one in kinds if one.key == asked.kind), None)
    groups, later = _found(person, asked, kinds, chosen, request.GET.get("after", ""))
    context = {
        "asked": asked,
        "groups": groups,
        "later": later,
        "echo": known.echo(person, asked)
        if may(person, Act.READ) and asked.parts and chosen is None
        else None,
        "tabs": _tabs(asked, kinds, chosen),
        "chips": _chips(person, asked, boards),
        "is_staff": may(person, Act.READ),
        "signs_among": SIGNS_AMONG if asked.signs else 0,
    }
    return render(request, "web/search.html", context)


def _found(
    person: Person, asked: Asked, kinds: Sequence[Kind], chosen: Kind | None, after: str
) -> tuple[list[Group], str]:
    now = timezone.now()
    if not (asked.q or asked.by):
        return [], ""
    if chosen is not None:
        if not asked.narrowed_by <= chosen.chips:
            return [], ""
        found = chosen.ask(person, asked, after, PAGE_ROWS, now)
        later = asked.as_query(after=found.later) if found.later and chosen.paged else ""
        return [Group(chosen, found.hits, "")] if found.hits else [], later
    groups = []
    for kind in kinds:
        if not asked.narrowed_by <= kind.chips:
            continue  # a chip that this kind knows nothing of
        found = kind.ask(person, asked, "", FEW, now)
        more = (
            asked.as_query(kind=kind.key)
            if found.later or (not kind.paged and len(found.hits) >= FEW)
            else ""
        )
        if found.hits:
            groups.append(Group(kind, found.hits, more))
    return groups, ""


def _tabs(asked: Asked, kinds: Sequence[Kind], chosen: Kind | None) -> list[dict[str, Any]]:
    known_kinds = [one for one in kinds if asked.narrowed_by <= one.chips]
    return [
        {"name": _("Everything"), "url": asked.as_query(kind=""), "current": chosen is None, "count": None},
        *(
            {"name": one.name, "url": asked.as_query(kind=one.key), "current": one is chosen, "count": None}
            for one in known_kinds
        ),
    ]


def _chips(person: Person, asked: Asked, boards: Sequence[Board]) -> list[dict[str, Any]]:
    """What narrows: those that are set lead away from it, the others to it."""
    read = audiences_read_by(person)
    choices: list[tuple[str, str, Any]] = [("since", days, words) for days, words in SINCE.items()]
    choices += [("audience", one.value, one.label) for one in Audience if one in read and len(read) > 1]
    choices += [("board", one.key, one.name) for one in boards[:8]]
    if asked.by:
        who = Person.objects.filter(pk=int(asked.by)).values_list("name", flat=True).first()
        choices.append(("by", asked.by, _("said by %(name)s") % {"name": who or "–"}))
    chips = []
    for name, value, words in choices:
        on = getattr(asked, name) == value
        chips.append({"name": words, "on": on, "url": asked.as_query(**{name: "" if on else value})})
    return chips

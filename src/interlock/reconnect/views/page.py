"""One disconnect: what follows from it, the proof, the rows, the words, the money, and the next step."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from interlock.analytics.symptoms import RULES
from interlock.converse.queries import LIVE_STATES
from interlock.fabric import journal
from interlock.fabric.access import Act, may, needs, person_of
from interlock.fabric.models import Function
from interlock.reconnect import charts, findings, history, proposals, queries
from interlock.reconnect.measures import measure_of
from interlock.reconnect.models import Disconnect
from interlock.reconnect.record_rows import sample_table
from interlock.reconnect.services.steps import BEFORE_TALK, DISMISSABLE, may_speak_for

MOST_QUOTES = 3
MOST_HISTORY = 12


@require_GET
@needs(Act.READ)
def disconnect(request: HttpRequest, disconnect_id: int) -> HttpResponse:
    """The page of one disconnect. Everything on it was kept when the rules ran."""
    person = person_of(request)
    found = get_object_or_404(
        queries.disconnects_visible_to(person).select_related("conversation", "evidence", "safety_by"),
        pk=disconnect_id,
    )
    card = findings.cards([found], timezone.now())[0]
    useful, votes = queries.useful_of_last(found.rule)
    context = {
        "disconnect": found,
        "card": card,
        "rule": RULES.get(found.rule),
        "useful": useful,
        "votes": votes,
        "muted": found.rule in queries.muted_rules(),
        "place": _place(found, person),
        "steps": history.steps(found),
        "past": history.told(journal.entries_about(found)[:MOST_HISTORY]),
        "measure": measure_of(found),
        "forest_title": charts.forest_title(found),
        "chart": charts.rate_over_time(found),
        "sample": sample_table(found, person),
        "quotes": findings.quotes(found, MOST_QUOTES, person),
        "themes": queries.themes_cited_by(found),
        "conversations": queries.others_talk(found, person)[:5],
        "reasons": Disconnect.Dismissal.choices,
        "may_convene": may(person, Act.CONVENE),
        "may_judge": may(person, Act.JUDGE),
        "may_dismiss": may(person, Act.DISMISS),
        "vote": found.judgements.filter(person=person).first(),
        **_next_step(found, person),
    }
    return render(request, "reconnect/disconnect.html", context)


def _place(found: Disconnect, person: Any) -> str:
    """`1 of 9` among the open ones; nothing for the others."""
    keys = list(queries.open_disconnects(person).values_list("pk", flat=True))
    return (
        _("%(place)d of %(count)d") % {"place": keys.index(found.pk) + 1, "count": len(keys)}
        if found.pk in keys
        else ""
    )


def _absent(found: Disconnect) -> list[Function]:
    """The functions of the pair for whom nobody was asked into the talk: without them it cannot move on."""
    present = set(found.conversation.participants.values_list("function", flat=True))
    return [Function(code) for code in found.pair if code not in present]


def _next_step(found: Disconnect, person: Any) -> dict[str, Any]:
    """Who can be brought together, and what this person may do now."""
    live = found.conversation is not None and found.conversation.state in LIVE_STATES
    waiting = found.state in BEFORE_TALK and not live
    given = {one.function: one.person for one in found.acknowledgements.select_related("person")}
    mine = [
        function
        for function in found.pair
        if function not in given and person not in given.values() and may_speak_for(person, function)
    ]
    return {
        "live": live,
        "absent": _absent(found) if live and found.state in BEFORE_TALK else [],
        "may_invite": may(person, Act.INVITE),
        "waiting": waiting,
        "proposals": proposals.proposals_for(found, person) if waiting else [],
        "acknowledged": given,
        "mine": mine if found.state in BEFORE_TALK else [],
        "dismissable": found.state in DISMISSABLE,
    }

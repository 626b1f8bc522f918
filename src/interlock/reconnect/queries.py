"""Reads of disconnects. Each takes the person and returns only what that person may see."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from interlock.converse import queries as talks
from interlock.converse.models import Conversation
from interlock.converse.queries import Talk
from interlock.fabric.access import Act, may
from interlock.fabric.contexts import point_key
from interlock.fabric.models import Person
from interlock.reconnect.models import CitedTheme, Detection, Disconnect, DriverReport, Judgement, State
from interlock.reconnect.moves import OPEN, TABS

# A pair has talked about a context if both wrote within this time (domain.md 5.3).
TALK_WITHIN = timedelta(days=30)
JUDGED_BY_LAST = 20
MUTED_BELOW = 0.6


def disconnects_visible_to(person: Person) -> QuerySet[Disconnect]:
    """All for staff; customers and partners see none. Those whose records were taken out are hidden."""
    if not may(person, Act.READ):
        return Disconnect.objects.none()
    return Disconnect.objects.filter(records_gone_at=None).select_related("context")


def in_order(disconnects: QuerySet[Disconnect]) -> QuerySet[Disconnect]:
    """Dearest and surest first: money times probability, then probability.

    A loss measured in own data stands before value that merely stands on the cases, which stands before
    what cannot be priced: a large sum of the second kind says less than a small one of the first.
    """
    # "lost" > "exposed" > "" also in the order of letters, so the column sorts as it is.
    return disconnects.order_by("-money_basis", "-worth", "-probability", "pk")


def open_disconnects(person: Person) -> QuerySet[Disconnect]:
    """Harm that is not yet mended, in the order of the work."""
    return in_order(disconnects_visible_to(person).filter(state__in=OPEN))


def filtered_disconnects(
    person: Person,
    *,
    tab: str = "open",
    function: str = "",
    other: str = "",
    rule: str = "",
    kind: str = "",
    text: str = "",
) -> QuerySet[Disconnect]:
    """One tab of the list, narrowed by what the reader chose."""
    found = disconnects_visible_to(person).filter(state__in=TABS[tab])
    if function:
        found = found.filter(Q(function_a=function) | Q(function_b=function))
    if other:
        found = found.filter(Q(function_a=other) | Q(function_b=other))
    if rule:
        found = found.filter(rule=rule)
    if kind:
        found = found.filter(context__kind=kind)
    for word in text.casefold().split():
        found = found.filter(words__contains=word)
    return in_order(found)


def tab_counts(person: Person) -> dict[str, int]:
    """How many stand under each tab. One query."""
    counts = dict(disconnects_visible_to(person).order_by().values_list("state").annotate(count=Count("pk")))
    return {tab: sum(counts.get(state, 0) for state in states) for tab, states in TABS.items()}


def disconnects_about(person: Person, kind: str, key: str) -> QuerySet[Disconnect]:
    """Disconnects on one context, in the order of the work."""
    return in_order(
        disconnects_visible_to(person)
        .filter(context__kind=kind, context__key=key)
        .exclude(state__in=[State.DISMISSED, State.FADED])
    )


def themes_cited_by(disconnect: Disconnect) -> list[CitedTheme]:
    """The themes that its customers speak of more than others do, the most voices first. One query."""
    return list(disconnect.cited_themes.select_related("theme__became"))


def citing(person: Person, theme_keys: Collection[str]) -> list[CitedTheme]:
    """Where these themes are evidence, in the order of the work of those disconnects. Two queries."""
    order = list(
        in_order(
            disconnects_visible_to(person).exclude(state__in=[State.DISMISSED, State.FADED])
        ).values_list("pk", flat=True)
    )
    cited = CitedTheme.objects.filter(disconnect__in=order, theme__key__in=theme_keys).select_related(
        "disconnect"
    )
    return sorted(cited, key=lambda one: order.index(one.disconnect_id))


def talk_of(disconnects: list[Disconnect], now: datetime) -> dict[int, Talk]:
    """How far each pair talks about its context, by disconnect. One query."""
    pairs = {one.pk: (one.context_id, one.function_a, one.function_b) for one in disconnects}
    found = talks.talk_by_pair(pairs.values(), now - TALK_WITHIN)
    return {pk: found[pair] for pk, pair in pairs.items()}


def useful_of_last(rule: str) -> tuple[int, int]:
    """How many of the last twenty votes on a rule said useful, and how many votes that is."""
    votes = list(
        Judgement.objects.filter(rule=rule)
        .order_by("-at", "-pk")
        .values_list("useful", flat=True)[:JUDGED_BY_LAST]
    )
    return sum(votes), len(votes)


def muted_rules() -> dict[str, int]:
    """Rules of whose last twenty votes fewer than 60 in 100 said useful, with that number."""
    voted = Judgement.objects.order_by().values("rule").annotate(count=Count("pk"))
    enough = [row["rule"] for row in voted if row["count"] >= JUDGED_BY_LAST]
    useful = {rule: useful_of_last(rule)[0] for rule in sorted(enough)}
    return {rule: count for rule, count in useful.items() if count < MUTED_BELOW * JUDGED_BY_LAST}


def latest_detection() -> Detection | None:
    """The last run of the rules; None before the first."""
    return Detection.objects.first()


def latest_drivers() -> DriverReport | None:
    """The last report of drivers; None before the first."""
    return DriverReport.objects.first()


def disconnects_of_conversation(conversation_id: int) -> list[Disconnect]:
    """The disconnects that one conversation is to mend, for the product itself."""
    return list(Disconnect.objects.filter(conversation_id=conversation_id).select_related("context"))


def open_count(person: Person) -> int:
    """How many disconnects wait to be mended."""
    return disconnects_visible_to(person).filter(state__in=OPEN).count()


def all_disconnects() -> QuerySet[Disconnect]:
    """Every disconnect whose records are still here, for the command line of the installation."""
    return Disconnect.objects.filter(records_gone_at=None).select_related("context")


def others_talk(disconnect: Disconnect, person: Person) -> QuerySet[Conversation]:
    """Talks about what a disconnect is about, or a point of its chart, beside the one that brings its pair together."""
    on_its_page = point_key("disconnect", str(disconnect.pk), "")
    about = Q(context=disconnect.context_id) | Q(context__kind="metric", context__key__startswith=on_its_page)
    found = talks.conversations_visible_to(person).filter(about).exclude(pk=disconnect.conversation_id)
    return found.order_by("-opened_at", "-pk")

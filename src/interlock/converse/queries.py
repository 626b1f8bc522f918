"""Reads of conversations. Each takes the person and returns only what that person may see."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db.models import Count, Exists, F, Min, OuterRef, Prefetch, Q, QuerySet, Subquery, Value

from interlock.converse.models import (
    Asked,
    Audience,
    Choice,
    Commitment,
    Conversation,
    Decision,
    Exhibit,
    Ground,
    Mention,
    Message,
    Option,
    Participant,
    Postponement,
    Reaction,
    Stance,
)
from interlock.fabric import away
from interlock.fabric.access import Act, may
from interlock.fabric.contexts import point_key
from interlock.fabric.models import STAFF_ROLES, Person, Role

# Somebody who is asked into more than this at once answers none of them (practice.md, meeting load).
MOST_CONVENINGS = 2
LIVE_STATES = (
    Conversation.State.OPEN,
    Conversation.State.FRAMED,
    Conversation.State.TWO_WAY,
    Conversation.State.DECIDED,
)
_NOT_LIVE = tuple(state for state in Conversation.State if state not in LIVE_STATES)
OVER_STATES = (Conversation.State.PARKED, Conversation.State.CLOSED)

# What guests read, by their role. Whoever may read for the company reads all.
GUESTS: dict[str, tuple[str, ...]] = {
    Role.PARTNER: (Audience.PARTNER, Audience.CUSTOMER),
    Role.CUSTOMER: (Audience.CUSTOMER,),
}


class Talk(StrEnum):
    """How far two functions talk about one context."""

    SILENT = "silent"
    ONE_SIDE = "one_side"
    TWO_WAY = "two_way"


Pair = tuple[int, str, str]  # context id, function, function


def conversations_visible_to(person: Person) -> QuerySet[Conversation]:
    """All for staff; customers and partners see only those they were asked into."""
    if may(person, Act.READ):
        return Conversation.objects.all()
    return Conversation.objects.filter(participants__person=person)


def audiences_read_by(person: Person) -> tuple[str, ...]:
    """The audiences this person belongs to. A line is read by its own circle and by every narrower one."""
    if may(person, Act.READ):
        return (Audience.STAFF, Audience.PARTNER, Audience.CUSTOMER)
    return GUESTS.get(person.role, ())


def messages_visible_to(person: Person, conversation: Conversation | None = None) -> QuerySet[Message]:
    """The one way to lines, of one talk or of all: those of the talks this person sees, for audiences they read."""
    if conversation is None:
        of_their_talks = Message.objects.filter(conversation__in=conversations_visible_to(person))
    else:
        seen = Exists(conversations_visible_to(person).filter(pk=OuterRef("conversation_id")))
        of_their_talks = Message.objects.filter(seen, conversation=conversation)
    return of_their_talks.filter(audience__in=audiences_read_by(person))


def commitments_visible_to(person: Person) -> QuerySet[Commitment]:
    """Promises made for an audience this person belongs to, in talks they see."""
    return Commitment.objects.filter(
        conversation__in=conversations_visible_to(person), audience__in=audiences_read_by(person)
    )


def promises_owed(person: Person, today: date, stood_in_for: Collection[int] = ()) -> QuerySet[Commitment]:
    """What this person, or one they stand in for, promised for the coming week, or missed within 30 days without a why.

    The oldest first.
    """
    coming = Q(state=Commitment.State.OPEN, due__lte=today + timedelta(days=7))
    unsaid = Q(state=Commitment.State.MISSED, why="", due__gte=today - timedelta(days=30))
    owed = commitments_visible_to(person).filter(coming | unsaid, owner__in=[person.pk, *stood_in_for])
    owed = owed.exclude(conversation__state=Conversation.State.CLOSED)
    return owed.select_related("owner").order_by("due", "pk")


def decisions_visible_to(person: Person) -> QuerySet[Decision]:
    """Decisions made for an audience this person belongs to, in talks they see."""
    made = Decision.objects.filter(audience__in=audiences_read_by(person))
    # Staff see every talk; to ask that of each would let SQLite walk the talks to find a decision.
    return made if may(person, Act.READ) else made.filter(conversation__in=conversations_visible_to(person))


def choices_visible_to(person: Person) -> QuerySet[Choice]:
    """Choices put to an audience this person belongs to, in talks they see, whole; what speaks for options is for staff.

    At most six queries.
    """
    audiences, reads_all = audiences_read_by(person), may(person, Act.READ)
    stances = Stance.objects.filter(audience__in=audiences).select_related("person", "answered_by")
    options = Option.objects.prefetch_related(
        Prefetch("stances", stances),
        Prefetch(
            "grounds",
            Ground.objects.select_related("added_by", "exhibit") if reads_all else Ground.objects.none(),
        ),
    )
    put = Choice.objects.filter(audience__in=audiences).select_related("asked_by")
    seen = put if reads_all else put.filter(conversation__in=conversations_visible_to(person))
    return seen.prefetch_related(
        Prefetch("options", options), Prefetch("asked", Asked.objects.select_related("person"))
    )


def choices_made(choices: Sequence[Choice]) -> set[int]:
    """Which of these are decided, whoever reads the decision: nobody is asked any more. One query, none without choices."""
    if not choices:
        return set()
    made = Decision.objects.filter(option__choice__in=choices, taken_back_at=None)
    return set(made.values_list("option__choice", flat=True))


def exhibits_visible_to(person: Person) -> QuerySet[Exhibit]:
    """Charts and tables kept for an audience this person belongs to, in talks they see."""
    kept = Exhibit.objects.filter(audience__in=audiences_read_by(person))
    return kept if may(person, Act.READ) else kept.filter(conversation__in=conversations_visible_to(person))


def to_look_at_again(person: Person, today: date) -> QuerySet[Decision]:
    """What this person decided and wanted to look at again by today, the oldest first."""
    standing = decisions_visible_to(person).filter(taken_back_at=None)
    theirs = standing.filter(decided_by=person, revisit_on__lte=today)
    return theirs.order_by("revisit_on", "pk")


def my_conversations(person: Person) -> QuerySet[Conversation]:
    """Those I take part in, the latest talk first, with figures for the list. One query."""
    mine = Participant.objects.filter(conversation=OuterRef("pk"), person=person)
    read = Message.objects.filter(
        conversation=OuterRef("pk"), audience__in=audiences_read_by(person), removed_at=None
    )
    shown = Q(messages__removed_at=None, messages__audience__in=audiences_read_by(person))
    return (
        conversations_visible_to(person)
        .filter(Exists(mine))
        .select_related("context", "opened_by")
        .annotate(
            message_count=Count("messages", filter=shown, distinct=True),
            house_wrote=Exists(read.filter(author__role__in=STAFF_ROLES)),
            guests_wrote=Exists(read.exclude(author__role__in=STAFF_ROLES)),
            people_count=Count("participants", distinct=True),
            waits_for_me=Exists(mine.filter(replied_at=None)),
        )
        .order_by("-opened_at", "-pk")
    )


def my_states(person: Person) -> dict[str, int]:
    """How many of the talks this person takes part in stand where. One query."""
    mine = conversations_visible_to(person).filter(
        Exists(Participant.objects.filter(conversation=OuterRef("pk"), person=person))
    )
    return dict(mine.order_by().values_list("state").annotate(count=Count("pk")))


def opened_before(conversations: QuerySet[Conversation], pk: int) -> QuerySet[Conversation]:
    """Those that come after one in the order of the newest first: the next keyset page."""
    last = Conversation.objects.filter(pk=pk).values("opened_at")[:1]
    return conversations.filter(Q(opened_at__lt=Subquery(last)) | Q(opened_at=Subquery(last), pk__lt=pk))


def waiting_for(person: Person, stood_in_for: Collection[int] = ()) -> QuerySet[Conversation]:
    """Live conversations this person was asked into and has not answered, the longest wait first.

    Those too that wait for somebody they stand in for, until they have written there themselves.
    """
    # Said so that SQLite begins with the person's own places, not with every live conversation: 30 ms of each page.
    asked = Participant.objects.filter(replied_at=None).exclude(invited_by=F("person"))
    waits = Q(pk__in=asked.filter(person=person).values("conversation"))
    if stood_in_for:
        wrote = Participant.objects.filter(
            conversation=OuterRef("pk"), person=person, replied_at__isnull=False
        )
        waits |= Q(pk__in=asked.filter(person__in=stood_in_for).values("conversation")) & ~Q(Exists(wrote))
    return (
        conversations_visible_to(person)
        .filter(waits)
        .exclude(state__in=_NOT_LIVE)
        .select_related("context", "opened_by")
        .order_by("opened_at", "pk")
    )


def conversations_about(person: Person, kind: str, key: str) -> QuerySet[Conversation]:
    """Conversations on one context, or a point of its chart, that this person may see, the newest first."""
    about = Q(context__kind=kind, context__key=key)
    points = Q(context__kind="metric", context__key__startswith=point_key(kind, key, ""))
    return (
        conversations_visible_to(person)
        .filter(about | points)
        .select_related("context")
        .order_by("-opened_at", "-pk")
    )


def talks_with(person: Person, account_key: str) -> QuerySet[Conversation]:
    """Talks in which somebody of an organisation takes part, of those this person sees, the newest first."""
    theirs = Participant.objects.filter(conversation=OuterRef("pk"), person__account_key=account_key)
    return conversations_visible_to(person).filter(Exists(theirs)).order_by("-opened_at", "-pk")


def conversations_about_any(person: Person, contexts: Sequence[tuple[str, str]]) -> QuerySet[Conversation]:
    """Conversations on any of these contexts, one at least, that this person may see, the newest first."""
    about = Q()
    for kind, key in contexts:
        about |= Q(context__kind=kind, context__key=key)
    seen = conversations_visible_to(person).filter(about)
    return seen.select_related("context").order_by("-opened_at", "-pk")


def whole_conversation(person: Person) -> QuerySet[Conversation]:
    """What the page of one conversation needs, of what this person may read, in a fixed number of queries."""
    audiences = audiences_read_by(person)
    return (
        conversations_visible_to(person)
        .select_related("context", "opened_by", "evidence")
        .prefetch_related(
            Prefetch("participants", Participant.objects.select_related("person__stand_in")),
            Prefetch("messages", messages_visible_to(person).select_related("author", "reply_to__author")),
            Prefetch(
                "decisions",
                Decision.objects.filter(audience__in=audiences).select_related(
                    "decided_by", "taken_back_by", "corrected_by"
                ),
            ),
            Prefetch("choices", choices_visible_to(person)),
            Prefetch(
                "exhibits", Exhibit.objects.filter(audience__in=audiences).select_related("attached_by")
            ),
            Prefetch(
                "commitments",
                Commitment.objects.filter(audience__in=audiences)
                .select_related("owner", "decision")
                .prefetch_related(Prefetch("postponements", Postponement.objects.select_related("by"))),
            ),
        )
    )


def talks_of_guests(people: Collection[int]) -> dict[int, set[int]]:
    """The talks each of these people takes part in, by number. One query."""
    talks: dict[int, set[int]] = {}
    rows = Participant.objects.filter(person__in=people).order_by()
    for person, talk in rows.values_list("person_id", "conversation_id"):
        talks.setdefault(person, set()).add(talk)
    return talks


def lines_of(person: Person, conversation: Conversation) -> QuerySet[Message]:
    """The lines of a talk as its page shows them to this person, in their order. Three queries."""
    reactions = Reaction.objects.filter(audience__in=audiences_read_by(person)).select_related("person")
    return (
        messages_visible_to(person, conversation)
        .select_related("author__stand_in", "reply_to__author")
        .prefetch_related(
            Prefetch("reactions", reactions), Prefetch("mentions", Mention.objects.select_related("person"))
        )
        .order_by("pk")
    )


def first_lines(person: Person, conversation: Conversation) -> dict[str, datetime | None]:
    """When the house and when a guest first wrote what this person reads: "house", "guests". One query."""
    house = Q(author__role__in=STAFF_ROLES)
    lines = messages_visible_to(person, conversation).filter(removed_at=None)
    return lines.aggregate(house=Min("sent_at", filter=house), guests=Min("sent_at", filter=~house))


def functions_heard(conversation: Conversation) -> set[str]:
    """Codes of the functions that wrote at least one line that still stands. One query."""
    return set(conversation.messages.filter(removed_at=None).values_list("function", flat=True))


def functions_writing(conversations: Iterable[Conversation]) -> set[str]:
    """Codes of the functions that wrote a line that still stands in any of these. One query, none without them."""
    keys = [one.pk for one in conversations]
    if not keys:
        return set()
    standing = Message.objects.filter(conversation__in=keys, removed_at=None)
    return set(standing.order_by().values_list("function", flat=True).distinct())


def talk_by_pair(pairs: Iterable[Pair], since: datetime) -> dict[Pair, Talk]:
    """For each pair and context: silent, one side wrote, or both did. One query for all of them."""
    wanted = list(pairs)
    heard: dict[int, set[str]] = {}
    rows = (
        Message.objects.filter(
            conversation__context_id__in={context for context, _a, _b in wanted},
            removed_at=None,
            sent_at__gte=since,
        )
        .order_by()
        .values_list("conversation__context_id", "function")
        .distinct()
    )
    for context, function in rows:
        heard.setdefault(context, set()).add(function)
    return {pair: _talk(heard.get(pair[0], set()), pair[1], pair[2]) for pair in wanted}


def _talk(heard: Collection[str], function_a: str, function_b: str) -> Talk:
    sides = (function_a in heard) + (function_b in heard)
    return (Talk.SILENT, Talk.ONE_SIDE, Talk.TWO_WAY)[sides]


def open_convenings() -> dict[int, int]:
    """How many live conversations each person is in, by person id. One query."""
    rows = (
        Participant.objects.filter(conversation__state__in=LIVE_STATES)
        .order_by()
        .values_list("person_id")
        .annotate(count=Count("pk"))
    )
    return dict(rows)


def waiting_by_standing_in(person: Person, now: datetime) -> list[Conversation]:
    """Talks this person takes no part in, which wait for one they stand in for. Two queries; one where they stand in for nobody."""
    others = away.stood_in_for(person, now)
    mine = Participant.objects.filter(conversation=OuterRef("pk"), person=person)
    return list(waiting_for(person, others).exclude(Exists(mine))) if others else []


def waiting_count(person: Person, now: datetime) -> int:
    """How many conversations wait for this person's first line, or for that of one they stand in for.

    Each page asks it: one query, and a second only where they stand in for somebody.
    """
    own = waiting_for(person).order_by().values(figure=Value(away.FIGURE)).annotate(n=Count("pk"))
    others, count = away.stood_in_for_with(person, now, own.values_list("figure", "n"))
    return waiting_for(person, others).count() if others else count

"""Which lines, talks, choices, decisions, exhibits, posts and replies hold these words, of those that a reader may see?

No words at all leave everything. Each search begins with the one query that says who sees what, so that neither a hit nor its absence tells of anything
else. Hits come in the order in which they came to us, the latest first: full-text indexes walk that way without sorting
(on SQLite `ORDER BY rowid` of FTS5), so that a page of a word in a million lines costs as much as one of a rare word.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connections, router
from django.db.models import BooleanField, Exists, Model, OuterRef, Prefetch, Q, QuerySet
from django.db.models.expressions import RawSQL

from interlock.converse import queries
from interlock.converse.community import looking
from interlock.converse.models import (
    Choice,
    Conversation,
    Decision,
    Exhibit,
    Merge,
    Message,
    Option,
    Post,
    Reply,
    Stance,
    Standing,
)
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person
from interlock.listen.search import FEW_HITS, Part, as_fts5, tsquery_of

# Their place is left where they stood; what they said stands elsewhere, or nowhere any more.
_GONE = (Standing.MOVED, Standing.TAKEN)


def lines_holding(person: Person, parts: Sequence[Part], before: int = 0) -> QuerySet[Message]:
    """Lines that stand and that this person reads."""
    lines = queries.messages_visible_to(person).filter(removed_at=None)
    return _holding(lines, parts, before, few=not may(person, Act.READ))


def talks_holding(person: Person, parts: Sequence[Part], before: int = 0) -> QuerySet[Conversation]:
    """Talks by title, question and purpose; guests see their question alone, so that alone is searched for them."""
    talks = queries.conversations_visible_to(person)
    if may(person, Act.READ):
        return _holding(talks, parts, before)
    return _later_than(_containing(talks, parts, talk_columns(person)), before)


def talk_columns(person: Person) -> list[str]:
    """What this person may see of a talk, and so may search."""
    return ["title", "question", "purpose"] if may(person, Act.READ) else ["question"]


def decisions_holding(person: Person, parts: Sequence[Part], before: int = 0) -> QuerySet[Decision]:
    """Decisions that stand, made for an audience that this person belongs to, in talks they see."""
    standing = queries.decisions_visible_to(person).filter(taken_back_at=None)
    if not may(person, Act.READ):
        return _later_than(_containing(standing, parts, ["chosen", "because", "instead_of"]), before)
    for part in parts:
        # The choice may have been put to fewer readers than were told the decision: staff alone.
        of_choice = Q(option__choice__in=_numbers_of(Choice, part))
        standing = standing.filter(Q(pk__in=_numbers_of(Decision, part)) | of_choice)
    return _later_than(standing, before)


def choices_holding(person: Person, parts: Sequence[Part], before: int = 0) -> QuerySet[Choice]:
    """Choices that are open still, put to this reader: by the question, the options and the reasons they read."""
    seen, read = queries.choices_visible_to(person), queries.audiences_read_by(person)
    made = Decision.objects.filter(option__choice=OuterRef("pk"), taken_back_at=None)
    choices = seen.filter(~Exists(made), left_at=None).exclude(conversation__state__in=queries.OVER_STATES)
    shown = Option.objects.prefetch_related(Prefetch("stances", Stance.objects.filter(audience__in=read)))
    # The asker in a query of their own: PostgreSQL takes the open ones for few and would join them one by one, 2 s.
    choices = choices.select_related(None).prefetch_related(None)
    choices = choices.prefetch_related("asked_by", Prefetch("options", shown))
    said_since = Stance.objects.filter(
        option=OuterRef("option"), person=OuterRef("person"), pk__gt=OuterRef("pk"), audience__in=read
    )
    reasons = Stance.objects.filter(~Exists(said_since), audience__in=read)
    for part in parts:
        own = Choice.objects.filter(pk__in=_numbers_of(Choice, part))
        options = Option.objects.filter(pk__in=_numbers_of(Option, part))
        stances = reasons.filter(pk__in=_numbers_of(Stance, part))
        # One list of numbers: with "or" between three PostgreSQL would walk every choice and ask each list, 18 ms.
        theirs = options.order_by().values("choice"), stances.order_by().values("option__choice")
        choices = choices.filter(pk__in=own.order_by().values("pk").union(*theirs, all=True))
    return _later_than(choices, before)


def exhibits_holding(person: Person, parts: Sequence[Part], before: int = 0) -> QuerySet[Exhibit]:
    """Charts and tables kept in talks, by their caption."""
    return _holding(queries.exhibits_visible_to(person), parts, before)


def posts_holding(person: Person | None, parts: Sequence[Part], before: int = 0) -> QuerySet[Post]:
    """Posts, and those that became part of another one: `hits.post_hits` leads from them to what holds them."""
    merged = Q(standing=Standing.MOVED) & Exists(Merge.objects.filter(post=OuterRef("pk"), undone_at=None))
    if not may(person, Act.READ):
        merged &= Q(board__opened_at__isnull=False)
    stands = looking.seen_by(person) & ~Q(standing__in=_GONE)
    posts = Post.objects.select_related("board", "status").filter(stands | merged)
    return _holding(posts, parts, before)


def replies_holding(person: Person | None, parts: Sequence[Part], before: int = 0) -> QuerySet[Reply]:
    """Replies that this person may read under posts that they may read."""
    under = Exists(looking.posts_visible_to(person).filter(pk=OuterRef("post_id")))
    return _holding(
        looking.replies_visible_to(person).filter(under).exclude(standing__in=_GONE), parts, before
    )


def _holding[Row: Model](
    rows: QuerySet[Row], parts: Sequence[Part], before: int, *, few: bool = False
) -> QuerySet[Row]:
    """Rows that hold all parts, the latest first. `few`: so few rows that each is asked, instead of walking all hits."""
    if not parts:
        return _later_than(rows, before)
    table = rows.model._meta.db_table
    words = f"{table}_words"
    if connections[rows.db].vendor == "postgresql":
        query, values = tsquery_of(parts)
        held = RawSQL(f"{table}.found_by @@ ({query})", values, output_field=BooleanField())  # noqa: S611
        return _later_than(rows.filter(held), before)
    asked = " AND ".join(as_fts5(part) for part in parts)
    if few:
        return _later_than(rows.filter(_asked_of_each(rows, words, parts, asked)), before)
    # As a table beside the other one, since only there FTS5 gives its hits one by one, from the latest on.
    where, values = [f"{words}.rowid = {table}.id", f"{words} MATCH %s"], [asked]
    if before:
        where, values = [*where, f"{words}.rowid < %s"], [*values, before]
    return rows.extra(tables=[words], where=where, params=values, order_by=[f"-{words}.rowid"])  # noqa: S610


def _asked_of_each(rows: QuerySet[Any], words: str, parts: Sequence[Part], asked: str) -> RawSQL:
    """Whether a row is a hit: looked up among all hits where they are few, else in the index, row by row.

    With open ends each look into the index would find out anew how words go on: 2,000 took 1.8 s.
    """
    table = rows.model._meta.db_table
    with connections[rows.db].cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM {words} WHERE {words} MATCH %s LIMIT %s)",  # noqa: S608
            [asked, FEW_HITS + 1],
        )
        (hits,) = cursor.fetchone()
    among = f"{table}.id IN (SELECT rowid FROM {words} WHERE {words} MATCH %s)"  # noqa: S608
    each = f"EXISTS (SELECT 1 FROM {words} WHERE {words} MATCH %s AND {words}.rowid = {table}.id)"  # noqa: S608
    condition = among if hits <= FEW_HITS or any(part.open_ended for part in parts) else each
    return RawSQL(condition, [asked], output_field=BooleanField())  # noqa: S611 - the words are a value


def _numbers_of(model: type[Model], part: Part) -> RawSQL:
    """The numbers of the rows that hold one part, for where several tables may hold it."""
    table = model._meta.db_table
    if connections[router.db_for_read(model)].vendor == "postgresql":
        query, values = tsquery_of([part])
        return RawSQL(f"SELECT id FROM {table} WHERE found_by @@ ({query})", values)  # noqa: S608, S611
    words = f"{table}_words"
    return RawSQL(f"SELECT rowid FROM {words} WHERE {words} MATCH %s", [as_fts5(part)])  # noqa: S608, S611


def _containing[Row: Model](
    rows: QuerySet[Row], parts: Sequence[Part], columns: Sequence[str]
) -> QuerySet[Row]:
    """Rows where each part stands in one of the columns; for the few that a guest sees."""
    for part in parts:
        anywhere = Q()
        for column in columns:
            anywhere |= Q(**{f"{column}__icontains": " ".join(part.words)})
        rows = rows.filter(anywhere)
    return rows


def _later_than[Row: Model](rows: QuerySet[Row], before: int) -> QuerySet[Row]:
    return (rows.filter(pk__lt=before) if before else rows).order_by("-pk")

"""What the rows of posts count: who asked, voted or has the same, their accounts, and the replies.

Who wrote a post that became part of another one asked as well; a person and a house count once. Counted in the database
and for any number of posts at once, since one act of a moderator can touch some hundred.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import connection

from interlock.converse.models import Board, Post
from interlock.fabric.models import STAFF_ROLES

# The recursion goes down the merges that stand, from each post to all that are part of it; UNION ends a circle.
_COUNT = """
WITH RECURSIVE part(root, post) AS (
    SELECT id, id FROM converse_post WHERE id IN ({posts})
    UNION SELECT part.root, p.id FROM part
        JOIN converse_merge m ON m.into_id = part.post AND m.undone_at IS NULL
        JOIN converse_post p ON p.id = m.post_id AND p.standing = 'moved'),
asked AS (SELECT part.root, p.author_id AS person FROM part JOIN converse_post p ON p.id = part.post
    WHERE p.standing <> 'taken' AND p.origin <> 'house'),
said AS (SELECT post_id AS root, author_id AS person, has_the_same, is_official FROM converse_reply
    WHERE post_id IN ({posts}) AND standing = 'public'),
one_each AS (
    SELECT root, person FROM asked UNION SELECT root, person FROM said WHERE has_the_same
    UNION SELECT post_id, person_id FROM converse_vote WHERE post_id IN ({posts})),
named AS (SELECT root, count(*) AS people, count(DISTINCT nullif(f.account_key, '')) AS companies
    FROM one_each JOIN fabric_person f ON f.id = person AND f.role NOT IN ({staff}) GROUP BY root),
unnamed AS (SELECT root, count(*) AS people FROM (
    SELECT root FROM asked WHERE person IS NULL
    UNION ALL SELECT root FROM said WHERE has_the_same AND person IS NULL) nobodies GROUP BY root),
replied AS (SELECT root, count(*) AS replies FROM said WHERE NOT is_official GROUP BY root)
UPDATE converse_post SET
    people_count = coalesce(named.people, 0) + coalesce(unnamed.people, 0),
    company_count = coalesce(named.companies, 0), reply_count = coalesce(replied.replies, 0),
    version = converse_post.version + 1, changed_at = %s
FROM (SELECT DISTINCT root FROM part) roots
    LEFT JOIN named ON named.root = roots.root
    LEFT JOIN unnamed ON unnamed.root = roots.root
    LEFT JOIN replied ON replied.root = roots.root
WHERE converse_post.id = roots.root
"""
_BOARDS = """
UPDATE converse_board SET version = version + 1
WHERE id IN (SELECT board_id FROM converse_post WHERE id IN ({posts}))
"""


def recount(numbers: Collection[int], now: datetime) -> None:
    """Count these posts anew, and let pages that show them be made anew. In a transaction that holds them. Two queries."""
    if not numbers:
        return
    posts, staff = sorted(set(numbers)), sorted(STAFF_ROLES)
    places = {"posts": ", ".join(["%s"] * len(posts)), "staff": ", ".join(["%s"] * len(staff))}
    with connection.cursor() as cursor:
        at = connection.ops.adapt_datetimefield_value(now)
        cursor.execute(_COUNT.format(**places), [*posts, *posts, *posts, *staff, at])
        cursor.execute(_BOARDS.format(**places), posts)


def locked(numbers: Collection[int]) -> list[int]:
    """Hold these posts until the transaction ends, in one order so that nobody waits for each other. One query."""
    posts = Post.objects.select_for_update(of=("self",)).filter(pk__in=numbers).order_by("pk")
    return list(posts.values_list("pk", flat=True))


def hold_boards(posts: Collection[int]) -> None:
    """Hold the boards of posts that are held, before the journal is written: a reply holds them in this order. One query."""
    boards = Board.objects.filter(pk__in=Post.objects.filter(pk__in=posts).values("board")).order_by("pk")
    list(boards.select_for_update(of=("self",), no_key=True).values_list("pk"))

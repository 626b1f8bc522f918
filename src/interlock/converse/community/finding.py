"""Which posts contain these words, and which are much like them? Full text in the database, meaning from the themes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.db import connections
from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL

from interlock.converse.models import Merge, Post, Standing
from interlock.converse.moderation import lineage
from interlock.listen.models import Signal
from interlock.listen.search import signs_of, with_signs
from interlock.listen.themes import echoing

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
MOST_WORDS = 12
SAID = ("title", "words")
# Shorter words (the, and, der) stand in every post and tell nothing of what it is about.
FEWEST_LETTERS = 4
MOST_CLOSE = 5
# Of older ones nothing leads to what holds them; a page shows 30.
MOST_MERGED = 200
# A rare word says more than a common one, but of a common one not every hit can be looked at.
LOOKED_AT = 2_000


def containing(posts: QuerySet[Post], text: str) -> QuerySet[Post]:
    """Keep the posts whose title or words contain all of these words, of which the last may go on; or these signs.

    What became part of another post is found as that one.
    """
    words = _WORD.findall(text)[:MOST_WORDS]
    if not words:
        signs = signs_of(text)
        return with_signs(posts, signs, SAID) if signs else posts.none()
    if connections[posts.db].vendor == "postgresql":
        condition, value = "converse_post.found_by @@ to_tsquery('simple', %s)", " & ".join(words) + ":*"
    else:
        condition = (
            "converse_post.id IN (SELECT rowid FROM converse_post_words WHERE converse_post_words MATCH %s)"
        )
        value = " AND ".join(f'"{word}"' for word in words) + " *"
    holds = RawSQL(condition, [value], output_field=BooleanField())  # noqa: S611 - the words are a value
    held_by = _holders_of_merged(holds)
    return posts.filter(Q(holds) | Q(pk__in=held_by)) if held_by else posts.filter(holds)


def _holders_of_merged(holds: RawSQL) -> set[int]:
    """What holds a post by now whose own words were found. Two queries, and one for each merge of a merge."""
    merged = Merge.objects.filter(undone_at=None).values("post")
    found = (
        Post.objects.filter(holds, pk__in=merged, standing=Standing.MOVED)
        .order_by("-pk")
        .values_list("pk", flat=True)
    )
    return set(lineage.ends_of(found[:MOST_MERGED]).values())


def much_like(
    posts: QuerySet[Post], text: str, *, besides: int = 0, most: int = MOST_CLOSE, by_meaning: bool = True
) -> list[Post]:
    """Of these posts those that say nearly the same: by meaning where themes were learnt, then by words."""
    meant, words = _by_meaning(text) if by_meaning else [], _telling_words(text)
    near = [*meant, *_by_words(posts.db, words)]
    order = {number: place for place, number in reversed(list(enumerate(near)))}
    found = posts.filter(pk__in=[number for number in order if number != besides])
    kept = [post for post in found if post.pk in meant or _shares_enough(post, words)]
    return sorted(kept, key=lambda post: order[post.pk])[:most]


def _by_meaning(text: str) -> list[int]:
    """Numbers of posts whose signals say nearly the same, the most alike first."""
    echoed = echoing.echo_of(text) if text.strip() else None
    if echoed is None or not len(echoed.numbers):
        return []
    likeness = dict(zip(echoed.numbers.tolist(), echoed.likeness.tolist(), strict=True))
    keys = Signal.objects.filter(pk__in=list(likeness), key__startswith="community:post-")
    ranked = sorted(keys.values_list("pk", "key"), key=lambda one: -likeness[one[0]])
    return [int(key.rpartition("-")[2]) for _number, key in ranked]


def _telling_words(text: str) -> list[str]:
    words = dict.fromkeys(word.lower() for word in _WORD.findall(text) if len(word) >= FEWEST_LETTERS)
    return list(words)[:MOST_WORDS]


def _shares_enough(post: Post, words: Sequence[str]) -> bool:
    """Two words in common, or the only one there is: one alone stands in too many posts."""
    own = {word.lower() for word in _WORD.findall(f"{post.title} {post.words}")}
    return len(own.intersection(words)) >= min(2, len(words))


def _by_words(database: str, words: Sequence[str]) -> list[int]:
    """Numbers of posts that share the most telling of these words, the most alike first."""
    if not words:
        return []
    with connections[database].cursor() as cursor:
        cursor.execute(*_ranking(connections[database].vendor, words))
        return [number for (number,) in cursor.fetchall()]


def _ranking(vendor: str, words: Sequence[str]) -> tuple[str, list[object]]:
    if vendor == "postgresql":
        return (
            "SELECT id FROM (SELECT id, found_by, q FROM converse_post, to_tsquery('simple', %s) q"
            " WHERE found_by @@ q LIMIT %s) hits ORDER BY ts_rank(found_by, q) DESC, id DESC LIMIT %s",
            [" | ".join(words), LOOKED_AT, 4 * MOST_CLOSE],
        )
    return (
        "SELECT rowid FROM converse_post_words WHERE converse_post_words MATCH %s ORDER BY rank LIMIT %s",
        [" OR ".join(f'"{word}"' for word in words), 4 * MOST_CLOSE],
    )

"""What became part of what: merges that stand, and the post that a reply became."""

from __future__ import annotations

from interlock.converse.models import Merge, Post, Split, Standing

# Nobody merges deeper; a circle cannot be made, and would end here.
DEEPEST = 20


def merged_into(post: Post) -> list[Post]:
    """The posts that are part of this one, also through another, in the order they came. One query a level."""
    found: list[Post] = []
    level = [post.pk]
    for _depth in range(DEEPEST):
        merges = Merge.objects.filter(into__in=level, undone_at=None, post__standing=Standing.MOVED)
        posts = [merge.post for merge in merges.select_related("post", "post__author")]
        if not posts:
            break
        found += posts
        level = [one.pk for one in posts]
    return found


def merge_of(post: Post) -> Merge | None:
    """The merge by which it is part of another post. One query."""
    standing = Merge.objects.filter(post=post, undone_at=None).select_related(
        "into__board", "into__status", "by"
    )
    return standing.first()


def leads_to(post: Post) -> Post | None:
    """The post that holds it now, at the end of all merges; None where it is part of none. One query a level."""
    found = None
    here = post
    for _depth in range(DEEPEST):
        merge = merge_of(here)
        if merge is None:
            break
        found = here = merge.into
    return found


def split_from(post: Post) -> Split | None:
    """The reply that this post was, with the post it stood under. One query."""
    return Split.objects.filter(post=post).select_related("reply__post__board", "by").first()
